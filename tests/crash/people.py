"""What the crash tests of accounts have in common: registered people, their telephones and receipts."""

from __future__ import annotations

import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws.tables import Transaction
from chalicelib.codes import bound
from chalicelib.codes.kinds import ACTIVATION as ACTIVATION_CODE
from chalicelib.login.citizens import add_citizen_session
from chalicelib.registry.accounts import ACTIVATION, Account, holder_of, read_account
from tests.crash.operation import NIF, Case
from tests.support.citizens import Person, activation_code, register
from tests.support.client import Answer, Client

MOBILE = "+34612345678"
NEW_MOBILE = "+34699000111"
EMAIL = "maria@example.org"
NEW_EMAIL = "new@example.org"


def registered(case: Case) -> Person:
    """The standard person, registered in person a minute ago, the messages about it sent."""
    person = register(case.world)
    settle(case)
    return person


def settle(case: Case) -> None:
    """What was begun before the operation is over before it: its messages are sent."""
    from tests.crash.engine import empty_outbox

    case.faults.run_started(case.world.cloud)
    empty_outbox(case.world)


def account(nif: str = NIF) -> Account:
    return read_account(holder_of(nif))


def texts_to(case: Case, number: str = MOBILE) -> list[str]:
    return [text for to, text in case.world.phone.sms() if to == number]


def mails_to(case: Case, address: str = EMAIL) -> list[Any]:
    return [mail for mail in case.world.phone.emails() if address in str(mail.destinations)]


def code_in(text: str) -> str:
    return re.search(r"#(\d{6})$", text)[1]  # type: ignore[index]


def newest_code(case: Case, number: str = MOBILE) -> str:
    """What the telephone shows last, once whatever was started has run."""
    case.faults.run_started(case.world.cloud)
    code = code_in(texts_to(case, number)[-1])
    case.secrets.append(code)
    return code


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def session(case: Case, way: str = "certificate", nif: str = NIF) -> Client:
    """A citizen's session, as the log-in of this way opens it."""
    transaction = Transaction()
    token, _ = add_citizen_session(case.world.cloud, transaction, account(nif), way)
    transaction.commit()
    return Client(case.world.app, token=token)


def is_open(client: Client) -> bool:
    answer = client.get("/v1/me/sessions")
    assert answer.status in {200, 401}, answer.body
    return answer.status == 200


def opens(case: Case, answer: Answer) -> None:
    """A log-in gave a session that works, and whose token is kept nowhere."""
    assert is_open(Client(case.world.app, token=answer.json["token"]))
    case.secrets.append(answer.json["token"])


def verified(case: Case, answer: Answer) -> str:
    """What a receipt's code says that it certifies."""
    code = answer.json["verification_code"]
    case.secrets += [code, code.replace("-", "")]
    told = case.world.citizen.post("/v1/receipts/verifications", {"verification_code": code})
    assert told.status == 200, told.body
    return str(told.json["kind"])


def holds_the_live_code(case: Case, answer: Answer, nif: str = NIF) -> None:
    """The receipt in hand has the activation code that works: of all that were issued, the one."""
    printed = activation_code(answer)
    code = printed.replace(" ", "")
    case.secrets += [printed, code]
    owner = account(nif)
    kept = owner.credentials[ACTIVATION]
    assert kept.state == "active"
    assert kept.secret == bound.digest(case.world.cloud, ACTIVATION_CODE, owner.holder, code)
