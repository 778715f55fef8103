"""What operators do, and the schedule that sends messages: every write of it."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

from chalicelib.notices import jobs as notices
from chalicelib.pki.issuers import retire
from chalicelib.registry import staff
from chalicelib.registry.tables import PointRow
from infra.commands.staff import appoint
from tests.crash.certificates import identify_before, newest_code_works_alone
from tests.crash.operation import Case, Operation, acts, nothing, run
from tests.crash.status import certificate_in, issuer_of, record_of
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


OPERATIONS = (
    Operation("send the outbox", _unsent_before, _send, _sent),
    Operation("save a point", nothing, _save_point, _saved),
    Operation("appoint an officer", nothing, _appoint, _appointed),
    Operation("retire a CA", nothing, _retire, _retired),
    Operation("suspend an officer", nothing, _suspend, _suspended),
    Operation("withdraw an identification", identify_before, _withdraw, _withdrawn),
)
