"""A power in doubt (A27): its giver calls, and from that moment no proxy does anything; the giver then comes.

Whoever hears by e-mail that somebody acted for them knows neither the deed nor who holds it, and is at home:
so what is suspended is every power of theirs that was entered, after the same check as for a certificate by
phone. It takes little, since it only makes somebody safe. It does not lapse: a power that stood again by
itself would serve who waits. The giver comes with a document, and confirms the power or ends it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, listed
from chalicelib.certificates.desk import ByPhone, InPerson, answers_fit
from chalicelib.certificates.others import IdentityNotConfirmed, same_text
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound
from chalicelib.registry.accounts import read_account
from chalicelib.registry.documents import KINDS, Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.identification import DocumentNifMismatch
from chalicelib.registry.identified import identifications
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own
from chalicelib.registry.powers import (
    Deed,
    PowerEnded,
    barred,
    giver,
    note_act,
    power_id,
    tell_giver,
)
from chalicelib.registry.tables import PowerRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

AT_ONCE: Final = 50
"""Powers in one transaction; nobody has given so many."""
Nif = Annotated[str, Meta(min_length=1, max_length=20)]


class PowerSuspension(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever gave powers of attorney wants none of them used, and how that person was identified."""

    nif: Nif
    identity: ByPhone | InPerson


class PowerConfirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The giver is there, and wants a power that was suspended to be used again."""

    nif: Nif
    deed: Deed
    holder_document: Document
    """Of the giver."""


def suspend_powers(cloud: Cloud, officer: Officer, point_id: str, request: PowerSuspension) -> list[PowerRow]:
    """Suspend every power that a person has given. Asked again it finds them so; the first moment stays.

    Raises:
        OwnCase
        NotFound: nobody here has that NIF, or no power of theirs was entered that has not ended.
        IdentityNotConfirmed, HourlyCapReached, Conflict, and the problems of the document.
    """
    nif = normalise_nif(request.nif)
    shown = [request.identity.document.number] if isinstance(request.identity, InPerson) else []
    not_own(officer, nif, *shown)
    holder = giver(nif)
    if not _is_giver(request.identity, nif, holder):
        _note_failed_check(cloud, officer, point_id, request, holder)
        raise IdentityNotConfirmed
    powers = _powers_of(holder)
    if not powers:
        raise NotFound
    standing = [row for row in powers if row.suspended_at is None]
    while standing:
        _suspend(cloud, officer, point_id, request, standing[:AT_ONCE])
        standing = standing[AT_ONCE:]
    return _powers_of(holder)


def confirm_power(cloud: Cloud, officer: Officer, request: PowerConfirmation) -> PowerRow:
    """Let a suspended power be used again: its giver stands there with a document that is in force.

    Raises:
        OwnCase, NotFound, DocumentNifMismatch, HourlyCapReached, Conflict, and the problems of the documents.
        PowerEnded: it was revoked, or its giver is barred.
    """
    now, nif = cloud.now(), normalise_nif(request.nif)
    document = normalise_document(request.holder_document, field="holder_document")
    check_in_force(document, date_in_madrid(now), field="holder_document")
    number = normalise_document(request.deed.document, field="deed.document").number
    not_own(officer, nif, number)
    if not KINDS[document.kind].number_is_nif or document.number != nif:
        raise DocumentNifMismatch(field="holder_document.number")
    holder = giver(nif)
    row = PowerRow.find(holder, power_id(number, request.deed))
    if row is None:
        raise NotFound
    if row.revoked_at is not None or barred(holder):
        raise PowerEnded
    if row.suspended_at is None:
        return row
    transaction = Transaction()
    doubted = PowerRow.suspended_at.exists() & PowerRow.revoked_at.does_not_exist()
    transaction.update("power", row, [PowerRow.suspended_at.remove()], doubted)
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    note_act(cloud, transaction, row, "power-confirmed", officer.name)
    transaction.commit_or_conflict()
    return PowerRow.find(holder, row.id) or row


def _suspend(
    cloud: Cloud, officer: Officer, point_id: str, request: PowerSuspension, rows: list[PowerRow]
) -> None:
    now, entropy, holder = cloud.now(), cloud.entropy(12), str(rows[0].holder)
    transaction = Transaction()
    for row in rows:
        action = PowerRow.suspended_at.set(now)
        transaction.update("power", row, [action], PowerRow.holder.exists() & PowerRow.standing())
    count_act(transaction, officer, "revocations", cloud.settings.officer_hourly_cap, now)
    details = {
        "channel": request.identity.channel,
        "point": point_id,
        "powers": " ".join(str(row.id) for row in rows),
    }
    record(transaction, Event("powers.suspended", holder, officer.name, now, details=details), entropy)
    tell_giver(cloud, transaction, holder, "power-suspended", entropy)
    transaction.commit_or_conflict()


def _powers_of(holder: str) -> list[PowerRow]:
    """Those that were not revoked, as they are at this moment."""
    return [row for row in listed(PowerRow.query(holder, consistent_read=True)) if row.revoked_at is None]


def _is_giver(identity: ByPhone | InPerson, nif: str, holder: str) -> bool:
    """Whether who asks shows the NIF, or tells what was recorded of the person at any identification or at
    the registration: the newest may be a proxy's work, who gave other addresses."""
    if isinstance(identity, InPerson):
        # An expired one still shows who wants to be safe.
        document = normalise_document(identity.document, field="identity.document")
        return KINDS[document.kind].number_is_nif and same_text(document.number, nif)
    recorded = [(each.birth_date, each.mobile or "", each.email) for each in identifications(holder)]
    account = read_account(holder)
    if (known := account.registration) is not None and account.registered:
        recorded.append((date.fromisoformat(str(known.birth_date)), str(known.mobile), str(known.email)))
    return any(answers_fit(identity, *each) for each in recorded)


def _note_failed_check(
    cloud: Cloud, officer: Officer, point_id: str, request: PowerSuspension, holder: str
) -> None:
    """As at the desk: it is recorded, and counts for the cap."""
    now = cloud.now()
    transaction = Transaction()
    count_act(transaction, officer, "revocations", cloud.settings.officer_hourly_cap, now)
    details = {"channel": request.identity.channel, "point": point_id}
    event = Event("powers.identity-not-confirmed", holder, officer.name, now, details=details)
    record(transaction, event, cloud.entropy(12))
    transaction.commit_or_conflict()
