"""Every operation that writes: how the world is before it, how it is asked for, and what must come of it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp

from chalicelib.audit.events import every_event
from chalicelib.aws.functions import running
from chalicelib.certificates.revocation import report_compromise, revoke_certificate
from chalicelib.errors import Conflict, Unavailable
from chalicelib.notices import jobs as notices
from chalicelib.pki import jobs as pki
from chalicelib.pki.crl import bucket_key, number_of
from chalicelib.pki.issuers import Issuer, issuers, retire
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import CertificateRow, KeyRow
from chalicelib.registry import staff
from chalicelib.registry.tables import IdentificationRow, PersonRow, PointRow
from infra.commands.staff import appoint
from tests.support.client import Answer
from tests.support.faults import Fault, Faults, Killed
from tests.support.invariants import valid_certificates
from tests.support.world import POINT, World, another_person, issuer_id, new_csr, person, point

NIF = "12345678Z"
PASSWORD = "a long pass phrase, 16+"
TRY_AGAIN = {Unavailable.slug, "signing-unavailable", Conflict.slug}
"""What a client is told when a service failed: every operation documents them."""


class Again(Exception):
    """The operation was not done; the same request may be sent again."""


@dataclass
class Case:
    """A world before an operation, with what the operation needs to know of it."""

    world: World
    faults: Faults
    kept: Any = None


@dataclass(frozen=True)
class Operation:
    """One operation. `act` gives what the client got, or raises Again; `check` looks at what came of it."""

    name: str
    before: Callable[[Case], Any]
    act: Callable[[Case], Any]
    check: Callable[[Case, Any], None]
    reads: bool = True
    """False for the twin of another operation, whose reads are the same: only its effects are broken."""


def told(answer: Answer, status: int, slug: str = "") -> Answer:
    """The answer, if it is the one that was to come.

    Raises:
        Again: the service could not, and says so in the documented way.
    """
    if answer.status == status and (not slug or answer.slug == slug):
        return answer
    if answer.status in {409, 503} and answer.slug in TRY_AGAIN:
        raise Again(answer.slug)
    raise AssertionError(f"undocumented answer: {answer.status} {answer.body!r}")


def run(function: str, work: Callable[[], Any]) -> Any:
    """Run a command or a job, which says by a Problem that it could not be done."""
    caller = running.set(function)
    try:
        return work()
    except (Unavailable, Conflict, pki.JobIncomplete) as problem:
        raise Again(problem.slug) from problem
    finally:
        running.reset(caller)


def nothing(case: Case) -> None:
    """No preparation."""


def certificate_in(answer: Answer) -> x509.Certificate:
    return x509.load_pem_x509_certificates(answer.body)[0]


def record_of(certificate: x509.Certificate) -> CertificateRow:
    row = CertificateRow.find(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    assert row is not None
    return row


def only_certificate_of_the_citizen() -> CertificateRow:
    """Exactly one, issued and not revoked."""
    valid = valid_certificates(list(CertificateRow.scan()))[str(PersonRow.get(NIF).id)]
    assert len(valid) == 1, f"{len(valid)} valid certificates"
    return valid[0]


def acts(act: str) -> int:
    return sum(event.act == act for event in every_event())


# Sessions


def _log_in(case: Case) -> Answer:
    return told(case.world.officer.post("/v1/officer-sessions"), 201)


def _logged_in(case: Case, answer: Answer) -> None:
    case.kept = case.world.officer.token
    case.world.officer.token = answer.json["token"]
    found = case.world.officer.post(f"{case.world.point}/certificate-searches", {"nif": NIF})
    case.world.officer.token = case.kept
    assert found.status == 200


def _log_out(case: Case) -> Answer:
    return told(case.world.officer.send("DELETE", "/v1/officer-sessions/current"), 204)


def _logged_out(case: Case, _: Answer) -> None:
    answer = case.world.officer.post(f"{case.world.point}/certificate-searches", {"nif": NIF})
    assert (answer.status, answer.slug) == (401, "session-required")


# Identification and codes


def _identify(delivery: str) -> Callable[[Case], Answer]:
    def act(case: Case) -> Answer:
        return told(case.world.identify(key="one-identification", delivery=delivery), 201)

    return act


def _identified(case: Case, answer: Answer) -> None:
    (row,) = IdentificationRow.scan()
    assert row.id == answer.json["id"]
    assert bool(answer.json["slip_pdf"]) == (answer.json["delivery"] == "paper")
    _newest_code_works_alone(case)


def _newest_code_works_alone(case: Case) -> None:
    """What the citizen got last is a code that works; one that was replaced opens nothing."""
    newest = case.faults.codes[-1]
    for code in set(case.faults.codes) - {newest}:
        assert case.world.download(code).slug == "code-not-accepted"
    if texts := case.world.phone.sms():
        assert texts[-1][1].endswith("#" + newest), "the last text message holds a replaced code"
    answer = case.world.download(newest)
    assert answer.status == 200, answer.body
    assert only_certificate_of_the_citizen().der == certificate_in(answer).public_bytes(Encoding.DER)


def _identify_before(case: Case) -> str:
    answer = case.world.identify(key="one-identification")
    assert answer.status == 201
    return str(answer.json["id"])


def _grant_again(case: Case) -> Answer:
    path = f"{case.world.point}/identifications/{case.kept}/generation-codes"
    return told(case.world.officer.post(path), 201)


def _granted_again(case: Case, _: Answer) -> None:
    _newest_code_works_alone(case)


def _wrong_code(case: Case) -> Answer:
    return told(case.world.download("ABCDEFGHJK", case.kept), 422, "code-not-accepted")


def _counted(case: Case, _: Answer) -> None:
    assert case.world.download("ABCDEFGHJK", case.kept).status == 422, "a few wrong tries lock nobody out"


# Download


@dataclass(frozen=True)
class _Download:
    code: str
    csr: str
    more: dict[str, str]


def _ready_to_download(with_email: bool) -> Callable[[Case], _Download]:
    def before(case: Case) -> _Download:
        code = case.world.code_for()
        more = {"email_code": case.world.phone.email_code()} if with_email else {}
        return _Download(code, new_csr(), more)

    return before


def _download(case: Case) -> Answer:
    return told(case.world.download(case.kept.code, case.kept.csr, **case.kept.more), 200)


def _downloaded(case: Case, answer: Answer) -> None:
    certificate = certificate_in(answer)
    row = only_certificate_of_the_citizen()
    assert row.der == certificate.public_bytes(Encoding.DER)
    assert certificate.tbs_certificate_bytes == bytes(row.tbs)
    has_email = b"maria@example.org" in bytes(row.der)
    assert has_email == bool(case.kept.more)
    again = case.world.download(case.kept.code, case.kept.csr, **case.kept.more)
    assert again.body == answer.body
    assert case.world.download(case.kept.code).slug == "code-spent"
    assert _status(case, certificate) is ocsp.OCSPCertStatus.GOOD


def _download_file(case: Case) -> Answer:
    body = {"code": case.kept.code, "password": PASSWORD}
    return told(case.world.citizen.post("/v1/certificates/pkcs12", body, key="one-download"), 200)


def _file_before(case: Case) -> _Download:
    ready = _ready_to_download(with_email=False)(case)
    case.kept = ready
    _download_file(case)
    return ready


def _file_downloaded(case: Case, answer: Answer) -> None:
    key, certificate, _ = pkcs12.load_key_and_certificates(
        base64.b64decode(answer.json["pkcs12"]), PASSWORD.encode()
    )
    assert key is not None
    assert certificate is not None
    assert key.public_key() == certificate.public_key()
    row = only_certificate_of_the_citizen()
    assert row.der == certificate.public_bytes(Encoding.DER)
    assert row.key_origin == "server"
    assert _status(case, certificate) is ocsp.OCSPCertStatus.GOOD
    for other in CertificateRow.scan():
        if other.holder == row.holder and other.id != row.id:
            assert (bool(other.revoked_at), other.reason) == (True, "superseded")


# Revocation


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
    entry = _crl_of(case, case.kept).get_revoked_certificate_by_serial_number(case.kept.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == at
    assert _status(case, case.kept) is ocsp.OCSPCertStatus.REVOKED


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
    assert all(_status(case, each) is ocsp.OCSPCertStatus.REVOKED for each in case.kept)
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
    assert _status(case, case.kept) is ocsp.OCSPCertStatus.REVOKED


def _not_revoked(case: Case, _: Answer) -> None:
    assert record_of(case.kept).revoked_at is None
    assert _status(case, case.kept) is ocsp.OCSPCertStatus.GOOD


def _search(case: Case) -> Answer:
    return told(case.world.officer.post(f"{case.world.point}/certificate-searches", {"nif": NIF}), 200)


def _found(case: Case, answer: Answer) -> None:
    (found,) = answer.json["certificates"]
    assert (found["serial"], found["state"]) == (f"{case.kept.serial_number:x}", "issued")
    assert acts("certificates.searched") >= 1


# Status


def _issuer(case: Case) -> Issuer:
    return next(issuer for issuer in issuers(case.world.cloud).all if issuer.parent)


def _crl_of(case: Case, certificate: x509.Certificate) -> x509.CertificateRevocationList:
    issuer = _issuer(case)
    key = bucket_key(issuer.id, certificate.serial_number % issuer.crl_shards)
    path = "/crl/" + key.removeprefix("crl/")
    answer = case.world.citizen.get(path)
    assert answer.status == 200, (path, answer.body)
    return x509.load_der_x509_crl(answer.body)


def _status(case: Case, certificate: x509.Certificate) -> ocsp.OCSPCertStatus:
    return ocsp.load_der_ocsp_response(_ask_with(case, certificate).body).certificate_status


def _ask_with(case: Case, certificate: x509.Certificate) -> Answer:
    return _send_ocsp(case, _ocsp_request(case, certificate))


def _ocsp_request(case: Case, certificate: x509.Certificate) -> bytes:
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate(certificate, _issuer(case).certificate, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def _send_ocsp(case: Case, body: bytes) -> Answer:
    return case.world.citizen.send("POST", "/ocsp", body, content_type="application/ocsp-request")


def _to_ask_before(case: Case) -> tuple[x509.Certificate, bytes]:
    certificate = case.world.certificate_of()
    return certificate, _ocsp_request(case, certificate)


def _ask(case: Case) -> Answer:
    answer = told(_send_ocsp(case, case.kept[1]), 200)
    if ocsp.load_der_ocsp_response(answer.body).response_status is ocsp.OCSPResponseStatus.TRY_LATER:
        raise Again("tryLater")
    return answer


def _answered(case: Case, answer: Answer) -> None:
    assert ocsp.load_der_ocsp_response(answer.body).certificate_status is ocsp.OCSPCertStatus.GOOD
    kept = record_of(case.kept[0]).ocsp_sha256
    assert kept == answer.body


def _revoked_before(case: Case) -> tuple[x509.Certificate, int]:
    """A certificate that was revoked after its CRL was published."""
    certificate = case.world.certificate_of()
    assert case.world.revoke(certificate).status == 200
    case.faults.started.clear()  # the operation under test is the one that would now run
    return certificate, number_of(_crl_of(case, certificate))


def _publish(case: Case) -> None:
    run("publish_crls", lambda: pki.publish_crls(case.world.cloud))


def _published(case: Case, _: None) -> None:
    certificate, before = case.kept
    published = _crl_of(case, certificate)
    assert published.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert number_of(published) > before
    assert published.is_signature_valid(_issuer(case).certificate.public_key())  # type: ignore[arg-type]
    _publish(case)
    assert number_of(_crl_of(case, certificate)) == number_of(published), "still due after it was published"


def _two_months_later(case: Case) -> x509.Certificate | None:
    before = _issuer(case).responder_certificate
    case.world.clock.turn(days=61)
    return before


def _renew(case: Case) -> None:
    run("renew_responders", lambda: pki.renew_responders(case.world.cloud))


def _renewed(case: Case, _: None) -> None:
    issuer = _issuer(case)
    now_used = issuer.responder_certificate
    assert now_used is not None
    assert now_used != case.kept
    rows = [row for row in CertificateRow.scan() if row.holder.startswith("responder:")]
    assert len(rows) == 2, "the first, and the one that replaces it"
    assert record_of(now_used).der == now_used.public_bytes(Encoding.DER)
    assert acts("responder.renewed") == 2


# Messages


def _unsent_before(case: Case) -> None:
    """A code was granted, and the function that would have sent it was gone."""
    case.faults.watch_for("invoke authority grant", Fault.KILLED_AFTER)
    with contextlib.suppress(Killed):
        case.world.identify(key="one-identification")
    assert not case.world.phone.sms()
    case.world.clock.turn(minutes=2)


def _send(case: Case) -> None:
    run("send_outbox", lambda: notices.send_outbox(case.world.cloud))


def _sent(case: Case, _: None) -> None:
    _newest_code_works_alone(case)


# What operators do


def _save_point(case: Case) -> None:
    run("operator", lambda: staff.save_point(case.world.cloud, point("gandia", ("identification",)), "me"))


def _saved(case: Case, _: None) -> None:
    assert PointRow.find("gandia") is not None
    assert acts("point.saved") >= 3


def _appoint(case: Case) -> None:
    appointment = person(**another_person(30_000_000)) | {
        "officer_id": "officer-2",
        "point_id": POINT,
        "role": "registration-officer",
    }
    del appointment["presence"], appointment["conditions_accepted"]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        file = Path(folder, "officer.json")
        file.write_text(json.dumps(appointment))
        run("operator", lambda: appoint(case.world.cloud, file, "operator:test"))


def _appointed(case: Case, _: None) -> None:
    newest = case.world.phone.generation_code()
    assert newest == case.faults.codes[-1]
    certificate = certificate_in(case.world.download(newest))
    assert record_of(certificate).holder == "officer:officer-2"


def _retire(case: Case) -> None:
    run("operator", lambda: retire(case.world.cloud, _issuer(case).id, "operator:test"))


def _retired(case: Case, _: None) -> None:
    assert acts("issuer.retired") == 1
    answer = case.world.download(case.world.code_for())
    assert (answer.status, answer.slug) == (503, "no-issuer")


def _suspend(case: Case) -> None:
    run("operator", lambda: staff.suspend_officer(case.world.cloud, "officer-1", "operator:test"))


def _suspended(case: Case, _: None) -> None:
    assert case.world.identify().slug == "officer-suspended"


def _withdraw(case: Case) -> None:
    run("operator", lambda: staff.withdraw_identification(case.world.cloud, case.kept, "operator:test"))


def _withdrawn(case: Case, _: None) -> None:
    assert case.world.download(case.faults.codes[-1]).slug == "evidence-refused"


OPERATIONS = (
    Operation("log in", nothing, _log_in, _logged_in),
    Operation("log out", nothing, _log_out, _logged_out),
    Operation("identify, by text message", nothing, _identify("sms"), _identified),
    Operation("identify, on paper", nothing, _identify("paper"), _identified, reads=False),
    Operation("grant again", _identify_before, _grant_again, _granted_again, reads=False),
    Operation("try a wrong code", lambda _: new_csr(), _wrong_code, _counted),
    Operation("download", _ready_to_download(with_email=False), _download, _downloaded),
    Operation(
        "download, with e-mail code", _ready_to_download(with_email=True), _download, _downloaded, reads=False
    ),
    Operation("download PKCS#12", _ready_to_download(with_email=False), _download_file, _file_downloaded),
    Operation("download PKCS#12 again", _file_before, _download_file, _file_downloaded),
    Operation("revoke, in person", _certificate_before, _revoke, _revoked),
    Operation("revoke, by phone", _certificate_before, _revoke_by_phone, _revoked, reads=False),
    Operation("revoke, for a stranger", _certificate_before, _revoke_for_a_stranger, _not_revoked),
    Operation("revoke, a key of two", _two_of_one_key, _revoke_one_of_two, _key_barred, reads=False),
    Operation("report a compromised key", _two_of_one_key, _report_key, _key_barred, reads=False),
    Operation(
        "revoke, as operator", _certificate_before, _revoke_by_operator, _revoked_by_operator, reads=False
    ),
    Operation("search", _certificate_before, _search, _found),
    Operation("answer OCSP, first", _to_ask_before, _ask, _answered),
    Operation("publish a CRL", _revoked_before, _publish, _published),
    Operation("renew a responder", _two_months_later, _renew, _renewed),
    Operation("send the outbox", _unsent_before, _send, _sent),
    Operation("save a point", nothing, _save_point, _saved),
    Operation("appoint an officer", nothing, _appoint, _appointed),
    Operation("retire a CA", nothing, _retire, _retired),
    Operation("suspend an officer", nothing, _suspend, _suspended),
    Operation("withdraw an identification", _identify_before, _withdraw, _withdrawn),
)
