"""What must hold of an authority's accounts whatever failed, once the requests that failed were repeated."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from chalicelib.audit.events import Event, _event
from chalicelib.audit.tables import EventRow
from chalicelib.aws.tables import listed
from chalicelib.certificates.tables import CardRow
from chalicelib.login.tables import SessionRow
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reconciliation import Books, mismatches
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, KeyRow, RevocationRow
from chalicelib.registry.tables import IdentificationRow, OfficerRow
from tests.support.account_invariants import check_people
from tests.support.world import World

Rows = Callable[[Any], list[Any]]


def scanned(table: Any) -> list[Any]:
    """All rows of a table, as any engine gives them."""
    return listed(table.scan(consistent_read=True))


def check_accounts(world: World, signatures: Counter[str], rows: Rows = scanned) -> None:
    """The whole ledger: KMS, records, events, counters, messages."""
    events = [_event(row) for row in rows(EventRow)]
    books = Books(
        certificates=rows(CertificateRow),
        revocations=rows(RevocationRow),
        holds=rows(HoldRow),
        shards=rows(CrlShardRow),
        events=events,
        signatures=signatures,
        issuers=issuers(world.cloud),
    )
    assert not list(mismatches(books, world.cloud.now()))
    _each_effect_has_one_event(events, rows)
    _each_act_counted_once(events, rows)
    check_people(events, rows, world.cloud.now())
    _nothing_left_half_done(books)
    _every_barred_key_was_swept(books, rows(KeyRow))
    _one_valid_certificate_each(books)
    _every_message_went(books, rows)


def _each_effect_has_one_event(events: list[Event], rows: Rows) -> None:
    identifications, officers, sessions = rows(IdentificationRow), rows(OfficerRow), rows(SessionRow)
    effects = {
        "person.identified": sum(not _registers(row) and not _by_video(row) for row in identifications),
        "person.identified-by-video": sum(_by_video(row) for row in identifications),
        "generation-code.granted": sum(int(row.grants) for row in (*identifications, *officers)),
        "identification.withdrawn": sum(row.withdrawn_at is not None for row in identifications),
        "officer.appointed": len(officers),
        "officer.suspended": sum(row.suspended_at is not None for row in officers),
        "session.opened": len(sessions),
        "card.loaded": sum(row.certificate != CardRow.OWNER for row in rows(CardRow)),
        "session.ended": sum(row.ended_at is not None for row in sessions),
    }
    told = Counter(event.act for event in events)
    assert {act: told[act] for act in effects} == effects
    in_person = {f"identification:{row.id}" for row in identifications if _registers(row)}
    proven = [event.evidence for event in events if _in_person(event)]
    assert sorted(proven) == sorted(in_person)


def _registers(row: IdentificationRow) -> bool:
    """Whether an identification made a registration, whose proof is its event."""
    return bool(json.loads(row.evidence).get("service") == "registration")


def _by_video(row: IdentificationRow) -> bool:
    return bool(json.loads(row.evidence)["evidence"] == "video")


def _in_person(event: Event) -> bool:
    return event.act == "identity.proven" and event.details["method"] == "in-person"


COUNTED_OF_PROXIES = ("collect-code", "power-entered", "power-revoked", "power-confirmed")
"""What is no part of an identification or revocation that is counted by itself."""


def _each_act_counted_once(events: list[Event], rows: Rows) -> None:
    """The hourly counters agree with what the events say of that hour."""
    acts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    counted_as = {
        "person.identified": "identifications",
        "person.recognised": "identifications",
        "generation-code.rescued": "identifications",
        "generation-code.not-rescued": "identifications",
        "video-case.approved": "identifications",
        "video-case.accepted": "identifications",
        "video-case.rejected": "identifications",
        "certificate.revoked": "revocations",
        "certificate.suspended": "revocations",
        "certificate.reinstated": "revocations",
        "revocation.identity-not-confirmed": "revocations",
        "powers.suspended": "revocations",
        "powers.identity-not-confirmed": "revocations",
        "code.asked-for": "identifications",
        "person.reported": "revocations",
        **{f"report.{what}": "revocations" for what in ("confirmed", "rejected", "mistake-confirmed")},
    }
    for event in events:
        # Other certificates of a compromised key go with the one that the officer revoked: one act.
        if event.act in counted_as and "key" not in event.details:
            acts[event.actor, int(event.at.timestamp()) // 3600][counted_as[event.act]] += 1
        if event.act == "proxy.acted" and event.details["act"] in COUNTED_OF_PROXIES:
            acts[event.actor, int(event.at.timestamp()) // 3600]["identifications"] += 1
        if _in_person(event):
            acts[event.actor, int(event.at.timestamp()) // 3600]["identifications"] += 1
    for row in rows(OfficerRow):
        told = acts[row.holder, int(row.hour)]
        assert (row.identifications, row.revocations) == (told["identifications"], told["revocations"])


def _nothing_left_half_done(books: Books) -> None:
    unfinished = [row.id for row in books.certificates if row.state != "issued" and row.revoked_at is None]
    assert not unfinished, "a serial that was reserved and neither certified nor revoked"


def _every_barred_key_was_swept(books: Books, keys: list[KeyRow]) -> None:
    barred = {key.spki for key in keys if key.compromised_at is not None}
    assert not [key.spki for key in keys if key.sweep]
    standing = [row.id for row in books.certificates if row.spki in barred and row.revoked_at is None]
    assert not standing, "a certificate of a barred key"


def _one_valid_certificate_each(books: Books) -> None:
    for holder, rows in valid_certificates(books.certificates).items():
        if not holder.startswith("responder:"):
            assert len(rows) == 1, f"{holder} has {len(rows)} valid certificates"


def valid_certificates(rows: list[CertificateRow]) -> dict[str, list[CertificateRow]]:
    """Issued, not revoked and not renewed, by holder: a renewed one lives on beside what took its place."""
    found: defaultdict[str, list[CertificateRow]] = defaultdict(list)
    for row in rows:
        if row.state == "issued" and row.revoked_at is None and row.renewed_by is None:
            found[row.holder].append(row)
    return found


def _every_message_went(books: Books, rows: Rows) -> None:
    """Sent, or replaced by a newer one; its code is gone from the table; each certificate was told of.

    A decoy keeps its code, sealed, until it is swept: like a stranger's it opens nothing.
    """
    messages = {row.id: row for row in rows(MessageRow)}
    # Of a report of death or incapacity the holder is told nothing.
    silent = {event.object for event in books.events if event.details.get("channel") == "report"}
    assert not [row.id for row in messages.values() if row.state or (row.sealed and not _decoy(row))]
    for row in books.certificates:
        if row.holder.startswith("responder:"):
            continue
        if row.state == "issued":
            assert messages[f"issued:{row.id}"].sent_at
        if row.revoked_at and row.reason != "superseded" and f"certificate:{row.id}" not in silent:
            assert messages[f"revoked:{row.id}"].sent_at


def _decoy(row: MessageRow) -> bool:
    never_due = row.sent_at is None and row.given_up_at is None and not row.attempts
    return never_due and (row.to.startswith("+00") or row.id.startswith("letter:nobody:"))
