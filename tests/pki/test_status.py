"""Who answers, what is kept, and what is said when something fails."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseStatus

from chalicelib.aws.cloud import Cloud, utc_now
from chalicelib.errors import NotFound, Unavailable
from chalicelib.pki import ocsp, revocation, status
from chalicelib.pki.issuers import forget
from chalicelib.pki.tables import CertificateRow
from tests.pki.status_world import Clock, World


def fails(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    raise Unavailable


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
def test_in_steady_state_an_answer_is_one_read(world: World, algorithm: hashes.HashAlgorithm) -> None:
    _, made = world.certificate()
    first = world.ask(made, algorithm).public_bytes(Encoding.DER)
    calls = world.calls()
    assert world.ask(made, algorithm).public_bytes(Encoding.DER) == first
    assert calls == ["GetItem"]


def test_a_request_for_nothing_of_ours_costs_at_most_a_read(world: World) -> None:
    """Nobody can make us sign for numbers at random."""
    _, made = world.certificate()
    world.ask(made)
    calls = world.calls()
    for serial in (1, made.serial_number + 1, 2**158):
        assert world.ask(serial).response_status is OCSPResponseStatus.UNAUTHORIZED
    assert calls == ["GetItem"] * 3


def test_the_kept_answer_is_renewed_at_half_its_life(world: World) -> None:
    _, made = world.certificate()
    first = world.ask(made)
    world.clock.turn(hours=5, minutes=59)
    assert world.ask(made).this_update_utc == first.this_update_utc
    world.clock.turn(minutes=2)
    assert world.ask(made).this_update_utc == world.clock.at


def test_a_valid_answer_is_given_while_the_signer_fails(world: World) -> None:
    _, made = world.certificate()
    first = world.ask(made)
    world.handlers["status"] = fails
    world.clock.turn(hours=11)
    assert world.ask(made).this_update_utc == first.this_update_utc
    world.clock.turn(hours=1)
    assert world.ask(made).response_status is OCSPResponseStatus.TRY_LATER


def test_after_a_revocation_no_older_answer_is_given(world: World) -> None:
    row, made = world.certificate()
    world.ask(made)
    world.revoke(row)
    world.handlers["status"] = fails
    assert world.ask(made).response_status is OCSPResponseStatus.TRY_LATER


def test_a_revocation_while_an_answer_is_signed_wins(world: World) -> None:
    """The `good` that was being signed is thrown away, neither kept nor given."""
    row, made = world.certificate()
    sign = status._sign
    revoked: list[revocation.Revoked] = []

    def revoke_after_signing(*args: Any) -> ocsp.Answer:
        answer = sign(*args)
        if not revoked:
            revoked.append(world.revoke(row))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(status, "_sign", revoke_after_signing)
        assert world.ask(made).certificate_status is ocsp.Status.REVOKED
    kept = ocsp.read_answer(bytes(CertificateRow.get(row.id).ocsp_sha1))
    assert kept is not None
    assert kept.status is ocsp.Status.REVOKED


def test_a_kept_answer_that_contradicts_the_row_is_not_given(world: World) -> None:
    """However it came there: a restored backup, a faulty release."""
    row, made = world.certificate()
    world.ask(made)
    good = CertificateRow.get(row.id).ocsp_sha1
    world.revoke(row)
    CertificateRow(row.id).update([CertificateRow.ocsp_sha1.set(good)])
    assert world.ask(made).certificate_status is ocsp.Status.REVOKED


@pytest.mark.parametrize("damaged", [b"", b"\x00", b"\x30\x03\x0a\x01\x06"])
def test_a_damaged_kept_answer_is_made_anew(world: World, damaged: bytes) -> None:
    row, made = world.certificate()
    CertificateRow(row.id).update([CertificateRow.ocsp_sha1.set(damaged)])
    assert world.ask(made).certificate_status is ocsp.Status.GOOD


def test_the_answers_of_a_retired_issuer_are_its_own(world: World) -> None:
    """Rollover: the old CA's certificates are answered for by the old CA's responder."""
    old_id, (_, old) = world.issuer_id, world.certificate()
    old_responder = world.issuer.responder_certificate
    world.issuer_id = world.add_issuer("Clavero Citizens CA 2", "ECC_NIST_P384")
    _, new = world.certificate()
    assert world.ask(new).certificates == [world.issuer.responder_certificate]
    world.issuer_id = old_id
    assert world.ask(old).certificates == [old_responder]


def test_what_the_status_function_does_not_know_it_does_not_sign(world: World) -> None:
    for payload in (
        {"issuer": "0" * 16, "serial": "1", "hash": "sha1"},
        {"issuer": world.issuer_id, "serial": "1", "hash": "sha1"},
        {"issuer": world.issuer_id, "serial": "1", "hash": "md5"},
    ):
        with pytest.raises(NotFound):
            status.handle(world.cloud, payload)


def test_openssl_accepts_the_answers(status_cloud: None, tmp_path: Path) -> None:
    """openssl makes the request, and judges signature, delegation, status and times."""
    world = World(clock=Clock(utc_now().replace(microsecond=0)))
    row, made = world.certificate()
    for name, certificate in {"root": world.root, "ca": world.issuer.certificate, "cert": made}.items():
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    def openssl(*options: str) -> str:
        done = subprocess.run(["openssl", "ocsp", *options], cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr

    def judged(algorithm: str) -> str:
        openssl(f"-{algorithm}", "-issuer", "ca.pem", "-cert", "cert.pem", "-reqout", "q.der")
        answer = status.answer(world.cloud, (tmp_path / "q.der").read_bytes())
        (tmp_path / "a.der").write_bytes(answer.der)
        asked = [f"-{algorithm}", "-issuer", "ca.pem", "-cert", "cert.pem", "-respin", "a.der"]
        return openssl(*asked, "-CAfile", "root.pem", "-verify_other", "ca.pem", "-no_nonce")

    for algorithm in ("sha1", "sha256"):
        told = judged(algorithm)
        assert "Response verify OK" in told
        assert "cert.pem: good" in told
    world.revoke(row)
    for algorithm in ("sha1", "sha256"):
        told = judged(algorithm)
        assert "Response verify OK" in told
        assert "cert.pem: revoked" in told
        assert "Reason: keyCompromise" in told


def test_an_issuer_without_responder_is_tried_later(world: World) -> None:
    from chalicelib.pki.tables import IssuerRow

    _, made = world.certificate()
    request = world.request(made)
    IssuerRow(world.issuer_id).update([IssuerRow.responder_certificate.remove()])
    forget(world.cloud)
    assert status.answer(world.cloud, request).der == ocsp.Refusal.TRY_LATER.der()


def test_answers_live_for_twelve_hours(world: World) -> None:
    read = world.ask(world.certificate()[1])
    assert read.next_update_utc is not None
    assert read.next_update_utc - read.this_update_utc == timedelta(hours=12)
