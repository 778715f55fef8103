"""People are told before something ends: once, on the day, however often the job runs, stops or fails."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509

from chalicelib.aws import due_days
from chalicelib.certificates import due_scan
from chalicelib.certificates.deadlines import KINDS, NOTICES
from chalicelib.certificates.due_scan import CURSOR, find_due, tasks
from chalicelib.certificates.tables import CursorRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.outbox import queue
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from tests.journeys.test_renewal import (
    holder_of_one,
    logged_in,
    near_its_end,
    officer_anew,
    renewed,
    row_of,
)
from tests.support import cards
from tests.support.citizens import CONTRAST, register
from tests.support.world import SETTINGS, START, World, another_person

UNREGISTERED = "email certificate-ends-after-registering"
"""What is told to people with a certificate and no registration."""


def notices(kind: str = "") -> list[MessageRow]:
    rows = [row for row in MessageRow.scan() if row.id.startswith(f"deadline:{kind}")]
    return sorted(rows, key=lambda row: str(row.id))


def told() -> Counter[str]:
    """Templates of e-mails and text messages that were written."""
    return Counter(f"{row.channel} {row.template}" for row in notices())


def run(world: World, **options: Any) -> None:
    while find_due(world.cloud, **options).more:
        pass


def on(world: World, certificate: x509.Certificate, days: int) -> None:
    """At noon, so many days before it expires."""
    day = certificate.not_valid_after_utc - timedelta(days=days)
    world.clock.at = day.replace(hour=12, minute=0, second=0)


def finished_yesterday(world: World) -> None:
    """As if the job had run every day until now."""
    row = CursorRow.find(CURSOR) or CursorRow(CURSOR)
    row.day, row.task, row.version = date_in_madrid(world.clock.at).isoformat(), 0, 1
    row.start = None
    row.save()


def test_F03_a_certificate_is_told_of_at_seventy_thirty_seven_and_one_days_and_after(
    authority: World,
) -> None:
    certificate = authority.certificate_of()
    seen: list[tuple[int, Counter[str]]] = []
    for days in (71, 70, 69, 31, 30, 29, 8, 7, 6, 2, 1, 0, -1, -2):
        on(authority, certificate, days)
        finished_yesterday(authority)
        before = told()
        run(authority)
        if new := told() - before:
            seen.append((days, new))
    assert [days for days, _ in seen] == list(NOTICES)
    online = Counter({UNREGISTERED: 1})
    short = Counter({"sms certificate-ends": 1})
    ended = Counter({"email certificate-ended": 1, "sms certificate-ended": 1})
    assert [new for _, new in seen] == [online, online, online + short, online + short, ended]


def test_F25_the_notice_names_the_offer_and_is_sent_in_the_hours_after(authority: World) -> None:
    """To whoever is registered it is one step; anybody else registers first, and is told so."""
    certificate, stranger = holder_of_one(authority), authority.certificate_of(**another_person(2))
    on(authority, certificate, 30)
    finished_yesterday(authority)
    run(authority)
    sent = len(authority.phone.emails())
    authority.clock.turn(hours=7)
    send_outbox(authority.cloud)
    assert len(authority.phone.emails()) > sent
    for each, says, other in (
        (certificate, "Tenemos preparada su renovación", "regístrese"),
        (stranger, "regístrese", "Tenemos preparada su renovación"),
    ):
        (mail,) = {
            mail.body
            for mail in authority.phone.emails()[sent:]
            if row_of(each).serial_text in mail.body and "a punto de caducar" in mail.body
        }
        assert says in mail
        assert other not in mail
        assert "api.clavero.es" in mail
        assert "http" not in mail


def test_nobody_is_told_of_what_was_revoked_or_renewed(authority: World) -> None:
    revoked = authority.certificate_of()
    assert authority.revoke(revoked, reason="superseded").status == 200
    old = holder_of_one(authority, **another_person(2))
    near_its_end(authority, old)
    new = renewed(logged_in(authority, old), old)
    finished_yesterday(authority)
    for days in (30, 7, 1, -1):
        on(authority, old, days)
        run(authority)
    assert not notices("certificate")
    on(authority, new, 30)
    finished_yesterday(authority)
    run(authority)
    (one,) = notices("certificate")
    assert one.template == "certificate-ends-in-person", "it was obtained with a certificate (A30)"


def test_who_renewed_at_an_office_is_told_no_more_and_who_lost_the_new_one_is(authority: World) -> None:
    """A30: every other renewal is in person, and leaves no mark in the old certificate."""
    in_person, online = authority.certificate_of(), holder_of_one(authority, **another_person(2))
    near_its_end(authority, online)
    officer_anew(authority)
    news = [authority.certificate_of(), renewed(logged_in(authority, online), online)]
    on(authority, online, 30)
    finished_yesterday(authority)
    run(authority)
    assert not notices("certificate")
    officer_anew(authority)
    for new, nif in zip(news, ("12345678Z", another_person(2)["nif"]), strict=True):
        body = {"reason": "superseded", "nif": nif, "identity": identity_of(nif)}
        assert authority.revoke(new, **body).status == 200
    on(authority, online, 7)
    finished_yesterday(authority)
    run(authority)
    templates = {
        str(row.id).split(":")[2]: row.template for row in notices("certificate") if "email" in row.id
    }
    assert templates == {
        row_of(in_person).id: "certificate-ends-after-registering",
        row_of(online).id: "certificate-ends-in-person",  # its renewal on line was made: there is no other
    }


def test_what_is_suspended_is_offered_no_renewal_and_its_holder_is_told_once(authority: World) -> None:
    """The text says to lift it first, in the place of the offer: whether it is lifted or suspended after the
    job has run, nobody is told the same a second time, or not at all."""
    first, second = authority.certificate_of(), authority.certificate_of(**another_person(2))

    def wrote(days: int, certificate: x509.Certificate = first) -> Counter[str]:
        on(authority, certificate, days)
        before = told()
        finished_yesterday(authority)
        run(authority)
        return told() - before

    def at_the_desk(act: str, days: int, certificate: x509.Certificate = first, **changes: Any) -> None:
        on(authority, certificate, days)
        officer_anew(authority)
        answer = authority.at_the_desk(act, certificate, **changes)
        assert answer.status == 200, answer.body

    at_the_desk("suspensions", 72)
    assert wrote(70) == Counter(
        ["email certificate-ends-suspended", "email certificate-ends-after-registering"]
    )
    at_the_desk("reinstatements", 70)
    assert not wrote(70), "told already: what to do before it can be renewed"
    assert wrote(30)["email certificate-ends-after-registering"] == 2
    at_the_desk("suspensions", 30)
    assert not wrote(30), "told already: how it is renewed"
    authority.cloud.invoke("publish_crls", {})
    nif = another_person(2)["nif"]
    at_the_desk("suspensions", 8, second, nif=nif, identity=identity_of(nif))
    assert row_of(first).revoked_at is not None, "nobody lifted it"
    assert wrote(7) == Counter(["email certificate-ends-suspended", "sms certificate-ends-suspended"])


def test_nobody_is_told_on_the_day_after_who_was_reported_dead(authority: World) -> None:
    """What had expired by then is not revoked; its notice would go to the person's family."""
    certificate = authority.certificate_of()
    on(authority, certificate, -1)
    officer_anew(authority)
    document = {"kind": "civil-registry-extract", "reference": "RC 46/1", "issued_on": "2029-11-20"}
    body = {"nif": "12345678Z", "kind": "death", "document": document, "happened_on": "2029-11-19"}
    answer = authority.officer.post(f"{authority.point}/reports", body, key="report-1")
    assert answer.json["state"] == "done", answer.body
    finished_yesterday(authority)
    run(authority)
    assert not told()


def test_a_card_is_not_renewed_on_line_and_its_notice_does_not_say_so(authority: World) -> None:
    who = register(authority)
    made = cards.load(authority, cards.loading(authority.code_for(), attested=False))
    certificate = x509.load_pem_x509_certificate(made.json["certificate"].encode())
    on(authority, certificate, 30)
    finished_yesterday(authority)
    run(authority)
    assert told()["email certificate-ends-in-person"] == 1
    assert told()["email certificate-ends-online"] == 0
    assert who.log_in_with_pin().get("/v1/me/renewal-offers").json["offers"] == []


def identity_of(nif: str) -> dict[str, Any]:
    return {
        "channel": "in-person",
        "document": {"kind": "dni", "number": nif, "expires_on": "2035-05-01"},
    }


def test_nobody_reads_of_a_renewal_before_it_can_be_made(authority: World) -> None:
    """The job runs in the morning, and the seventy days begin at the time of day at which they end."""
    certificate = authority.certificate_of()
    on(authority, certificate, 70)
    authority.clock.at = authority.clock.at.replace(hour=1)
    finished_yesterday(authority)
    run(authority)
    (one,) = notices("certificate")
    assert one.due_at >= certificate.not_valid_after_utc - timedelta(days=70)


def test_two_proofs_of_one_day_end_with_one_notice(authority: World) -> None:
    maria = register(authority)
    authority.clock.turn(minutes=5)
    body = {"identification": maria.data, "contrast": CONTRAST}
    again = authority.officer.post(f"{authority.point}/registrations", body, key="new")
    assert again.status == 201, again.body
    account = read_account(holder_of(maria.nif))
    assert len([proof for proof in account.proofs if proof.ends_on]) == 2
    assert account.strong_until is not None
    authority.clock.at = account.strong_until - timedelta(days=30)
    finished_yesterday(authority)
    run(authority)
    assert len(notices("strong-proof")) == 1


def test_a_row_that_cannot_be_read_keeps_nobody_else_from_being_told(authority: World) -> None:
    """In the index, and in an account."""
    certificates = [authority.certificate_of(**another_person(number)) for number in (1, 2)]
    person = register(authority, 3)
    third = authority.certificate_of(**another_person(3))
    damage = boto3.client("dynamodb", region_name=SETTINGS.region).update_item
    for table, key, name in (
        ("certificates", {"id": {"S": row_of(certificates[0]).id}}, "not_after"),
        (
            "accounts",
            {"holder": {"S": holder_of(person.nif)}, "item": {"S": "registration"}},
            "registered_at",
        ),
    ):
        damage(
            TableName=f"clavero-test-{table}",
            Key=key,
            UpdateExpression=f"SET {name} = :bad",
            ExpressionAttributeValues={":bad": {"S": "never"}},
        )
    on(authority, third, 30)
    finished_yesterday(authority)
    run(authority)
    assert told() == {UNREGISTERED: 1}
    assert CursorRow.get(CURSOR).day > date_in_madrid(authority.clock.at).isoformat()


def test_run_again_it_tells_nobody_twice(authority: World) -> None:
    certificate = authority.certificate_of()
    on(authority, certificate, 7)
    finished_yesterday(authority)
    run(authority)
    once = told()
    assert once.total() == 2
    run(authority)
    finished_yesterday(authority)  # the cursor is lost: the whole day is worked through again
    run(authority)
    assert told() == once


def test_a_day_that_nobody_ran_is_not_skipped_and_told_once(authority: World) -> None:
    """After a week without the job: what was due in it is told, and of two notices of one thing the later."""
    certificate = authority.certificate_of()
    other = authority.certificate_of(**another_person(3))
    assert date_in_madrid(other.not_valid_after_utc) == date_in_madrid(certificate.not_valid_after_utc)
    on(authority, certificate, 9)
    finished_yesterday(authority)
    run(authority)
    assert not told()
    on(authority, certificate, 5)
    run(authority)
    assert told() == {UNREGISTERED: 2, "sms certificate-ends": 2}
    on(authority, certificate, -3)
    run(authority)
    assert told()["email certificate-ended"] == 2
    assert told()[UNREGISTERED] == 2, "not that it ends tomorrow, three days after its end"
    cursor = CursorRow.get(CURSOR)
    assert date.fromisoformat(cursor.day) == date_in_madrid(authority.clock.at) + timedelta(days=1)


@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_a_run_that_dies_is_resumed_without_loss_or_repetition(
    authority: World, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """It dies after so many messages; the next run goes on, and all are told once."""
    people = [another_person(number) for number in range(1, 8)]
    certificates = [authority.certificate_of(**somebody) for somebody in people]
    on(authority, certificates[0], 30)
    finished_yesterday(authority)
    left = [after]

    def dying(*given: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return queue(*given, **options)

    monkeypatch.setattr(due_scan, "queue", dying)
    with pytest.raises(KeyboardInterrupt):
        find_due(authority.cloud, page=2)
    monkeypatch.setattr(due_scan, "queue", queue)
    run(authority, page=2)
    assert told() == {UNREGISTERED: len(people)}


def test_a_run_out_of_time_says_that_there_is_more(authority: World) -> None:
    for number in range(1, 6):
        certificate = authority.certificate_of(**another_person(number))
    on(authority, certificate, 30)
    finished_yesterday(authority)
    done = find_due(authority.cloud, budget=timedelta(0), page=1)
    assert done.more
    rounds = 1
    while find_due(authority.cloud, budget=timedelta(0), page=1).more:
        rounds += 1
    assert rounds >= 5
    assert told().total() == 5


def test_two_runs_at_once_tell_everybody_once(authority: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run between the first's page and its cursor: the first finds its cursor moved, and stops."""
    for number in range(1, 4):
        certificate = authority.certificate_of(**another_person(number))
    on(authority, certificate, 30)
    finished_yesterday(authority)
    real, nested = due_scan._move, [False]

    def meanwhile(*given: Any, **options: Any) -> bool:
        if not nested[0]:
            nested[0] = True
            run(authority)
        return real(*given, **options)

    monkeypatch.setattr(due_scan, "_move", meanwhile)
    run(authority)
    assert told() == {UNREGISTERED: 3}


def test_a_first_run_begins_today(authority: World) -> None:
    certificate = authority.certificate_of()
    on(authority, certificate, 70)
    run(authority)
    assert told().total() == 1


def test_X08_the_five_years_and_the_activation_code_are_told_of(authority: World) -> None:
    """By the newest strong proof; and nobody who renounced."""
    maria = register(authority)
    account = read_account(holder_of(maria.nif))
    ends = account.strong_until
    assert ends is not None
    authority.clock.at = ends - timedelta(days=30)
    finished_yesterday(authority)
    run(authority)
    assert {row.template for row in notices("strong-proof")} == {"deadline-near"}
    assert len(notices("strong-proof")) == 1
    code = account.credentials["credential#activation"].expires_at
    assert code is not None
    authority.clock.at = code.replace(hour=12) - timedelta(days=7)
    finished_yesterday(authority)
    run(authority)
    assert len(notices("activation-code")) == 1


def test_a_damaged_holder_keeps_nobody_else_from_being_told(authority: World) -> None:
    first = authority.certificate_of(**another_person(1))
    authority.certificate_of(**another_person(2))
    row = row_of(first)
    row.update([CertificateRow.evidence.set("identification:nowhere")])
    on(authority, first, 30)
    finished_yesterday(authority)
    run(authority)
    assert told() == {UNREGISTERED: 1}


def test_every_day_and_partition_is_asked_for_once() -> None:
    work = tasks()
    assert len(set(work)) == len(work)
    for kind in KINDS.values():
        asked = {task.days for task in work if task.source == kind.source}
        assert set(kind.notices) <= asked
    days = [datetime(2026, 1, 1, tzinfo=START.tzinfo) + timedelta(hours=7 * n) for n in range(500)]
    used = Counter(due_days.key(day, f"row {day}").partition("#")[2] for day in days)
    assert len(used) == due_days.PARTITIONS


def test_after_years_of_silence_only_the_last_month_is_worked_through(authority: World) -> None:
    """What ended long ago is old news; what ended last week is not."""
    gone = authority.certificate_of()
    on(authority, gone, -1)
    finished_yesterday(authority)
    on(authority, gone, -32)
    run(authority)
    assert not told()
    assert CursorRow.get(CURSOR).day == (date_in_madrid(authority.clock.at) + timedelta(days=1)).isoformat()


def test_however_long_the_silence_what_was_to_be_done_is_done(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that says what is untrue is revoked, however late; of a birthday long ago nobody hears.
    A run without time for all of it goes on where the one before stopped."""
    monkeypatch.setattr(due_scan, "HORIZON", timedelta(days=3))
    untrue = authority.certificate_of(**another_person(3))
    changes = {"surname1": "Soler", "changes": {"name_document": "Registro Civil 46/7"}}
    assert authority.identify(key="another-name", **another_person(3), **changes).status == 201
    father = {
        "given_name": "Vicent",
        "surname1": "Gil",
        "document": another_person(9)["document"],
        "relationship": "father",
        "authority_document": "Libro de Familia 46/123",
        "consent": True,
    }
    authority.certificate_of(**another_person(4), birth_date="2008-11-25", guardian=father)
    finished_yesterday(authority)
    authority.clock.turn(days=9)
    assert find_due(authority.cloud, budget=timedelta(0)).more
    run(authority)
    assert row_of(untrue).reason == "affiliationChanged"
    assert not told()
    assert CursorRow.get(CURSOR).day == (date_in_madrid(authority.clock.at) + timedelta(days=1)).isoformat()
