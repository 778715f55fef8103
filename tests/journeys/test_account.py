"""The story of an account: registered with a certificate, seen, reached elsewhere, renewed, renounced."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.audit.events import every_event
from chalicelib.aws.tables import Transaction
from chalicelib.login.citizens import add_citizen_session
from chalicelib.registry.account_tables import CredentialItem, PhoneRow
from chalicelib.registry.accounts import ACTIVATION, PASSWORD, holder_of, read_account
from chalicelib.registry.states import ABSENT, ACTIVE
from tests.support.client import Answer, Client
from tests.support.issuers import LOCAL, Authority, Served, served
from tests.support.world import DOCUMENT, START, World, another_person, person

NIF = "12345678Z"
CONTRAST = {"valid_until": "2031-05-01"}
NEW_MOBILE = "+34699000111"
BY_CERTIFICATE = {
    "contrast": CONTRAST,
    "mobile": "+34612345678",
    "email": "maria@example.org",
    "language": "es",
    "conditions_accepted": "2026-11",
    "birth_date": "1985-02-28",
}


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def register_at_office(world: World, **changes: object) -> Answer:
    answer = world.officer.post(
        f"{world.point}/registrations",
        {"identification": person(**changes), "contrast": CONTRAST},
        key="new",
    )
    assert answer.status == 201, answer.body
    return answer


def register_online(world: World, certificate: x509.Certificate, **changes: object) -> Answer:
    client = Client(world.app, certificate=pem(certificate))
    return client.post("/v1/registrations/certificate", BY_CERTIFICATE | changes)


def log_in(
    world: World, way: str = "certificate", nif: str = NIF, certificate: x509.Certificate | None = None
) -> Client:
    """A citizen's session, as the log-in of this way opens it."""
    transaction = Transaction()
    if way.startswith("password") and read_account(holder_of(nif)).credential(PASSWORD) == ABSENT:
        now = world.cloud.now()
        password = CredentialItem(holder_of(nif), PASSWORD, state=ACTIVE, secret="-", set_at=now)
        transaction.put_new("password", password)
    token, _ = add_citizen_session(world.cloud, transaction, read_account(holder_of(nif)), way)
    transaction.commit()
    return Client(world.app, token=token, certificate=pem(certificate) if certificate else None)


def sms_to(world: World, number: str) -> list[str]:
    return [text for to, text in world.phone.sms() if to == number]


def code_in(text: str) -> str:
    return re.search(r"#(\S+)$", text)[1]  # type: ignore[index]


def mails_to(world: World, address: str) -> list[Any]:
    return [mail for mail in world.phone.emails() if address in str(mail.destinations)]


@pytest.fixture
def status() -> Iterator[Served]:
    with served() as state:
        yield state


@pytest.fixture
def e_id(authority: World, status: Served, tmp_path: Path) -> x509.Certificate:
    """The electronic identity card of the standard person, from an issuer on the trust list."""
    issuer = Authority(START, status.url)
    file = tmp_path / "trust.toml"
    file.write_text(issuer.trust(kind="e-id", name="DNIe"))
    authority.cloud.settings = replace(authority.cloud.settings, trust_list=str(file))
    authority.cloud.fetcher = LOCAL
    card = issuer.person()
    status.answers.update({"/root.crl": issuer.crl(root=True), "/ocsp": issuer.answer(card)})
    return card


def test_a_certificate_registers_at_the_advanced_level_but_is_no_strong_proof(authority: World) -> None:
    """C16; X08: the five years are counted from a proof in person or with an e-ID."""
    answer = register_online(authority, authority.certificate_of())
    assert (answer.status, answer.json["level"]) == (201, "advanced")
    account = read_account(holder_of(NIF))
    assert [proof.method for proof in account.proofs] == ["certificate"]
    assert len(account.proofs[0].evidence) == 64
    assert account.strong_until is None
    assert account.credential(ACTIVATION) == "active"
    assert base64.b64decode(answer.json["receipt_pdf"]).startswith(b"%PDF")


def test_what_registration_online_refuses(authority: World) -> None:
    certificate = authority.certificate_of()
    assert authority.citizen.post("/v1/registrations/certificate", BY_CERTIFICATE).status == 401
    for changes, slug in (
        ({"birth_date": "2012-01-01"}, "guardian-required"),
        ({"conditions_accepted": "1999-01"}, "conditions-not-accepted"),
        ({"mobile": "963000000"}, "mobile-invalid"),
        ({"contrast": {"support_number": "E12345678"}}, "contrast-invalid"),
    ):
        assert register_online(authority, certificate, **changes).slug == slug
    assert read_account(holder_of(NIF)).registration is None


def test_X19_a_certificate_obtained_by_a_proxy_registers_nobody(authority: World) -> None:
    """C28: nobody is represented, not even with a notary's power; the certificate itself is good."""
    power = {
        "notary": "Ana Ruiz",
        "protocol_number": "1234/2025",
        "granted_on": "2025-03-01",
        "names_certificate": True,
    }
    other = another_person(9)
    proxy = {
        "kind": "proxy",
        "given_name": "Luis",
        "surname1": "Gil",
        "document": other["document"],
        "power": power,
    }
    certificate = authority.certificate_of(presence=proxy)
    assert register_online(authority, certificate).slug == "proof-chain-too-weak"


def test_a_further_proof_changes_no_telephone(authority: World) -> None:
    certificate = authority.certificate_of()
    register_at_office(authority)
    authority.clock.turn(seconds=1)  # the ledger is in the order of seconds
    assert register_online(authority, certificate, mobile=NEW_MOBILE).slug == "data-differ"
    assert register_online(authority, certificate).status == 201
    account = read_account(holder_of(NIF))
    assert [proof.method for proof in account.proofs] == ["in-person", "certificate"]
    assert account.registration is not None
    assert account.registration.surname2 == "Peña", "what an officer read stays"


def test_my_registration_is_masked_and_lists_every_proof(authority: World) -> None:
    register_at_office(authority)
    me = log_in(authority).get("/v1/me")
    assert me.status == 200, me.body
    assert me.json["masked_nif"] == "***4567**"
    assert me.json["masked_mobile"] == "******678"
    assert me.json["masked_email"] == "m***@e***.org"
    for secret in (b"612345678", b"maria@example", NIF.encode()):
        assert secret not in me.body
    assert [proof["method"] for proof in me.json["proofs"]] == ["in-person"]
    assert me.json["proofs"][0]["carries_until"] == "2031-11-22T10:30:00Z"
    assert {deadline["what"] for deadline in me.json["deadlines"]} == {"strong-proof", "activation-code"}
    assert authority.citizen.get("/v1/me").status == 401


def rights_of(client: Client, language: str = "en") -> dict[str, Any]:
    answer = client.get("/v1/me/can", headers={"Accept-Language": language})
    assert answer.status == 200, answer.body
    return {each["service"]: each for each in answer.json["services"]}


def test_what_I_can_in_plain_words_and_three_languages(authority: World) -> None:
    register_online(authority, authority.certificate_of())
    client = log_in(authority, "pin")
    can = rights_of(client)
    assert can["pin"]["may"]
    assert not can["cloud-signature"]["may"]
    assert "never identified yourself in person" in " ".join(can["cloud-signature"]["missing"])
    assert "electronic identity card" in can["cloud-signature"]["to_do"][0]
    assert "office" in can["cloud-signature"]["to_do"][0]
    assert not can["change-mobile"]["may"]
    assert rights_of(log_in(authority))["change-mobile"]["may"]
    assert "DNI electrónico" in str(rights_of(client, "es-ES,es;q=0.9"))
    assert "DNI electrònic" in str(rights_of(client, "ca,en;q=0.5"))
    assert "DNI electrónico" in str(rights_of(client, "fr")), "otherwise in the language of the registration"


def test_the_five_years_have_a_date_before_they_end(authority: World) -> None:
    """Q14: told from the first day, not on the day of signing."""
    register_at_office(authority)
    signature = rights_of(log_in(authority))["cloud-signature"]
    assert signature["until"] == "2031-11-22T10:30:00Z"
    authority.clock.turn(days=5 * 366)
    missing = " ".join(rights_of(log_in(authority))["cloud-signature"]["missing"])
    assert "more than five years ago" in missing


def test_a_new_mobile_is_confirmed_by_its_own_code_and_told_to_the_old_one(authority: World) -> None:
    register_at_office(authority)
    client = log_in(authority)
    begun = client.post("/v1/me/mobile", {"mobile": NEW_MOBILE})
    assert begun.status == 202, begun.body
    assert PhoneRow.find(NEW_MOBILE) is None, "nothing changes before the code is typed"
    [text] = sms_to(authority, NEW_MOBILE)
    assert client.post("/v1/me/mobile/confirmation", {"code": "000000"}).slug == "code-not-accepted"
    done = client.post("/v1/me/mobile/confirmation", {"code": code_in(text)})
    assert done.status == 200, done.body
    assert PhoneRow.find(NEW_MOBILE).holder == holder_of(NIF)  # type: ignore[union-attr]
    assert not PhoneRow.find("+34612345678").holder  # type: ignore[union-attr]
    assert "900 123 456" in sms_to(authority, "+34612345678")[-1]
    assert "ha cambiado su movil" in sms_to(authority, "+34612345678")[-1]
    assert mails_to(authority, "maria@example.org")
    assert client.get("/v1/me").json["masked_mobile"] == "******111"
    told = authority.citizen.post(
        "/v1/receipts/verifications", {"verification_code": done.json["verification_code"]}
    )
    assert told.json["kind"] == "change"
    again = client.post("/v1/me/mobile/confirmation", {"code": code_in(text)})
    assert again.status == 200, "a receipt was lost"
    assert len(sms_to(authority, "+34612345678")) == 1, "and nothing changed again"
    authority.clock.turn(hours=1)
    again = log_in(authority).post("/v1/me/mobile/confirmation", {"code": code_in(text)})
    assert again.slug == "new-number-waits"


@pytest.mark.parametrize("way", ["pin", "password", "password+otp"])
def test_2_8_no_weaker_log_in_changes_the_mobile(authority: World, way: str) -> None:
    """Not even the password with a code by SMS: the second factor would replace itself."""
    register_at_office(authority)
    client = log_in(authority, way)
    assert client.post("/v1/me/mobile", {"mobile": NEW_MOBILE}).slug == "assurance-too-low"
    assert not sms_to(authority, NEW_MOBILE)
    strong = log_in(authority)
    strong.post("/v1/me/mobile", {"mobile": NEW_MOBILE})
    code = code_in(sms_to(authority, NEW_MOBILE)[-1])
    assert client.post("/v1/me/mobile/confirmation", {"code": code}).slug == "assurance-too-low"


def test_an_old_session_changes_nothing(authority: World) -> None:
    register_at_office(authority)
    client = log_in(authority)
    authority.clock.turn(minutes=16)
    for path, body in (
        ("/v1/me/mobile", {"mobile": NEW_MOBILE}),
        ("/v1/me/email", {"email": "new@example.org"}),
        ("/v1/me/renunciation", None),
    ):
        assert client.post(path, body).slug == "fresh-log-in-required"
    assert client.get("/v1/me").status == 200


def test_a_number_of_somebody_else_is_told_only_to_who_has_it_in_hand(authority: World) -> None:
    register_at_office(authority)
    register_at_office(authority, **another_person(5, mobile=NEW_MOBILE))
    client = log_in(authority)
    assert client.post("/v1/me/mobile", {"mobile": NEW_MOBILE}).status == 202
    code = code_in(sms_to(authority, NEW_MOBILE)[-1])
    assert client.post("/v1/me/mobile/confirmation", {"code": code}).slug == "phone-taken"


def test_codes_are_few_and_guesses_fewer(authority: World) -> None:
    register_at_office(authority)
    client = log_in(authority)
    client.post("/v1/me/mobile", {"mobile": NEW_MOBILE})
    right = code_in(sms_to(authority, NEW_MOBILE)[-1])
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(3):
        client.post("/v1/me/mobile/confirmation", {"code": wrong})
    assert client.post("/v1/me/mobile/confirmation", {"code": right}).slug == "code-not-accepted"
    slugs = [client.post("/v1/me/mobile", {"mobile": NEW_MOBILE}).status for _ in range(5)]
    assert slugs == [202, 202, 202, 202, 429]
    assert len(sms_to(authority, NEW_MOBILE)) == 5


def test_a_new_email_is_confirmed_by_its_own_code_and_told_to_the_old_one(authority: World) -> None:
    register_at_office(authority)
    client = log_in(authority, "pin")
    assert not client.get("/v1/me").json["email_confirmed"]
    assert client.post("/v1/me/email", {"email": "new@example.org"}).status == 202
    [mail] = mails_to(authority, "new@example.org")
    code = re.search(r"^    (\S{8})$", mail.body, re.M)[1]  # type: ignore[index]
    assert client.post("/v1/me/email/confirmation", {"code": code}).status == 200
    me = client.get("/v1/me").json
    assert me["masked_email"] == "n***@e***.org"
    assert me["email_confirmed"]
    assert "han cambiado" in mails_to(authority, "maria@example.org")[-1].subject
    assert "datos de contacto" in sms_to(authority, "+34612345678")[-1]


def test_P02_only_an_e_id_or_an_office_renews(authority: World, e_id: x509.Certificate) -> None:
    register_at_office(authority)
    certificate = authority.certificate_of()
    authority.clock.turn(hours=2)
    body = {"mobile": "+34612345678", "email": "maria@example.org"}
    assert log_in(authority).post("/v1/me/renewals", body).slug == "client-certificate-required"
    with_ours = log_in(authority, certificate=certificate)
    assert with_ours.post("/v1/me/renewals", body).slug == "renewal-needs-e-id"
    card = log_in(authority, "e-id", certificate=e_id)
    assert card.post("/v1/me/renewals", body | {"mobile": NEW_MOBILE}).slug == "data-differ"
    renewed = card.post("/v1/me/renewals", body)
    assert renewed.status == 201, renewed.body
    assert renewed.json["renewed_until"] == "2031-11-22T12:30:00Z"
    assert [proof.method for proof in read_account(holder_of(NIF)).proofs] == ["in-person", "e-id"]
    told = authority.citizen.post(
        "/v1/receipts/verifications", {"verification_code": renewed.json["verification_code"]}
    )
    assert told.json["kind"] == "renewal"


def test_somebody_elses_card_renews_nothing(authority: World, e_id: x509.Certificate) -> None:
    register_at_office(authority, **another_person(5))
    body = {"mobile": "+34600000005", "email": "maria@example.org"}
    nif = another_person(5)["nif"]
    card = log_in(authority, "e-id", nif=nif, certificate=e_id)
    assert card.post("/v1/me/renewals", body).slug == "certificate-of-another-person"


def test_renouncing_ends_everything_and_only_a_strong_proof_leads_back(authority: World) -> None:
    """2.17."""
    certificate = authority.certificate_of()
    register_at_office(authority)
    client, other = log_in(authority), log_in(authority, "pin")
    authority.clock.turn(seconds=1)
    done = client.post("/v1/me/renunciation")
    assert done.status == 200, done.body
    account = read_account(holder_of(NIF))
    assert (account.state, account.level) == ("renounced", "none")
    assert account.credential(ACTIVATION) == "absent"
    assert not PhoneRow.find("+34612345678").holder  # type: ignore[union-attr]
    assert client.get("/v1/me").status == other.get("/v1/me").status == 401
    assert "registro ha terminado" in sms_to(authority, "+34612345678")[-1]
    assert "ha terminado" in mails_to(authority, "maria@example.org")[-1].subject
    register_at_office(authority, **another_person(5, mobile="+34612345678"))
    back = register_online(authority, certificate, mobile=NEW_MOBILE)
    assert back.status == 201, back.body
    assert read_account(holder_of(NIF)).state == "registered"
    assert client.get("/v1/me").status == 401, "a session of before stays closed"


def test_at_the_desk_a_person_who_lost_the_phone_gets_another(authority: World) -> None:
    """Q05."""
    register_at_office(authority)
    base = {"person": {"nif": NIF, "document": DOCUMENT}, "what": "mobile"}
    changes = f"{authority.point}/contact-changes"
    begun = authority.officer.post(changes, base | {"value": NEW_MOBILE})
    assert begun.status == 202, begun.body
    code = code_in(sms_to(authority, NEW_MOBILE)[-1])
    done = authority.officer.post(f"{changes}/confirmations", base | {"code": code})
    assert done.status == 200, done.body
    assert "datos de contacto" in sms_to(authority, "+34612345678")[-1]
    acts = [(event.act, event.actor) for event in every_event()]
    assert ("contact.changed", "officer:officer-1") in acts
    assert ("person.recognised", "officer:officer-1") in acts


def test_at_the_desk_only_the_own_document_opens_an_account(authority: World) -> None:
    register_at_office(authority)
    other = another_person(5)
    passport = {"kind": "passport", "number": "AAA123456", "expires_on": "2031-05-01"}
    for document in (other["document"], passport):
        request = {"nif": NIF, "document": document}
        answer = authority.officer.post(f"{authority.point}/renunciations", request)
        assert answer.slug == "document-nif-mismatch"
    stranger = {"nif": other["nif"], "document": other["document"]}
    assert authority.officer.post(f"{authority.point}/renunciations", stranger).slug == "not-found"
    own = {"nif": NIF, "document": DOCUMENT}
    assert authority.officer.post(f"{authority.point}/renunciations", own).status == 200
    assert read_account(holder_of(NIF)).state == "renounced"
    again = authority.officer.post(f"{authority.point}/renunciations", own)
    assert again.status == 200, "a receipt was lost"
    assert sum(event.act == "person.renounced" for event in every_event()) == 1
    authority.clock.turn(hours=1)
    authority.officer.token = authority.officer.post("/v1/officer-sessions").json["token"]
    assert authority.officer.post(f"{authority.point}/renunciations", own).slug == "not-found"


def test_at_the_desk_a_registration_is_renewed_and_a_changed_number_told_to_the_old_one(
    authority: World,
) -> None:
    register_at_office(authority)
    authority.clock.turn(minutes=20)
    register_at_office(authority, mobile=NEW_MOBILE)
    assert "datos de contacto" in " ".join(_queued(authority, "+34612345678"))
    assert read_account(holder_of(NIF)).strong_until.minute == 50  # type: ignore[union-attr]


def _queued(world: World, number: str) -> list[str]:
    """What the schedule sends."""
    from chalicelib.notices.outbox import send_due

    world.clock.turn(minutes=2)
    send_due(world.cloud)
    return sms_to(world, number)
