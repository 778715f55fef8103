"""R12: one bad record, or one more record, and no CRL at all (serverless-ca#590, #606; Vault#3328)."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from chalicelib.aws.tables import connection
from chalicelib.pki import jobs, publication
from chalicelib.pki.crl import shard_id
from chalicelib.pki.tables import CertificateRow, CrlShardRow
from tests.pki.status_world import SETTINGS, World

DAMAGE: dict[str, dict[str, Any]] = {
    "no date": {},
    "a date that is none": {"revoked_at": {"S": "yesterday"}, "not_after": {"S": "x"}},
    "a date of another type": {"revoked_at": {"N": "5"}, "not_after": {"L": []}},
    "an unknown reason": {
        "revoked_at": {"S": "2026-11-22T10:30:00.000000+0000"},
        "not_after": {"S": "2029-11-22T10:30:00.000000+0000"},
        "reason": {"S": "because"},
    },
    "fields of a later release": {"revoked": {"M": {"at": {"S": "2026"}}}},
}


def _put(shard: str, serial: str, fields: dict[str, Any]) -> None:
    """Straight into the table, past every model."""
    item = {"shard": {"S": shard}, "serial": {"S": serial}} | fields
    client: Any = connection().client  # whose stub has only what pynamodb itself calls
    client.put_item(TableName=SETTINGS.prefix + "revocations", Item=item)


@pytest.mark.parametrize("serial", ["77", "zz", "é", "-1"])
@pytest.mark.parametrize("name", DAMAGE)
def test_R12_a_damaged_row_does_not_keep_the_others_out(world: World, name: str, serial: str) -> None:
    """The others are published; the damaged one is told, so that an operator looks."""
    row, made = world.certificate()
    world.revoke(row)
    _put(shard_id(world.issuer_id, 0), serial, DAMAGE[name])
    with pytest.raises(jobs.JobIncomplete):
        jobs.publish_crls(world.cloud)
    assert [entry.serial_number for entry in world.published()] == [made.serial_number]


@pytest.mark.parametrize("name", DAMAGE)
def test_R12_a_row_damaged_after_it_was_published_stays_listed(world: World, name: str) -> None:
    """The certificate's own record still knows that it is revoked, and since when."""
    row, made = world.certificate()
    world.revoke(row)
    publication.publish_due(world.cloud)
    _put(shard_id(world.issuer_id, 0), f"{made.serial_number:x}", DAMAGE[name])
    world.clock.turn(hours=6)
    report = publication.publish_due(world.cloud)
    assert (report.published, report.damaged) == (4, [shard_id(world.issuer_id, 0)])
    (entry,) = world.published()
    before = CertificateRow.get(row.id)
    assert (entry.serial_number, entry.revocation_date_utc) == (made.serial_number, before.revoked_at)
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "keyCompromise"


def test_R12_a_revocation_damaged_everywhere_is_kept_from_the_published_crl(world: World) -> None:
    """Row and certificate are gone; a list that was signed once is the last witness."""
    row, made = world.certificate()
    at = world.revoke(row).at
    publication.publish_due(world.cloud)
    _put(shard_id(world.issuer_id, 0), f"{made.serial_number:x}", {})
    CertificateRow(row.id).delete()
    world.clock.turn(hours=6)
    assert publication.publish_due(world.cloud).failed == []
    (entry,) = world.published()
    assert (entry.serial_number, entry.revocation_date_utc) == (made.serial_number, at)


def test_R12_a_deleted_revocation_stops_its_shard_and_no_other(world: World) -> None:
    """A list that forgets a revocation is worse than one that is hours old: it is refused, aloud."""
    from chalicelib.pki.tables import RevocationRow

    row, made = world.certificate()
    world.revoke(row)
    publication.publish_due(world.cloud)
    RevocationRow(shard_id(world.issuer_id, 0), f"{made.serial_number:x}").delete()
    world.clock.turn(hours=6)
    report = publication.publish_due(world.cloud)
    assert (report.published, report.failed) == (3, [shard_id(world.issuer_id, 0)])
    assert [entry.serial_number for entry in world.published()] == [made.serial_number]


def test_R12_a_crl_is_longer_than_kms_takes_as_a_message(world: World) -> None:
    """serverless-ca#606: 4,096 octets were the cliff, at some 80 entries. Digests have none."""
    world.fill(0, 300)
    publication.publish(world.cloud, world.issuer_id, 0)
    assert len(world.published().tbs_certlist_bytes) > 2 * 4096
    assert CrlShardRow.get(shard_id(world.issuer_id, 0)).published_revocations == 300
