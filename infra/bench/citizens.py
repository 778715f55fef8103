"""People to log in, and strangers, without end: each has a number, a telephone and an address of its own.

Each request comes from a source of its own, and each person's telephone is in a range of its own: no limit of
the product is lifted for a measurement, and none is reached by it.
"""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.kms import unseal
from chalicelib.aws.tables import Transaction
from chalicelib.login import argon2
from chalicelib.login.password_policy import PRESETS
from chalicelib.notices.outbox import KEY as OUTBOX_KEY
from chalicelib.notices.tables import MessageRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import PASSWORD as PASSWORD_ITEM
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.channels.in_person import InPersonRequest, register_in_person
from chalicelib.registry.civil_register import CivilEntry, import_entry
from chalicelib.registry.officers import Officer
from chalicelib.registry.registration import CONDITIONS_VERSION, person_of
from chalicelib.registry.registrations import put_item
from chalicelib.registry.tables import OfficerRow
from chalicelib.web.app import Api
from infra.bench.authority import LETTERS, event

PASSWORD = "quatre gats menjaven peix fregit"  # noqa: S105  # of invented people
CONTRAST = {"valid_until": "2031-05-01"}
OPERATOR = "operator:bench"
_numbers = itertools.count(40_000_001)
_sources = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody, whom the authority may or may not know."""

    number: int
    activation_code: str = "0" * 16

    @property
    def nif(self) -> str:
        return f"{self.number:08d}{LETTERS[self.number % 23]}"

    @property
    def email(self) -> str:
        return f"person-{self.number}@example.org"

    @property
    def mobile(self) -> str:
        """Each in a range of its own: the last four digits are everybody's."""
        return f"+346{self.number % 10_000:04d}0000"

    @property
    def identification(self) -> dict[str, Any]:
        """What an officer sends who sees the person."""
        return {
            "document": {"kind": "dni", "number": self.nif, "expires_on": "2031-05-01"},
            "nif": self.nif,
            "given_name": "María José",
            "surname1": "Núñez",
            "surname2": "Peña",
            "birth_date": "1985-02-28",
            "email": self.email,
            "mobile": self.mobile,
            "delivery": "paper",
            "language": "es",
            "presence": {"kind": "holder"},
            "conditions_accepted": CONDITIONS_VERSION,
        }


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Citizens:
    """Makes people, and sends what they send."""

    def __init__(self, cloud: Cloud, app: Api, officer: str, point: str) -> None:
        self.cloud, self.app = cloud, app
        self._officer, self._point = officer, point
        self._pools: dict[str, list[Person]] = {}
        self.told: dict[tuple[str, str], Any] = {}
        """What was answered about a number at a resource, last."""
        self._hash = argon2.hash_password(PASSWORD, cloud.entropy)

    def stranger(self) -> Person:
        """Nobody whom the authority knows."""
        return Person(next(_numbers))

    def pool(self, kind: str, count: int) -> list[Person]:
        """So many people of a kind (a method of this class), the same when asked again."""
        pool = self._pools.setdefault(kind, [])
        pool += [getattr(self, kind)() for _ in range(count - len(pool))]
        return pool[:count]

    def registered(self) -> Person:
        """A person registered in person, whom the civil register knows as well."""
        person = self.on_file()
        body = {"identification": person.identification, "contrast": CONTRAST}
        officer = Officer(OfficerRow.get(self._officer))  # read anew: it counts what the officer did
        request = msgspec.convert(body, InPersonRequest, strict=False)
        done = register_in_person(self.cloud, officer, self._point, request, person.nif)
        return Person(person.number, done.activation_code)

    def with_password(self) -> Person:
        """A registered person with a password; all have the same, hashed once."""
        person = self.registered()
        item = CredentialItem(holder_of(person.nif), PASSWORD_ITEM)
        preset = PRESETS[self.cloud.settings.password_preset]
        now = self.cloud.now()
        fields: dict[str, object] = {
            "state": states.ACTIVE,
            "secret": self._hash,
            "set_at": now,
            "expires_at": preset.expires_at(now),
            "preset": preset.name,
        }
        transaction = Transaction()
        put_item(transaction, "password", item, None, fields)
        transaction.commit()
        return person

    def on_file(self) -> Person:
        """A person whom the civil register knows, and who is not registered with us."""
        person = self.stranger()
        entry = {
            "nif": person.nif,
            "given_name": "María José",
            "surname1": "Núñez",
            "surname2": "Peña",
            "birth_date": "1985-02-28",
            "contrast": CONTRAST,
            "address": ["Carrer de la Pau, 12", "46002 València"],
        }
        import_entry(self.cloud, msgspec.convert(entry, CivilEntry, strict=False), OPERATOR)
        return person

    def identified(self) -> Person:
        """A person who was identified for a certificate, and never registered."""
        person = self.stranger()
        transaction = Transaction()
        person_of(self.cloud, transaction, person.nif)
        transaction.commit()
        return person

    def ask(
        self, resource: str, body: dict[str, Any], path: dict[str, str] | None = None, *, key: str = ""
    ) -> Answer:
        """POST, from an address that nobody has used."""
        return self.answer(self.request(resource, body, path, key=key))

    def request(
        self, resource: str, body: dict[str, Any], path: dict[str, str] | None = None, *, key: str = ""
    ) -> dict[str, Any]:
        """The event of a POST from an address that nobody has used."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        identity = {"sourceIp": new_address(next(_sources))}
        octets = json.dumps(body).encode()
        return event("POST", resource, octets, headers=headers, path=path, identity=identity)

    def answer(self, request: dict[str, Any]) -> Answer:
        """What the app answers to an event."""
        told = self.app(request, None)
        headers = {name.lower(): value for name, value in told["headers"].items()}
        return Answer(told["statusCode"], headers, base64.b64decode(told["body"]))

    def succeed(self, resource: str, body: dict[str, Any], path: dict[str, str] | None = None) -> Answer:
        """As `ask`; anything but success is an error of the measurement."""
        answer = self.ask(resource, body, path)
        if answer.status >= 300:
            raise RuntimeError(f"{resource}: {answer.status} {answer.body[:300]!r}")
        return answer

    def recall(
        self, person: Person, resource: str, body: dict[str, Any], path: dict[str, str] | None = None
    ) -> Any:
        """What was answered about this person, asked now if it was not before."""
        if (resource, person.nif) not in self.told:
            self.told[resource, person.nif] = self.succeed(resource, body, path).json
        return self.told[resource, person.nif]

    def code_sent(self, message_id: str) -> str:
        """The code in a message that waits, opened as the function that sends it does."""
        row = MessageRow.get(message_id)
        return unseal(self.cloud, OUTBOX_KEY, str(row.sealed), {"message": message_id})


def new_address(number: int) -> str:
    """The address of this number, of those set aside for benchmarks and private use."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
