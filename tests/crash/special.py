"""Reports and mistakes in them, new names, powers that end: before, the request, what must come of it."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from chalicelib.certificates.due_scan import CURSOR
from chalicelib.certificates.jobs import find_due
from chalicelib.certificates.tables import CursorRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.tables import MessageRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.tables import DutyRow, IdentificationRow, PowerRow, ReportRow
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.status import record_of
from tests.journeys.test_special_positions import DEATH, DEED, FIRST_DUTY, MARRIED, PROXY
from tests.support.citizens import register
from tests.support.client import Answer
from tests.support.world import DOCUMENT


def _somebody(case: Case) -> x509.Certificate:
    """Registered, with a certificate, and with a code that nobody has used."""
    case.secrets.append(register(case.world).activation_code)
    certificate = case.world.certificate_of()
    assert case.world.identify(key="never-fetched").status == 201
    return certificate


def _report(case: Case) -> Answer:
    path = f"{case.world.point}/reports"
    return told(case.world.officer.post(path, DEATH, key="the-only-report"), 201)


def _reported(case: Case, answer: Answer) -> None:
    """One report, carried out to the end; and nobody was told."""
    (row,) = list(ReportRow.scan())
    assert (row.id, row.state, row.progress) == (answer.json["id"], "done", {"certificates", "codes"})
    assert read_account(holder_of(NIF)).barred
    assert record_of(case.kept).reason == "cessationOfOperation"
    certified = [each for each in IdentificationRow.scan() if '"registration"' not in each.evidence]
    assert all(each.withdrawn_at for each in certified)
    assert not [each for each in MessageRow.scan() if each.template == "certificate-revoked"]
    assert (acts("person.reported"), acts("person.barred"), acts("report.carried-out")) == (1, 1, 1)


def _days_later(case: Case) -> x509.Certificate:
    """The new certificate is never fetched."""
    old = case.world.certificate_of()
    case.world.clock.turn(minutes=1)
    case.world.code_for(**MARRIED)
    case.world.clock.turn(seconds=61)
    send_outbox(case.world.cloud)
    case.world.clock.turn(days=5)
    cursor = CursorRow(CURSOR, task=FIRST_DUTY, version=1)
    cursor.day = date_in_madrid(case.world.clock.at).isoformat()
    cursor.save()
    return old


def _morning(case: Case) -> None:
    run("find_due", lambda: find_due(case.world.cloud))


def _ended_by_itself(case: Case, _: Any) -> None:
    if not any(duty.done_at for duty in DutyRow.scan()):  # it was put off to the next morning
        case.world.clock.turn(days=1)
        _morning(case)
    assert record_of(case.kept).reason == "affiliationChanged"
    assert any(duty.done_at for duty in DutyRow.scan())


def _power(case: Case) -> str:
    return case.world.identify(presence=PROXY).json["id"]


def _end_power(case: Case) -> Answer:
    body = {"nif": NIF, "deed": DEED, "holder_document": DOCUMENT}
    return told(case.world.officer.post(f"{case.world.point}/power-revocations", body), 200)


def _power_ended(case: Case, answer: Answer) -> None:
    (row,) = list(PowerRow.scan())
    assert row.revoked_at is not None
    assert answer.json["revoked_at"] == row.revoked_at.isoformat().replace("+00:00", "Z")
    assert acts("proxy.acted") == 2


OPERATIONS = (
    Operation("report a death", _somebody, _report, _reported, reads=False),
    Operation("end what is untrue, by itself", _days_later, _morning, _ended_by_itself, reads=False),
    Operation("end a power", _power, _end_power, _power_ended, reads=False),
)
