"""R6: OCSP answers too old (Let's Encrypt 2020) or valid for too long (HARICA 2024, after an upgrade)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.pki import ocsp
from chalicelib.pki.tables import CertificateRow
from tests.pki.status_world import World


def test_R06_at_any_hour_the_answer_is_fresh_and_bounded(world: World) -> None:
    """Over three days, asked every hour: at most six hours old, at least six hours to go."""
    _, made = world.certificate()
    for _ in range(72):
        told = world.ask(made)
        assert told.next_update_utc is not None
        assert told.next_update_utc - told.this_update_utc == ocsp.LIFETIME
        assert world.clock.at - told.this_update_utc <= timedelta(hours=6)
        assert told.next_update_utc - world.clock.at >= timedelta(hours=6)
        world.clock.turn(hours=1)


def test_R06_an_answer_kept_by_an_older_release_that_is_valid_for_too_long_is_not_given(world: World) -> None:
    """The upgrade finds answers of seven days, with a long time to go by their own reckoning."""
    row, made = world.certificate()
    with pytest.MonkeyPatch.context() as older_release:
        older_release.setattr(ocsp, "LIFETIME", timedelta(days=7))
        old = world.ask(made)
    world.clock.turn(hours=1)
    told = world.ask(made)
    assert told.this_update_utc > old.this_update_utc
    assert told.next_update_utc is not None
    assert told.next_update_utc - told.this_update_utc == ocsp.LIFETIME
    assert CertificateRow.get(row.id).ocsp_sha1 == told.public_bytes(Encoding.DER)


def test_R06_an_answer_from_the_future_is_not_given(world: World) -> None:
    """A clock that was ahead made it; its half life would be counted from a time to come."""
    _, made = world.certificate()
    world.clock.turn(hours=3)
    world.ask(made)
    world.clock.turn(hours=-3)
    assert world.ask(made).this_update_utc == world.clock.at
