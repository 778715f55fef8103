"""Where people are written to: at the address of today, and of what is done to them at that of before too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509

from chalicelib.aws import messaging
from chalicelib.aws.tables import Transaction
from chalicelib.certificates.jobs import revoke_planned
from chalicelib.certificates.mass import plans
from chalicelib.certificates.reaching import accounts_of, reach
from chalicelib.errors import Unavailable
from chalicelib.notices import outbox
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.outbox import Message
from chalicelib.notices.tables import MessageRow
from chalicelib.payments import notifications
from chalicelib.payments.orders import shipping
from chalicelib.pki.selection import Selection
from chalicelib.registry.accounts import holder_of
from tests.journeys.test_renewal import holder_of_one, logged_in, name_of, row_of
from tests.journeys.test_special_positions import DEATH, MARRIED, NIF, go_to, morning, report, told
from tests.support.citizens import register
from tests.support.client import Client
from tests.support.payments import form_of, notify, order, order_in, with_contract
from tests.support.world import SETTINGS, World

OLD, NEW = "maria@example.org", "new@example.org"


def moved(world: World) -> tuple[x509.Certificate, Client]:
    """The holder of a certificate, whose address in the account is another one since; and a session."""
    certificate = holder_of_one(world)
    client = logged_in(world, certificate)
    assert client.post("/v1/me/email", {"email": NEW}).status == 202
    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
    (mail,) = [mail for mail in world.phone.emails() if NEW in str(mail.destinations)]
    code = re.search(r"^    (\S{8})$", mail.body, re.M)[1]  # type: ignore[index]
    assert client.post("/v1/me/email/confirmation", {"code": code}).status == 200
    return certificate, client


def subjects(world: World, address: str) -> list[str]:
    """What was sent there, without the name of who sends."""
    send_outbox(world.cloud)
    mails = [mail for mail in world.phone.emails() if address in str(mail.destinations)]
    assert all(len([*mail.destinations["ToAddresses"]]) == 1 for mail in mails), "nobody sees another address"
    return [mail.subject.removeprefix("Clavero: ") for mail in mails]


def by_phone(email: str) -> dict[str, str]:
    return {"channel": "phone", "birth_date": "1985-02-28", "email": email}


def test_what_is_done_to_a_certificate_is_told_at_the_registered_address_and_at_that_of_before(
    authority: World,
) -> None:
    """Suspended, about to be revoked, revoked; in a mass revocation too. By phone the old address is worth
    nothing: whoever has that mailbox is not thereby the holder."""
    certificate, _ = moved(authority)
    wrong = authority.at_the_desk("suspensions", certificate, identity=by_phone(OLD))
    assert wrong.slug == "identity-not-confirmed"
    assert authority.at_the_desk("suspensions", certificate, identity=by_phone(NEW)).status == 200
    last = "su certificado está suspendido"
    for address in (OLD, NEW):
        assert subjects(authority, address)[-1] == last
    authority.clock.turn(days=5, seconds=1)
    for address in (OLD, NEW):
        assert subjects(authority, address)[-1] == "su certificado suspendido va a revocarse"
    authority.clock.turn(days=2)
    authority.cloud.invoke("authority", {"operation": "decide_due"})
    for address in (OLD, NEW):
        assert subjects(authority, address)[-1] == "su certificado suspendido se ha revocado"
    assert row_of(certificate).revoked_at is not None

    go_to(authority, authority.clock.at)
    other = row_of(authority.certificate_of())
    authority.clock.turn(minutes=2)
    selection = Selection(ids=(str(other.id),))
    plan, _ = plans.write(authority.cloud, selection, "superseded", "operator:one", notice=timedelta(days=6))
    plans.approve(authority.cloud, plan, "operator:two")
    authority.clock.turn(minutes=2)
    revoke_planned(authority.cloud)
    for address in (OLD, NEW):
        assert subjects(authority, address)[-1] == "su certificado va a ser revocado"
    authority.clock.turn(days=6, minutes=5)
    revoke_planned(authority.cloud)
    for address in (OLD, NEW):
        assert subjects(authority, address)[-1] == "su certificado ha sido revocado"
    rows = told("certificate-revoked") + told("certificate-will-be-revoked")
    assert [row.id.endswith(str(other.id)) for row in rows] == [True, True], (
        "one message each, with two readers"
    )


def test_a_lifted_suspension_reminds_nobody_and_a_damaged_account_keeps_nobody_unsafe(
    authority: World,
) -> None:
    certificate, client = moved(authority)
    assert client.post("/v1/me/suspensions", name_of(certificate)).status == 200
    assert authority.at_the_desk("reinstatements", certificate).status == 200
    assert (
        subjects(authority, OLD)[-1] == subjects(authority, NEW)[-1] == "su certificado ya no está suspendido"
    )
    boto3.client("dynamodb", region_name=SETTINGS.region).update_item(
        TableName="clavero-test-accounts",
        Key={"holder": {"S": row_of(certificate).holder}, "item": {"S": "registration"}},
        UpdateExpression="SET registered_at = :bad",
        ExpressionAttributeValues={":bad": {"S": "never"}},
    )
    assert authority.revoke(certificate).status == 200
    authority.clock.turn(days=7)
    assert subjects(authority, OLD)[-1] == "su certificado ha sido revocado", (
        "at the address that can be read"
    )
    assert "su certificado suspendido va a revocarse" not in subjects(authority, OLD) + subjects(
        authority, NEW
    )


def test_who_deceives_an_officer_is_seen_by_the_victim(authority: World) -> None:
    """Registered or not, with a change of data or without: the address of before hears of it, and no code."""
    thief = {"email": "thief@example.org", "mobile": "+34699000000"}
    authority.certificate_of()
    assert authority.identify(key="same-again", email="Maria@Example.org").status == 201
    assert not told("identified-with-another-contact"), "the same person as before"
    assert authority.identify(key="other-mobile", mobile=thief["mobile"]).status == 201
    (seen,) = told("identified-with-another-contact")
    assert seen.to.lower() == OLD
    assert not seen.sealed
    authority.clock.turn(seconds=1)
    register(authority)
    assert authority.identify(key="of-registered", **thief).status == 201
    assert {row.to.lower() for row in told("identified-with-another-contact")} == {OLD}
    assert len(told("identified-with-another-contact")) == 2
    changes = {"changes": {"email_before": OLD}}
    assert authority.identify(key="changed-data", **thief, **changes).status == 201
    (changed,) = told("data-changed")
    assert (changed.to, changed.also) == (thief["email"], OLD)
    assert not changed.sealed
    assert len(told("identified-with-another-contact")) == 2, "it is told once"
    authority.clock.turn(minutes=2)
    assert [one for one in subjects(authority, OLD) if "a su nombre, con otros datos" in one]
    bodies = "".join(mail.body for mail in authority.phone.emails() if OLD in str(mail.destinations))
    codes = [text for _, text in authority.phone.sms()]
    assert not [code for text in codes for code in re.findall(r"#(\S{10})$", text) if code in bodies]


def test_of_a_change_of_data_nothing_ends_before_the_moment_that_was_told(authority: World) -> None:
    """F17-like: the job runs in the morning; what is told is when its day begins."""
    old = authority.certificate_of()
    authority.clock.turn(hours=6)
    go_to(authority, authority.clock.at)
    authority.code_for(**MARRIED)
    authority.clock.turn(minutes=2)
    send_outbox(authority.cloud)
    (mail,) = [mail for mail in authority.phone.emails() if "datos anteriores" in mail.subject]
    assert "a partir del 27 de noviembre de 2026, 00:00" in mail.body
    morning(authority, date(2026, 11, 26))
    assert row_of(old).revoked_at is None
    morning(authority, date(2026, 11, 27))
    assert row_of(old).reason == "affiliationChanged"


def test_after_a_death_nobody_is_written_to_of_orders_payments_or_mass_revocations(authority: World) -> None:
    """ADR 0027: a report may come after what was paid and before what is sent, or after a plan of many."""
    with_contract(authority)
    row = row_of(authority.certificate_of())
    citizen = register(authority)
    client = citizen.log_in_with_pin()
    placed = order(client)
    assert notify(authority, order_in(client, form_of(client, placed.json["payment"]["id"]))).status == 200
    assert [row.to for row in told("payment-received")] == [OLD]
    assert report(authority, DEATH).status == 201
    before = len(list(MessageRow.scan()))
    shipping.prepare(authority.cloud, placed.json["id"], "operator:test")
    shipping.ship(authority.cloud, placed.json["id"], "Correos", "PQ1", "operator:test")
    assert len(list(MessageRow.scan())) == before
    assert notifications._payer(holder_of(NIF)) == ("", "")
    asked = accounts_of([row.holder])
    assert asked[row.holder].barred, "as mass revocations read it, for a certificate that is not revoked yet"
    assert reach(row.holder, row.evidence, asked[row.holder]).told is None
    assert reach(row.holder, row.evidence).told is None


def test_of_two_readers_one_that_fails_keeps_the_other_from_nothing_and_gets_it_later(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has it is not written to again with every try for the other; a code has one reader."""
    sent: list[str] = []

    def refusing(wrong: str) -> Callable[..., None]:
        def send_email(_cloud: Any, to: str, *_text: str) -> None:
            if to == wrong:
                raise Unavailable
            sent.append(to)

        return send_email

    certificate, client = moved(authority)
    authority.clock.turn(minutes=2)
    send_outbox(authority.cloud)
    monkeypatch.setattr(outbox, "send_email", refusing(NEW))
    assert client.post("/v1/me/suspensions", name_of(certificate)).status == 200
    (row,) = told("certificate-suspended")
    assert (sent, row.state, row.to) == ([OLD], "due", NEW)
    assert not row.also
    monkeypatch.setattr(outbox, "send_email", messaging.send_email)
    authority.clock.turn(minutes=5)
    assert subjects(authority, NEW)[-1] == "su certificado está suspendido"
    assert "su certificado está suspendido" not in subjects(authority, OLD), "that was the other sender's"
    both = Message("x", "email", OLD, "email-confirmation", "es", authority.clock.at, {}, "12345678", NEW)
    with pytest.raises(ValueError, match="one reader"):
        outbox.queue(authority.cloud, Transaction(), both)
