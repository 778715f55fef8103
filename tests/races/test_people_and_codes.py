"""Officers at work at the same time: one person is one person, one code is live, one revocation counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.codes.tables import CodeRow
from chalicelib.pki.crl import number_of
from chalicelib.pki.tables import CertificateRow, CrlShardRow
from chalicelib.registry.tables import IdentificationRow, PersonRow
from tests.support import tally
from tests.support.invariants import check_accounts
from tests.support.races import Arena, at_once, until_done
from tests.support.world import issuer_id, person


def test_eight_identifications_of_one_new_person_make_one_person(arena: Arena) -> None:
    """Two opaque ids for one NIF would split the person's certificates."""
    for _ in range(12):
        somebody = arena.somebody()
        path, body = f"{arena.world.point}/identifications", person(**somebody)
        calls = [
            partial(arena.officer().post, path, body, key=f"race-{somebody['nif']}-{n}") for n in range(8)
        ]
        told = at_once(calls)
        assert {answer.status for answer in told} <= {201, 409}
        assert {until_done(call).status for call in calls} == {201}
        holder = PersonRow.get(somebody["nif"]).id
        rows = [row for row in IdentificationRow.scan(consistent_read=True) if row.holder == holder]
        assert len(rows) == 8
        digests = {row.id for row in rows if somebody["nif"] in row.evidence}
        assert len(digests) == 8, "an identification under another id of the same person"
        tally.add("races", "8 identifications of one person", 1)


def test_the_same_identification_sent_at_once_is_one(arena: Arena) -> None:
    """One idempotency key: one evidence, and in the end one live code."""
    for _ in range(12):
        somebody = arena.somebody()
        path, body = f"{arena.world.point}/identifications", person(**somebody)
        call = partial(arena.officer().post, path, body, key=f"race-{somebody['nif']}")
        told = at_once([call] * 4)
        assert {answer.status for answer in told} <= {201, 409}
        ids = {answer.json["id"] for answer in told if answer.status == 201}
        assert len(ids) == 1
        _one_live_code(ids.pop())
        tally.add("races", "one identification, sent 4 times", 1)


def test_grants_at_once_leave_one_live_code(arena: Arena) -> None:
    """Asking again voids the code before, whoever asks."""
    for _ in range(12):
        answer = arena.world.identify(**arena.somebody())
        path = f"{arena.world.point}/identifications/{answer.json['id']}/generation-codes"
        told = at_once([partial(arena.officer().post, path) for _ in range(4)])
        assert {answer.status for answer in told} <= {201, 409}
        assert {answer.slug for answer in told if answer.status == 409} <= {"conflict"}
        _one_live_code(answer.json["id"])
        tally.add("races", "4 grants on one identification", 1)


def _one_live_code(identification: str) -> None:
    subject = f"identification:{identification}"
    codes = [row for row in CodeRow.scan(consistent_read=True) if row.subject == subject]
    live = [row.id for row in codes if row.voided_at is None and row.id.startswith("generation-code#")]
    row = IdentificationRow.get(identification)
    assert live == [row.live_code]
    assert len(codes) == 2 * row.grants


def test_revocations_at_once_keep_one_date(arena: Arena) -> None:
    """R13: each caller may believe to be the first, one is; all are told the same."""
    for _ in range(12):
        somebody = arena.somebody()
        certificate = arena.certificate_of(somebody)
        reasons = ("keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged") * 2
        calls = [partial(arena.revoke, somebody, certificate, reason) for reason in reasons]
        at_once(calls)
        told = [until_done(call) for call in calls]
        assert {answer.status for answer in told} == {200}
        assert len({(answer.json["revoked_at"], answer.json["reason"]) for answer in told}) == 1
        row = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
        assert row.reason == told[0].json["reason"]
        tally.add("races", "8 revocations of one certificate", 1)


def test_R11_publications_and_revocations_at_once_lose_no_entry(arena: Arena) -> None:
    """Three generators run while certificates are revoked: numbers only grow, and every entry arrives."""
    arena.publish()
    for _ in range(4):
        people = [arena.somebody() for _ in range(4)]
        made = [arena.certificate_of(somebody) for somebody in people]
        before = arena.published()
        works = [
            partial(arena.revoke, somebody, certificate, "keyCompromise")
            for somebody, certificate in zip(people, made, strict=True)
        ]
        together: list[Callable[[], object]] = [*works, *[arena.publish for _ in range(3)]]
        at_once(together)
        for work in works:
            assert until_done(work).status == 200
        arena.publish()
        after = arena.published()
        for shard, crl in after.items():
            assert number_of(crl) >= number_of(before[shard])
            was = {entry.serial_number for entry in before[shard]}
            assert was <= {entry.serial_number for entry in crl}, "an entry was lost"
        for certificate in made:
            crl = after[certificate.serial_number % len(after)]
            assert crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        tally.add("races", "3 publications, 4 revocations", 1)


def test_R11_many_generators_at_once_each_have_a_number_of_their_own(arena: Arena) -> None:
    """Eight at once, eight times each: none is given twice, none is left out."""
    shard = "race#000"

    def generate() -> list[int]:
        numbers = []
        for _ in range(8):
            row = CrlShardRow(shard)
            row.update([CrlShardRow.number.add(1)])
            numbers.append(int(row.number))
        return numbers

    given = [number for numbers in at_once([generate] * 8) for number in numbers]
    CrlShardRow(shard).delete()
    assert sorted(given) == list(range(1, 65))


def test_the_accounts_balance_after_all_races(arena: Arena) -> None:
    """Signatures, records, events, counters and messages, over everything that ran in this file."""
    arena.settle()
    check_accounts(arena.world, arena.faults.signed)
