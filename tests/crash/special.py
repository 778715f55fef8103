"""A report of death, and a power that ends: before, the request, what must come of it."""

from __future__ import annotations

from cryptography import x509

from chalicelib.notices.tables import MessageRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.tables import IdentificationRow, PowerRow, ReportRow
from tests.crash.operation import NIF, Case, Operation, acts, told
from tests.crash.status import record_of
from tests.journeys.test_special_positions import DEATH, DEED, PROXY
from tests.support.client import Answer
from tests.support.world import DOCUMENT


def _somebody(case: Case) -> x509.Certificate:
    """With a certificate, and with a code that nobody has used."""
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
    assert all(each.withdrawn_at for each in IdentificationRow.scan())
    assert not [each for each in MessageRow.scan() if each.template == "certificate-revoked"]
    assert (acts("person.reported"), acts("person.barred"), acts("report.carried-out")) == (1, 1, 1)


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


OPERATIONS = (
    Operation("report a death", _somebody, _report, _reported, reads=False),
    Operation("end a power", _power, _end_power, _power_ended, reads=False),
    Operation("suspend powers", _power, _doubt_powers, _powers_doubted, reads=False),
)
