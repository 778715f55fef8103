"""Suspensions, what becomes of them, and keys that anybody reports: every write of it."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ReasonFlags, ocsp

from chalicelib.codes.tables import CodeRow
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki import jobs as pki
from chalicelib.pki.crl import reason_of
from tests.crash.operation import Again, Case, Operation, acts, run, told
from tests.crash.people import registered, session, settle
from tests.crash.status import crl_of, record_of, status_of
from tests.journeys.test_emergency import ANOTHER, REPORT, REVOKE, SUSPEND, issued, request_of
from tests.journeys.test_renewal import holder_of_one, logged_in, name_of
from tests.support.client import Answer, Client
from tests.support.world import new_csr

Kept = tuple[x509.Certificate, str]


def _with_its_code(case: Case) -> Kept:
    return issued(case.world)


def _suspend(case: Case) -> Answer:
    return told(case.world.citizen.post(SUSPEND, {"code": case.kept[1]}), 200)


def _suspended(case: Case, answer: Answer) -> None:
    """In CRL and OCSP, as answered; and the reminder goes out on the sixth day."""
    certificate, code = case.kept
    case.secrets.append(code.replace("-", ""))
    row = record_of(certificate)
    assert answer.json["suspended_at"] == row.held_at.isoformat().replace("+00:00", "Z")
    assert _listed(case, certificate) is ReasonFlags.certificate_hold
    assert status_of(case, certificate) is ocsp.OCSPCertStatus.REVOKED
    assert acts("certificate.suspended") == 1
    case.world.clock.turn(days=6)


def _suspended_before(case: Case) -> Kept:
    certificate, code = _with_its_code(case)
    assert case.world.citizen.post(SUSPEND, {"code": code}).status == 200
    case.faults.run_started(case.world.cloud)
    return certificate, code


def _lift(case: Case) -> Answer:
    return told(case.world.at_the_desk("reinstatements", case.kept[0]), 200)


def _lifted(case: Case, _: Answer) -> None:
    row = record_of(case.kept[0])
    assert row.stands
    assert _listed(case, case.kept[0]) is None
    assert status_of(case, case.kept[0]) is ocsp.OCSPCertStatus.GOOD
    assert acts("certificate.reinstated") == 1


def _run_out(case: Case) -> Kept:
    """Eight days later: its time is over, and its reminder was sent."""
    kept = _suspended_before(case)
    case.world.clock.turn(days=6)
    run("send_outbox", lambda: send_outbox(case.world.cloud))
    case.world.clock.turn(days=2)
    return kept


def _decide(case: Case) -> None:
    """What the job asks of the authority before it publishes."""
    run("publish_crls", lambda: case.world.cloud.invoke("authority", {"operation": "decide_due"}))


def _decided(case: Case, _: None) -> None:
    """Revoked as of the suspension, for no reason that anybody gave; by the next run, if not by this one."""
    pki.publish_crls(case.world.cloud)
    row = record_of(case.kept[0])
    assert (row.revoked_at, row.reason) == (row.held_at, None)  # type: ignore[comparison-overlap]
    line = crl_of(case, case.kept[0]).get_revoked_certificate_by_serial_number(case.kept[0].serial_number)
    assert line is not None
    assert (line.revocation_date_utc, reason_of(line)) == (row.held_at, None)


def _lost_its_code(case: Case) -> tuple[x509.Certificate, str, Client]:
    """Its holder is registered and has just logged in."""
    registered(case)
    certificate, code = _with_its_code(case)
    settle(case)
    return certificate, code, session(case)


def _get_another(case: Case) -> Answer:
    certificate, _, client = case.kept
    return told(client.post(ANOTHER, name_of(certificate), key="one-code-and-no-third"), 200)


def _got_another(case: Case, answer: Answer) -> None:
    """However often it was asked for: one new code, which works, and the first one is void."""
    code = answer.json["emergency_code"]
    case.secrets += [code, code.replace("-", "")]
    assert acts("certificate.emergency-code-replaced") == 1
    subject = f"certificate:{record_of(case.kept[0]).id}"
    rows = [row for row in CodeRow.scan() if row.subject == subject]
    assert sorted(row.voided_at is None for row in rows) == [False, True]
    refused = case.world.citizen.post(SUSPEND, {"code": case.kept[1]})
    assert refused.slug == "emergency-code-not-accepted"
    assert case.world.citizen.post(SUSPEND, {"code": code}).status == 200
    case.world.clock.turn(days=6)
    pki.publish_crls(case.world.cloud)


def _with_a_key(case: Case) -> tuple[x509.Certificate, dict[str, object]]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = issued(case.world, new_csr(key))
    return certificate, request_of(key)


def _report(case: Case) -> Answer:
    answer = case.world.citizen.post(REPORT, case.kept[1])
    if answer.status == 429:  # it was counted, and its answer lost
        raise Again(answer.slug)
    return told(answer, 200)


def _reported(case: Case, _: Answer) -> None:
    assert _listed(case, case.kept[0]) is ReasonFlags.key_compromise
    assert record_of(case.kept[0]).reason == "keyCompromise"
    assert acts("key.compromised") == 1


def _listed(case: Case, certificate: x509.Certificate) -> ReasonFlags | None:
    """In its CRL, which the schedule publishes where the request could not start it."""
    pki.publish_crls(case.world.cloud)
    line = crl_of(case, certificate).get_revoked_certificate_by_serial_number(certificate.serial_number)
    return reason_of(line) if line is not None else None


# The same in other ways: what differs is who asks


def _suspend_at_desk(case: Case) -> Answer:
    return told(case.world.at_the_desk("suspensions", case.kept[0]), 200)


def _revoke(case: Case) -> Answer:
    body = {"code": case.kept[1], "reason": "keyCompromise"}
    return told(case.world.citizen.post(REVOKE, body), 200)


def _revoked(case: Case, answer: Answer) -> None:
    row = record_of(case.kept[0])
    assert answer.json["revoked_at"] == row.revoked_at.isoformat().replace("+00:00", "Z")
    assert _listed(case, case.kept[0]) is ReasonFlags.key_compromise
    assert acts("certificate.revoked") == 1


def _of_a_citizen(case: Case) -> tuple[x509.Certificate, str]:
    certificate = holder_of_one(case.world)
    return certificate, logged_in(case.world, certificate).token or ""


def _suspend_own(case: Case) -> None:
    """Its own session ends with it: who asks again is told to log in."""
    certificate, token = case.kept
    answer = Client(case.world.app, token=token).post("/v1/me/suspensions", name_of(certificate))
    if answer.status != 401 or record_of(certificate).held_at is None:
        told(answer, 200)


def _suspended_own(case: Case, _: None) -> None:
    assert _listed(case, case.kept[0]) is ReasonFlags.certificate_hold
    assert acts("certificate.suspended") == 1
    case.world.clock.turn(days=6)


def _suspended_own_before(case: Case) -> tuple[x509.Certificate, str]:
    case.kept = _of_a_citizen(case)
    _suspend_own(case)
    case.faults.run_started(case.world.cloud)
    return case.kept[0], session(case, "e-id").token or ""


def _lift_own(case: Case) -> Answer:
    client = Client(case.world.app, token=case.kept[1])
    return told(client.post("/v1/me/reinstatements", name_of(case.kept[0])), 200)


OPERATIONS = (
    Operation("suspend, with the emergency code", _with_its_code, _suspend, _suspended, reads=False),
    Operation("lift a suspension", _suspended_before, _lift, _lifted, reads=False),
    Operation("decide a suspension", _run_out, _decide, _decided, reads=False),
    Operation("get another emergency code", _lost_its_code, _get_another, _got_another, reads=False),
    Operation("report a key, by anybody", _with_a_key, _report, _reported, reads=False),
    Operation("suspend, at the desk", _with_its_code, _suspend_at_desk, _suspended, only="pki/hold.py:hold"),
    Operation(
        "revoke, with the emergency code", _with_its_code, _revoke, _revoked, only="pki/revocation.py:revoke"
    ),
    Operation("suspend one's own", _of_a_citizen, _suspend_own, _suspended_own, only="pki/hold.py:hold"),
    Operation("lift one's own", _suspended_own_before, _lift_own, _lifted, only="pki/hold.py:lift"),
)
