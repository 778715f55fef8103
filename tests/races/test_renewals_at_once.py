"""Many at once at one renewal: one certificate takes the place of the old one, and one only."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from chalicelib.certificates.due_scan import find_due
from chalicelib.certificates.tables import ApplicationRow
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from tests.journeys.test_renewal import holder_of_one, interrupt_renewal, logged_in, name_of, row_of
from tests.support import tally
from tests.support.races import Arena, at_once, until_done
from tests.support.world import new_csr

CALLERS = 8
ROUNDS = 3


def test_of_eight_renewals_with_different_keys_one_succeeds(arena: Arena) -> None:
    """The others are told that it was renewed, or to ask again and then that it was."""
    world, now = arena.world, arena.world.clock.at
    for _ in range(ROUNDS):
        old = holder_of_one(world, **arena.somebody())
        world.clock.at = old.not_valid_after_utc - timedelta(days=30)
        client = logged_in(world, old)
        bodies = [{"csr": new_csr(), "renews": name_of(old)} for _ in range(CALLERS)]
        calls = [partial(client.post, "/v1/me/certificates", body) for body in bodies]
        told = at_once(calls)
        assert Counter(answer.status for answer in told)[200] <= 1
        lost = {answer.slug for answer in told if answer.status != 200}
        assert lost <= {"conflict", "already-renewed", "temporarily-unavailable"}
        done = [until_done(call) for call in calls]
        assert Counter(answer.status for answer in done)[200] == 1
        assert {answer.slug for answer in done if answer.status != 200} == {"already-renewed"}
        made = [row for row in ApplicationRow.scan(consistent_read=True) if row.renews == row_of(old).id]
        assert [row.result for row in made] == [row_of(old).renewed_by]
        tally.add("races", "8 callers, one renewal", 1)
        world.clock.at = now


def test_eight_times_the_same_renewal_is_one_certificate(arena: Arena) -> None:
    world, now = arena.world, arena.world.clock.at
    for _ in range(ROUNDS):
        old = holder_of_one(world, **arena.somebody())
        world.clock.at = old.not_valid_after_utc - timedelta(days=30)
        client = logged_in(world, old)
        body = {"csr": new_csr(), "renews": name_of(old)}
        call = partial(client.post, "/v1/me/certificates", body)
        told = at_once([call] * CALLERS)
        assert {answer.status for answer in told} <= {200, 409, 503}
        bodies = {until_done(call).body} | {answer.body for answer in told if answer.status == 200}
        assert len(bodies) == 1
        new = CertificateRow.find(str(row_of(old).renewed_by))
        assert new is not None
        assert new.state == "issued"
        tally.add("races", "8 callers, one renewal and key", 1)
        world.clock.at = now


def test_of_four_that_begin_a_renewal_again_one_succeeds(arena: Arena) -> None:
    """A reservation was given up; one key takes its place, and the others are told that it was renewed."""
    world, now = arena.world, arena.world.clock.at
    old = holder_of_one(world, **arena.somebody())
    world.clock.at = old.not_valid_after_utc - timedelta(days=30)
    interrupt_renewal(world, old)
    lost = row_of(old).renewed_by
    client = logged_in(world, old)
    bodies = [{"csr": new_csr(), "renews": name_of(old)} for _ in range(4)]
    calls = [partial(client.post, "/v1/me/certificates", body) for body in bodies]
    at_once(calls)
    done = [until_done(call) for call in calls]
    assert Counter(answer.status for answer in done)[200] == 1
    assert {answer.slug for answer in done if answer.status != 200} == {"already-renewed"}
    online = [row for row in CertificateRow.by_holder.query(row_of(old).holder) if row.id != row_of(old).id]
    assert sorted((row.state, row.reason, row.id == lost) for row in online) == [
        ("issued", None, False),
        ("signing", "superseded", True),
    ]
    tally.add("races", "4 callers, one renewal given up", 1)
    world.clock.at = now


def test_jobs_at_once_tell_everybody_once(arena: Arena) -> None:
    """Two of EventBridge's events, and one of a run that started the next."""
    world, now = arena.world, arena.world.clock.at
    certificates = [arena.certificate_of(arena.somebody()) for _ in range(6)]
    world.clock.at = certificates[0].not_valid_after_utc.replace(hour=12) - timedelta(days=7)
    at_once([partial(find_due, world.cloud, page=2)] * 3)
    while find_due(world.cloud, page=2).more:
        pass
    rows = [row for row in MessageRow.scan() if row.id.startswith("deadline:certificate")]
    wanted = {row_of(certificate).id for certificate in certificates}
    told = Counter(row.id.split(":")[2] for row in rows if row.channel == "email")
    assert {each: told[each] for each in wanted} == dict.fromkeys(wanted, 1)
    tally.add("races", "3 runs of the job", 1)
    world.clock.at = now
