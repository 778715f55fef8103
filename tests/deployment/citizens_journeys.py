"""What citizens do, once each way: registered by every channel, logged in, changing and ending an account."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws.functions import SCHEDULED, running_as
from chalicelib.payments import tariff
from chalicelib.payments.orders import shipping
from infra.local import pay
from infra.local.gateway import Context
from tests.journeys import test_account as accounts
from tests.journeys import test_letter as letters
from tests.journeys import test_video as videos
from tests.journeys.test_apps import Telephone
from tests.support import cards, payments
from tests.support.citizens import CONTRAST, PASSWORD, Person, activation_code, register
from tests.support.client import Answer, Client
from tests.support.issuers import LOCAL, Authority, served
from tests.support.world import START, World, another_person, log_in

PRODUCT = "tests.journeys.test_video:PRODUCT"
OTHER_PASSWORD = "cinc gossos dormen sota la taula"


def citizens(world: World) -> None:
    """All of it."""
    at_the_desk(world)
    by_letter(world)
    by_video(world)
    certificate_by_video(world)
    by_certificate(world)
    person = register(world, 40)
    log_in_in_all_ways(person)
    forget_and_recover(person)
    own_account(person)
    pays(person)
    pays_at_the_office(world)


def log_in_in_all_ways(person: Person) -> None:
    """With a password from its activation on, wrongly and rightly, and surer; with a PIN; out everywhere."""
    assert person.activate().status == 204
    assert person.try_password("wrong wrong wrong").status == 401
    session = person.logged_in(person.try_password())
    request = session.post("/v1/me/step-ups").json["request"]
    surer = session.post("/v1/sessions/step-up", {"request": request, "otp": person.code()})
    session = person.logged_in(surer)
    one = session.get("/v1/me/sessions").json["sessions"][0]["id"]
    assert session.send("DELETE", f"/v1/me/sessions/{one}").status == 204
    wrong = {"request": person.ask_pin().json["request"], "pin": "000000"}
    assert person.client.post("/v1/sessions/pin", wrong).status == 401
    person.world.clock.turn(minutes=11)
    session = person.log_in_with_pin(personal="K7P2")
    assert session.send("DELETE", "/v1/me/sessions/current").status == 200
    session = person.log_in_with_pin()
    made = session.post("/v1/me/activation-codes")
    assert made.status == 201, made.body
    assert session.send("DELETE", "/v1/me/sessions").status == 204
    person.world.clock.turn(minutes=11)


def forget_and_recover(person: Person) -> None:
    """With the activation code of the newest receipt; then changed, and removed."""
    session = person.log_in_with_pin()
    code = activation_code(session.post("/v1/me/activation-codes"))
    body = {"nif": person.nif, "activation_code": code, "contrast": CONTRAST}
    request = person.client.post("/v1/passwords/recoveries", body).json["request"]
    chosen = {"request": request, "otp": person.code(), "password": OTHER_PASSWORD}
    assert person.client.post("/v1/passwords", chosen).status == 204
    session = person.logged_in(person.try_password(OTHER_PASSWORD))
    change = {"current": OTHER_PASSWORD, "password": PASSWORD}
    assert session.post("/v1/me/password-changes", change).status == 204
    session = person.logged_in(person.try_password())
    assert session.post("/v1/me/password-removals", {"confirm": "remove-password"}).status == 200


def own_account(person: Person) -> None:
    """Seen, and reached by another e-mail; a receipt is verified."""
    person.world.clock.turn(hours=2)
    session = person.log_in_with_pin()
    assert session.get("/v1/me").status == session.get("/v1/me/can").status == 200
    assert session.post("/v1/me/email", {"email": "new@example.org"}).status == 202
    wrong = session.post("/v1/me/email/confirmation", {"code": "00000000"})
    assert wrong.slug == "code-not-accepted"
    body = {"code": person.world.phone.email_code()}
    done = session.post("/v1/me/email/confirmation", body)
    assert done.status == 200, done.body
    told = {"verification_code": done.json["verification_code"]}
    assert person.client.post("/v1/receipts/verifications", told).status == 200


def pays(person: Person) -> None:
    """A card: ordered, refused, paid with another one, sent; another one that is cancelled."""
    world, kept = person.world, person.world.cloud.settings
    with running_as("operator"):
        payments.with_contract(world)
    session = person.log_in_with_pin()
    assert session.get("/v1/me/prices/card").status == 200
    number = payments.order(session).json["id"]
    refused = payments.order_in(session, payments.form_of(session, number))
    assert payments.notify(world, refused, "0190").status == 200
    another = session.post(f"/v1/me/orders/{number}/payments", key="another-card").json["payment"]["id"]
    order = payments.order_in(session, payments.form_of(session, another))
    assert payments.notify(world, order).status == 200
    assert session.post(f"/v1/me/orders/{number}/delivery", payments.DELIVERY).status == 200
    receipt = session.post(f"/v1/me/payments/{another}/receipts")
    assert receipt.status == 201, receipt.body
    with running_as("operator"):
        shipping.prepare(world.cloud, number, "operator:test")
        shipping.ship(world.cloud, number, "Correos", "A1", "operator:test")
    # Hours have passed, and an officer's session lasts half of one.
    world.officer.token = log_in(world.app, world.officer.certificate or "").token
    loaded = cards.load(
        world, cards.loading(world.code_for(**person.data), attested=False, card=cards.TestCard("0002-TEST"))
    )
    assert loaded.status == 200, loaded.body
    cancelled = payments.order(session).json["id"]
    assert session.post(f"/v1/me/orders/{cancelled}/cancellation").status == 200
    assert session.get("/v1/me/payments").json["payments"]
    assert len(session.get("/v1/me/orders").json["orders"]) == 2
    world.cloud.settings = kept


def pays_at_the_office(world: World) -> None:
    """The code waits for the fee, which is paid in the person's area."""
    kept = world.cloud.settings
    with running_as("operator"):
        payments.with_contract(world, fee_if_enforced="yes")
    person = register(world, 47)
    for _ in range(2):
        world.certificate_of(**another_person(47))
    assert world.identify(key="the-third-one", **another_person(47)).slug == "payment-required"
    payments.paid(world, person.log_in_with_pin(), "certificate-in-person")
    assert world.identify(key="the-third-one", **another_person(47)).status == 201
    world.cloud.settings = kept


def at_the_desk(world: World) -> None:
    """Another telephone, and the end of it."""
    person = register(world, 41)
    present = {"nif": person.nif, "document": person.data["document"]}
    assert world.officer.post(f"{world.point}/authenticator-removals", present).status == 204
    change = {"person": present, "what": "mobile"}
    path, mobile = f"{world.point}/contact-changes", "+34699000111"
    assert world.officer.post(path, change | {"value": mobile}).status == 202
    text = next(text for number, text in reversed(world.phone.sms()) if number == mobile)
    code = re.search(r"#(\d{6})$", text)
    assert code
    done = world.officer.post(f"{path}/confirmations", change | {"code": code[1]})
    assert done.status == 200, done.body
    assert world.officer.post(f"{world.point}/renunciations", present).status == 200


def by_letter(world: World) -> None:
    """Entered by an operator, written by the schedule, fetched by the printing service."""
    with running_as("operator"):
        letters.enter(world)
    assert letters.ask(world).status == 202
    assert letters.ask(world, nif=letters.STRANGER).status == 202
    _send(world)
    with running_as("printing service"):
        (sheet,) = letters.letters(world)
    assert letters.register(world, "0000-0000-0000-0000").slug == "letter-not-accepted"
    assert letters.register(world, letters.code_in(sheet)).status == 201


def _send(world: World) -> None:
    world.clock.turn(seconds=61)
    world.app.handler_map["send_outbox"](SCHEDULED, Context("0", function_name="send_outbox"))


def _upload(world: World, opened: Answer) -> None:
    """The store asks what the function that signed the forms may do: it is the one that uploads."""
    contents = {"front": videos.JPEG, "back": videos.JPEG, "video": videos.mp4(40)}
    for form in opened.json["uploads"]:
        world.cloud.s3.put_object(
            Bucket=world.cloud.settings.private_bucket,
            Key=form["fields"]["key"],
            Body=contents[form["name"]],
            ContentType=form["fields"]["Content-Type"],
            Tagging="retention=undecided",
        )


def by_video(world: World) -> None:
    """Uploaded, rejected, appealed, accepted by another officer, and the receipt fetched."""
    kept = world.cloud.settings
    world.cloud.settings = dataclasses.replace(kept, video_reviewers=1)
    nif = another_person(43)["nif"]
    with running_as("operator"):
        letters.enter(world, nif=nif)
        second = videos.reviewer(world, "officer-8")
    opened = videos.open_case(world, nif=nif, mobile="+34699000043")
    assert opened.status == 201, opened.body
    _upload(world, opened)
    assert videos.case_call(world, opened, "submission").status == 202
    assert world.officer.get(f"{world.point}/video-cases").json["cases"]
    rejected = videos.review(world, world.officer, opened, "reject", reason="document-unreadable")
    assert rejected.status == 201, rejected.body
    assert videos.case_call(world, opened, "appeals", reason="Se lee.").status == 202
    assert videos.review(world, second, opened, "accept").json["state"] == "accepted"
    assert videos.case_call(world, opened, "state").status == 200
    assert videos.case_call(world, opened, "receipts").status == 201
    world.cloud.settings = kept


def certificate_by_video(world: World) -> None:
    """Accepted, and its code sent; with what a product had granted taken back before that."""
    kept = world.cloud.settings
    world.cloud.settings = dataclasses.replace(kept, video_reviewers=1, video_product=PRODUCT)
    nif, mobile = another_person(45)["nif"], "+34699000045"
    with running_as("operator"):
        letters.enter(world, nif=nif)
    opened = videos.open_case(world, nif=nif, mobile=mobile)
    _upload(world, opened)
    assert videos.case_call(world, opened, "submission").json["receipt_ready"]
    rejected = videos.review(world, world.officer, opened, "reject", reason="face-not-matching")
    assert rejected.status == 201, rejected.body
    opened = videos.open_case(world, nif=nif, mobile=mobile, purpose="certificate")
    _upload(world, opened)
    _pay(world, opened)
    assert videos.case_call(world, opened, "submission").status == 202
    accepted = videos.review(world, world.officer, opened, "accept")
    assert accepted.json["code_until"], accepted.body
    path = f"{world.point}/video-cases/{opened.json['case']}/generation-codes"
    assert world.officer.post(path).slug == "not-possible-now"
    assert world.download(world.phone.generation_code()).status == 200
    world.cloud.settings = kept


def _pay(world: World, opened: Answer) -> None:
    """What a video costs where it costs something."""
    with patch.object(tariff, "TARIFF", payments.ALL_PAY):
        with running_as("operator"):
            payments.with_contract(world)
        form = videos.case_call(world, opened, "payments").json["form"]
        order = pay.order_in(form["fields"], world.cloud.settings.api_url)
        assert payments.notify(world, order).status == 200
        assert videos.case_call(world, opened, "submission").status == 202
    assert videos.case_call(world, opened, "payments/receipts").status == 201


def by_certificate(world: World) -> None:
    """Registered with a certificate of ours, logged in with it; renewed with an e-ID; renounced."""
    changes = another_person(44)
    ours = _pem(world.certificate_of(**changes))
    client = Client(world.app, certificate=ours)
    body = accounts.BY_CERTIFICATE | {"mobile": changes["mobile"]}
    answer = client.post("/v1/registrations/certificate", body)
    assert answer.status == 201, answer.body
    client.token = client.post("/v1/sessions/certificate").json["token"]
    world.clock.turn(seconds=1)
    again = world.identify(key="lost-code", **changes)
    assert again.status == 201, again.body
    rescued = client.post("/v1/me/generation-code-rescues")
    assert rescued.status == 201, rescued.body
    mobile = "+34699000044"
    assert client.post("/v1/me/mobile", {"mobile": mobile}).status == 202
    text = next(text for number, text in reversed(world.phone.sms()) if number == mobile)
    confirmed = client.post("/v1/me/mobile/confirmation", {"code": text.rpartition("#")[2]})
    assert confirmed.status == 200, confirmed.body
    _authenticator(client)
    _app(client, world)
    _renew(world, changes["nif"], {"mobile": mobile, "email": "maria@example.org"})
    stopped = {"nif": changes["nif"], "code": world.phone.stop_code()}
    assert client.post("/v1/contact-changes/stops", stopped | {"code": "0000000000"}).status == 422
    assert client.post("/v1/contact-changes/stops", stopped).status == 204
    world.clock.turn(seconds=1)
    client.token = client.post("/v1/sessions/certificate").json["token"]
    assert client.post("/v1/me/renunciation").status == 200


def _authenticator(client: Client) -> None:
    """Enrolled with its first code, and removed."""
    begun = client.post("/v1/me/authenticator")
    assert begun.status == 201, begun.body
    assert client.post("/v1/me/authenticator/confirmation", {"code": "000000"}).status == 401
    assert client.send("DELETE", "/v1/me/authenticator").status == 204


def _app(client: Client, world: World) -> None:
    """Enrolled, sent a PIN, which it fetches, and removed."""
    telephone = Telephone(world)
    assert telephone.enrol(client).status == 201
    asked = client.post("/v1/pins", {"nif": another_person(44)["nif"], "contrast": CONTRAST, "via": "app"})
    assert asked.status == 202, asked.body
    _send(world)
    assert telephone.texts()
    assert client.get("/v1/me/apps").json["apps"]
    assert client.send("DELETE", f"/v1/me/apps/{telephone.app}").status == 204


def _renew(world: World, nif: str, body: dict[str, str]) -> None:
    """With the card of an issuer on the trust list."""
    kept = world.cloud.settings, world.cloud.fetcher
    with served() as status, tempfile.TemporaryDirectory() as folder:
        issuer = Authority(START, status.url)
        file = Path(folder, "trust.toml")
        file.write_text(issuer.trust(kind="e-id", name="DNIe"))
        world.cloud.settings = dataclasses.replace(world.cloud.settings, trust_list=str(file))
        world.cloud.fetcher, world.cloud.memory = LOCAL, {}  # another container, of another setting
        card = issuer.person(nif=f"IDCES-{nif}")
        status.answers.update({"/root.crl": issuer.crl(root=True), "/ocsp": issuer.answer(card)})
        client = Client(world.app, certificate=_pem(card))
        opened = client.post("/v1/sessions/certificate")
        assert opened.status == 201, opened.body
        client.token = opened.json["token"]
        renewed = client.post("/v1/me/renewals", body)
        assert renewed.status == 201, renewed.body
    world.cloud.settings, world.cloud.fetcher = kept


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
