"""Certificates from an officer's log-in to the download: every write of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp

from chalicelib.certificates.tables import CardRow
from chalicelib.codes.kinds import GENERATION
from chalicelib.codes.store import code_id
from chalicelib.codes.tables import CodeRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import IdentificationRow
from tests.crash.operation import NIF, Case, Operation, acts, nothing, only_certificate_of_the_citizen, told
from tests.crash.people import mails_to
from tests.crash.status import certificate_in, status_of
from tests.support.cards import load, loading
from tests.support.client import Answer
from tests.support.world import DOCUMENT, new_csr

PASSWORD = "a long pass phrase, 16+"

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
    newest_code_works_alone(case)


def newest_code_works_alone(case: Case) -> None:
    """What the citizen got last is a code that works; one that was replaced opens nothing."""
    newest = case.faults.codes[-1]
    for code in set(case.faults.codes) - {newest}:
        assert case.world.download(code).slug == "code-not-accepted"
    if texts := case.world.phone.sms():
        assert texts[-1][1].endswith("#" + newest), "the last text message holds a replaced code"
    answer = case.world.download(newest)
    assert answer.status == 200, answer.body
    assert only_certificate_of_the_citizen().der == certificate_in(answer).public_bytes(Encoding.DER)


def newest_code_lives_alone(case: Case, number: str = "") -> None:
    """The same by the table of codes, where another operation has shown what a live code buys."""
    newest = case.faults.codes[-1]
    for code in set(case.faults.codes):
        row = CodeRow.find(code_id(case.world.cloud, GENERATION, code))
        alive = row is not None and row.voided_at is None and row.spent_at is None
        assert alive == (code == newest)
    texts = [text for to, text in case.world.phone.sms() if number in to]
    assert texts[-1].endswith("#" + newest), "the last text message holds a replaced code"


def identify_before(case: Case) -> str:
    answer = case.world.identify(key="one-identification")
    assert answer.status == 201
    return str(answer.json["id"])


def _grant_again(case: Case) -> Answer:
    path = f"{case.world.point}/identifications/{case.kept}/generation-codes"
    return told(case.world.officer.post(path), 201)


def _granted_again(case: Case, _: Answer) -> None:
    newest_code_works_alone(case)


def _rescue_at_desk(case: Case) -> Answer:
    body = {"nif": NIF, "document": DOCUMENT}
    return told(case.world.officer.post(f"{case.world.point}/generation-code-rescues", body), 201)


def _rescued(case: Case, _: Answer) -> None:
    """The newest code is the one that works, and each that took another's place was told by e-mail."""
    replaced = acts("generation-code.granted") - 2  # the officer's own, and the first
    mails = [mail for mail in mails_to(case) if "se ha cambiado por otro" in mail.subject]
    assert 1 <= replaced <= min(len(mails), acts("generation-code.rescued"))
    newest_code_lives_alone(case)


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
    assert status_of(case, certificate) is ocsp.OCSPCertStatus.GOOD


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
    assert status_of(case, certificate) is ocsp.OCSPCertStatus.GOOD
    for other in CertificateRow.scan():
        if other.holder == row.holder and other.id != row.id:
            assert (bool(other.revoked_at), other.reason) == (True, "superseded")


# Cards


def _ready_to_load(case: Case) -> dict[str, Any]:
    return loading(case.world.code_for(), attested=False)


def _load_card(case: Case) -> Answer:
    return told(load(case.world, case.kept), 200)


def _card_loaded(case: Case, answer: Answer) -> None:
    """One certificate for one key in one card, whatever was lost on the way."""
    certificate = x509.load_pem_x509_certificate(answer.json["certificate"].encode())
    row = only_certificate_of_the_citizen()
    assert row.der == certificate.public_bytes(Encoding.DER)
    assert {each.certificate for each in CardRow.scan()} == {CardRow.OWNER, row.id}
    assert load(case.world, case.kept).body == answer.body
    assert status_of(case, certificate) is ocsp.OCSPCertStatus.GOOD


OPERATIONS = (
    Operation("log in", nothing, _log_in, _logged_in),
    Operation("log out", nothing, _log_out, _logged_out),
    Operation("identify, by text message", nothing, _identify("sms"), _identified),
    Operation("identify, on paper", nothing, _identify("paper"), _identified, reads=False),
    Operation("grant again", identify_before, _grant_again, _granted_again, reads=False),
    Operation("rescue a code at the desk", identify_before, _rescue_at_desk, _rescued, reads=False),
    Operation("try a wrong code", lambda _: new_csr(), _wrong_code, _counted),
    Operation("download", _ready_to_download(with_email=False), _download, _downloaded),
    Operation(
        "download, with e-mail code", _ready_to_download(with_email=True), _download, _downloaded, reads=False
    ),
    Operation("load a card", _ready_to_load, _load_card, _card_loaded, reads=False),
    Operation("download PKCS#12", _ready_to_download(with_email=False), _download_file, _file_downloaded),
    Operation("download PKCS#12 again", _file_before, _download_file, _file_downloaded),
)
