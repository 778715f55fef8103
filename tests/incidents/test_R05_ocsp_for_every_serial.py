"""R5: OCSP wrong for what was issued and unknown (DigiCert 2019: one octet; Google 2022: 404)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus, load_der_ocsp_response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.aws.cloud import Cloud
from chalicelib.errors import Unavailable
from chalicelib.pki import status
from chalicelib.pki.tables import CertificateRow
from tests.pki.status_world import World


def signed(world: World, read: OCSPResponse) -> bool:
    responder = world.issuer.responder_certificate
    assert responder is not None
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(read.signature, read.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def test_R05_a_reserved_serial_has_a_signed_status_that_is_not_good(world: World) -> None:
    """It may never become a certificate, so it is not good; it may become one, so it is not revoked."""
    row, made = world.certificate(state="signing")
    told = world.ask(made)
    assert told.certificate_status is OCSPCertStatus.UNKNOWN
    assert signed(world, told)
    stored = CertificateRow.get(row.id)
    assert (stored.ocsp_sha1, stored.ocsp_sha256) == (None, None)  # type: ignore[comparison-overlap]


def test_R05_it_is_good_as_soon_as_it_is_issued(world: World) -> None:
    """Nothing of the time before is kept: not for a minute."""
    row, made = world.certificate(state="signing")
    world.ask(made)
    CertificateRow(row.id).update([CertificateRow.state.set("issued")])
    assert world.ask(made).certificate_status is OCSPCertStatus.GOOD


def test_R05_a_serial_never_given_out_is_never_good_nor_signed_for(world: World) -> None:
    """BR 4.9.10; and a stranger cannot make the responder sign."""
    _, made = world.certificate()
    negative = world.request(1)[:-1] + b"\xff"  # the last octet is that of the serial number
    asked = [world.request(serial) for serial in (0, 1, made.serial_number + 1, 2**158 + 7)]
    for request in (*asked, negative):
        told = load_der_ocsp_response(status.answer(world.cloud, request).der)
        assert told.response_status is OCSPResponseStatus.UNAUTHORIZED


def test_R05_every_issued_serial_is_answered_by_both_hashes(world: World) -> None:
    """The clients' choice of hash must not decide whether a certificate has a status."""
    for _ in range(3):
        _, made = world.certificate()
        for algorithm in (hashes.SHA1(), hashes.SHA256()):
            told = world.ask(made, algorithm)
            assert told.certificate_status is OCSPCertStatus.GOOD
            assert told.serial_number == made.serial_number
            assert signed(world, told)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_R05_any_damaged_request_is_answered_in_ocsp(world: World, data: st.DataObject) -> None:
    """Never an empty body, never `good` for another serial than the one that was issued."""
    made = world.cloud.remember("fuzzed", lambda: world.certificate()[1])
    der = bytearray(world.request(made, hashes.SHA256()))
    for _ in range(data.draw(st.integers(0, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    told = load_der_ocsp_response(status.answer(world.cloud, bytes(der)).der)
    if told.response_status is OCSPResponseStatus.SUCCESSFUL:
        assert told.serial_number == made.serial_number


@pytest.mark.parametrize("answer", ["", base64.b64encode(b"\x00").decode()])
def test_R05_a_faulty_signer_is_tried_later(world: World, answer: str) -> None:
    """The one octet of 2019: what is no OCSP response never leaves the house."""

    def faulty(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        return {"answer": answer}

    world.handlers["status"] = faulty
    assert world.ask(world.certificate()[1]).response_status is OCSPResponseStatus.TRY_LATER


def test_R05_a_database_that_fails_is_tried_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`unauthorized` would say that the serial was never given out."""
    _, made = world.certificate()
    request = world.request(made)

    def unavailable(*_: Any, **__: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(CertificateRow, "find", unavailable)
    told = load_der_ocsp_response(status.answer(world.cloud, request).der)
    assert told.response_status is OCSPResponseStatus.TRY_LATER
