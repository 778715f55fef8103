"""R10: the CRL of another CA, or an older one, at the right URL (Kamu SM 2026, at a key rollover)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.kms_key import load_key
from chalicelib.pki import crl, publication
from chalicelib.pki.crl import WrongCrl, bucket_key, number_of
from tests.pki.status_world import World, authority

Change = Callable[[World, dict[str, Any]], bytes]


def _build(world: World, **how: Any) -> bytes:
    issuer = how.pop("issuer", world.issuer)
    key = how.pop("key", None) or load_key(world.cloud.kms, issuer.key_id)
    chosen: dict[str, Any] = {
        "number": 99,
        "url": world.urls.crl(world.issuer_id, 0),
        "now": world.clock.at,
    } | how
    return crl.sign(crl.build(issuer.certificate, [], **chosen), key).public_bytes(Encoding.DER)


def _of_another_issuer(world: World, _: dict[str, Any]) -> bytes:
    old = world.issuer_id
    world.issuer_id = world.add_issuer("Clavero Citizens CA 2")
    other = world.issuer
    world.issuer_id = old
    return _build(world, issuer=other)


WRONG: dict[str, tuple[Change, str]] = {
    "another issuer's": (_of_another_issuer, "issuer"),
    "another shard's": (lambda w, _: _build(w, url=w.urls.crl(w.issuer_id, 1)), "issuing distribution point"),
    "another key's": (lambda w, _: _build(w, key=ec.generate_private_key(ec.SECP256R1())), "signature"),
    "an old number": (lambda w, _: _build(w, number=1), "does not grow"),
    "an old time": (lambda w, _: _build(w, now=w.clock.at - timedelta(hours=1)), "goes back"),
    "expired": (lambda w, _: _build(w, now=w.clock.at - timedelta(days=2)), "validity"),
    "of tomorrow": (lambda w, _: _build(w, now=w.clock.at + timedelta(days=1)), "validity"),
    "without its entries": (lambda w, _: _build(w), "an entry is lost"),
    "not a CRL": (lambda _w, _: b"not a CRL", "may not be published"),
}


@pytest.mark.parametrize("name", WRONG)
def test_R10_a_wrong_crl_is_never_published(world: World, name: str) -> None:
    """Whatever the authority, or a copy gone wrong, hands over: what is published stays."""
    row, _ = world.certificate()
    world.revoke(row)
    publication.publish(world.cloud, world.issuer_id, 0)
    before = world.published()
    change, why = WRONG[name]

    def wrong(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        reply = authority(cloud, payload)
        return {**reply, "crl": base64.b64encode(change(world, payload)).decode()}

    world.handlers["authority"] = wrong
    with pytest.raises(WrongCrl, match=why):
        publication.publish(world.cloud, world.issuer_id, 0)
    assert world.published() == before


@pytest.mark.parametrize("content", [b"garbage", None])
def test_R10_a_foreign_object_at_our_place_is_replaced_and_told(world: World, content: bytes | None) -> None:
    """The incident itself: another CA's CRL is there. The next run puts ours back, and fails aloud."""
    publication.publish(world.cloud, world.issuer_id, 0)
    key = bucket_key(world.issuer_id, 0)
    found = bucket.read(world.cloud, key)
    assert found is not None
    foreign = content or _of_another_issuer(world, {})
    bucket.write(world.cloud, key, foreign, crl.CONTENT_TYPE, replaces=found[1], max_age=1)
    done = publication.publish(world.cloud, world.issuer_id, 0)
    assert done.foreign
    assert number_of(world.published()) == done.number == 2
    assert world.published().issuer == world.issuer.certificate.subject


def test_R10_both_authorities_of_a_rollover_publish_their_own(world: World) -> None:
    """Two active issuers, keys of two kinds: each list is of its own issuer, at its own URL."""
    second = world.add_issuer("Clavero Citizens CA", "RSA_3072")
    publication.publish_due(world.cloud)
    for issuer_id in (world.issuer_id, second):
        world.issuer_id = issuer_id
        for shard in range(world.shards):
            made = world.published(shard)
            assert crl.belongs(made, world.issuer.certificate, world.urls.crl(issuer_id, shard)) == []
            key = world.issuer.certificate.public_key()
            assert made.is_signature_valid(key)  # type: ignore[arg-type]


def test_R10_an_identifier_of_another_key_is_noticed(world: World) -> None:
    """Same name, other key: what a rollover under an unchanged name looks like."""
    old = world.issuer
    world.issuer_id = world.add_issuer("Clavero Citizens CA")
    assert old.certificate.subject == world.issuer.certificate.subject
    made = x509.load_der_x509_crl(_build(world, issuer=old))
    faults = crl.belongs(made, world.issuer.certificate, world.urls.crl(world.issuer_id, 0))
    assert faults == ["authority key identifier", "signature"]
