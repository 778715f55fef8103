"""R11: a CRL number that goes back or repeats (boulder#7590), and entries lost between two generators."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.pki import publication
from chalicelib.pki.crl import number_of, shard_id
from chalicelib.pki.tables import CrlShardRow
from tests.pki.status_world import World, authority


def serials(world: World) -> set[int]:
    return {entry.serial_number for entry in world.published()}


def test_R11_a_slower_generator_with_a_lower_number_gives_way(world: World) -> None:
    """A signs, then B signs and publishes with one more entry, then A would publish: B's stays."""
    first_row, first = world.certificate()
    second_row, second = world.certificate()
    world.revoke(first_row)
    nested: list[publication.Published] = []

    def overtaken(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        reply = authority(cloud, payload)
        world.handlers["authority"] = authority
        world.revoke(second_row)
        nested.append(publication.publish(cloud, payload["issuer"], payload["shard"]))
        return reply

    world.handlers["authority"] = overtaken
    slow = publication.publish(world.cloud, world.issuer_id, 0)
    assert slow.superseded
    assert number_of(world.published()) == nested[0].number == 2
    assert serials(world) == {first.serial_number, second.serial_number}
    row = CrlShardRow.get(shard_id(world.issuer_id, 0))
    assert (row.published_number, row.published_revocations) == (2, 2)


def test_R11_a_faster_generator_with_a_lower_number_is_followed(world: World) -> None:
    """A takes its number, B takes the next; A publishes first, and B, which knows more, right over it."""
    row, made = world.certificate()
    signed_a = publication.sign_shard(world.cloud, world.issuer, 0)
    world.revoke(row)
    signed_b = publication.sign_shard(world.cloud, world.issuer, 0)
    publication.install(world.cloud, world.issuer, 0, signed_a)
    assert not publication.install(world.cloud, world.issuer, 0, signed_b).superseded
    assert (number_of(world.published()), serials(world)) == (2, {made.serial_number})
    assert publication.install(world.cloud, world.issuer, 0, signed_a).superseded
    assert number_of(world.published()) == 2


def test_R11_a_write_between_our_read_and_our_write_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object changes under our hands: read again, check again, and only then write."""
    ours = publication.sign_shard(world.cloud, world.issuer, 0)
    theirs = publication.sign_shard(world.cloud, world.issuer, 0)
    write = bucket.write

    def beaten(*args: Any, **how: Any) -> None:
        monkeypatch.setattr(bucket, "write", write)
        publication.install(world.cloud, world.issuer, 0, theirs)
        write(*args, **how)

    monkeypatch.setattr(bucket, "write", beaten)
    assert publication.install(world.cloud, world.issuer, 0, ours).superseded
    assert number_of(world.published()) == 2


def test_R11_a_later_record_is_not_moved_back(world: World) -> None:
    """The slower of two that both wrote finds its record overtaken, and leaves it."""
    first = publication.sign_shard(world.cloud, world.issuer, 0)
    publication.install(world.cloud, world.issuer, 0, first)
    old = world.published()
    publication.publish(world.cloud, world.issuer_id, 0)
    publication._move_forward(shard_id(world.issuer_id, 0), old, 0)
    assert CrlShardRow.get(shard_id(world.issuer_id, 0)).published_number == 2


def test_R11_numbers_grow_over_a_week_of_runs(world: World) -> None:
    """Whatever is published at a URL, its number is above all that were there."""
    last = 0
    for _ in range(28):
        publication.publish_due(world.cloud)
        number = number_of(world.published())
        assert number > last
        last = number
        world.clock.turn(hours=6)
