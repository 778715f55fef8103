"""R29: unable to revoke many at once, or to tell people in time (Let's Encrypt 2020, DigiCert 1910805)."""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from datetime import timedelta

import pytest
from cryptography import x509

from chalicelib.audit.events import every_event
from chalicelib.aws import bucket
from chalicelib.certificates.jobs import MassRevocationIncomplete, revoke_planned
from chalicelib.certificates.mass import plans, work
from chalicelib.certificates.mass.forecast import forecast
from chalicelib.certificates.mass.operators import OperatorNotKnown, person_behind
from chalicelib.certificates.mass.policy import ALONE, RULES, NoticeRefused, notice_for
from chalicelib.certificates.reaching import accounts_of
from chalicelib.certificates.revocation import revoke_one_of_many
from chalicelib.certificates.tables import MassItem, PartItem
from chalicelib.errors import Conflict
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.tables import MessageRow
from chalicelib.pki import selection
from chalicelib.pki.crl import bucket_key
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reasons import ReasonNotAllowed
from chalicelib.pki.selection import Selection, SelectionRefused, pages
from chalicelib.pki.tables import CertificateRow, KeyRow, Outline
from chalicelib.registry.reachable import Known
from chalicelib.registry.tables import IdentificationRow
from infra.bench.many import load
from infra.commands import mass
from tests.support.damage import make_unreadable
from tests.support.world import World, another_person, issuer_id

WRITER, OTHER = "operator:anna", "operator:bernat"
PROFILE = Selection(profile="citizen-software")


def row_of(certificate: x509.Certificate) -> CertificateRow:
    return CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))


def run(world: World) -> None:
    """The schedule, a minute later."""
    world.clock.turn(minutes=1, seconds=31)
    revoke_planned(world.cloud)


def reasons() -> Counter[str | None]:
    return Counter(row.reason for row in CertificateRow.scan() if row.profile.startswith("citizen"))


def messages(template: str) -> list[MessageRow]:
    return [row for row in MessageRow.scan() if row.template == template]


def acts() -> Counter[str]:
    return Counter(event.act for event in every_event())


def test_R29_a_loaded_row_is_as_a_real_one(authority: World) -> None:
    """What a measurement of many is worth: the same attributes, kinds and sizes in each of three tables."""
    real = row_of(authority.certificate_of())
    (copied,) = (CertificateRow.get(each) for each in load(authority.cloud, real, 1))
    proofs = [IdentificationRow.get(row.evidence.partition(":")[2]) for row in (real, copied)]
    for one, other in ((real, copied), tuple(proofs), (KeyRow.get(real.spki), KeyRow.get(copied.spki))):
        old, new = one.to_dynamodb_dict(), other.to_dynamodb_dict()
        codes = {"live_code", "live_email_code", "live_message", "grants"}
        assert old.keys() == new.keys()
        for name in old.keys() - codes:
            assert old[name].keys() == new[name].keys(), name
            if name in {"tbs", "der", "id", "spki"} and one is real:
                assert len(str(old[name])) == pytest.approx(len(str(new[name])), abs=60), name
    assert x509.load_der_x509_certificate(copied.der).serial_number == copied.serial
    assert copied.spki != real.spki
    assert copied.holder != real.holder


def test_R29_notices_first_then_revocations_by_filter_and_two_operators(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of it; what is issued afterwards is left alone."""
    monkeypatch.setattr(plans, "ALONE", 20)
    cloud = authority.cloud
    real = row_of(authority.certificate_of())
    many = [real.id, *load(cloud, real, 20)]
    before = reasons()
    authority.clock.turn(minutes=5)
    plan, found = plans.write(cloud, PROFILE, "superseded", WRITER, notice=timedelta(days=6), parts=4)
    assert (found.valid, found.by_profile) == (21, {"citizen-software/2": 21})
    assert sum(found.by_shard.values()) == 21
    assert set(found.sample) <= set(many)
    authority.clock.turn(minutes=5)
    later = row_of(authority.certificate_of(**another_person(7)))
    assert reasons() - before == Counter([None]), "a plan changes nothing"

    with pytest.raises(plans.SecondOperatorRequired):
        plans.approve(cloud, plan, WRITER)
    asked, whole = [], accounts_of

    def counting(holders: list[str]) -> dict[str, Known]:
        asked.append(len(holders))
        return whole(holders)

    monkeypatch.setattr(work, "accounts_of", counting)
    due = plans.approve(cloud, plan, OTHER).plan.due_at
    assert due is not None
    assert due > cloud.now() + timedelta(days=6, seconds=12)
    run(authority)
    assert (sum(asked), len(asked) <= 4) == (21, True), "accounts are read together, not one by one"
    told = messages("certificate-will-be-revoked")
    assert Counter(row.id for row in told) == Counter(f"revocation-ahead:{plan}:{each}" for each in many)
    assert all(row.queued_at <= cloud.now() + timedelta(minutes=3) for row in told), "spread, not lost"
    authority.clock.turn(minutes=3)
    send_outbox(cloud)
    (mail,) = {
        mail.body
        for mail in authority.phone.emails()
        if real.serial_text in mail.body and "va a ser" in mail.body
    }
    assert "28 de noviembre de 2026" in mail
    assert reasons()[None] == 22

    authority.clock.turn(days=5, hours=23)
    run(authority)
    assert reasons()[None] == 22, "not a minute before people were told"
    authority.clock.turn(hours=2)
    run(authority)
    assert reasons() == Counter({"superseded": 21, None: 1})
    assert CertificateRow.get(later.id).revoked_at is None
    run(authority)
    done = plans.read(plan)
    assert (done.plan.state, done.told, done.revoked) == ("done", 21, 21)
    assert acts()["certificate.revoked"] == acts()["certificate.revocation-announced"] == 21
    steps = {act: count for act, count in acts().items() if act.startswith("mass-")}
    assert steps == {f"mass-revocation.{step}": 1 for step in ("planned", "approved", "done")}

    issuer = issuers(cloud).get(real.issuer)
    assert issuer is not None
    listed = 0
    for shard in range(issuer.crl_shards):
        octets = bucket.read(cloud, bucket_key(issuer.id, shard))
        assert octets is not None
        crl = x509.load_der_x509_crl(octets[0])
        listed += len(crl)
        promised = found.crl_octets[f"{issuer.id}#{shard:03d}"]
        assert len(octets[0]) <= promised <= len(octets[0]) + 1_000, "the dry run told how large it would be"
    assert listed == 21
    authority.clock.turn(minutes=5)
    send_outbox(cloud)
    assert len([row for row in messages("certificate-revoked") if row.sent_at]) == 21


def test_R29_compromised_keys_go_at_once_and_keep_earlier_dates(authority: World) -> None:
    """R13: what was revoked before keeps its date and reason. R16: the keys are barred."""
    cloud = authority.cloud
    certificate = authority.certificate_of()
    authority.revoke(certificate, reason="superseded")
    before = row_of(certificate)
    others = load(cloud, not_revoked(row_of(certificate)), 5)
    authority.clock.turn(minutes=5)
    chosen = Selection(profile="citizen-software/2", issuer=before.issuer, key_origin="holder")
    plan, found = plans.write(cloud, chosen, "keyCompromise", WRITER, parts=2)
    assert (found.valid, found.revoked) == (5, 1)
    progress = plans.approve(cloud, plan, WRITER)  # so few take no second operator; what it started has run
    assert (progress.plan.state, progress.revoked, progress.told) == ("done", 5, 0)
    for each in others:
        row = CertificateRow.get(each)
        assert (row.revoked_at, row.reason) == (cloud.now(), "keyCompromise")
        assert KeyRow.get(row.spki).compromised_at == cloud.now()
        assert KeyRow.get(row.spki).sweep is None, "nothing is left that would hold up other reports"
    assert row_of(certificate).revoked_at == before.revoked_at
    assert row_of(certificate).reason == "superseded"
    assert not messages("certificate-will-be-revoked")
    assert len(messages("certificate-revoked")) == 6
    with pytest.raises(plans.PlanOver):
        plans.stop(cloud, plan, OTHER)
    with pytest.raises(plans.NothingToRevoke):
        plans.write(cloud, chosen, "keyCompromise", WRITER)


def not_revoked(row: CertificateRow) -> CertificateRow:
    row.revoked_at = row.reason = None
    return row


def test_R29_stopped_resumed_and_failing_none_is_lost_or_twice(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third certificate fails at first, and an operator stops it in the middle."""
    cloud = authority.cloud
    real = row_of(authority.certificate_of())
    ids = [real.id, *load(cloud, real, 11)]
    monkeypatch.setattr(selection, "PAGE", 5)
    monkeypatch.setattr(work, "LOOK", 2)
    plan, _ = plans.write(cloud, Selection(ids=tuple(ids)), "privilegeWithdrawn", WRITER)
    numbers, whole = itertools.count(), revoke_one_of_many

    def failing(*given: object, **named: object) -> object:
        number = next(numbers)
        if number == 7:
            plans.stop(cloud, plan, WRITER)
        if number % 3 == 1:
            raise Conflict
        return whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "revoke_one_of_many", failing)
    plans.approve(cloud, plan, OTHER)
    stopped = plans.stop(cloud, plan, OTHER)
    assert stopped.plan.stopped_by == WRITER
    assert 4 <= stopped.revoked <= 6, "two more at most"
    run(authority)
    assert plans.read(plan).revoked == stopped.revoked
    plans.resume(cloud, plan, OTHER)
    authority.clock.turn(minutes=11)  # the last one failed alone, so its part rests
    revoke_planned(cloud)
    done = plans.read(plan)
    assert (done.plan.state, done.revoked, acts()["certificate.revoked"]) == ("done", 12, 12)
    assert len({row.id for row in messages("certificate-revoked")}) == 12
    steps = [f"mass-revocation.{step}" for step in ("planned", "approved", "stopped", "resumed", "done")]
    assert [acts()[step] for step in steps] == [1] * 5


def test_R29_a_filter_takes_what_it_says(authority: World) -> None:
    """Profile, issuer, period, key, origin and list, alone and together; never responders by accident."""
    cloud = authority.cloud
    first = row_of(authority.certificate_of())
    authority.clock.turn(minutes=20)
    second = row_of(authority.certificate_of(**another_person(8)))
    noon = second.reserved_at

    def taken(**filters: object) -> set[str]:
        selection = Selection(**filters).frozen(cloud.now())  # type: ignore[arg-type]
        parts = [each for number in range(2) for each in pages(selection, segment=number, segments=2)]
        pages_of_one = list(pages(selection))
        found = {each.id for page in (parts if selection.walks else pages_of_one) for each in page.found}
        assert found == {each.id for page in pages_of_one for each in page.found}
        return found

    assert taken(profile="citizen-software") == {first.id, second.id}
    assert taken(profile="citizen") == taken(issuer="0" * 16) == taken(key="0" * 64) == set()
    assert taken(profile="citizen-software", issued_from=noon) == {second.id}
    assert taken(profile="citizen-software", issued_until=noon - timedelta(seconds=1)) == {first.id}
    assert taken(key=first.spki) == taken(ids=(first.id, "0#1")) == {first.id}
    assert taken(key=first.spki, ids=(second.id,)) == taken(ids=(first.id,), key_origin="server") == set()
    everything = {row.id: row.profile for row in CertificateRow.scan() if row.issuer == first.issuer}
    of_issuer = taken(issuer=first.issuer)
    assert {everything[each] for each in everything.keys() - of_issuer} == {"ocsp-responder/1"}
    assert taken(profile="ocsp-responder") == everything.keys() - of_issuer
    authority.clock.turn(days=3 * 366)
    assert taken(profile="citizen-software") == set(), "expired"
    for wrong in (Selection(), Selection(issued_until=noon), Selection(ids=("0#1",) * 3_001)):
        with pytest.raises(SelectionRefused):
            wrong.frozen(cloud.now())


def test_R29_nobody_shortens_the_notice_or_gives_another_reason(authority: World) -> None:
    """R14: the reason must be one of the profile's, before anything is written."""
    cloud = authority.cloud
    authority.certificate_of()
    for reason, rule in RULES.items():
        assert notice_for(reason, None) == rule.notice
        for wrong in (rule.notice - timedelta(seconds=1), rule.longest + timedelta(seconds=1)):
            with pytest.raises(NoticeRefused):
                notice_for(reason, wrong)
    for reason in ("certificateHold", "removeFromCRL", "nothing"):
        with pytest.raises(NoticeRefused):
            plans.write(cloud, PROFILE, reason, WRITER)
    with pytest.raises(ReasonNotAllowed):
        plans.write(cloud, PROFILE, "cACompromise", WRITER)
    assert not list(MassItem.scan())
    assert min(RULES[reason].notice for reason in ("superseded", "unspecified")) == timedelta(days=5)
    assert ALONE <= 100


def test_R29_a_late_notice_puts_the_revocation_off(authority: World) -> None:
    """The last notice went out two days late: so do the revocations."""
    authority.certificate_of()
    plan, _ = plans.write(authority.cloud, PROFILE, "cessationOfOperation", WRITER, parts=1)
    due = plans.approve(authority.cloud, plan, WRITER).plan.due_at
    assert due is not None
    authority.clock.turn(days=2)
    run(authority)
    begins = plans.read(plan).begins_at()
    assert begins == authority.cloud.now() + timedelta(days=1)
    (told,) = messages("certificate-will-be-revoked")
    assert json.loads(told.values)["revoked_at"] == {"at": begins.isoformat()}, "not a day that is over"
    assert plans.read(plan).revoked == 0
    authority.clock.turn(days=1)
    run(authority)
    assert plans.read(plan).revoked == 1


def test_R29_one_row_that_cannot_be_read_keeps_no_other(authority: World) -> None:
    """It is named in the dry run, rings an alarm, and the plan does not count as done."""
    cloud = authority.cloud
    real = row_of(authority.certificate_of())
    (damaged,) = load(cloud, real, 1)
    CertificateRow(damaged).update([CertificateRow.spki.remove()])
    found = forecast(cloud, PROFILE.frozen(cloud.now()), "privilegeWithdrawn")
    assert (found.valid, found.damaged) == (1, (damaged,))
    plan, _ = plans.write(cloud, PROFILE, "privilegeWithdrawn", WRITER, parts=1)
    plans.approve(cloud, plan, WRITER)
    assert CertificateRow.get(real.id).reason == "privilegeWithdrawn"
    assert plans.read(plan).plan.state == "approved"
    authority.clock.turn(minutes=11)
    with pytest.raises(MassRevocationIncomplete):
        revoke_planned(cloud)
    unreadable = f"{real.id}0"
    make_unreadable(unreadable)
    (page,) = pages(Selection(ids=(real.id, damaged, unreadable)), revoked=True)
    assert ([each.id for each in page.found], set(page.damaged)) == ([real.id], {damaged, unreadable})
    CertificateRow(unreadable).delete()
    CertificateRow(damaged).update([CertificateRow.spki.set(real.spki)])
    authority.clock.turn(minutes=20)
    run(authority)
    run(authority)
    assert plans.read(plan).plan.state == "done"


def test_R29_called_off_in_the_middle_nobody_is_left_with_a_notice(
    authority: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody has begun to send is taken back, and whoever was told is told that nothing comes of it."""
    monkeypatch.setattr(work, "NOTICES_A_MINUTE", 1)
    monkeypatch.setattr(mass, "caller", lambda _: f"operator:{SSO.format('Operators', 'anna')}")
    cloud, announce = authority.cloud, work._PartWork._announce
    real = row_of(authority.certificate_of())
    many = [real.id, *load(cloud, real, 6)]
    plan, _ = plans.write(cloud, PROFILE, "superseded", WRITER, parts=1)
    plans.approve(cloud, plan, OTHER)

    def give_up(part: work._PartWork, found: Outline, known: Known | None) -> bool:
        if len(messages("certificate-will-be-revoked")) == 4:
            authority.clock.turn(seconds=150)
            send_outbox(cloud)
            doubtful = next(row for row in messages("certificate-will-be-revoked") if row.sent_at)
            doubtful.update([MessageRow.sent_at.remove(), MessageRow.state.set("due")])
            assert mass.run(cloud, argparse.Namespace(verb="stop", id=plan)) == 0
            assert "4 were told" in capsys.readouterr().out
            assert mass.run(cloud, argparse.Namespace(verb="call-off", id=plan)) == 0
        return announce(part, found, known)

    monkeypatch.setattr(work._PartWork, "_announce", give_up)
    run(authority)
    ahead = messages("certificate-will-be-revoked")
    assert len(ahead) == 4, "the worker lost its part in that moment"
    for _ in range(2):  # asked again, and run again: nothing changes
        found = plans.call_off(cloud, plan, OTHER)
        assert found.plan.called_off_by != OTHER
        run(authority)
    found = plans.read(plan)
    assert (found.plan.state, found.withdrawn, found.reassured) == ("called-off", 1, 3)
    assert found.plan.done_at is not None
    told = messages("revocation-called-off")
    begun = [row.id for row in ahead if row.due_at != row.queued_at or row.sent_at]
    assert {row.id.split(":", 1)[1] for row in told} == {each.split(":", 1)[1] for each in begun}
    authority.clock.turn(minutes=10)
    send_outbox(cloud)
    assert not [row for row in MessageRow.scan() if row.state]
    bodies = [mail.body for mail in authority.phone.emails()]
    assert len([body for body in bodies if "Esa revocación se ha cancelado" in body]) == 3
    assert len([body for body in bodies if "va a ser revocado" in body]) == 3
    for step in (plans.stop, plans.resume, plans.approve):
        with pytest.raises(plans.PlanOver):
            step(cloud, plan, OTHER)
    authority.clock.turn(days=7)
    run(authority)
    assert reasons()[None] == len(many)
    steps = ("stopped", "called-off", "taken-back", "done")
    assert [acts()[f"mass-revocation.{step}"] for step in steps] == [1, 1, 1, 0]
    assert mass.run(cloud, argparse.Namespace(verb="show", id=plan)) == 0
    assert "everybody knows: 1 notices taken back" in capsys.readouterr().out


def test_R29_what_was_never_begun_is_stopped_and_not_called_off(authority: World) -> None:
    authority.certificate_of()
    plan, _ = plans.write(authority.cloud, PROFILE, "superseded", WRITER)
    with pytest.raises(Conflict):
        plans.call_off(authority.cloud, plan, OTHER)


def test_R29_the_operators_command(
    authority: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dry run, plan, approval and progress, without a name or a number of anybody."""
    monkeypatch.setattr(mass, "caller", lambda _: f"operator:{SSO.format('Operators', 'anna')}")
    real = row_of(authority.certificate_of())
    parser = argparse.ArgumentParser()
    mass.add_arguments(parser.add_subparsers())

    def told(*words: str) -> str:
        assert mass.run(authority.cloud, parser.parse_args(["mass-revocation", *words])) == 0
        return capsys.readouterr().out

    chosen = ("--profile", "citizen-software", "--from", "2026-01-01", "--reason", "privilegeWithdrawn")
    dry = told("dry-run", *chosen)
    assert "1 certificates to revoke as privilegeWithdrawn; 0 are revoked already" in dry
    assert f"for example {real.id}" in dry
    assert not list(MassItem.scan())
    told("plan", *chosen)
    (plan,) = [each.plan.plan for each in plans.every()]
    shown = told("approve", plan) + told("show", plan) + told("list")
    assert "revoked 1 of 1" in shown
    assert "written by operator:123456789012:person/anna" in shown, "as AWS knows them"
    assert "approved by operator:123456789012:person/anna" in shown
    for word in ("12345678Z", "Núñez", "maria@example.org"):
        assert word not in dry + shown
    assert {row.phase for row in PartItem.scan() if isinstance(row, PartItem)} == {"done"}


SSO = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_{}_0123456789abcdef/{}"


def test_R29_an_operator_is_a_person_and_not_the_name_of_a_session() -> None:
    """Whoever takes a role chooses the session's name, and would be a second operator at once."""
    anna = person_behind("arn:aws:iam::123456789012:user/operators/Anna")
    assert anna == person_behind("arn:aws:iam::123456789012:user/anna") == "operator:123456789012:user/anna"
    one, other = (SSO.format(permissions, "anna@example.es") for permissions in ("Operators", "Auditors"))
    assert person_behind(one) == person_behind(other) == "operator:123456789012:person/anna@example.es"
    assert person_behind(SSO.format("Operators", "Bernat@example.es")) != person_behind(one)
    for anybody in (
        "arn:aws:sts::123456789012:assumed-role/operators/anna",
        "arn:aws:sts::123456789012:assumed-role/operators-AWSReservedSSO_/anna",
        "arn:aws:sts::123456789012:federated-user/anna",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/",
        "",
    ):
        with pytest.raises(OperatorNotKnown):
            person_behind(anybody)


def test_R29_who_cannot_be_told_apart_stops_a_plan_and_begins_none(authority: World) -> None:
    """STS tells of these credentials a name that says nothing of a person."""
    cloud = authority.cloud
    real = row_of(authority.certificate_of())
    plan, _ = plans.write(cloud, Selection(ids=(real.id,)), "superseded", WRITER)
    for verb in ("approve", "resume"):
        with pytest.raises(OperatorNotKnown):
            mass.run(cloud, argparse.Namespace(verb=verb, id=plan))
    assert mass.run(cloud, argparse.Namespace(verb="stop", id=plan)) == 0
    assert str(plans.read(plan).plan.stopped_by).startswith("operator:arn:aws:sts::123456789012:")


def test_R29_small_plans_of_one_operator_add_up_to_a_large_one(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the day; what another approved does not count."""
    monkeypatch.setattr(plans, "ALONE", 5)
    cloud, real = authority.cloud, row_of(authority.certificate_of())
    ids = [real.id, *load(cloud, real, 6)]
    written = [
        plans.write(cloud, Selection(ids=tuple(chosen)), "superseded", WRITER)[0]
        for chosen in (ids[:3], ids[3:5], ids[5:6], ids[6:])
    ]
    for plan in written[:2]:
        assert plans.approve(cloud, plan, WRITER).plan.state == "approved"
        plans.approve(cloud, plan, WRITER)  # an answer was lost
    with pytest.raises(plans.SecondOperatorRequired):
        plans.approve(cloud, written[2], WRITER)
    assert plans.approve(cloud, written[2], OTHER).plan.approved_by == OTHER
    authority.clock.turn(days=1)
    assert plans.approve(cloud, written[3], WRITER).plan.state == "approved"
    alone = [event.details.get("alone") for event in every_event() if event.act == "mass-revocation.approved"]
    assert sorted(map(str, alone)) == ["1", "2", "3", "None"]
