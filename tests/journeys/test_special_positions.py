"""Stories of people in special positions: minors who come of age, proxies, death, incapacity, a new name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from chalicelib.audit.events import every_event, of_object
from chalicelib.certificates import closing
from chalicelib.certificates.due_scan import CURSOR, find_due, tasks
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.tables import CursorRow
from chalicelib.errors import Conflict
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.tables import DutyRow, IdentificationRow, PowerRow, ReportRow
from tests.journeys.test_renewal import holder_of_one, logged_in
from tests.support import cards
from tests.support.citizens import register
from tests.support.client import Answer, Client
from tests.support.world import (
    DOCUMENT,
    POINT,
    World,
    another_person,
    appoint,
    issuer_id,
    log_in,
    new_csr,
    person,
)

NIF = "12345678Z"
FATHER: dict[str, Any] = {
    "given_name": "Vicent",
    "surname1": "Núñez",
    "document": another_person(9)["document"],
    "relationship": "father",
    "authority_document": "Libro de Familia 46/123",
    "consent": True,
}
BIRTHDAY = datetime.fromisoformat("2026-12-06T00:00:00+01:00")
TEEN: dict[str, Any] = {"birth_date": "2008-12-06", "guardian": FATHER}
"""Eighteen in two weeks."""
PROXY_DOCUMENT = another_person(11)["document"]
POWER: dict[str, Any] = {
    "notary": "Ana Ruiz",
    "protocol_number": "1234/2025",
    "granted_on": "2025-03-01",
    "names_certificate": True,
    "deed": "clause-in-general-power",
    "scope": ["obtain", "collect-code", "revoke"],
    "expires_on": "2026-12-24",
}
DEED = {"document": PROXY_DOCUMENT, "protocol_number": "1234/2025", "granted_on": "2025-03-01"}
PROXY = {
    "kind": "proxy",
    "given_name": "Luis",
    "surname1": "Gil",
    "document": PROXY_DOCUMENT,
    "power": POWER,
}
EXTRACT = {"kind": "civil-registry-extract", "reference": "RC 46/250-1/2026", "issued_on": "2026-11-21"}
RESOLUTION = {"kind": "court-resolution", "reference": "Auto 12/2026", "issued_on": "2026-11-20"}
DEATH = {"nif": NIF, "kind": "death", "document": EXTRACT, "happened_on": "2026-11-19"}
INCAPACITY = {
    "nif": NIF,
    "kind": "incapacity",
    "document": RESOLUTION,
    "happened_on": "2026-11-20",
    "representative": {
        "given_name": "Rosa",
        "surname1": "Peña",
        "email": "rosa@example.org",
        "language": "ca",
    },
}


FIRST_DUTY = next(number for number, task in enumerate(tasks()) if task.source == "duties")


def by_father(world: World, certificate: x509.Certificate) -> Answer:
    identity = {"channel": "guardian", "document": FATHER["document"]}
    return world.revoke(certificate, identity=identity, reason="cessationOfOperation")


def row_of(certificate: x509.Certificate) -> CertificateRow:
    return CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))


def go_to(world: World, moment: datetime) -> None:
    """To that moment, the officer logged in again."""
    world.clock.at = moment.astimezone(UTC)
    world.officer = log_in(world.app, world.officer.certificate or "")


def morning(world: World, day: date) -> None:
    """The daily job, at eight in the morning, as if it had run every day before; of its tasks the duties."""
    world.clock.at = datetime.fromisoformat(f"{day.isoformat()}T07:00:00+00:00")
    cursor = CursorRow(CURSOR, day=day.isoformat(), task=FIRST_DUTY, version=1)
    cursor.save()
    while find_due(world.cloud).more:
        pass


def told(template: str) -> list[MessageRow]:
    return [row for row in MessageRow.scan() if row.template == template]


def ask_code(world: World, identification: str, asked_by: dict[str, Any]) -> Answer:
    body = {"identification": identification, "asked_by": asked_by}
    return world.officer.post(f"{world.point}/code-requests", body)


def report(world: World, body: dict[str, Any], key: str = "report-1") -> Answer:
    return world.officer.post(f"{world.point}/reports", body, key=key)


def colleague(world: World) -> Client:
    return log_in(world.app, appoint(world.cloud, "officer-2", POINT))


def decide(client: Client, world: World, report_id: str, decision: str = "confirm") -> Answer:
    return client.post(f"{world.point}/reports/{report_id}/decisions", {"decision": decision})


def test_F17_a_guardian_acts_until_the_eighteenth_birthday_and_the_holder_alone_from_then_on(
    authority: World,
) -> None:
    """To the second, at the desk, by phone and for codes; the certificate stays, and the holder is told."""
    certificates = [authority.certificate_of(**TEEN) for _ in range(3)]
    identification = authority.identify(**TEEN).json["id"]
    asked = {"channel": "guardian", "document": FATHER["document"]}
    stranger = {"channel": "guardian", "document": another_person(10)["document"]}
    by_phone = {
        "channel": "guardian-by-phone",
        "document_number": FATHER["document"]["number"],
        "birth_date": TEEN["birth_date"],
        "mobile": "612 345 678",
    }
    assert ask_code(authority, identification, stranger).slug == "identity-not-confirmed"
    wrong = by_phone | {"birth_date": "2008-12-07"}
    assert authority.revoke(certificates[0], identity=wrong).slug == "identity-not-confirmed"
    assert authority.revoke(certificates[0], identity=by_phone, reason="superseded").status == 200
    assert ask_code(authority, identification, asked).status == 201

    morning(authority, date(2026, 11, 29))
    assert [row.language for row in told("of-age-soon")] == ["es"]
    go_to(authority, BIRTHDAY - timedelta(seconds=1))
    assert by_father(authority, certificates[1]).status == 200
    authority.clock.turn(seconds=1)
    assert by_father(authority, certificates[2]).slug == "guardianship-ended"
    assert authority.revoke(certificates[2], identity=by_phone).slug == "guardianship-ended"
    assert ask_code(authority, identification, asked).slug == "guardianship-ended"
    assert row_of(certificates[2]).revoked_at is None
    for _ in range(2):
        morning(authority, date(2026, 12, 6))
    assert len(told("of-age")) == 1
    go_to(authority, authority.clock.at)
    # The code that was granted before is the holder's, who now downloads and revokes alone.
    assert authority.download(authority.phone.generation_code()).status == 200
    assert authority.revoke(certificates[2], reason="superseded").status == 200
    assert "Vicent" not in str([(event.details, event.object) for event in every_event()])


def test_nobody_is_told_of_a_birthday_who_has_no_certificate_or_no_guardian(authority: World) -> None:
    by_father(authority, authority.certificate_of(**TEEN))
    deed = {"document": "Escritura 1/2026"}
    emancipated = another_person(21, birth_date=TEEN["birth_date"])
    authority.certificate_of(**emancipated, guardian=FATHER)
    authority.clock.turn(hours=1)
    go_to(authority, authority.clock.at)
    authority.certificate_of(**emancipated, emancipated=deed)
    for day in (date(2026, 11, 29), date(2026, 12, 6)):
        morning(authority, day)
    assert told("of-age-soon") == told("of-age") == []


def test_A27_a_proxy_obtains_collects_and_revokes_and_the_holder_hears_of_each_act(authority: World) -> None:
    identified = authority.identify(presence=PROXY)
    assert identified.status == 201, identified.body
    path = f"{authority.point}/identifications/{identified.json['id']}/generation-codes"
    assert authority.officer.post(path).slug == "proxy-power-insufficient", "who asks must be said"
    asked = {"channel": "proxy", "deed": DEED}
    assert ask_code(authority, identified.json["id"], asked).status == 201
    answer = authority.download(authority.phone.generation_code())
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    holder = holder_of(NIF)
    assert row_of(certificate).holder == holder, "the certificate is the holder's"
    assert authority.revoke(certificate, identity=asked, reason="superseded").status == 200
    acts = [event.details["act"] for event in of_object(holder, 50) if event.act == "proxy.acted"]
    assert sorted(acts) == ["collect-code", "obtain", "revoke"]
    assert [row.to for row in told("proxy-acted")] == ["maria@example.org"] * 3
    assert "Gil" not in str([event.details for event in every_event()])


def test_A27_scope_and_end_are_looked_at_with_each_act(authority: World) -> None:
    certificate = authority.certificate_of()
    entry = {"nif": NIF, "given_name": "Luis", "surname1": "Gil", "document": PROXY_DOCUMENT}
    asked = {"channel": "proxy", "deed": DEED}
    identification = authority.identify(key="other-req").json["id"]
    assert ask_code(authority, identification, asked).slug == "proxy-power-insufficient", "not entered"
    narrow = entry | {"power": POWER | {"scope": ["collect-code"]}}
    path = f"{authority.point}/powers"
    first = authority.officer.post(path, narrow)
    assert first.status == 201, first.body
    assert authority.officer.post(path, narrow).json == first.json, "the same deed is the same power"
    wider = authority.officer.post(path, entry | {"power": POWER})
    assert wider.slug == "proxy-power-insufficient", "a deed does not grow"
    unnamed = entry | {"power": POWER | {"protocol_number": "9/2025", "names_certificate": False}}
    assert authority.officer.post(path, unnamed).slug == "proxy-power-insufficient"
    assert authority.officer.post(path, entry | {"power": POWER, "document": DOCUMENT}).slug == "same-person"
    assert ask_code(authority, identification, asked).status == 201
    refused = authority.revoke(certificate, identity=asked, reason="superseded")
    assert (refused.slug, refused.json["field"]) == ("proxy-power-insufficient", "identity.deed.scope")
    assert authority.identify(key="by-proxy", presence=PROXY).slug == "proxy-power-insufficient"
    go_to(authority, datetime.fromisoformat("2026-12-07T00:00:00+01:00"))
    assert ask_code(authority, identification, asked).status == 201, "within the fifteen days"
    row = PowerRow.get(holder_of(NIF), first.json["id"])
    row.update([PowerRow.power.set(row.power.replace("2026-12-24", "2026-12-06"))])
    ended = ask_code(authority, identification, asked)
    assert (ended.slug, ended.json["field"]) == ("proxy-power-insufficient", "asked_by.deed.expires_on")


@pytest.mark.parametrize("by", ["holder", "deed"])
def test_A27_a_revoked_power_does_nothing_more(authority: World, by: str) -> None:
    """Not even with a code that it obtained, nor entered again in another spelling."""
    identification = authority.identify(presence=PROXY).json["id"]
    code = authority.phone.generation_code()
    asked = {"channel": "proxy", "deed": DEED}
    path = f"{authority.point}/power-revocations"
    body = {"nif": NIF, "deed": DEED}
    assert authority.officer.post(path, body).slug == "proxy-power-insufficient", "nobody wants it"
    stranger = body | {"holder_document": another_person(5)["document"]}
    assert authority.officer.post(path, stranger).slug == "document-nif-mismatch"
    wish = {"holder_document": DOCUMENT} if by == "holder" else {"revoked_by": "Escritura 77/2026"}
    first = authority.officer.post(path, body | wish)
    assert first.status == 200, first.body
    authority.clock.turn(minutes=1)
    again = authority.officer.post(path, body | wish)
    assert again.json == first.json, "the first date stays"
    assert authority.download(code).slug == "evidence-refused"
    assert ask_code(authority, identification, asked).slug == "power-ended"
    spelled = PROXY | {"power": POWER | {"notary": "Anna Ruiz", "protocol_number": "01234"}}
    assert authority.identify(key="again-req", presence=spelled).slug == "power-ended"
    assert authority.identify(key="herself-req").status == 201, "the holder needs no power"
    assert told("proxy-acted")[-1].template == "proxy-acted"


def test_A27_whoever_hears_of_a_power_calls_and_from_then_on_it_allows_nothing(authority: World) -> None:
    """At once, whatever the proxy gave as the holder's address; until the holder has come, however long."""
    officer, point = authority.officer, authority.point
    assert authority.identify(key="herself-req").status == 201
    mine = {"mobile": "+34699000001", "email": "proxy@example.org"}
    identification = authority.identify(presence=PROXY, **mine).json["id"]
    code, asked = authority.phone.generation_code(), {"channel": "proxy", "deed": DEED}
    assert ask_code(authority, identification, asked).status == 201
    code = authority.phone.generation_code()
    assert {row.to for row in told("proxy-acted")} == {"maria@example.org"}, "not who the proxy says"
    path, caller = f"{point}/power-suspensions", {"channel": "phone", "birth_date": "1985-02-28"}
    for wrong in ({"mobile": "+34600000000"}, {"birth_date": "1985-02-27", "mobile": "+34612345678"}, {}):
        refused = officer.post(path, {"nif": NIF, "identity": caller | wrong})
        assert refused.slug == "identity-not-confirmed"
    stranger = {"channel": "in-person", "document": another_person(5)["document"]}
    assert officer.post(path, {"nif": NIF, "identity": stranger}).slug == "identity-not-confirmed"
    assert officer.post(path, {"nif": "00000000T", "identity": caller}).slug == "not-found"
    body = {"nif": NIF, "identity": caller | {"mobile": "+34612345678"}}
    first = officer.post(path, body)
    assert (first.status, len(first.json["powers"])) == (200, 1), first.body
    authority.clock.turn(minutes=1)
    assert officer.post(path, body).json == first.json, "the first moment stays"
    by_proxy = PROXY | {"power": POWER}
    another_deed = {"power": POWER | {"protocol_number": "9/2026"}}
    assert authority.identify(key="other-deed", presence=PROXY | another_deed).slug == "power-suspended"
    another_entry = {"nif": NIF, "given_name": "Luis", "surname1": "Gil", "document": PROXY_DOCUMENT}
    assert officer.post(f"{point}/powers", another_entry | another_deed).slug == "power-suspended"
    for _ in range(2):
        assert authority.download(code).slug == "evidence-refused"
        assert ask_code(authority, identification, asked).slug == "power-suspended"
        assert authority.identify(key="again-req", presence=by_proxy).slug == "power-suspended"
        entry = {"nif": NIF, "given_name": "Luis", "surname1": "Gil", "document": PROXY_DOCUMENT}
        assert officer.post(f"{point}/powers", entry | {"power": POWER}).slug == "power-suspended"
        go_to(authority, authority.clock.at + timedelta(days=7))
        officer = authority.officer
    assert len([row for row in told("proxy-acted") if row.to == "maria@example.org"]) == 3
    confirm, wish = f"{point}/power-confirmations", {"nif": NIF, "deed": DEED}
    for document, slug in (
        (DOCUMENT | {"expires_on": "2026-11-30"}, "document-expired"),
        (another_person(5)["document"], "document-nif-mismatch"),
    ):
        assert officer.post(confirm, wish | {"holder_document": document}).slug == slug
    confirmed = officer.post(confirm, wish | {"holder_document": DOCUMENT})
    assert (confirmed.status, confirmed.json["suspended_at"]) == (200, None), confirmed.body
    assert officer.post(confirm, wish | {"holder_document": DOCUMENT}).json == confirmed.json
    assert authority.identify(key="anew-req", presence=by_proxy).status == 201
    # A second doubt, and its end: what is suspended can be ended, and does not come back.
    assert officer.post(path, body).status == 200
    ended = wish | {"holder_document": DOCUMENT}
    assert officer.post(f"{point}/power-revocations", ended).json["revoked_at"]
    assert officer.post(confirm, ended).slug == "power-ended"
    assert officer.post(path, body).slug == "not-found", "none is left"


def test_A27_a_power_does_not_outlive_the_proxy(authority: World) -> None:
    """Civil Code, art. 1732: nor does the code that was obtained by it."""
    assert authority.identify(key="own-request", **another_person(11)).status == 201
    assert authority.identify(presence=PROXY).status == 201
    code = authority.phone.generation_code()
    dead = DEATH | {"nif": another_person(11)["nif"]}
    assert report(authority, dead).json["state"] == "done"
    assert authority.download(code).slug == "evidence-refused"


def test_one_step_that_fails_keeps_no_other_from_being_done(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that cannot be revoked now protects neither the others nor an unspent code."""
    certificates = [authority.certificate_of() for _ in range(2)]
    identification = authority.identify().json["id"]
    tried: list[str] = []

    def once(cloud: Any, row: CertificateRow, *rest: Any, **more: Any) -> Any:
        tried.append(row.id)
        return failing() if len(tried) == 1 else revoke_certificate(cloud, row, *rest, **more)

    monkeypatch.setattr(closing, "revoke_certificate", once)
    assert report(authority, DEATH).slug == "conflict"
    assert sum(row_of(each).revoked_at is not None for each in certificates) == 1
    assert not IdentificationRow.get(identification).stands
    (row,) = ReportRow.scan()
    assert (row.state, row.progress) == ("carrying-out", {"codes"})
    assert report(authority, DEATH).json["state"] == "done"
    assert all(row_of(each).revoked_at is not None for each in certificates)


def test_a_death_ends_everything_at_once_and_is_told_to_nobody(authority: World) -> None:
    citizen = register(authority)
    session = citizen.log_in_with_pin()
    certificates = [authority.certificate_of() for _ in range(2)]
    unspent = authority.code_for()
    before = len(list(MessageRow.scan()))
    answer = report(authority, DEATH)
    assert (answer.status, answer.json["state"]) == (201, "done"), answer.body
    assert report(authority, DEATH).json == answer.json, "the same report"
    assert report(authority, DEATH | {"happened_on": "2026-11-18"}).slug == "idempotency-key-reused"
    assert {row_of(each).reason for each in certificates} == {"cessationOfOperation"}
    assert len(list(MessageRow.scan())) == before, "whoever has the telephone now is told nothing"
    assert authority.download(unspent).slug == "evidence-refused"
    assert session.get("/v1/me").status == 401
    assert citizen.ask_pin().status == 202, "as for anybody"
    assert len(list(MessageRow.scan())) <= before + 1, "a decoy at most"
    assert authority.identify(key="again-req").slug == "person-barred"
    body = {"identification": citizen.data, "contrast": {"valid_until": "2031-05-01"}}
    assert (
        authority.officer.post(f"{authority.point}/registrations", body, key="new").slug == "not-possible-now"
    )
    assert read_account(holder_of(NIF)).level == "none"
    # A certificate that an index showed too late is found on the next morning.
    late = row_of(certificates[0])
    late.update([CertificateRow.revoked_at.remove(), CertificateRow.reason.remove()])
    from chalicelib.pki.tables import RevocationRow

    for row in [row for row in RevocationRow.scan() if row.serial == f"{late.serial:x}"]:
        row.delete()
    morning(authority, date(2026, 11, 23))
    assert ReportRow.get(answer.json["id"]).state == "closed"
    assert row_of(certificates[0]).reason == "cessationOfOperation"
    assert all(duty.done_at for duty in DutyRow.scan() if duty.kind == "report")


def test_an_incapacity_takes_two_and_is_told_to_the_representative(authority: World) -> None:
    register(authority)
    certificate = authority.certificate_of()
    answer = report(authority, INCAPACITY)
    assert (answer.status, answer.json["state"]) == (201, "awaiting"), answer.body
    assert row_of(certificate).revoked_at is None, "nothing on the word of one"
    assert decide(authority.officer, authority, answer.json["id"]).slug == "two-people-needed"
    second = colleague(authority)
    for _ in range(2):
        assert decide(second, authority, answer.json["id"]).json["state"] == "done"
    assert decide(second, authority, answer.json["id"], "reject").slug == "not-possible-now"
    assert row_of(certificate).reason == "cessationOfOperation"
    assert [(row.to, row.language) for row in told("represented")] == [("rosa@example.org", "ca")]
    assert told("certificate-revoked") == []


def test_a_rejected_report_changes_nothing(authority: World) -> None:
    certificate = authority.certificate_of()
    made = report(authority, INCAPACITY).json["id"]
    second = colleague(authority)
    for _ in range(2):
        assert decide(second, authority, made, "reject").json["state"] == "rejected"
    assert decide(second, authority, made).slug == "not-possible-now"
    assert row_of(certificate).revoked_at is None
    assert authority.identify(key="again-req").status == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document": EXTRACT | {"issued_on": "2026-11-18"}}, "document.issued_on"),
        ({"document": EXTRACT | {"issued_on": "2026-11-23"}}, "document.issued_on"),
        ({"kind": "incapacity"}, "document.kind"),
        ({"kind": "incapacity", "document": RESOLUTION, "happened_on": "2026-11-20"}, "representative"),
        ({"representative": INCAPACITY["representative"]}, "representative"),
        ({"kind": "mistake"}, "mistaken"),
    ],
)
def test_a_report_needs_the_document_that_shows_it(
    authority: World, changes: dict[str, Any], field: str
) -> None:
    authority.identify()
    answer = report(authority, DEATH | changes)
    assert (answer.slug, answer.json["field"]) == ("report-refused", field)
    assert not list(ReportRow.scan())


def test_A31_of_a_mistake_the_bar_is_lifted_and_no_revocation(authority: World) -> None:
    """Two people and evidence; with a second report still standing the person stays barred."""
    citizen = register(authority)
    certificate = authority.certificate_of()
    death = report(authority, DEATH).json["id"]
    second = colleague(authority)
    other = report(authority, INCAPACITY, key="report-2").json["id"]
    assert decide(second, authority, other).status == 200
    alive = EXTRACT | {"reference": "Fe de vida 3/2026", "issued_on": "2026-11-22"}
    mistake = {"nif": NIF, "kind": "mistake", "document": alive, "happened_on": "2026-11-22"}
    assert report(authority, mistake | {"mistaken": "0" * 32}, key="m-request").slug == "not-found"
    for number, wrong in enumerate((death, other)):
        made = report(authority, mistake | {"mistaken": wrong}, key=f"mistake-{number}").json
        assert made["state"] == "awaiting"
        assert read_account(holder_of(NIF)).barred
        assert decide(authority.officer, authority, made["id"]).slug == "two-people-needed"
        for _ in range(2):
            assert decide(second, authority, made["id"]).json["state"] == "closed"
    assert {row.state for row in ReportRow.scan()} == {"lifted", "closed"}
    assert row_of(certificate).reason == "cessationOfOperation", "a revocation is final"
    assert [row.to for row in told("bar-lifted")] == ["maria@example.org"]
    assert read_account(holder_of(NIF)).level == "advanced"
    assert citizen.log_in_with_pin().get("/v1/me").status == 200
    assert authority.identify(key="anew-requ").status == 201


MARRIED: dict[str, Any] = {
    "surname1": "García",
    "changes": {"name_document": "Resolución RC 5/2026"},
}


def test_a_new_name_ends_the_certificates_of_the_old_one_with_the_download(authority: World) -> None:
    old = authority.certificate_of()
    assert authority.identify(key="slip-requ", surname1="García").slug == "name-differs"
    assert authority.identify(key="empty-req", changes={}).slug == "change-empty"
    unspent = authority.code_for()
    code = authority.code_for(**MARRIED)
    assert row_of(old).revoked_at is None
    assert [row.to for row in told("data-changed")] == ["maria@example.org"]
    csr = new_csr()
    new = x509.load_pem_x509_certificates(authority.download(code, csr).body)[0]
    assert "García" in new.subject.rfc4514_string()
    assert row_of(old).reason == "affiliationChanged"
    assert row_of(new).revoked_at is None
    assert authority.download(code, csr).status == 200, "the same request again"
    assert authority.download(unspent).slug == "evidence-refused", "a code of before would bring it back"
    assert len(told("certificate-revoked")) == 1
    assert all(duty.done_at for duty in DutyRow.scan())


def test_a_new_name_ends_them_after_some_days_though_nobody_does_anything(authority: World) -> None:
    old = authority.certificate_of()
    authority.code_for(**MARRIED)
    morning(authority, date(2026, 11, 26))
    assert row_of(old).revoked_at is None
    morning(authority, date(2026, 11, 27))
    assert row_of(old).reason == "affiliationChanged"
    assert all(duty.done_at for duty in DutyRow.scan())
    go_to(authority, authority.clock.at)
    assert authority.download(authority.phone.generation_code()).status == 200, "the new one can still be had"


def test_a_new_address_touches_only_certificates_that_carry_the_old_one(authority: World) -> None:
    def certificate(**changes: Any) -> x509.Certificate:
        code = authority.code_for(**changes)
        answer = authority.download(code, email_code=authority.phone.email_code())
        return x509.load_pem_x509_certificates(answer.body)[0]

    carrying, other = certificate(), certificate(email="work@example.org")
    without = authority.certificate_of()
    new = certificate(email="new@example.org", changes={"email_before": "maria@EXAMPLE.org"})
    assert row_of(carrying).reason == "affiliationChanged"
    assert {row_of(each).revoked_at for each in (other, without, new)} == {None}
    assert {row.withdrawn_at for row in IdentificationRow.scan()} == {None}, "the name is the same"


def test_a_new_name_ends_the_certificate_in_a_card_too(authority: World) -> None:
    made = cards.load(authority, cards.loading(authority.code_for(), attested=False))
    assert made.status == 200, made.body
    certificate = x509.load_pem_x509_certificate(made.json["certificate"].encode())
    assert authority.identify(key="other-name", surname1="García").slug == "name-differs"
    authority.download(authority.code_for(**MARRIED))
    assert row_of(certificate).reason == "affiliationChanged"


def test_X04_a_minor_gets_no_certificate_on_line(authority: World) -> None:
    """Nobody consents there: neither to another certificate nor to a renewal."""
    certificate = authority.certificate_of(**TEEN)
    body = {"identification": person(**TEEN), "contrast": {"valid_until": "2031-05-01"}}
    assert authority.officer.post(f"{authority.point}/registrations", body, key="new").status == 201
    session = logged_in(authority, certificate)
    assert session.post("/v1/me/certificates", {"csr": new_csr()}).slug == "guardian-required"
    authority.clock.at = BIRTHDAY.astimezone(UTC)
    session = logged_in(authority, certificate)
    assert session.post("/v1/me/certificates", {"csr": new_csr()}).status == 200


def test_a_certificate_renewed_on_line_under_the_old_name_ends_too(authority: World) -> None:
    old = holder_of_one(authority)
    another = logged_in(authority, old).post("/v1/me/certificates", {"csr": new_csr()})
    assert another.status == 200, another.body
    assert authority.download(authority.code_for(**MARRIED)).status == 200
    online = x509.load_pem_x509_certificates(another.body)[0]
    assert {row_of(each).reason for each in (old, online)} == {"affiliationChanged"}


def test_what_cannot_be_done_on_its_day_is_done_on_the_next_and_holds_up_nobody(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report left half done goes on in the morning; where that fails too, on the next one."""
    certificate = authority.certificate_of()
    monkeypatch.setattr(closing, "revoke_certificate", failing)
    assert report(authority, DEATH).slug == "conflict"
    assert read_account(holder_of(NIF)).barred, "that at least is done with the report itself"
    morning(authority, date(2026, 11, 23))
    assert row_of(certificate).revoked_at is None
    monkeypatch.undo()
    morning(authority, date(2026, 11, 24))
    assert row_of(certificate).reason == "cessationOfOperation"
    assert [row.state for row in ReportRow.scan()] == ["closed"]


def failing(*_: Any, **__: Any) -> None:
    raise Conflict
