"""A card is loaded at a registration point (A06, A23, A24): what it gets, and everything that is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.audit.events import every_event
from chalicelib.certificates import cards
from chalicelib.certificates.cards import CardLoading
from chalicelib.certificates.tables import CardRow
from chalicelib.codes.tables import CodeRow
from chalicelib.login.trust_list import identify_certificate
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki import issuance
from chalicelib.pki import qc_statements as qc
from chalicelib.pki.issuance import profiles
from chalicelib.pki.path import policies_of
from chalicelib.pki.profiles import NCP, NCP_PLUS, QCP_N, QCP_N_QSCD, DishonestProfile
from chalicelib.pki.tables import CertificateRow, KeyRow
from chalicelib.registry.evidence import evidence_digest
from chalicelib.registry.staff import appoint_officer, suspend_officer, withdraw_identification
from tests.support.cards import MAKER, TestCard, believe, load, loading
from tests.support.world import (
    OTHER_POINT,
    POINT,
    START,
    World,
    another_person,
    appoint,
    appointment,
    issuer_id,
    log_in,
    new_csr,
)

TODAY = START.date()
QSCD = x509.ObjectIdentifier("0.4.0.1862.1.4")


@pytest.fixture
def shop(authority: World, tmp_path: Path) -> World:
    """An authority whose list has the maker's models, not as qualified devices."""
    believe(authority, tmp_path)
    return authority


def supervised(world: World) -> World:
    world.cloud.settings = replace(world.cloud.settings, supervisory_reference="Resolution 1/2030 (example)")
    world.cloud.memory.pop("profiles", None)
    return world


def loaded(world: World, body: dict[str, Any]) -> x509.Certificate:
    answer = load(world, body)
    assert answer.status == 200, answer.body
    return x509.load_pem_x509_certificate(answer.json["certificate"].encode())


def says_qscd(certificate: x509.Certificate) -> bool:
    value = certificate.extensions.get_extension_for_oid(qc.ID_PE_QC_STATEMENTS).value
    return bytes.fromhex("060604008e460104") in value.public_bytes()


def row_of(certificate: x509.Certificate) -> CertificateRow:
    return CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))


def test_A23_a_card_is_loaded_and_the_same_request_gets_the_same_answer(shop: World) -> None:
    """Its holder logs in with it, is told of it, and may have a certificate in software besides (A06)."""
    software = shop.certificate_of()
    card, code = TestCard(), shop.code_for()
    body = loading(code, card=card, email_code=shop.phone.email_code())
    first = load(shop, body)
    assert first.status == 200, first.body
    told = first.json
    certificate = x509.load_pem_x509_certificate(told["certificate"].encode())
    assert certificate.public_key() == card.public_key()
    assert (told["profile"], told["secure_device"], told["qualified_device"]) == (
        "citizen-card-secure",
        True,
        False,
    )
    assert policies_of(certificate) >= {NCP_PLUS.dotted_string}
    assert not says_qscd(certificate)
    assert b"maria@example.org" in certificate.public_bytes(Encoding.DER)
    assert "no-store" in first.headers["cache-control"]
    row = row_of(certificate)
    assert (row.key_origin, row.card) == ("attested-card", f"{card.model}#{card.serial}")

    send_outbox(shop.cloud)
    shop.clock.turn(days=20)  # long after the code's time, the answer can still be fetched
    shop.officer.token = log_in(shop.app, shop.officer.certificate or "").token
    again = load(shop, body | {"attestation": MAKER.attest(card.public_key(), card.serial)})
    assert again.body == first.body
    assert sum(each.key_origin == "attested-card" for each in CertificateRow.scan()) == 1

    (mail,) = [mail for mail in shop.phone.emails() if f"{card.model} {card.serial}" in mail.body]
    assert row.serial_text in mail.body
    for each in (software, certificate):
        assert identify_certificate(shop.cloud, each).nif == "12345678Z"
    assert row_of(software).revoked_at is None


def test_what_is_kept_of_a_loading_explains_its_certificate(shop: World) -> None:
    """The identification, the officer, the card's own statement, and the root that it was believed by."""
    card = TestCard()
    certificate = loaded(shop, loading(shop.code_for(), card=card))
    row = row_of(certificate)
    kept = CardRow.get(row.card, row.id)
    value = msgspec.json.decode(kept.loading, type=CardLoading)
    assert evidence_digest(value) == kept.loading_digest
    assert (value.spki, value.profile, value.officer) == (
        row.spki,
        "citizen-card-secure",
        "officer:officer-1",
    )
    assert (value.point_id, value.identification, value.qscd_reference) == (POINT, row.evidence, "")
    assert value.root == MAKER.root.fingerprint(hashes.SHA256()).hex()
    assert len(value.attestation) == 2
    assert CardRow.get(row.card, CardRow.OWNER).holder == row.holder == kept.holder
    (event,) = [event for event in every_event() if event.act == "card.loaded"]
    assert (event.object, event.actor) == (f"certificate:{row.id}", "officer:officer-1")
    assert event.evidence == kept.loading_digest
    assert event.details == {"model": card.model, "point": POINT, "profile": "citizen-card-secure"}


def test_a_card_that_attests_nothing_gets_a_certificate_that_promises_nothing(
    shop: World, tmp_path: Path
) -> None:
    """3.10 c. Or none, where the authority's list says that cards must attest."""
    body = loading(shop.code_for(), attested=False, card=TestCard(model="Any card 3.0"))
    certificate = loaded(shop, body)
    assert policies_of(certificate) >= {NCP.dotted_string}
    assert row_of(certificate).key_origin == "card"
    believe(shop, tmp_path, 'attestation = "required"')
    code = shop.code_for()
    refused = load(shop, loading(code, attested=False))
    assert (refused.status, refused.slug) == (422, "card-attestation-required")
    assert shop.download(code).status == 200, "the code is still good for software"


@pytest.mark.parametrize(
    ("listed", "attested", "policy", "profile"),
    [
        ({"qscd_until": TODAY + timedelta(days=1)}, True, QCP_N_QSCD, "citizen-card-secure"),
        ({"qscd_until": TODAY + timedelta(days=1)}, False, QCP_N, "citizen-card"),
        ({"qscd_until": TODAY - timedelta(days=1)}, True, QCP_N, "citizen-card"),
        ({}, True, QCP_N, "citizen-card"),
    ],
    ids=[
        "a listed qualified device",
        "that attests nothing",
        "that was one until yesterday",
        "no such device",
    ],
)
def test_QcSSCD_stands_only_where_everything_is_proved(
    shop: World, tmp_path: Path, listed: dict[str, Any], attested: bool, policy: Any, profile: str
) -> None:
    """3.10 c: supervised, listed as a qualified device on this day, and attested by the card itself."""
    believe(supervised(shop), tmp_path, **listed)
    answer = load(shop, loading(shop.code_for(), attested=attested))
    assert answer.status == 200, answer.body
    certificate = x509.load_pem_x509_certificate(answer.json["certificate"].encode())
    assert policies_of(certificate) >= {policy.dotted_string}
    assert (answer.json["profile"], answer.json["qualified_device"]) == (profile, policy == QCP_N_QSCD)
    assert says_qscd(certificate) == (policy == QCP_N_QSCD)
    reference = json.loads(CardRow.get(row_of(certificate).card, row_of(certificate).id).loading)
    assert bool(reference.get("qscd_reference")) == (policy == QCP_N_QSCD)


def test_a_profile_of_a_device_needs_a_device_that_attested(authority: World) -> None:
    """Whatever the code above it says: the one path to a CA key refuses it."""
    application = issuance.Application(
        profile=profiles(authority.cloud)["citizen-card-secure"],
        subject=x509.Name([]),
        public_key=ec.generate_private_key(ec.SECP256R1()).public_key(),
        holder="person:1",
        actor="person:1",
        evidence="identification:1",
        evidence_digest="0",
        key_origin="card",
    )
    with pytest.raises(DishonestProfile, match="attested nothing"):
        issuance.issue(authority.cloud, application, recording=lambda *_: None, storing=lambda *_: None)


def _other_key(body: dict[str, Any]) -> dict[str, Any]:
    return {"csr": new_csr()}


def _other_serial(body: dict[str, Any]) -> dict[str, Any]:
    return {"card": body["card"] | {"serial": "0002-TEST"}}


def _other_model(body: dict[str, Any]) -> dict[str, Any]:
    return {"card": body["card"] | {"model": "Unknown card"}}


def _garbage(body: dict[str, Any]) -> dict[str, Any]:
    return {"attestation": ["-----BEGIN NOTHING-----"]}


def _not_signed_by_its_key(body: dict[str, Any]) -> dict[str, Any]:
    csr = x509.load_pem_x509_csr(body["csr"].encode()).public_bytes(Encoding.DER)
    broken = csr[:-1] + bytes([csr[-1] ^ 1])
    text = base64.encodebytes(broken).decode()
    return {"csr": f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"}


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        (_other_key, 422, "card-attestation-refused"),
        (_other_serial, 422, "card-attestation-refused"),
        (_other_model, 422, "card-model-not-listed"),
        (_garbage, 422, "card-attestation-refused"),
        (_not_signed_by_its_key, 400, "csr-signature-invalid"),
        (lambda _: {"csr": "no"}, 400, "csr-malformed"),
        (lambda _: {"code": "AAAAAAAAAA"}, 422, "code-not-accepted"),
        (lambda _: {"email_code": "00000000"}, 422, "email-code-not-accepted"),
        (lambda _: {"card": {"model": "a#b", "serial": "1"}}, 422, "body-invalid"),
        (lambda _: {"card": {"model": "a", "serial": ""}}, 422, "body-invalid"),
        (lambda _: {"pin": "1234"}, 422, "body-invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_spends_nothing(
    shop: World, change: Any, status: int, slug: str
) -> None:
    """Also a PIN: there is no place for one."""
    body = loading(shop.code_for())
    answer = load(shop, body | change(body))
    assert (answer.status, answer.slug) == (status, slug), answer.body
    assert not list(CardRow.scan())
    assert load(shop, body).status == 200, "the right request is still good"


def test_a_model_counts_from_its_first_day_to_its_last(shop: World, tmp_path: Path) -> None:
    believe(shop, tmp_path, until=TODAY + timedelta(days=1))
    assert load(shop, loading(shop.code_for())).status == 200
    shop.clock.at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    shop.officer.token = log_in(shop.app, shop.officer.certificate or "").token
    answer = load(shop, loading(shop.code_for(), card=TestCard("0003")))
    assert (answer.status, answer.slug) == (422, "card-model-not-listed")


def test_A24_a_lost_card_is_followed_by_another_card_with_another_key(shop: World) -> None:
    """A key has one certificate, and a card one holder; the next certificate goes into a new key."""
    card = TestCard()
    first = loaded(shop, loading(shop.code_for(), card=card))
    assert load(shop, loading(shop.code_for(), card=card)).slug == "key-reused", "though it is theirs"
    copied = loading(shop.code_for(**another_person(1)), card=TestCard("0005-TEST", key=card.key))
    assert load(shop, copied).slug == "key-in-use"
    assert shop.revoke(first).status == 200
    assert load(shop, loading(shop.code_for(), card=card)).slug == "key-compromised"
    second = loaded(shop, loading(shop.code_for(), card=TestCard("0002-TEST")))
    assert row_of(second).revoked_at is None
    assert KeyRow.get(row_of(first).spki).certificates == {row_of(first).id}

    # The old card turns up: with a new key it can hold its holder's next certificate, and nobody else's.
    card.make_key()
    stranger = loading(shop.code_for(**another_person(2)), card=card)
    refused = load(shop, stranger)
    assert (refused.status, refused.slug) == (409, "card-in-use")
    assert load(shop, loading(shop.code_for(), card=card)).status == 200
    assert len(list(CardRow.query(f"{card.model}#{card.serial}"))) == 3, "its owner, and both loadings"


def test_A23_the_holder_was_identified_here_and_today(shop: World) -> None:
    """Who holds a code of yesterday, or of another point, may be anybody by now."""
    code = shop.code_for()
    shop.clock.at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    shop.officer.token = log_in(shop.app, shop.officer.certificate or "").token
    late = load(shop, loading(code))
    assert (late.status, late.slug) == (409, "identify-for-card")
    elsewhere = log_in(shop.app, appoint(shop.cloud, "officer-4", OTHER_POINT))
    answer = elsewhere.post(f"/v1/registration-points/{OTHER_POINT}/card-loadings", loading(shop.code_for()))
    assert (answer.status, answer.slug) == (403, "forbidden"), "that point loads no cards"
    revoker = log_in(shop.app, appoint(shop.cloud, "officer-3", POINT, role="revocation-officer"))
    assert revoker.post(f"{shop.point}/card-loadings", loading(shop.code_for())).slug == "forbidden"
    shop.clock.turn(days=16)
    shop.officer.token = log_in(shop.app, shop.officer.certificate or "").token
    assert load(shop, loading(code)).slug == "code-expired"


def test_the_authority_asks_for_itself_whether_an_officer_is_there(shop: World) -> None:
    """Who has taken over the function that faces the internet has no officer's session to show."""
    body = loading(shop.code_for())
    appoint_officer(shop.cloud, appointment("officer-7", POINT), "operator:test")
    granted = shop.cloud.invoke(
        "authority", {"operation": "grant", "subject": "appointment:officer-7", "actor": "operator:test"}
    )
    order = {
        "operation": "load_card",
        "csr": _base64(body["csr"]),
        "email_code": None,
        "source": "203.0.113.9",
        "request": None,
        "card": {"card": body["card"], "attestation": body["attestation"], "session": ""},
    }
    for code in (body["code"], granted["code"]):
        with pytest.raises(Exception, match="no longer justifies"):
            shop.cloud.invoke("authority", order | {"code": code})
    assert not [row for row in CodeRow.scan() if row.spent_by and row.spent_by.startswith("card:")]


def _base64(csr: str) -> str:
    return base64.b64encode(csr.encode()).decode()


def test_one_code_is_for_one_way_only(shop: World) -> None:
    """A card's request does not find what the same code and key gave in software, nor the other way round."""
    card, code = TestCard(), shop.code_for()
    body = loading(code, card=card)
    assert load(shop, body).status == 200
    assert shop.download(code, body["csr"]).slug == "code-spent"
    assert load(shop, loading(code, card=TestCard("0009"))).slug == "code-spent"
    other = TestCard("0010")
    body = loading(shop.code_for(**another_person(4)), card=other)
    assert shop.download(body["code"], body["csr"]).status == 200
    assert load(shop, body).slug == "code-spent"


def test_an_officer_who_is_suspended_meanwhile_loads_no_card(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the session and the transaction: no act that was under way commits."""
    body, judge = loading(shop.code_for()), cards.judge

    def late(*arguments: Any, **named: Any) -> Any:
        judged = judge(*arguments, **named)
        suspend_officer(shop.cloud, "officer-1", "operator:test")
        return judged

    monkeypatch.setattr(cards, "judge", late)
    assert load(shop, body).slug == "evidence-refused"
    assert not list(CardRow.scan())


def test_an_identification_that_was_withdrawn_loads_no_card(shop: World) -> None:
    identified = shop.identify().json["id"]
    body = loading(shop.phone.generation_code())
    withdraw_identification(shop.cloud, identified, "operator:test")
    assert load(shop, body).slug == "evidence-refused"
