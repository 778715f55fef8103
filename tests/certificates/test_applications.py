"""The states of an application: whatever is done in whatever order, each step is in the table (A16, A20)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.certificates.applications import AFTER, State, state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.staff import withdraw_identification
from chalicelib.registry.tables import IdentificationRow
from tests.support.world import World, log_in

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACTS = ("another code", "download", "withdraw", "wait a week")
ROWS = st.lists(
    st.tuples(st.sampled_from(["identification:1", "identification:2"]), st.booleans(), st.booleans()),
    max_size=3,
)


def act(world: World, name: str, identification: str) -> None:
    """One step, whether or not it is allowed now."""
    if name == "another code":
        world.officer.post(f"{world.point}/identifications/{identification}/generation-codes")
    elif name == "download":
        world.download(world.phone.generation_code())
    elif name == "withdraw":
        withdraw_identification(world.cloud, identification, "operator:test")
    else:
        world.clock.turn(days=7)
        world.officer = log_in(world.app, world.officer.certificate or "")


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(ACTS), min_size=3, max_size=4))
def test_A20_every_step_is_in_the_table(authority: World, walk: list[str]) -> None:
    """And a code opens something only where the table says that it lives."""
    number = len(list(IdentificationRow.scan()))
    answer = authority.identify(key=f"walk-number-{number}")
    assert answer.status == 201, answer.body
    identification = answer.json["id"]
    seen: list[State] = ["identified"]
    for name in ["look", *walk]:
        before = len(list(CertificateRow.scan()))
        if name != "look":
            act(authority, name, identification)
        certificates = list(CertificateRow.scan())
        row = IdentificationRow.get(identification)
        seen.append(state_of(row, certificates, authority.cloud.now()))
        assert len(certificates) == before or seen[-2] == "active", seen
    assert all(after == before or after in AFTER[before] for before, after in pairwise(seen)), seen


@given(
    rows=ROWS,
    withdrawn=st.booleans(),
    grants=st.integers(0, 2),
    days=st.integers(0, 30),
)
def test_each_state_has_one_meaning(
    rows: list[tuple[str, bool, bool]], withdrawn: bool, grants: int, days: int
) -> None:
    """Only certificates of its own count; a code that lapsed or was withdrawn lives nowhere."""
    row = IdentificationRow("1", identified_at=NOW, grants=grants, withdrawn_at=NOW if withdrawn else None)
    certificates = [
        CertificateRow(
            str(number),
            evidence=evidence,
            state="issued" if issued else "reserved",
            revoked_at=NOW if revoked else None,
        )
        for number, (evidence, issued, revoked) in enumerate(rows)
    ]
    state = state_of(row, certificates, NOW + timedelta(days=days))
    mine = [(issued, revoked) for evidence, issued, revoked in rows if evidence == "identification:1"]
    assert (state == "used") == any(issued for issued, _ in mine)
    assert (state in {"used", "signing", "stopped"}) == bool(mine)
    if state == "active":
        assert grants
        assert not withdrawn
        assert days <= 15
    if state == "signing":
        assert not withdrawn


@pytest.mark.parametrize("end", ["withdrawn", "used", "stopped"])
def test_the_ends_are_ends(end: State) -> None:
    assert not AFTER[end]
    reached: set[State] = {"identified"}
    for _ in AFTER:
        reached |= {after for before in reached for after in AFTER[before]}
    assert reached == set(AFTER)
