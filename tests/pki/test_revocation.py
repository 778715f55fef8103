"""A revocation is written once, with everything that follows from it, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.x509 import ReasonFlags

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import NotFound
from chalicelib.pki import revocation
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.crl import shard_id
from chalicelib.pki.reasons import ReasonNotAllowed, read_reason, reason_flag
from chalicelib.pki.tables import CertificateRow, CrlShardRow, KeyRow, RevocationRow
from tests.pki.authority import PROFILES
from tests.pki.status_world import World

ALLOWED = PROFILES[CITIZEN_SOFTWARE].revocation_reasons


def test_unspecified_is_stored_as_nothing() -> None:
    """RFC 5280, section 5.3.1: the code is left out rather than said."""
    assert read_reason("unspecified", ALLOWED) is None
    assert read_reason("keyCompromise", ALLOWED) == "keyCompromise"


@pytest.mark.parametrize("name", ["certificateHold", "removeFromCRL", "cACompromise", "", "key_compromise"])
def test_other_reasons_are_refused(name: str) -> None:
    with pytest.raises(ReasonNotAllowed):
        read_reason(name, ALLOWED)


def test_a_hold_is_refused_even_where_a_profile_would_allow_it() -> None:
    with pytest.raises(ReasonNotAllowed):
        read_reason("certificateHold", set(ReasonFlags))
    with pytest.raises(ValueError, match="certificateHold"):
        reason_flag("certificateHold")


def test_everything_follows_in_one_write(world: World) -> None:
    row, made = world.certificate(shard=2)
    world.ask(made)
    assert CertificateRow.get(row.id).ocsp_sha1 is not None
    told = world.revoke(row)
    after = CertificateRow.get(row.id)
    assert told.now
    assert (after.revoked_at, after.reason, after.state) == (world.clock.at, "keyCompromise", "issued")
    entry = RevocationRow.get(shard_id(world.issuer_id, 2), f"{made.serial_number:x}")
    assert (entry.revoked_at, entry.reason, entry.not_after) == (
        world.clock.at,
        "keyCompromise",
        made.not_valid_after_utc,
    )
    assert CrlShardRow.get(shard_id(world.issuer_id, 2)).revocations == 1
    assert after.ocsp_sha1 is None


def test_a_reserved_serial_can_be_revoked(world: World) -> None:
    """R3: whatever the CA key may have signed can be revoked, whether or not it was ever stored."""
    row, made = world.certificate(state="signing")
    world.revoke(row)
    assert world.ask(made).certificate_status.name == "REVOKED"


def test_a_condition_of_the_caller_undoes_all_of_it(world: World) -> None:
    row, made = world.certificate()

    def impossible(transaction: Transaction, _row: CertificateRow) -> None:
        transaction.check("caller", KeyRow, "none", KeyRow.holder == "never")

    with pytest.raises(ConditionFailed) as failed:
        revocation.revoke(row.id, shards=4, reason=None, at=world.clock.at, also=impossible)
    assert failed.value.labels == {"caller"}
    assert CertificateRow.get(row.id).revoked_at is None
    assert world.ask(made).certificate_status.name == "GOOD"


def test_two_at_once_agree_on_the_first(world: World) -> None:
    """The second was told of a valid certificate when it began, and is told the first's date."""
    row, _ = world.certificate()

    def meanwhile(*_: Any) -> None:
        world.revoke(row, "superseded")
        world.clock.turn(minutes=1)

    told = revocation.revoke(row.id, shards=4, reason=None, at=world.clock.at, also=meanwhile)
    assert (told.now, told.reason) == (False, "superseded")
    assert CrlShardRow.get(shard_id(world.issuer_id, 0)).revocations == 1


def test_an_unknown_certificate_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        revocation.revoke("none#1", shards=4, reason=None, at=world.clock.at, also=lambda _t, _r: None)
