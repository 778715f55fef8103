"""Publication: what is due, who wins, and what a crash or a wrong object costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.errors import Conflict, NotFound, Unavailable
from chalicelib.pki import jobs, lint, publication, responders
from chalicelib.pki.crl import bucket_key, number_of, shard_id
from chalicelib.pki.publication import due, publish, publish_due
from chalicelib.pki.tables import CertificateRow, CrlShardRow, IssuerRow, RevocationRow
from tests.pki.status_world import World, authority


def serials(world: World, shard: int = 0) -> set[int]:
    return {entry.serial_number for entry in world.published(shard)}


def test_every_shard_of_a_new_issuer_is_due_and_then_none(world: World) -> None:
    assert len(due(world.cloud)) == 4
    assert publish_due(world.cloud).published == 4
    assert due(world.cloud) == []
    assert list(publication.stale(world.cloud)) == []


def test_a_revocation_makes_its_shard_due(world: World) -> None:
    publish_due(world.cloud)
    row, made = world.certificate(shard=3)
    world.revoke(row)
    assert due(world.cloud) == [(world.issuer_id, 3)]
    publish_due(world.cloud)
    assert serials(world, 3) == {made.serial_number}
    assert due(world.cloud) == []


def test_six_hours_make_every_shard_due(world: World) -> None:
    publish_due(world.cloud)
    world.clock.turn(hours=5, minutes=59)
    assert due(world.cloud) == []
    world.clock.turn(minutes=1)
    assert len(due(world.cloud)) == 4


def test_a_root_is_left_to_its_ceremony(world: World) -> None:
    IssuerRow(world.issuer_id).update([IssuerRow.parent.set("")])
    world.cloud.memory.clear()
    assert due(world.cloud) == []


def test_publishing_is_six_calls_of_which_one_signs(world: World) -> None:
    publish_due(world.cloud)
    calls = world.calls()
    publish(world.cloud, world.issuer_id, 0)
    assert calls == ["UpdateItem", "Query", "Sign", "GetObject", "PutObject", "UpdateItem"]


def test_a_failing_shard_keeps_no_other_back(world: World) -> None:
    def fails_for_one(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("shard") == 1:
            raise Unavailable
        return authority(cloud, payload)

    world.handlers["authority"] = fails_for_one
    with pytest.raises(jobs.JobIncomplete):
        jobs.publish_crls(world.cloud)
    assert due(world.cloud) == [(world.issuer_id, 1)]


def test_a_run_ends_when_its_time_is_up(world: World) -> None:
    def slow(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        world.clock.turn(minutes=2)
        return authority(cloud, payload)

    world.handlers["authority"] = slow
    report = publish_due(world.cloud, timedelta(minutes=3))
    assert (report.published, report.left) == (2, 2)
    assert len(due(world.cloud)) == 2


def test_a_crash_after_the_write_costs_a_number_only(world: World) -> None:
    """The object is there and the record is not: the next run publishes over it."""
    row, made = world.certificate()
    world.revoke(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publication, "_move_forward", lambda *_: (_ for _ in ()).throw(Unavailable()))
        with pytest.raises(Unavailable):
            publish(world.cloud, world.issuer_id, 0)
    first = number_of(world.published())
    assert publish(world.cloud, world.issuer_id, 0).number == first + 1
    assert serials(world) == {made.serial_number}


def test_a_count_seen_before_its_row_leaves_the_shard_due(world: World) -> None:
    """DynamoDB isolates a transaction by item: its count may be seen an instant before its row."""
    CrlShardRow(shard_id(world.issuer_id, 0)).update([CrlShardRow.revocations.add(1)])
    publish_due(world.cloud)
    assert due(world.cloud) == [(world.issuer_id, 0)]
    row, made = world.certificate()
    RevocationRow(
        shard_id(world.issuer_id, 0),
        f"{made.serial_number:x}",
        revoked_at=world.clock.at,
        not_after=row.not_after,
    ).save()
    publish_due(world.cloud)
    assert serials(world) == {made.serial_number}
    assert due(world.cloud) == []


def test_of_many_writers_one_gives_up_in_the_end(world: World) -> None:
    """Somebody else writes between every read and write of ours: an error, never a blind write."""
    with pytest.MonkeyPatch.context() as patch:

        def refused(*_: Any, **__: Any) -> None:
            raise Conflict

        patch.setattr(bucket, "write", refused)
        with pytest.raises(Conflict):
            publish(world.cloud, world.issuer_id, 0)


@pytest.mark.parametrize("payload", [{"issuer": "0" * 16, "shard": 0}, {"shard": 4}, {"shard": -1}])
def test_the_authority_signs_for_its_own_shards_only(world: World, payload: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        publication.sign_crl(world.cloud, {"issuer": world.issuer_id, **payload})


@pytest.mark.parametrize("count", [0, 80, 7_700])
def test_a_shard_of_any_size_is_published_whole(world: World, count: int) -> None:
    """7,700 rows are more than a page of a DynamoDB query, and more than KMS takes as a message (R12)."""
    world.fill(0, count)
    calls = world.calls()
    done = publish(world.cloud, world.issuer_id, 0)
    assert (done.entries, done.damaged) == (count, 0)
    assert calls.count("Query") == (2 if count > 5_000 else 1)
    assert len(serials(world)) == count


def test_a_responder_is_renewed_at_a_third_of_its_life_and_once(world: World) -> None:
    first = world.issuer.responder_certificate
    world.clock.turn(days=58)
    assert responders.due(world.cloud) == []
    world.clock.turn(days=2)
    jobs.renew_responders(world.cloud)
    second = world.issuer.responder_certificate
    assert first is not None
    assert second is not None
    assert second.serial_number != first.serial_number
    assert second.public_key() == first.public_key()
    assert responders.due(world.cloud) == []
    assert responders.renew_responder(world.cloud, {"issuer": world.issuer_id}) == {"renewed": False}
    row = CertificateRow.get(CertificateRow.key(world.issuer_id, second.serial_number))
    assert (row.state, row.holder) == ("issued", f"responder:{world.issuer_id}")
    lint.require_clean(second, world.profiles["ocsp-responder"])


def test_a_crash_before_a_responder_is_in_use_issues_no_second(world: World) -> None:
    """R4: asking again takes into use what was issued."""
    world.clock.turn(days=61)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responders, "_take_into_use", lambda *_: (_ for _ in ()).throw(Unavailable()))
        with pytest.raises(jobs.JobIncomplete):
            jobs.renew_responders(world.cloud)
    jobs.renew_responders(world.cloud)
    assert len(list(CertificateRow.by_holder.query(f"responder:{world.issuer_id}"))) == 1
    assert responders.due(world.cloud) == []


def test_the_objects_place_is_the_path_of_its_url(world: World) -> None:
    publish_due(world.cloud)
    _, made = world.certificate(shard=2)
    assert f"/{bucket_key(world.issuer_id, 2)}" in world.urls.crl(world.issuer_id, 2)
    assert bucket.read(world.cloud, bucket_key(world.issuer_id, 2)) is not None
    assert made.serial_number % 4 == 2
