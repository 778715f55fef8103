"""Many at once at one suspension, or at one compromised key: one outcome, and the rows agree on it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.audit.events import every_event
from chalicelib.certificates.revocation import revoke_unlifted
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem
from chalicelib.pki import hold
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import CertificateRow
from tests.journeys.test_emergency import ANOTHER, REPORT, SUSPEND, code_in, request_of
from tests.journeys.test_renewal import holder_of_one, logged_in, name_of, row_of
from tests.support import tally
from tests.support.races import Arena, at_once, until_done
from tests.support.world import new_csr

ROUNDS = 4


def _issued(arena: Arena, key: ec.EllipticCurvePrivateKey | None = None) -> tuple[x509.Certificate, str]:
    answer = arena.world.download(arena.code_of(arena.somebody()), new_csr(key))
    assert answer.status == 200, answer.body
    return x509.load_pem_x509_certificates(answer.body)[0], code_in(answer)


def test_suspensions_and_revocations_at_once_end_revoked_as_of_the_first_of_them(arena: Arena) -> None:
    for _ in range(ROUNDS):
        certificate, code = _issued(arena)
        suspend = partial(arena.citizen().post, SUSPEND, {"code": code})
        revoke = partial(
            arena.citizen(1).post,
            "/v1/certificates/emergency-revocations",
            {"code": code, "reason": "superseded"},
        )
        at_once([suspend, revoke] * 3)
        assert until_done(revoke).status == 200
        row = row_of(certificate)
        assert row.reason == "superseded"
        assert row.held_at in (None, row.revoked_at)
        told = [event.act for event in every_event() if event.object == f"certificate:{row.id}"]
        assert told.count("certificate.revoked") == 1
        assert told.count("certificate.suspended") == (row.held_at is not None)
        tally.add("races", "3 suspensions, 3 revocations", 1)


def test_a_lift_in_the_last_second_against_the_decision_after_it(arena: Arena) -> None:
    """Two functions whose clocks differ by a second: one of the two comes about, and its opposite never."""
    world, now = arena.world, arena.world.clock.at
    for _ in range(ROUNDS):
        certificate, code = _issued(arena)
        assert arena.citizen().post(SUSPEND, {"code": code}).status == 200
        row = row_of(certificate)
        world.clock.at = row.held_until + timedelta(seconds=1)

        def lifted(row: CertificateRow = row) -> str:
            try:
                hold.lift(row.id, shards=4, at=row.held_until, also=lambda _t, _r: None)
            except Problem as problem:
                return problem.slug
            return "lifted"

        def decided(row: CertificateRow = row) -> str:
            try:
                return "decided" if revoke_unlifted(world.cloud, row) else "not due"
            except Problem as problem:
                return problem.slug

        told = at_once([lifted, decided, decided])
        after = row_of(certificate)
        assert after.stands == ("lifted" in told)
        assert (after.revoked_at is not None) == ("decided" in told)
        if not {"lifted", "decided"} & set(told):
            assert decided() == "decided"
        tally.add("races", "a lift against its decision", 1)
        world.clock.at = now


def test_reports_of_one_key_at_once_are_one_report(arena: Arena) -> None:
    for _ in range(ROUNDS):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, _ = _issued(arena, key)
        calls = [partial(arena.citizen(number).post, REPORT, request_of(key)) for number in range(4)]
        at_once(calls)
        answers = [until_done(call) for call in calls]
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
        assert row_of(certificate).reason == "keyCompromise"
        named = f"key:{spki_sha256(key.public_key())}"
        assert [event.act for event in every_event() if event.object == named] == ["key.compromised"]
        tally.add("races", "4 reports of one key", 1)


def test_other_emergency_codes_at_once_leave_one_that_works(arena: Arena) -> None:
    """Two requests, each sent three times: one code for each, and the newest alone counts."""
    certificate = holder_of_one(arena.world, **arena.somebody())
    client, name = logged_in(arena.world, certificate), name_of(certificate)
    keys = ("the-first-request", "the-second-request")
    calls = [partial(client.post, ANOTHER, name, key=key) for key in keys * 3]
    told = at_once(calls)
    assert {answer.slug for answer in told if answer.status != 200} <= {
        "conflict",
        "temporarily-unavailable",
        "idempotency-key-reused",
    }
    answered = [{each.json["emergency_code"] for each in told[n::2] if each.status == 200} for n in (0, 1)]
    assert all(len(codes) <= 1 for codes in answered)
    ends = [until_done(call) for call in calls[:2]]
    given = {answer.json["emergency_code"] for answer in ends if answer.status == 200}
    assert given, "one of them is the newest"
    subject = f"certificate:{row_of(certificate).id}"
    rows = [row for row in CodeRow.scan(consistent_read=True) if row.subject == subject]
    assert sum(row.voided_at is None for row in rows) == 1
    last = ends[1] if ends[1].status == 200 else ends[0]
    assert arena.citizen().post(SUSPEND, {"code": last.json["emergency_code"]}).status == 200
    tally.add("races", "2 requests for another emergency code, 3 times each", 1)
