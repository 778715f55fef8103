"""Revocation, by whomever and of whatever: every write of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp

from chalicelib.certificates.revocation import report_compromise, revoke_certificate
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import KeyRow
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.status import certificate_in, crl_of, record_of, status_of
from tests.support.client import Answer
from tests.support.world import new_csr


def _certificate_before(case: Case) -> x509.Certificate:
    return case.world.certificate_of()


def _revoke(case: Case) -> Answer:
    return told(case.world.revoke(case.kept), 200)


def _by_phone(birth_date: str) -> dict[str, Any]:
    return {"channel": "phone", "birth_date": birth_date, "mobile": "+34612345678"}


def _revoke_by_phone(case: Case) -> Answer:
    return told(case.world.revoke(case.kept, identity=_by_phone("1985-02-28")), 200)


def _revoke_for_a_stranger(case: Case) -> Answer:
    answer = case.world.revoke(case.kept, identity=_by_phone("1985-02-27"))
    return told(answer, 422, "identity-not-confirmed")


def _revoked(case: Case, answer: Answer) -> None:
    row = record_of(case.kept)
    at = row.revoked_at
    assert at is not None
    assert answer.json["revoked_at"] == at.isoformat().replace("+00:00", "Z")
    case.world.clock.turn(minutes=1)
    again = case.world.revoke(case.kept, reason="superseded")
    assert (again.json["revoked_at"], again.json["reason"]) == (answer.json["revoked_at"], "keyCompromise")
    case.faults.run_started(case.world.cloud)
    entry = crl_of(case, case.kept).get_revoked_certificate_by_serial_number(case.kept.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == at
    assert status_of(case, case.kept) is ocsp.OCSPCertStatus.REVOKED


def _two_of_one_key(case: Case) -> list[x509.Certificate]:
    csr, made = new_csr(), []
    for key in ("one", "two"):
        case.world.clock.turn(minutes=1)
        assert case.world.identify(key=f"identification-{key}").status == 201
        made.append(certificate_in(case.world.download(case.faults.codes[-1], csr)))
    return made


def _revoke_one_of_two(case: Case) -> Answer:
    return told(case.world.revoke(case.kept[0]), 200)


def _report_key(case: Case) -> None:
    spki = spki_sha256(case.kept[0].public_key())
    run("operator", lambda: report_compromise(case.world.cloud, spki, "operator:test"))


def _key_barred(case: Case, _: Any) -> None:
    assert [record_of(each).reason for each in case.kept] == ["keyCompromise"] * 2
    assert all(status_of(case, each) is ocsp.OCSPCertStatus.REVOKED for each in case.kept)
    key = KeyRow.find(record_of(case.kept[0]).spki)
    assert key is not None
    assert key.compromised_at is not None
    assert acts("key.compromised") <= 1


def _revoke_by_operator(case: Case) -> None:
    cloud, details = case.world.cloud, {"channel": "operator"}
    how = partial(revoke_certificate, reason="superseded", actor="operator", details=details)
    run("operator", lambda: how(cloud, record_of(case.kept)))


def _revoked_by_operator(case: Case, _: None) -> None:
    row = record_of(case.kept)
    assert (bool(row.revoked_at), row.reason) == (True, "superseded")
    assert status_of(case, case.kept) is ocsp.OCSPCertStatus.REVOKED


def _not_revoked(case: Case, _: Answer) -> None:
    assert record_of(case.kept).revoked_at is None
    assert status_of(case, case.kept) is ocsp.OCSPCertStatus.GOOD


def _search(case: Case) -> Answer:
    return told(case.world.officer.post(f"{case.world.point}/certificate-searches", {"nif": NIF}), 200)


def _found(case: Case, answer: Answer) -> None:
    (found,) = answer.json["certificates"]
    assert (found["serial"], found["state"]) == (f"{case.kept.serial_number:x}", "issued")
    assert acts("certificates.searched") >= 1


OPERATIONS = (
    Operation("revoke, in person", _certificate_before, _revoke, _revoked),
    Operation("revoke, by phone", _certificate_before, _revoke_by_phone, _revoked, reads=False),
    Operation("revoke, for a stranger", _certificate_before, _revoke_for_a_stranger, _not_revoked),
    Operation("revoke, a key of two", _two_of_one_key, _revoke_one_of_two, _key_barred, reads=False),
    Operation("report a compromised key", _two_of_one_key, _report_key, _key_barred, reads=False),
    Operation(
        "revoke, as operator", _certificate_before, _revoke_by_operator, _revoked_by_operator, reads=False
    ),
    Operation("search", _certificate_before, _search, _found),
)
