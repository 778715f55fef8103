"""R9: a CRL that expired because a run was missed (IdenTrust 2024: eight hours, after an update)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.aws.cloud import Cloud
from chalicelib.errors import Unavailable
from chalicelib.pki import crl, jobs, publication
from tests.pki.status_world import World, authority


def fails(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    raise Unavailable


def valid(world: World) -> bool:
    ends = [world.published(shard).next_update_utc for shard in range(world.shards)]
    return all(end is not None and world.clock.at < end for end in ends)


def test_R09_three_missed_refreshes_in_a_row_are_survived(world: World) -> None:
    """Everything fails from just before a refresh until just before the fourth after it."""
    publication.publish_due(world.cloud)
    world.handlers["authority"] = fails
    world.clock.turn(hours=5, minutes=55)
    for _ in range(3):
        world.clock.turn(hours=6)
        with pytest.raises(jobs.JobIncomplete):
            jobs.publish_crls(world.cloud)
        assert valid(world)
    world.handlers["authority"] = authority
    jobs.publish_crls(world.cloud)
    world.clock.turn(hours=6)
    assert valid(world)


def test_R09_an_alarm_has_half_a_day_before_anything_expires(world: World) -> None:
    """`stale` counts shards long before a client sees an expired list."""
    publication.publish_due(world.cloud)
    world.clock.turn(hours=12, minutes=1)
    assert len(list(publication.stale(world.cloud))) == world.shards
    assert valid(world)
    assert crl.LIFETIME - timedelta(hours=12, minutes=1) > timedelta(hours=12)


def test_R09_what_is_about_to_expire_goes_first(world: World) -> None:
    """After an outage the time of a run may not be enough for all."""
    publication.publish_due(world.cloud)
    world.clock.turn(hours=20)
    publication.publish(world.cloud, world.issuer_id, 2)
    row, _ = world.certificate(shard=2)
    world.revoke(row)
    assert [shard for _, shard in publication.due(world.cloud)] == [0, 1, 3, 2]


def test_R09_one_authority_that_fails_delays_no_other(world: World) -> None:
    """Each issuer's shards have their own turn."""
    other = world.add_issuer("Clavero Citizens CA 2", "RSA_3072")

    def one_fails(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        return (fails if payload["issuer"] == other else authority)(cloud, payload)

    world.handlers["authority"] = one_fails
    report = publication.publish_due(world.cloud)
    assert (report.published, len(report.failed)) == (4, 4)
    assert valid(world)
