"""R13: a revocation that was undone or re-dated (serverless-ca's root CRL; django-ca's second revoke)."""

from __future__ import annotations

from datetime import timedelta

from cryptography.x509.ocsp import OCSPCertStatus

from chalicelib.pki import jobs, publication
from chalicelib.pki.crl import shard_id
from chalicelib.pki.tables import CertificateRow, RevocationRow
from tests.pki.status_world import START, World


def test_R13_a_second_revocation_keeps_the_first_date_and_reason(world: World) -> None:
    """And whoever asks is told the first, without a second row or a second count."""
    row, _ = world.certificate()
    first = world.revoke(row, None)
    world.clock.turn(days=3)
    second = world.revoke(row, "keyCompromise")
    assert (first.now, second.now) == (True, False)
    assert (second.at, second.reason) == (first.at, "unspecified")
    stored = CertificateRow.get(row.id)
    assert (stored.revoked_at, stored.reason) == (first.at, None)  # type: ignore[comparison-overlap]
    rows = list(RevocationRow.query(shard_id(world.issuer_id, 0)))
    assert [(entry.revoked_at, entry.reason) for entry in rows] == [(first.at, None)]  # type: ignore[comparison-overlap]


def test_R13_issuance_that_ends_after_the_revocation_does_not_undo_it(world: World) -> None:
    """A resumed issuance stores its certificate; it stays revoked."""
    row, made = world.certificate(state="signing")
    world.revoke(row)
    CertificateRow(row.id).update([CertificateRow.state.set("issued")])
    assert world.ask(made).certificate_status is OCSPCertStatus.REVOKED


def test_R13_an_entry_stays_until_one_crl_after_the_expiry(world: World) -> None:
    """RFC 5280, section 3.3: listed once after the end of its validity, and only then dropped."""
    row, made = world.certificate()
    world.revoke(row)
    end = made.not_valid_after_utc

    def listed_at(moment: timedelta) -> bool:
        world.clock.at = end + moment
        publication.publish(world.cloud, world.issuer_id, 0)
        return any(entry.serial_number == made.serial_number for entry in world.published())

    assert listed_at(timedelta(hours=-6))
    assert listed_at(timedelta(hours=2))
    assert not listed_at(timedelta(hours=8))


def test_R13_revoked_stays_revoked_in_ocsp_after_the_crl_forgot(world: World) -> None:
    """EN 319 411-2: what was revoked and has expired is still known."""
    row, made = world.certificate()
    world.revoke(row)
    world.clock.at = made.not_valid_after_utc + timedelta(days=2)
    jobs.renew_responders(world.cloud)
    told = world.ask(made)
    assert (told.certificate_status, told.revocation_time_utc) == (OCSPCertStatus.REVOKED, START)


def test_R13_from_reservation_to_the_end_no_answer_takes_back_a_revocation(world: World) -> None:
    """The sequence of answers is unknown, good, revoked: `revoked` is never followed by another."""
    row, made = world.certificate(state="signing")
    told = [world.ask(made).certificate_status]
    CertificateRow(row.id).update([CertificateRow.state.set("issued")])
    told.append(world.ask(made).certificate_status)
    world.revoke(row)
    for _ in range(10):
        told.append(world.ask(made).certificate_status)
        world.clock.turn(hours=5)
    assert told == [OCSPCertStatus.UNKNOWN, OCSPCertStatus.GOOD, *[OCSPCertStatus.REVOKED] * 10]
