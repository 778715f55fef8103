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
from tests.crash.status import certificate_in, record_of
from tests.journeys.test_special_positions import DEATH, DEED, EXTRACT, FIRST_DUTY, MARRIED, PROXY
from tests.support.citizens import register
from tests.support.client import Answer, Client
from tests.support.world import DOCUMENT, POINT, appoint, log_in, new_csr


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


def _mistake(case: Case) -> tuple[str, str, str]:
    """A report that was carried out, one of its mistake, and the token of a second officer."""
    _somebody(case)
    death = _report(case).json["id"]
    case.faults.run_started(case.world.cloud)
    body = {"nif": NIF, "kind": "mistake", "document": EXTRACT, "mistaken": death}
    body |= {"happened_on": "2026-11-20"}
    made = told(case.world.officer.post(f"{case.world.point}/reports", body, key="the-mistake"), 201)
    certificate = appoint(case.world.cloud, "officer-2", POINT)
    return made.json["id"], certificate, log_in(case.world.app, certificate).token or ""


def _lift(case: Case) -> Answer:
    mistake, certificate, token = case.kept
    second = Client(case.world.app, source="198.51.100.1", certificate=certificate, token=token)
    path = f"{case.world.point}/reports/{mistake}/decisions"
    return told(second.post(path, {"decision": "confirm"}), 200)


def _lifted(case: Case, _: Answer) -> None:
    assert sorted(row.state for row in ReportRow.scan()) == ["closed", "lifted"]
    assert read_account(holder_of(NIF)).registered
    assert acts("person.unbarred") == 1
    assert len([row for row in MessageRow.scan() if row.template == "bar-lifted"]) == 1


def _married(case: Case) -> tuple[x509.Certificate, str, str]:
    old = case.world.certificate_of()
    case.world.clock.turn(minutes=1)
    return old, case.world.code_for(**MARRIED), new_csr()


def _download(case: Case) -> Answer:
    _, code, csr = case.kept
    return told(case.world.download(code, csr), 200)


def _old_ended(case: Case, answer: Answer) -> None:
    assert record_of(case.kept[0]).reason == "affiliationChanged"
    assert record_of(certificate_in(answer)).revoked_at is None


def _days_later(case: Case) -> x509.Certificate:
    """A second certificate of the same person would be one too many: the new one is never fetched."""
    old: x509.Certificate = _married(case)[0]
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
    if record_of(case.kept).revoked_at is None:  # put off to the next morning
        case.world.clock.turn(days=1)
        _morning(case)
    assert record_of(case.kept).reason == "affiliationChanged"
    # One that was put off is done with the duty of the day after.
    assert [duty for duty in DutyRow.scan() if duty.done_at]


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
    Operation("lift a bar", _mistake, _lift, _lifted, reads=False),
    Operation("download after a new name", _married, _download, _old_ended, reads=False),
    Operation("end what is untrue, by itself", _days_later, _morning, _ended_by_itself, reads=False),
    Operation("end a power", _power, _end_power, _power_ended, reads=False),
)
