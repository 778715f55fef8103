"""Operators and workers on one mass revocation at once: one approval, no notice or revocation twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from chalicelib.audit.events import every_event
from chalicelib.certificates.jobs import revoke_planned
from chalicelib.certificates.mass import plans
from chalicelib.certificates.mass.policy import ALONE, NOTICES_A_MINUTE
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.tables import AloneItem, MassItem, PlanItem
from chalicelib.errors import Conflict
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.selection import Selection
from chalicelib.pki.tables import CertificateRow, CrlShardRow, RevocationRow
from infra.bench.many import load
from tests.support import tally
from tests.support.races import Arena, at_once
from tests.support.world import issuer_id

COUNT = 120
WORKERS = 4


def test_workers_and_operators_at_once_lose_and_double_nothing(arena: Arena) -> None:
    """Two approve at once, two resume at once, four workers carry it out, and an officer revokes as well."""
    cloud = arena.world.cloud
    certificate, began = arena.certificate_of(arena.somebody()), arena.world.clock.at
    real = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    ids = {real.id, *load(cloud, real, COUNT - 1, email="many@example.org")}
    arena.world.clock.turn(minutes=2)
    chosen = Selection(profile="citizen-software", issuer=real.issuer)
    plan, found = plans.write(cloud, chosen, "cessationOfOperation", "operator:one", parts=6)
    assert found.valid == COUNT
    states = at_once([partial(plans.approve, cloud, plan, f"operator:{name}") for name in ("two", "three")])
    assert {each.plan.approved_by for each in states} < {"operator:two", "operator:three"}
    plans.stop(cloud, plan, "operator:one")
    at_once([partial(plans.resume, cloud, plan, f"operator:{name}") for name in ("two", "three")])

    arena.world.clock.turn(minutes=2)
    at_once([partial(revoke_planned, cloud)] * WORKERS)
    told = plans.read(plan)
    assert told.told == COUNT
    begins = told.begins_at()
    assert begins is not None
    arena.world.clock.at = begins
    by_hand = partial(revoke_certificate, cloud, real, "superseded", actor="operator:four", details={})
    together: list[Callable[[], object]] = [*[partial(revoke_planned, cloud)] * WORKERS, by_hand]
    at_once(together)
    for _ in range(3):
        arena.world.clock.turn(minutes=11)
        revoke_planned(cloud)

    done = plans.read(plan)
    assert done.plan.state == "done"
    acts = Counter((event.act, event.object) for event in every_event())
    steps = Counter(act for act, _ in acts.elements() if act.startswith("mass-revocation."))
    assert steps == {
        f"mass-revocation.{step}": 1 for step in ("planned", "approved", "stopped", "resumed", "done")
    }
    for act in ("certificate.revoked", "certificate.revocation-announced"):
        assert {acts[act, f"certificate:{each}"] for each in ids} == {1}
    mine = [event for event in every_event() if event.details.get("mass-revocation") == plan]
    assert done.revoked == sum(event.act == "certificate.revoked" for event in mine)
    assert done.revoked in {COUNT, COUNT - 1}, "one of them may have been revoked by hand first"
    messages = Counter(
        row.template for row in MessageRow.scan(consistent_read=True) if row.to == "many@example.org"
    )
    assert messages == {"certificate-will-be-revoked": COUNT - 1, "certificate-revoked": COUNT - 1}
    counted = sum(int(row.revocations) for row in CrlShardRow.scan(consistent_read=True))
    assert counted == len(list(RevocationRow.scan(consistent_read=True)))
    arena.world.clock.at = began
    tally.add("races", "4 workers on one mass revocation", 1)


def test_who_stops_while_another_approves_is_heard(arena: Arena) -> None:
    """Of a plan that was stopped and approved at once, one happened first; a stopped one revokes nothing."""
    cloud = arena.world.cloud
    for _ in range(4):
        certificate = arena.certificate_of(arena.somebody())
        one = CertificateRow.key(issuer_id(certificate), certificate.serial_number)
        plan, _ = plans.write(cloud, Selection(ids=(one,)), "superseded", "operator:one")

        def tried(step: object, by: str, plan: str = plan) -> bool:
            try:
                step(cloud, plan, by)  # type: ignore[operator]
            except Conflict:
                return False
            return True

        told = at_once(
            [partial(tried, plans.approve, "operator:two"), partial(tried, plans.stop, "operator:one")]
        )
        assert any(told)
        plans.stop(cloud, plan, "operator:one")
        arena.world.clock.turn(days=90)
        revoke_planned(cloud)
        assert CertificateRow.get(one).revoked_at is None
        arena.world.clock.turn(days=-90)
        tally.add("races", "a plan stopped and approved at once", 1)


def test_a_notice_is_taken_back_or_followed_by_another_and_never_both(arena: Arena) -> None:
    """Two senders and two workers at once, when half of the notices are due and the plan is called off."""
    cloud, began, count = arena.world.cloud, arena.world.clock.at, 24
    certificate = arena.certificate_of(arena.somebody())
    real = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    ids = (real.id, *load(cloud, real, count - 1, email="called-off@example.org"))
    plan, _ = plans.write(cloud, Selection(ids=ids), "superseded", "operator:one")
    plans.approve(cloud, plan, "operator:two")
    arena.world.clock.turn(minutes=2)
    revoke_planned(cloud)
    assert plans.read(plan).told == count
    arena.world.clock.turn(seconds=count * 60 // NOTICES_A_MINUTE // 2)
    send, work = partial(send_outbox, cloud), partial(revoke_planned, cloud)
    works: list[Callable[[], object]] = [
        send,
        partial(plans.call_off, cloud, plan, "operator:one"),
        send,
        work,
        work,
    ]
    at_once(works)
    for _ in range(3):
        arena.world.clock.turn(minutes=11)
        revoke_planned(cloud)
    found = plans.read(plan)
    assert found.plan.done_at is not None
    rows = {row.id: row for row in MessageRow.scan(consistent_read=True) if plan in row.id}
    ahead = {each: rows[f"revocation-ahead:{plan}:{each}"] for each in ids}
    again = {each for each in ids if f"revocation-called-off:{plan}:{each}" in rows}
    assert {each for each, row in ahead.items() if row.sent_at} <= again, "who was told hears the end of it"
    assert not [row for row in ahead.values() if row.state], "nothing more goes out"
    assert (found.withdrawn, found.reassured) == (count - len(again), len(again))
    arena.world.clock.at = began
    tally.add("races", "2 senders, 2 workers, one plan called off", 1)


def test_who_approves_own_plans_at_once_is_alone_for_a_day_s_number_only(arena: Arena) -> None:
    """Six plans of forty certificates, each by itself small enough: two are let begin, and the rest wait."""
    cloud, written = arena.world.cloud, [f"small-plan-{number}" for number in range(6)]
    for plan in written:
        PlanItem(
            plan,
            plans.PLAN,
            state="written",
            selection='{"ids":["no-such-certificate"]}',
            reason="superseded",
            expected=40,
            parts=1,
            notice=432_000,
            written_by="operator:alone",
            written_at=arena.world.clock.at,
        ).save()

    def approved(plan: str) -> str:
        for _ in range(12):
            try:
                return str(plans.approve(cloud, plan, "operator:alone").plan.state)
            except plans.SecondOperatorRequired:
                return "refused"
            except Conflict:
                continue
        return "tired"

    told = at_once([partial(approved, plan) for plan in written])
    assert Counter(told) == {"approved": 2, "refused": 4}
    days = [row for row in MassItem.scan(consistent_read=True) if isinstance(row, AloneItem)]
    assert [int(row.certificates) for row in days if "operator:alone" in row.plan] == [80]
    assert 80 <= ALONE < 120
    for plan in written:
        assert plans.stop(cloud, plan, "operator:two").plan.state == "stopped"
    tally.add("races", "6 own plans approved at once", 1)
