"""What must hold of people's accounts whatever failed, once the requests that failed were repeated."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.audit.events import Event
from chalicelib.codes.kinds import KINDS, LETTER, PIN, SMS_OTP
from chalicelib.codes.tables import CodeRow
from chalicelib.notices.app_inbox import KEY as INBOX_KEY
from chalicelib.notices.tables import InboxRow, MessageRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import (
    AccountItem,
    AppItem,
    BarItem,
    CredentialItem,
    PhoneRow,
    ProofItem,
    ReceiptRow,
    RegistrationItem,
)
from chalicelib.registry.accounts import NOBODY
from chalicelib.registry.assurance import METHODS, Proof, level
from chalicelib.registry.tables import PersonRow, VideoCaseRow

Rows = Callable[[Any], list[Any]]

RECEIPTS = {
    "registration": ("person.registered", "video-case.receipt-collected"),
    "change": ("contact.changed",),
    "renunciation": ("person.renounced",),
    "deregistration": ("password-removed",),
    "activation-code": ("activation-code-issued",),
}
"""The events that each kind of receipt certifies. A renewal is a registration, with another title."""
MESSAGES = (
    ("welcome", "person.registered"),
    ("pin", "pin.requested"),
    ("activation", "activation.requested"),
    ("recovery", "recovery.requested"),
    ("step-up", "step-up.requested"),
    *((change, change) for change in ("password-activated", "password-recovered", "password-changed")),
    *((change, change) for change in ("password-removed", "password-blocked", "activation-code-blocked")),
    ("activation-code-issued", "activation-code-issued"),
    *((change, change) for change in ("authenticator-added", "authenticator-removed")),
    ("authenticator-blocked", "authenticator-blocked"),
    ("video-rejected", "video-case.rejected"),
    ("video-accepted", "video-case.accepted"),
)
"""How the ids of messages begin, and the event of which there is one for each."""


def check_people(events: list[Event], rows: Rows, now: datetime) -> None:
    """Every account by itself, and all of them beside the events."""
    told = Counter(event.act for event in events)
    _accounts_are_whole(rows)
    _telephones_belong_to_one_person(rows)
    _one_code_lives(rows, now)
    _proofs_and_receipts_have_events(events, told, rows)
    _messages_have_causes(told, rows)
    _cases_tell_their_story(told, rows)
    _apps_have_inboxes(told, rows)


def _accounts(rows: Rows) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for item in rows(AccountItem):
        # What stands for strangers is nobody's account, and a bar is there without one.
        if item.holder != NOBODY and not isinstance(item, BarItem):
            found[item.holder].append(item)
    return found


def _accounts_are_whole(rows: Rows) -> None:
    """Of one person each; a level follows from proofs alone; who renounced has nothing to log in with."""
    people = [row.id for row in rows(PersonRow)]
    assert len(people) == len(set(people))
    for holder, items in _accounts(rows).items():
        assert holder in people, f"an account of nobody: {holder}"
        registration = next((item for item in items if isinstance(item, RegistrationItem)), None)
        proofs = [item for item in items if isinstance(item, ProofItem)]
        assert registration is not None, f"{holder} has proofs and no registration"
        proven = level([Proof(item.method, item.at, item.evidence) for item in proofs])
        assert proven in {"basic", "advanced"}, f"{holder} is registered on no proof"
        assert {item.method for item in proofs} <= METHODS.keys()
        evidence = [(item.method, item.evidence, f"{item.at:%Y-%m-%d %H}") for item in proofs]
        assert len(evidence) == len(set(evidence)), "one act is in the ledger twice"
        active = [
            item.item
            for item in items
            if isinstance(item, CredentialItem) and item.state in {states.ACTIVE, states.BLOCKED}
        ]
        assert registration.state == states.REGISTERED or not active, f"{holder} renounced: {active}"
        assert "credential#activation" in [item.item for item in items], "no activation code was given"


def _telephones_belong_to_one_person(rows: Rows) -> None:
    """2.8: each registered person holds the own number, and nobody another."""
    registered = {
        item.mobile: item.holder
        for items in _accounts(rows).values()
        for item in items
        if isinstance(item, RegistrationItem) and item.state == states.REGISTERED
    }
    assert {row.number: row.holder for row in rows(PhoneRow) if row.holder} == registered


def _one_code_lives(rows: Rows, now: datetime) -> None:
    """Each person at most one of a kind for a purpose; tries never above what a kind allows."""
    live: Counter[tuple[str, str, str]] = Counter()
    for row in rows(CodeRow):
        kind = KINDS.get(row.id.partition("#")[0])
        if kind is None or row.digest is None:
            continue
        assert int(row.tries or 0) <= (kind.tries or 0), f"{kind.name} was tried {row.tries} times"
        usable = row.spent_at is None and row.voided_at is None and row.expires_at >= now
        if usable and kind in {PIN, SMS_OTP} and not row.id.endswith("#mobile"):
            live[row.holder, kind.name, row.subject] += row.holder.startswith("person:") and (
                row.holder != "person:unknown"
            )
    assert all(count <= 1 for count in live.values()), live


def _proofs_and_receipts_have_events(events: list[Event], told: Counter[str], rows: Rows) -> None:
    proofs = [item for items in _accounts(rows).values() for item in items if isinstance(item, ProofItem)]
    assert told["identity.proven"] == told["person.registered"] == len(proofs)
    receipts = Counter("registration" if row.kind == "renewal" else row.kind for row in rows(ReceiptRow))
    repeated = Counter(
        event.details["kind"].replace("renewal", "registration")
        for event in events
        if event.act == "receipt.repeated"
    )
    for kind, acts in RECEIPTS.items():
        certified = sum(told[act] for act in acts) + repeated[kind]
        assert receipts[kind] == certified, f"{receipts[kind]} receipts of {certified}: {kind}"


def _messages_have_causes(told: Counter[str], rows: Rows) -> None:
    """One for each cause, and none for none."""
    messages = Counter(
        row.id.partition(":")[0].replace("video-certificate-", "video-") for row in rows(MessageRow)
    )
    for beginning, act in MESSAGES:
        assert messages[beginning] == told[act], (beginning, messages[beginning], told[act])
    letters = Counter(row.id.split(":")[1] for row in rows(MessageRow) if row.id.startswith("letter:"))
    assert (letters["person"], letters["nobody"]) == (told["letter.queued"], told["letter.not-sent"])
    void = [
        row
        for row in rows(CodeRow)
        if row.id.startswith(f"{LETTER.name}#person:") and row.tries == LETTER.tries
    ]
    assert len(void) <= told["letter.voided"]


def _cases_tell_their_story(told: Counter[str], rows: Rows) -> None:
    """Every decision that a case keeps is an event, and the other way round."""
    cases = rows(VideoCaseRow)
    decided = sum(len(json.loads(row.decisions)) for row in cases)
    assert told["video-case.opened"] == len(cases)
    acts = ("approved", "accepted", "rejected")
    assert decided == sum(told[f"video-case.{act}"] for act in acts)
    assert sum(row.appealed_at is not None for row in cases) == told["video-case.appealed"]


def _apps_have_inboxes(told: Counter[str], rows: Rows) -> None:
    """Each app in use has an inbox that is open, and no other has; each was enrolled once."""
    apps = [item for items in _accounts(rows).values() for item in items if isinstance(item, AppItem)]
    inboxes = [row for row in rows(InboxRow) if row.item == INBOX_KEY]
    assert told["app.enrolled"] == len(apps) == len(inboxes)
    active = sorted(app.app_id for app in apps if app.state == states.ACTIVE)
    assert sorted(row.app for row in inboxes if row.removed_at is None) == active
