"""People in special positions: powers, who asks for a holder, reports and what is decided, a new name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from cryptography import x509

from chalicelib.certificates.due_scan import CURSOR, find_due
from chalicelib.certificates.tables import CursorRow
from chalicelib.notices.tables import MessageRow
from chalicelib.registry import duties
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.special import DATA_CHANGE
from chalicelib.registry.tables import DutyRow, IdentificationRow, PowerRow, ReportRow
from tests.crash.certificates import newest_code_lives_alone
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.people import registered
from tests.crash.status import certificate_in, record_of
from tests.journeys import test_special_positions as positions
from tests.journeys.test_special_positions import DEATH, DEED, FATHER, INCAPACITY, MARRIED, PROXY, TEEN
from tests.support.client import Answer, Client
from tests.support.world import DOCUMENT, new_csr

MISTAKE = {
    "nif": NIF,
    "kind": "mistake",
    "document": positions.EXTRACT | {"issued_on": "2026-11-22"},
    "happened_on": "2026-11-22",
}
IN_TIME = date(2026, 11, 27)
"""By when certificates of the old name end, though nobody does anything."""


def _messages(template: str) -> list[bool]:
    """Whether each of these was sent."""
    return [bool(each.sent_at) for each in MessageRow.scan() if each.template == template]


# Reports


def _somebody(case: Case) -> x509.Certificate:
    """With a certificate, and with a code that nobody has used."""
    certificate = case.world.certificate_of()
    assert case.world.identify(key="never-fetched").status == 201
    return certificate


def _report(case: Case) -> Answer:
    return told(positions.report(case.world, DEATH, "the-only-report"), 201)


def _reported(case: Case, answer: Answer) -> None:
    """One report, carried out to the end; and nobody was told."""
    (row,) = list(ReportRow.scan())
    assert (row.id, row.state, row.progress) == (answer.json["id"], "done", {"certificates", "codes"})
    assert read_account(holder_of(NIF)).barred
    assert record_of(case.kept).reason == "cessationOfOperation"
    assert all(each.withdrawn_at for each in IdentificationRow.scan())
    assert _messages("certificate-revoked") == []
    assert (acts("person.reported"), acts("person.barred"), acts("report.carried-out")) == (1, 1, 1)


def _awaited(case: Case) -> tuple[Client, str]:
    """A report of incapacity, and the other officer, who has to decide on it."""
    assert case.world.identify(key="never-fetched").status == 201
    return positions.colleague(case.world), positions.report(case.world, INCAPACITY).json["id"]


def _confirm(case: Case) -> Answer:
    second, report = case.kept
    return told(positions.decide(second, case.world, report), 200)


def _confirmed(case: Case, _: Answer) -> None:
    """Once, and carried out to its end; the representative is told once."""
    row = ReportRow.get(case.kept[1])
    assert (row.state, row.progress, row.decided_by) == ("done", {"certificates", "codes"}, "officer-2")
    assert read_account(holder_of(NIF)).barred
    assert [bool(each.withdrawn_at) for each in IdentificationRow.scan()] == [True]
    assert _messages("represented") == [True]
    assert (acts("report.confirmed"), acts("person.barred"), acts("report.carried-out")) == (1, 1, 1)


def _not_dead(case: Case) -> tuple[Client, str]:
    registered(case)
    death = positions.report(case.world, DEATH, "a-mistaken-one").json["id"]
    mistake = positions.report(case.world, MISTAKE | {"mistaken": death}, "its-correction")
    return positions.colleague(case.world), mistake.json["id"]


def _lifted(case: Case, answer: Answer) -> None:
    """Free again, and told so once."""
    assert answer.json["state"] == "closed"
    assert {row.state for row in ReportRow.scan()} == {"lifted", "closed"}
    assert not read_account(holder_of(NIF)).barred
    assert _messages("bar-lifted") == [True]
    assert (acts("report.mistake-confirmed"), acts("person.unbarred")) == (1, 1)


# Powers, and who asks for a holder


def _holder(case: Case) -> None:
    assert case.world.identify().status == 201


def _enter_power(case: Case) -> Answer:
    entry = {name: value for name, value in PROXY.items() if name != "kind"} | {"nif": NIF}
    return told(case.world.officer.post(f"{case.world.point}/powers", entry), 201)


def _power_entered(case: Case, answer: Answer) -> None:
    """One, however often it was entered; and the holder is told of it once."""
    (row,) = list(PowerRow.scan())
    assert row.id == answer.json["id"]
    assert not row.revoked_at
    assert acts("proxy.acted") == 1
    assert _messages("proxy-acted") == [True]


def _power(case: Case) -> str:
    identification: str = case.world.identify(presence=PROXY).json["id"]
    return identification


def _end_power(case: Case) -> Answer:
    body = {"nif": NIF, "deed": DEED, "holder_document": DOCUMENT}
    return told(case.world.officer.post(f"{case.world.point}/power-revocations", body), 200)


def _power_ended(case: Case, answer: Answer) -> None:
    (row,) = list(PowerRow.scan())
    assert row.revoked_at is not None
    assert answer.json["revoked_at"] == row.revoked_at.isoformat().replace("+00:00", "Z")
    assert acts("proxy.acted") == 2


def _minor(case: Case) -> str:
    return str(case.world.identify(**TEEN).json["id"])


def _ask_for(asked_by: dict[str, Any]) -> Any:
    def act(case: Case) -> Answer:
        return told(positions.ask_code(case.world, case.kept, asked_by), 201)

    return act


def _code_for(act: str, others: int) -> Any:
    """Each request is an event, before the code; the newest code is the one that lives."""

    def check(case: Case, _: Answer) -> None:
        assert others + 1 <= acts(act) <= others + 1 + case.again
        newest_code_lives_alone(case)

    return check


# A new name


def _other_name(case: Case) -> tuple[x509.Certificate, str, str]:
    """A certificate of the old name, the code for one of the new, and a request."""
    old = case.world.certificate_of()
    return old, case.world.code_for(**MARRIED), new_csr()


def _download(case: Case) -> Answer:
    _, code, csr = case.kept
    return told(case.world.download(code, csr), 200)


def _renamed(case: Case, answer: Answer) -> None:
    """One certificate stands, of the new name; the other ended for this, and the duty is done."""
    assert record_of(case.kept[0]).reason == "affiliationChanged"
    assert record_of(certificate_in(answer)).stands
    assert all(each.done_at for each in DutyRow.scan())
    assert acts("certificate.revoked") == 1
    assert _messages("certificate-revoked") == [True]


def _on(case: Case, day: date) -> None:
    """That morning, of whose tasks the duties are left."""
    case.world.clock.at = datetime.fromisoformat(f"{day}T07:00:00+00:00")
    CursorRow(CURSOR, day=day.isoformat(), task=positions.FIRST_DUTY, version=1).save()


def _its_day(case: Case) -> x509.Certificate:
    old, _, _ = _other_name(case)
    _on(case, IN_TIME)
    return old


def _morning(case: Case) -> None:
    run("find_due", lambda: find_due(case.world.cloud))


def _ended_in_time(case: Case, _: None) -> None:
    """On its day, or where that failed on the next."""
    positions.morning(case.world, IN_TIME + timedelta(days=1))
    assert record_of(case.kept).reason == "affiliationChanged"
    assert acts("certificate.revoked") == 1
    assert [row.done_at is None for row in DutyRow.scan() if row.ends_on.startswith(f"{IN_TIME}")] == [False]


def _of_nobody(case: Case) -> None:
    """A duty that cannot be done."""
    duties.duty(DATA_CHANGE, "0" * 32, datetime.fromisoformat(f"{IN_TIME}T12:00:00+01:00")).save()
    _on(case, IN_TIME)


def _put_off(case: Case, _: None) -> None:
    """It is due on the next day, once."""
    days = [row.ends_on.partition("#")[0] for row in DutyRow.scan()]
    assert sorted(days) == ["2026-11-27", "2026-11-28"]


BY_FATHER = {"channel": "guardian", "document": FATHER["document"]}
BY_PROXY = {"channel": "proxy", "deed": DEED}


def _doubt_powers(case: Case) -> Answer:
    identity = {"channel": "phone", "birth_date": "1985-02-28", "email": "maria@example.org"}
    path = f"{case.world.point}/power-suspensions"
    return told(case.world.officer.post(path, {"nif": NIF, "identity": identity}), 200)


def _powers_doubted(case: Case, answer: Answer) -> None:
    """Once, and the code that the proxy got buys nothing meanwhile."""
    (row,), (shown,) = list(PowerRow.scan()), answer.json["powers"]
    assert row.suspended_at is not None
    assert shown["suspended_at"] == row.suspended_at.isoformat().replace("+00:00", "Z")
    assert acts("powers.suspended") == 1
    assert len([each for each in MessageRow.scan() if each.template == "proxy-acted"]) == 2


def _doubted(case: Case) -> None:
    _power(case)
    _doubt_powers(case)


def _confirm_power(case: Case) -> Answer:
    body = {"nif": NIF, "deed": DEED, "holder_document": DOCUMENT}
    return told(case.world.officer.post(f"{case.world.point}/power-confirmations", body), 200)


def _power_confirmed(case: Case, answer: Answer) -> None:
    """It may be used again, which the giver hears once."""
    (row,) = list(PowerRow.scan())
    assert not row.suspended_at
    assert answer.json["suspended_at"] is None
    assert acts("proxy.acted") == 2
    assert _messages("proxy-acted") == [True] * 3


def _ask_as_a_stranger(case: Case) -> Answer:
    identity = {"channel": "phone", "birth_date": "1970-01-01", "email": "stranger@example.org"}
    path = f"{case.world.point}/power-suspensions"
    answer = case.world.officer.post(path, {"nif": NIF, "identity": identity})
    return told(answer, 422, "identity-not-confirmed")


def _stranger_noted(case: Case, _: Answer) -> None:
    """Each try that was told so; and the power stands."""
    assert 1 <= acts("powers.identity-not-confirmed") <= 1 + case.again
    (row,) = list(PowerRow.scan())
    assert not row.suspended_at


OPERATIONS = (
    Operation("report a death", _somebody, _report, _reported, reads=False),
    Operation("confirm an incapacity", _awaited, _confirm, _confirmed, only="reports.py:decide"),
    Operation("lift a bar", _not_dead, _confirm, _lifted, only="reports.py:decide"),
    Operation("enter a power", _holder, _enter_power, _power_entered, only="powers.py:enter_power"),
    Operation("end a power", _power, _end_power, _power_ended, reads=False),
    Operation(
        "ask for a code, a proxy",
        _power,
        _ask_for(BY_PROXY),
        _code_for("proxy.acted", 1),
        only="others.py:add_request",
    ),
    Operation(
        "ask for a code, a guardian",
        _minor,
        _ask_for(BY_FATHER),
        _code_for("code.asked-for", 0),
        only="others.py:add_request",
    ),
    Operation(
        "download after a new name", _other_name, _download, _renamed, only="data_change.py:revoke_untrue"
    ),
    Operation(
        "end what is untrue", _its_day, _morning, _ended_in_time, only="revocation.py:revoke_certificate"
    ),
    Operation("put off a duty", _of_nobody, _morning, _put_off, only="due_scan.py:_act"),
    Operation("suspend powers", _power, _doubt_powers, _powers_doubted, reads=False),
    Operation(
        "confirm a power",
        _doubted,
        _confirm_power,
        _power_confirmed,
        only="power_suspension.py:confirm_power",
    ),
    Operation(
        "fail to suspend powers",
        _power,
        _ask_as_a_stranger,
        _stranger_noted,
        only="power_suspension.py:_note_failed_check",
    ),
)
