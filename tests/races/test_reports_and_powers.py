"""Two at once: a report and a download, a power's end and its codes, officers who decide or lift."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.audit.events import of_object
from chalicelib.certificates.closing import carry_out
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.account_tables import BarItem
from chalicelib.registry.accounts import BAR, holder_of, read_account
from chalicelib.registry.tables import PowerRow, ReportRow
from tests.journeys.test_special_positions import DEATH, DEED, EXTRACT, INCAPACITY, PROXY
from tests.support import tally
from tests.support.client import Answer
from tests.support.races import Arena, at_once, until_done
from tests.support.world import POINT, appoint, log_in, new_csr

ROUNDS = 4


def valid(holder: str) -> list[str]:
    rows = [row for row in CertificateRow.scan(consistent_read=True) if row.holder == holder]
    return [row.id for row in rows if row.state == "issued" and row.revoked_at is None]


def test_a_download_and_a_report_of_death_at_once_leave_no_certificate(arena: Arena) -> None:
    """Whichever comes first: the certificate is not made, or it is revoked."""
    for number in range(ROUNDS):
        somebody = arena.somebody()
        code, csr = arena.code_of(somebody), new_csr()
        body = DEATH | {"nif": somebody["nif"]}
        key = f"race-report-{number}"
        reports = partial(arena.officer().post, f"{arena.world.point}/reports", body, key=key)
        downloads = partial(arena.world.download, code, csr)
        at_once([reports, downloads, reports])
        answer = until_done(reports)
        assert answer.status == 201, answer.body
        last = until_done(downloads)
        assert last.status == 200 or last.slug in {"evidence-refused", "issuance-stopped"}
        # What an index showed late, the next morning finds.
        carry_out(arena.world.cloud, answer.json["id"], look_again=True)
        assert valid(holder_of(somebody["nif"])) == []
        assert read_account(holder_of(somebody["nif"])).barred
        tally.add("races", "a report of death and a download", 1)


def test_the_end_of_a_power_and_its_code_at_once(arena: Arena) -> None:
    """The code was used before the power ended, or is refused; never after."""
    for _ in range(ROUNDS):
        somebody = arena.somebody()
        code, csr = arena.code_of(somebody | {"presence": PROXY}), new_csr()
        body = {"nif": somebody["nif"], "deed": DEED, "holder_document": somebody["document"]}
        ends = partial(arena.officer().post, f"{arena.world.point}/power-revocations", body)
        told = at_once([ends, partial(arena.world.download, code, csr), ends])
        assert until_done(ends).status == 200
        holder = holder_of(somebody["nif"])
        after = until_done(partial(arena.world.download, code, csr))
        assert (after.status == 200) == bool(valid(holder)), [each.slug for each in told]
        assert [row.revoked_at is None for row in PowerRow.query(holder, consistent_read=True)] == [False]
        tally.add("races", "the end of a power and its code", 1)


def test_a_power_is_doubted_while_its_proxy_collects(arena: Arena) -> None:
    """The code was used before the giver called, or buys nothing; and two calls are one suspension."""
    for _ in range(2):
        somebody = arena.somebody()
        code, csr = arena.code_of(somebody | {"presence": PROXY}), new_csr()
        caller = {"channel": "phone", "birth_date": "1985-02-28", "mobile": somebody["mobile"]}
        body = {"nif": somebody["nif"], "identity": caller}
        calls = partial(arena.officer().post, f"{arena.world.point}/power-suspensions", body)
        at_once([calls, partial(arena.world.download, code, csr), calls])
        holder = holder_of(somebody["nif"])
        (row,) = until_done(calls).json["powers"]
        assert row["suspended_at"]
        after = until_done(partial(arena.world.download, code, csr))
        assert (after.status == 200) == bool(valid(holder))
        made = [event for event in of_object(holder, 50) if event.act == "powers.suspended"]
        assert len(made) == 1
        tally.add("races", "a power doubted and its code", 1)


def test_two_officers_who_decide_at_once_decide_once(arena: Arena) -> None:
    """One confirms and one rejects: the report is carried out and the person barred, or neither."""
    seconds = [log_in(arena.world.app, appoint(arena.world.cloud, f"race-{n}", POINT)) for n in range(2)]
    for number in range(ROUNDS):
        somebody = arena.somebody()
        arena.certificate_of(somebody)
        body: dict[str, Any] = INCAPACITY | {"nif": somebody["nif"]}
        path = f"{arena.world.point}/reports"
        made = arena.officer().post(path, body, key=f"race-incapacity-{number}").json["id"]
        works = [
            partial(second.post, f"{path}/{made}/decisions", {"decision": decision})
            for second, decision in zip(seconds, ("confirm", "reject"), strict=True)
        ]
        at_once(works)
        assert sorted(until_done(work).status for work in works) == [200, 409]
        row = ReportRow.get(made, consistent_read=True)
        holder = holder_of(somebody["nif"])
        assert (row.state == "done") == read_account(holder).barred == (valid(holder) == [])
        assert row.state in {"done", "rejected"}
        tally.add("races", "2 officers decide on one report", 1)


def test_two_officers_lift_one_bar_while_another_reports_the_person_anew(arena: Arena) -> None:
    """It is lifted once, and the new report bars all the same, whichever comes first."""
    seconds = [log_in(arena.world.app, appoint(arena.world.cloud, f"lifts-{n}", POINT)) for n in range(2)]
    path, alive = f"{arena.world.point}/reports", EXTRACT | {"issued_on": "2026-11-22"}
    for number in range(ROUNDS):
        somebody = arena.somebody()
        assert arena.world.identify(**somebody).status == 201
        death = DEATH | {"nif": somebody["nif"]}
        mistaken = arena.officer().post(path, death, key=f"mistaken-{number}").json["id"]
        wrong = death | {"kind": "mistake", "document": alive, "happened_on": "2026-11-22"}
        wrong |= {"mistaken": mistaken}
        mistake = arena.officer().post(path, wrong, key=f"corrects-{number}").json["id"]
        confirm = {"decision": "confirm"}
        lifts = [partial(second.post, f"{path}/{mistake}/decisions", confirm) for second in seconds]
        anew = partial(arena.officer().post, path, death, key=f"reported-anew-{number}")
        at_once([*lifts, anew])
        assert sorted(until_done(work).status for work in lifts) == [200, 409]
        answer = until_done(anew)
        assert (answer.status, answer.json["state"]) == (201, "done")
        states = [ReportRow.get(each, consistent_read=True).state for each in (mistaken, mistake)]
        assert states == ["lifted", "closed"]
        assert BarItem.get(holder_of(somebody["nif"]), BAR).reports == {answer.json["id"]}
        tally.add("races", "2 officers lift a bar, and a new report", 1)


def after(seconds: float, work: Callable[[], Answer]) -> Answer:
    time.sleep(seconds)
    return work()


def test_a_proxy_asks_for_a_code_while_the_power_ends(arena: Arena) -> None:
    """Asked for before the end or refused; and what was had before opens nothing after."""
    asked_by = {"channel": "proxy", "deed": DEED}
    other = log_in(arena.world.app, appoint(arena.world.cloud, "before-a-proxy", POINT))
    for turn in range(ROUNDS):
        somebody = arena.somebody()
        made = arena.world.identify(**somebody, presence=PROXY)
        holder, before = holder_of(somebody["nif"]), len(arena.faults.codes)
        body = {"nif": somebody["nif"], "deed": DEED, "holder_document": somebody["document"]}
        ends = partial(arena.officer().post, f"{arena.world.point}/power-revocations", body)
        request = {"identification": made.json["id"], "asked_by": asked_by}
        asks = partial(other.post, f"{arena.world.point}/code-requests", request)
        # Asking takes longer than ending: so each comes first in some of the rounds.
        told = at_once([partial(after, turn / 25, ends), asks])
        assert until_done(ends).status == 200
        assert until_done(asks).slug == "power-ended"
        acts = Counter(event.details["act"] for event in of_object(holder, 20) if event.act == "proxy.acted")
        granted = len(arena.faults.codes) - before
        assert acts["collect-code"] >= granted == (told[1].status == 201)
        assert (acts["obtain"], acts["power-revoked"]) == (1, 1)
        for code in arena.faults.codes[before - 1 :]:
            assert arena.world.download(code).slug in {"evidence-refused", "code-not-accepted"}
        tally.add("races", "a power that ends and a request for a code", 1)
