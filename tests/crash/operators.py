"""What operators do, and the schedule that sends messages: every write of it."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from chalicelib.aws import messaging
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import Transaction
from chalicelib.errors import Unavailable
from chalicelib.notices import jobs as notices
from chalicelib.notices import outbox as notices_to_send
from chalicelib.notices.outbox import Message
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.issuers import retire
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import staff
from chalicelib.registry.tables import CivilRow, PointRow
from infra.commands import ends
from infra.commands.staff import appoint
from tests.crash.certificates import identify_before, newest_code_lives_alone, newest_code_works_alone
from tests.crash.operation import NIF, Case, Operation, acts, nothing, run
from tests.crash.people import mails_to
from tests.crash.status import certificate_in, issuer_of, record_of
from tests.journeys import test_letter as letters
from tests.support.faults import Fault, Killed
from tests.support.world import POINT, another_person, person, point


def _unsent_before(case: Case) -> None:
    """A code was granted, and the function that would have sent it was gone."""
    case.faults.watch_for("invoke authority grant", Fault.KILLED_AFTER)
    with contextlib.suppress(Killed):
        case.world.identify(key="one-identification")
    assert not case.world.phone.sms()
    case.world.clock.turn(minutes=2)


def _send(case: Case) -> None:
    run("send_outbox", lambda: notices.send_outbox(case.world.cloud))


def _sent(case: Case, _: None) -> None:
    newest_code_works_alone(case)


def _save_point(case: Case) -> None:
    run("operator", lambda: staff.save_point(case.world.cloud, point("gandia", ("identification",)), "me"))


def _saved(case: Case, _: None) -> None:
    assert PointRow.find("gandia") is not None
    assert acts("point.saved") >= 3


def _appoint(case: Case) -> None:
    appointment = person(**another_person(30_000_000)) | {
        "officer_id": "officer-2",
        "point_id": POINT,
        "role": "registration-officer",
    }
    del appointment["presence"], appointment["conditions_accepted"]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        file = Path(folder, "officer.json")
        file.write_text(json.dumps(appointment))
        run("operator", lambda: appoint(case.world.cloud, file, "operator:test"))


def _appointed(case: Case, _: None) -> None:
    newest = case.world.phone.generation_code()
    assert newest == case.faults.codes[-1]
    certificate = certificate_in(case.world.download(newest))
    assert record_of(certificate).holder == "officer:officer-2"


def _retire(case: Case) -> None:
    run("operator", lambda: retire(case.world.cloud, issuer_of(case).id, "operator:test"))


def _retired(case: Case, _: None) -> None:
    assert acts("issuer.retired") == 1
    answer = case.world.download(case.world.code_for())
    assert (answer.status, answer.slug) == (503, "no-issuer")


def _suspend(case: Case) -> None:
    run("operator", lambda: staff.suspend_officer(case.world.cloud, "officer-1", "operator:test"))


def _suspended(case: Case, _: None) -> None:
    assert case.world.identify().slug == "officer-suspended"


def _withdraw(case: Case) -> None:
    run("operator", lambda: staff.withdraw_identification(case.world.cloud, case.kept, "operator:test"))


def _withdrawn(case: Case, _: None) -> None:
    assert case.world.download(case.faults.codes[-1]).slug == "evidence-refused"


def _unreadable_before(case: Case) -> str:
    """The message with the code is damaged: for now it cannot be written."""
    _unsent_before(case)
    row = next(row for row in MessageRow.scan() if row.channel == "sms")
    row.update([MessageRow.template.set(f"{row.template} (damaged)")])
    return row.id


def _send_it(case: Case) -> None:
    run("send_outbox", lambda: notices.send_outbox(case.world.cloud, case.kept))


def _waits(case: Case, _: None) -> None:
    """It stays, it is tried again when its turn comes, and once it is mended it goes out."""
    row = MessageRow.get(case.kept)
    assert not row.sent_at
    assert (row.state, row.attempts > 0) == ("due", True)
    row.update([MessageRow.template.set(row.template.removesuffix(" (damaged)"))])
    case.world.clock.turn(hours=1)
    _send(case)
    newest_code_lives_alone(case)


FULL, OTHER = "full-mailbox@example.org", "other@example.org"


def _to_two(case: Case) -> str:
    """A notice with two readers, one of whom is not reached for now."""
    cloud, transaction = case.world.cloud, Transaction()
    values: dict[str, str | datetime] = {"organisation": "Clavero", "host": "clavero.es", "phone": "963"}
    give_up_at = cloud.now() + timedelta(days=1)
    message = Message(
        "to-two", "email", OTHER, "address-in-certificates", "es", give_up_at, values, also=FULL
    )
    notices_to_send.queue(cloud, transaction, message)
    transaction.commit()
    case.world.clock.turn(minutes=2)
    return message.id


def _send_to_one(case: Case) -> None:
    def reach(cloud: Cloud, to: str, *text: str) -> None:
        if to == FULL:
            raise Unavailable
        messaging.send_email(cloud, to, *text)

    with patch.object(notices_to_send, "send_email", reach):
        _send_it(case)


def _one_is_left(case: Case, _: None) -> None:
    """By the schedule, a minute later. Who has it is written to again only if that was not known."""
    assert MessageRow.get(case.kept).sent_at
    assert len(mails_to(case, FULL)) == 1
    assert 1 <= len(mails_to(case, OTHER)) <= 2


def _import(case: Case) -> None:
    run("operator", lambda: letters.enter(case.world))


def _imported(case: Case, _: None) -> None:
    assert CivilRow.get(NIF).given_name == "María José"
    assert 1 <= acts("civil-register.imported") <= 1 + case.again


def _of_an_old_release(case: Case) -> tuple[str, str]:
    """A certificate that no daily run would find."""
    row = record_of(case.world.certificate_of())
    entered = row.ends_on
    row.update([CertificateRow.ends_on.remove()])
    return row.id, entered


def _enter_ends(case: Case) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        run("operator", lambda: ends.enter(case.world.cloud))


def _ends_entered(case: Case, _: None) -> None:
    assert CertificateRow.get(case.kept[0]).ends_on == case.kept[1]


OPERATIONS = (
    Operation("send the outbox", _unsent_before, _send, _sent),
    Operation("send what cannot be sent", _unreadable_before, _send_it, _waits, only="outbox.py:_send"),
    Operation("send to two readers", _to_two, _send_to_one, _one_is_left, only="outbox.py:_by_email"),
    Operation("save a point", nothing, _save_point, _saved),
    Operation("appoint an officer", nothing, _appoint, _appointed),
    Operation("retire a CA", nothing, _retire, _retired),
    Operation("suspend an officer", nothing, _suspend, _suspended),
    Operation("withdraw an identification", identify_before, _withdraw, _withdrawn),
    Operation("import into the register", nothing, _import, _imported, only="civil_register.py:import_entry"),
    Operation("enter what ends", _of_an_old_release, _enter_ends, _ends_entered, only="ends.py:_enter"),
)
