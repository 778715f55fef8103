"""R03: a certificate that was signed and that nobody knows (boulder#1343, boulder#6807, serverless-ca)."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from msgspec import structs

from chalicelib.pki import jobs
from chalicelib.pki.issuers import issuers
from chalicelib.pki.ocsp import issuer_hashes
from chalicelib.pki.reconciliation import mismatches
from chalicelib.pki.tables import CertificateRow
from infra.commands.reconcile import read_books
from tests.support.faults import Fault, Faults, Killed
from tests.support.world import World, new_csr

Step = tuple[str, int]
SIGN: Step = ("kms.Sign", 1)
STORE: Step = ("dynamodb.TransactWriteItems", 2)
"""The first transaction records what is to be signed; the second stores what was."""


def _lose(world: World, faults: Faults, step: Step, fault: Fault) -> CertificateRow:
    """An issuance that ends at a step, and nobody comes back for it. Its record."""
    code, csr = world.code_for(), new_csr()
    faults.watch_for(step[0], fault, step[1])
    with contextlib.suppress(Killed):
        assert world.download(code, csr).status == 503
    assert not faults.armed
    (row,) = [row for row in CertificateRow.scan() if row.holder.startswith("person:")]
    return row


AFTER_THE_RECORD = [
    (SIGN, Fault.KILLED_BEFORE),
    (SIGN, Fault.UNANSWERED),
    (SIGN, Fault.KILLED_AFTER),
    (STORE, Fault.UNREACHABLE),
    (STORE, Fault.KILLED_BEFORE),
]


@pytest.mark.parametrize(("at", "fault"), AFTER_THE_RECORD)
def test_R03_what_may_have_been_signed_is_found_has_status_and_can_be_revoked(
    broken: tuple[World, Faults], at: Step, fault: Fault
) -> None:
    """Nobody asks again; still the serial is on record, never good, and revocable."""
    world, faults = broken
    row = _lose(world, faults, at, fault)
    assert row.state == "signing"
    found = world.officer.post(f"{world.point}/certificate-searches", {"nif": "12345678Z"})
    assert [entry["state"] for entry in found.json["certificates"]] == ["signing"]
    assert _status(world, row) is ocsp.OCSPCertStatus.UNKNOWN

    body = {
        "nif": "12345678Z",
        "issuer": row.issuer,
        "serial": f"{row.serial:x}",
        "reason": "superseded",
        "identity": {"channel": "phone", "birth_date": "1985-02-28", "mobile": "+34612345678"},
    }
    assert world.officer.post(f"{world.point}/revocations", body).status == 200
    assert _status(world, row) is ocsp.OCSPCertStatus.REVOKED
    jobs.publish_crls(world.cloud)
    world.clock.turn(hours=2)
    books = structs.replace(read_books(world.cloud, []), signatures=faults.signed)
    assert not list(mismatches(books, world.clock()))


def test_R03_reconciliation_names_a_reservation_that_was_never_finished(
    broken: tuple[World, Faults],
) -> None:
    """An hour later somebody has to look at it."""
    world, faults = broken
    row = _lose(world, faults, SIGN, Fault.KILLED_AFTER)
    assert not list(mismatches(read_books(world.cloud, []), world.clock()))
    world.clock.turn(hours=2)
    (mismatch,) = mismatches(read_books(world.cloud, []), world.clock())
    assert (mismatch.kind, mismatch.object) == ("certificate-unfinished", row.id)


def _status(world: World, row: CertificateRow) -> ocsp.OCSPCertStatus:
    issuer = next(issuer for issuer in issuers(world.cloud).all if issuer.id == row.issuer)
    named = issuer_hashes(issuer.certificate, "sha256")
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        named.name, named.key, row.serial, hashes.SHA256()
    )
    body = builder.build().public_bytes(Encoding.DER)
    answer = world.citizen.send("POST", "/ocsp", body, content_type="application/ocsp-request")
    return ocsp.load_der_ocsp_response(answer.body).certificate_status
