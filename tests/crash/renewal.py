"""Renewals, own revocations and the job that tells of ends: before, the request, what must come of it."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509

from chalicelib.certificates.jobs import find_due
from chalicelib.certificates.tables import ApplicationRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.names_in_force import addresses_in
from chalicelib.registry.tables import DutyRow
from tests.crash.operation import Case, Operation, run, told
from tests.crash.people import settle
from tests.crash.status import certificate_in
from tests.journeys.test_account import register_online
from tests.journeys.test_one_name import change_address, with_address
from tests.journeys.test_renewal import (
    holder_of_one,
    interrupt_renewal,
    logged_in,
    name_of,
    near_its_end,
    row_of,
)
from tests.journeys.test_special_positions import morning
from tests.support.client import Answer, Client
from tests.support.world import another_person, new_csr


def _holder_near_the_end(case: Case) -> tuple[x509.Certificate, str, str]:
    """The old certificate, the token of a fresh log-in with it, and a request for a new key."""
    old = holder_of_one(case.world, **another_person(61))
    case.faults.run_started(case.world.cloud)
    case.world.clock.turn(seconds=61)
    send_outbox(case.world.cloud)  # before years pass, in which the notices would be given up
    near_its_end(case.world, old, days=30)
    token = logged_in(case.world, old).token or ""
    case.faults.run_started(case.world.cloud)
    return old, token, new_csr()


def _renew(case: Case) -> Answer:
    old, token, csr = case.kept
    body = {"csr": csr, "renews": name_of(old)}
    return told(Client(case.world.app, token=token).post("/v1/me/certificates", body), 200)


def _renewed(case: Case, answer: Answer) -> None:
    """One certificate took its place, the one that was answered, and the old one stands."""
    old = row_of(case.kept[0])
    new = row_of(certificate_in(answer))
    assert (old.renewed_by, old.revoked_at) == (new.id, None)  # type: ignore[comparison-overlap]
    (application,) = list(ApplicationRow.scan())
    assert application.result == new.id
    assert [row.id for row in CertificateRow.scan() if row.evidence.startswith("online:")] == [new.id]


def _given_up(case: Case) -> tuple[x509.Certificate, str, str]:
    """A renewal was killed before the signature, a minute ago, and its key is gone with the browser."""
    kept = _holder_near_the_end(case)
    interrupt_renewal(case.world, kept[0])
    return kept


def _renewed_with_another_key(case: Case, answer: Answer) -> None:
    """One certificate took its place, and the reservation of the lost key ended with it."""
    old, new = row_of(case.kept[0]), row_of(certificate_in(answer))
    assert old.renewed_by == new.id
    assert not old.revoked_at
    (lost,) = [
        row for row in CertificateRow.scan() if row.evidence.startswith("online:") and row.id != new.id
    ]
    assert (lost.state, lost.reason) == ("signing", "superseded")


def _revoke_own(case: Case) -> Answer | None:
    """Its own session ends with the certificate: who asks again is told to log in."""
    old, token, _ = case.kept
    body = name_of(old) | {"reason": "superseded"}
    answer = Client(case.world.app, token=token).post("/v1/me/revocations", body)
    if answer.status == 401 and row_of(old).revoked_at is not None:
        return None
    return told(answer, 200)


def _revoked_own(case: Case, _: Answer | None) -> None:
    assert row_of(case.kept[0]).reason == "superseded"


def _suspended_near_the_end(case: Case) -> tuple[x509.Certificate, str, str]:
    """Of which the job learns in the transaction of its notice, and not before."""
    old, token, csr = _holder_near_the_end(case)
    answer = Client(case.world.app, token=token).post("/v1/me/suspensions", name_of(old))
    assert answer.status == 200, answer.body
    case.faults.run_started(case.world.cloud)
    return old, token, csr


def _find_due(case: Case) -> None:
    run("find_due", lambda: find_due(case.world.cloud))


def _told_once(case: Case, _: None) -> None:
    """By e-mail, thirty days before, and first to lift it; and it went out in the hours after."""
    old = row_of(case.kept[0])
    rows = [row for row in MessageRow.scan() if row.id.startswith(f"deadline:certificate:{old.id}:")]
    assert [row.template for row in rows] == ["certificate-ends-suspended"]
    case.world.clock.turn(hours=7)
    send_outbox(case.world.cloud)
    case.world.clock.turn(days=5)  # to the reminder of the suspension


def _readdressed(case: Case) -> tuple[x509.Certificate, str, str, x509.Certificate]:
    """A certificate that bears the address of before, a log-in with another, and a request."""
    work = with_address(case.world, email="work@example.org")
    old = with_address(case.world)
    assert register_online(case.world, old).status == 201
    change_address(case.world, logged_in(case.world, old), "new@example.org")
    token = logged_in(case.world, work).token or ""
    settle(case)
    return old, token, new_csr(), work


def _replace(case: Case) -> Answer:
    _, token, csr, _ = case.kept
    return told(Client(case.world.app, token=token).post("/v1/me/certificates", {"csr": csr}), 200)


def _replaced(case: Case, answer: Answer) -> None:
    """What bears the address of before ended, by who asked or by the job of the next day."""
    assert addresses_in(certificate_in(answer)) == ["new@example.org"]
    assert not row_of(case.kept[3]).revoked_at, "it bears another address"
    assert case.world.at_the_desk("revocations", case.kept[3], reason="superseded").status == 200
    morning(case.world, date_in_madrid(case.world.clock.at) + timedelta(days=1))
    assert row_of(case.kept[0]).reason == "affiliationChanged"
    assert not row_of(certificate_in(answer)).revoked_at
    assert all(duty.done_at for duty in DutyRow.scan())


OPERATIONS = (
    Operation("renew a certificate on line", _holder_near_the_end, _renew, _renewed),
    Operation("renew again, a key lost", _given_up, _renew, _renewed_with_another_key, reads=False),
    Operation(
        "replace what bears a former address",
        _readdressed,
        _replace,
        _replaced,
        only="data_change.py:revoke_former_addresses",
    ),
    Operation("revoke one's own certificate", _holder_near_the_end, _revoke_own, _revoked_own),
    Operation("tell what ends soon", _suspended_near_the_end, _find_due, _told_once, reads=False),
)
