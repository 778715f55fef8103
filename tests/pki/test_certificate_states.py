"""The states of a certificate: whatever is done in whatever order, none leads back from `revoked` (R13)."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from cryptography.x509 import ReasonFlags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import Problem
from chalicelib.pki import hold
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.crl import reason_of
from chalicelib.pki.publication import publish
from chalicelib.pki.states import AFTER, State, state_of
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, RevocationRow
from tests.pki.authority import PROFILES
from tests.pki.status_world import World, clear

ACTS = ("hold", "lift", "revoke", "wait a day", "wait a month")


@pytest.fixture(scope="module")
def world(status_cloud: None) -> World:
    """One for all walks: each has a certificate of its own."""
    clear()
    return World(shards=1)


def act(world: World, name: str, row: CertificateRow) -> None:
    at = world.cloud.now()
    if name == "hold":
        profile = PROFILES[CITIZEN_SOFTWARE]
        hold.hold(row.id, profile, shards=1, at=at, also=lambda _t, _r, _u: None)
    elif name == "lift":
        hold.lift(row.id, shards=1, at=at, also=lambda _t, _r: None)
    elif name == "revoke":
        world.revoke(row, "superseded")
    else:
        world.clock.turn(days=1 if name.endswith("day") else 31)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.sampled_from(ACTS), min_size=4, max_size=10))
def test_R13_no_walk_leads_back_from_revoked_and_every_step_is_in_the_table(
    world: World, walk: list[str]
) -> None:
    """And after it CRL, OCSP and the rows say the same, with the date on which it went out of use."""
    row, made = world.certificate()
    seen: list[State] = [state_of(row, world.cloud.now())]
    dates = set()
    for name in walk:
        with suppress(Problem):
            act(world, name, row)
        now = CertificateRow.get(row.id)
        seen.append(state_of(now, world.cloud.now()))
        if now.revoked_at is not None:
            dates.add(now.revoked_at)
    assert all(after == before or after in AFTER[before] for before, after in pairwise(seen)), seen
    assert len(dates) <= 1
    last = CertificateRow.get(row.id)
    since = last.revoked_at or last.held_at
    world.clock.turn(seconds=1)
    publish(world.cloud, world.issuer_id, 0)
    line = next((each for each in world.published() if each.serial_number == made.serial_number), None)
    assert (line.revocation_date_utc if line else None) == since
    reason = ReasonFlags.superseded if last.revoked_at else ReasonFlags.certificate_hold if since else None
    assert (reason_of(line) if line else None) is reason
    if last.held_at is not None and last.revoked_at is not None:
        assert last.revoked_at == last.held_at


def test_every_state_is_reached_from_the_first_one_and_revoked_is_the_end() -> None:
    reached: set[State] = {"signing"}
    for _ in AFTER:
        reached |= {after for before in reached for after in AFTER[before]}
    assert reached == set(AFTER)
    assert not AFTER["revoked"]
    assert [before for before, after in AFTER.items() if "issued" in after] == ["signing", "held"]


def test_R12_a_damaged_hold_keeps_no_other_entry_back_and_is_listed_from_its_certificate(
    world: World,
) -> None:
    """The shard stays due, since what it counts cannot be told."""
    (first, one), (second, other) = world.certificate(), world.certificate()
    for row in (first, second):
        act(world, "hold", row)
    shard = f"{world.issuer_id}#000"
    HoldRow(shard, f"{first.serial:x}").update([HoldRow.not_after.remove(), HoldRow.changes.remove()])
    published = publish(world.cloud, world.issuer_id, 0)
    assert published.damaged == 1
    serials = {each.serial_number for each in world.published()}
    assert {one.serial_number, other.serial_number} <= serials


def test_R11_a_hold_that_becomes_a_revocation_between_two_reads_is_in_no_crl_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds are read first: what moves in between is then found twice, and counts as revoked."""
    row, made = world.certificate()
    act(world, "hold", row)
    read = RevocationRow.of_shard.__func__  # type: ignore[attr-defined]

    def revoked_meanwhile(cls: type[RevocationRow], shard: str) -> object:
        world.revoke(row, "superseded")
        return read(cls, shard)

    monkeypatch.setattr(RevocationRow, "of_shard", classmethod(revoked_meanwhile))
    publish(world.cloud, world.issuer_id, 0)
    (line,) = [each for each in world.published() if each.serial_number == made.serial_number]
    assert reason_of(line) is ReasonFlags.superseded
    shard = CrlShardRow.get(f"{world.issuer_id}#000")
    assert shard.revocations >= shard.published_revocations
