"""How a person is reached, changed at home and at the desk, and the end of a registration."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.registry.account_tables import PhoneRow
from chalicelib.registry.cool_off import number_state
from chalicelib.registry.staff import withdraw_identification
from chalicelib.registry.tables import IdentificationRow
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.people import (
    EMAIL,
    MOBILE,
    NEW_EMAIL,
    NEW_MOBILE,
    account,
    code_in,
    is_open,
    mails_to,
    registered,
    session,
    settle,
    texts_to,
    verified,
)
from tests.support.client import Answer, Client
from tests.support.world import DOCUMENT

PRESENT = {"nif": NIF, "document": DOCUMENT}
NEW = {"mobile": NEW_MOBILE, "email": NEW_EMAIL}


@dataclass(frozen=True)
class Changing:
    """A person who is logged in, and the code that came to the new address."""

    client: Client
    code: str = ""


def _code_at(case: Case, what: str) -> str:
    """The newest code that the new address got."""
    if what == "mobile":
        return code_in(texts_to(case, NEW_MOBILE)[-1])
    bodies = [re.search(r"^    (\S{8})$", mail.body, re.M) for mail in mails_to(case, NEW_EMAIL)]
    return bodies[-1][1]  # type: ignore[index]


def _logged_in(case: Case) -> Changing:
    registered(case)
    return Changing(session(case))


def _begin(what: str) -> Callable[[Case], Answer]:
    def act(case: Case) -> Answer:
        return told(case.kept.client.post(f"/v1/me/{what}", {what: NEW[what]}), 202)

    return act


def _begin_at_desk(case: Case) -> Answer:
    body = {"person": PRESENT, "what": "mobile", "value": NEW_MOBILE}
    return told(case.world.officer.post(f"{case.world.point}/contact-changes", body), 202)


def _confirmation(case: Case, code: str) -> dict[str, Any]:
    return {"person": PRESENT, "what": "mobile", "code": code}


def _begun(what: str) -> Callable[[Case, Answer], None]:
    def check(case: Case, _: Answer) -> None:
        """Nothing has changed yet; the newest message has the code that counts."""
        assert (account().registration.mobile, account().registration.email) == (MOBILE, EMAIL)  # type: ignore[union-attr]
        code = _code_at(case, what)
        case.secrets.append(code)
        done = session(case).post(f"/v1/me/{what}/confirmation", {"code": code})
        assert done.status == 200, done.body

    return check


def _ready(what: str) -> Callable[[Case], Changing]:
    def before(case: Case) -> Changing:
        client = _logged_in(case).client
        assert client.post(f"/v1/me/{what}", {what: NEW[what]}).status == 202
        settle(case)
        return Changing(client, _code_at(case, what))

    return before


def _confirm(what: str) -> Callable[[Case], Answer]:
    def act(case: Case) -> Answer:
        body = {"code": case.kept.code}
        return told(case.kept.client.post(f"/v1/me/{what}/confirmation", body), 200)

    return act


def _confirm_at_desk(case: Case) -> Answer:
    path = f"{case.world.point}/contact-changes/confirmations"
    return told(case.world.officer.post(path, _confirmation(case, case.kept.code)), 200)


def _confirmed(what: str) -> Callable[[Case, Answer], None]:
    def check(case: Case, answer: Answer) -> None:
        """Changed once, with its receipt, and told to both addresses as they were."""
        known = account().registration
        assert getattr(known, what) == NEW[what]
        assert verified(case, answer) == "change"
        assert acts("contact.changed") == 1
        words = ("datos de contacto", "ha cambiado su movil")
        told_old = [text for text in texts_to(case) if any(each in text for each in words)]
        assert len({*told_old}) == 1
        assert len({mail.subject for mail in mails_to(case)}) == 1
        if what == "mobile":
            assert PhoneRow.get(NEW_MOBILE).holder == account().holder
            assert not PhoneRow.get(MOBILE).holder
        else:
            assert known is not None
            assert known.email_confirmed_at is not None

    return check


# "This was not me", and an officer who was not to be trusted


@dataclass(frozen=True)
class Stopping:
    """Somebody who was told of a new number, and a session of whoever changed it."""

    thief: Client
    code: str


def _changed_before(case: Case) -> Stopping:
    changing = _ready("mobile")(case)
    body = {"code": changing.code}
    assert changing.client.post("/v1/me/mobile/confirmation", body).status == 200
    settle(case)
    found = [re.search(r"^    (\S{10})$", mail.body, re.M) for mail in mails_to(case)]
    code = [each[1] for each in found if each][-1]
    case.secrets.append(code)
    return Stopping(changing.client, code)


def _stop(case: Case) -> Answer:
    body = {"nif": NIF, "code": case.kept.code}
    return told(case.world.citizen.post("/v1/contact-changes/stops", body), 204)


def _stopped(case: Case, _: Answer) -> None:
    assert number_state(account(), case.world.clock.at) == "held"
    assert not is_open(case.kept.thief)
    assert acts("contact.change-stopped") == 1


def _registered_by_fraud(case: Case) -> tuple[Client, str]:
    registered(case)
    (row,) = [row for row in IdentificationRow.scan() if row.holder == account().holder]
    return session(case), str(row.id)


def _withdraw(case: Case) -> None:
    run("operator", lambda: withdraw_identification(case.world.cloud, case.kept[1], "operator:test"))


def _withdrawn(case: Case, _: None) -> None:
    assert account().level == "none"
    assert not is_open(case.kept[0])
    assert acts("identification.withdrawn") == 1


# The end


def _leaving(case: Case) -> tuple[Client, Client]:
    registered(case)
    clients = session(case), session(case, "pin")
    case.world.clock.turn(seconds=5)
    return clients


def _renounce(case: Case) -> Answer:
    answer = case.kept[0].post("/v1/me/renunciation")
    if case.again and answer.status == 401:
        # It is done, and the session with it; what the receipt would say, both addresses are told.
        return told(answer, 401, "session-required")
    return told(answer, 200)


def _renounce_at_desk(case: Case) -> Answer:
    return told(case.world.officer.post(f"{case.world.point}/renunciations", PRESENT), 200)


def _renounced(case: Case, answer: Answer) -> None:
    assert account().state == "renounced"
    assert not PhoneRow.get(MOBILE).holder
    assert not any(is_open(each) for each in case.kept)
    assert acts("person.renounced") == 1
    assert len({text for text in texts_to(case) if "ha terminado" in text}) == 1
    assert len({mail.subject for mail in mails_to(case)}) == 1
    if answer.status == 200:
        assert verified(case, answer) == "renunciation"


OPERATIONS = (
    Operation("begin to change the e-mail", _logged_in, _begin("email"), _begun("email")),
    Operation("confirm the e-mail", _ready("email"), _confirm("email"), _confirmed("email")),
    Operation("begin to change the mobile", _logged_in, _begin("mobile"), _begun("mobile"), reads=False),
    Operation("confirm the mobile", _ready("mobile"), _confirm("mobile"), _confirmed("mobile"), reads=False),
    Operation("stop a change", _changed_before, _stop, _stopped, reads=False),
    Operation("withdraw what registered", _registered_by_fraud, _withdraw, _withdrawn),
    Operation("renounce", _leaving, _renounce, _renounced),
    Operation("begin a change at the desk", _logged_in, _begin_at_desk, _begun("mobile"), reads=False),
    Operation(
        "confirm a change at the desk", _ready("mobile"), _confirm_at_desk, _confirmed("mobile"), reads=False
    ),
    Operation("renounce at the desk", _leaving, _renounce_at_desk, _renounced, reads=False),
)
