"""R15: a revocation seen late (eIDAS article 24(3): 24 hours), or in one place and not in the other."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.x509.ocsp import OCSPCertStatus

from chalicelib.pki import jobs, publication, routes
from tests.pki.status_world import World

SCHEDULE = timedelta(minutes=5)
OCSP_LIMIT = timedelta(seconds=60)
CRL_LIMIT = timedelta(minutes=15)


def test_R15_ocsp_and_crl_show_a_revocation_in_time_and_agree(world: World) -> None:
    """Through caches at their worst: each took its copy in the last instant before the revocation."""
    row, made = world.certificate()
    jobs.publish_crls(world.cloud)
    assert world.ask(made).certificate_status is OCSPCertStatus.GOOD
    received = world.clock.at
    told = world.revoke(row)

    answer = world.ask(made)
    seen_in_ocsp = world.clock.at - received + timedelta(seconds=routes.OCSP_MAX_AGE)
    assert answer.certificate_status is OCSPCertStatus.REVOKED
    assert seen_in_ocsp <= OCSP_LIMIT

    world.clock.at += SCHEDULE
    jobs.publish_crls(world.cloud)
    (entry,) = world.published()
    seen_in_crl = world.clock.at - received + timedelta(seconds=publication.MAX_AGE)
    assert seen_in_crl <= CRL_LIMIT

    dates: set[datetime | None] = {told.at, answer.revocation_time_utc, entry.revocation_date_utc}
    assert dates == {received}
    assert entry.serial_number == answer.serial_number == made.serial_number


def test_R15_both_hashes_show_it_at_once(world: World) -> None:
    """An answer that was kept for either hash goes with the revocation."""
    row, made = world.certificate()
    for algorithm in (hashes.SHA1(), hashes.SHA256()):
        world.ask(made, algorithm)
    world.revoke(row)
    for algorithm in (hashes.SHA1(), hashes.SHA256()):
        assert world.ask(made, algorithm).certificate_status is OCSPCertStatus.REVOKED


def test_R15_a_revocation_during_a_run_is_in_the_next(world: World) -> None:
    """It came after its shard was read: ten minutes at most, and the shard is not taken for done."""
    row, made = world.certificate()
    signed = publication.sign_shard(world.cloud, world.issuer, 0)
    world.revoke(row)
    publication.install(world.cloud, world.issuer, 0, signed)
    assert (world.issuer_id, 0) in publication.due(world.cloud)
    world.clock.at += SCHEDULE
    jobs.publish_crls(world.cloud)
    assert [entry.serial_number for entry in world.published()] == [made.serial_number]
