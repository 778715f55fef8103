"""Powers of attorney (A27): who may do what for a holder, by which deed, and until when.

A power is known by its deed, so that entering it twice makes no second one, and a revoked one never comes
back under another spelling of the notary's name. Every act asks again, at its own moment: the scope and the
dates in the power, and that neither the power was revoked nor its giver or its proxy is barred (Civil Code,
art. 1732: a mandate ends with its revocation, and with the death of either).
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, listed
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound, Problem
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.registry.account_tables import BarItem
from chalicelib.registry.accounts import BAR, holder_of
from chalicelib.registry.documents import KINDS, Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.evidence import (
    Act,
    Evidence,
    Power,
    ProxyPresence,
    Reference,
    TypedName,
    canonical_form,
)
from chalicelib.registry.identification import (
    DocumentNifMismatch,
    ProxyPowerInsufficient,
    SamePerson,
    normalise_power,
    require_scope,
)
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own
from chalicelib.registry.people import normalise_name, optional_name
from chalicelib.registry.reachable import last_known
from chalicelib.registry.tables import PersonRow, PowerRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Nif = Annotated[str, Meta(min_length=1, max_length=20)]
NO_CONTACT: Final = ("", "es")


class PowerEnded(Problem):
    """It was revoked, or whoever gave or holds it can act no more."""

    slug = "power-ended"
    status = 409
    title = "This power of attorney has ended and allows nothing more"


class PowerSuspended(Problem):
    """Whoever gave it doubts it; what comes of it is for the giver to say, at an office."""

    slug = "power-suspended"
    status = 409
    title = "This power of attorney is suspended until its giver comes to an office"


class Deed(Struct, frozen=True, forbid_unknown_fields=True):
    """How a power that was entered is named again: who holds it, and by which deed."""

    document: Document
    """The proxy's own, as it is shown."""
    protocol_number: Annotated[str, Meta(pattern=r"^[0-9]{1,6}(/[0-9]{4})?$(?!\n)")]
    granted_on: date


class PowerEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A power of attorney that an officer was shown, to be used from now on."""

    nif: Nif
    """Of the holder, who gave it."""
    given_name: TypedName
    """Of the proxy, as the other names."""
    surname1: TypedName
    document: Document
    power: Power
    surname2: TypedName | None = None


class PowerRevocation(Struct, frozen=True, forbid_unknown_fields=True):
    """That a power ends: because the holder is there and says so, or by a deed that says so."""

    nif: Nif
    deed: Deed
    holder_document: Document | None = None
    """Of the holder who is present."""
    revoked_by: Reference | None = None
    """The deed of revocation, or the resolution, that an officer was shown."""


class Kept(Struct, frozen=True, omit_defaults=True):
    """What is kept of a power."""

    given_name: str
    surname1: str
    number: str
    power: Power
    surname2: str | None = None


class InForce(Struct, frozen=True):
    """A power as it was found good for an act."""

    row: PowerRow
    kept: Kept


def power_id(number: str, power: Power | Deed) -> str:
    """The id of the power in a deed: by proxy, protocol and day. A protocol begins anew each year."""
    protocol = power.protocol_number.partition("/")[0].lstrip("0")
    return hashlib.sha256(f"{number}\n{protocol}\n{power.granted_on:%Y-%m-%d}".encode()).hexdigest()[:32]


def kept_of(presence: ProxyPresence) -> Kept:
    """What is kept of a proxy who came, with the power."""
    return Kept(
        presence.given_name, presence.surname1, presence.document.number, presence.power, presence.surname2
    )


def use_in(
    cloud: Cloud, transaction: Transaction, holder: str, presence: ProxyPresence, actor: str
) -> PowerRow:
    """Enter the power that a proxy shows, or use the one that was entered, in the transaction of the act.

    Raises:
        PowerEnded: it was revoked, or either person is barred.
        PowerSuspended
    """
    _require_able_proxy(presence.document)
    row = PowerRow(holder, power_id(presence.document.number, presence.power))
    before = PowerRow.find(holder, row.id)
    if before is None:
        _require_no_doubt(holder)
        row = _row(cloud, holder, kept_of(presence), actor)
        transaction.put_new("power", row)
        return row
    _same(before, kept_of(presence))
    transaction.check("power", PowerRow, holder, PowerRow.standing(), row.id)
    return before


def _require_no_doubt(holder: str) -> None:
    """Nobody acts by a deed that was not entered before, while its giver doubts the others: whoever is
    doubted would only show another one.

    Raises:
        PowerSuspended
    """
    for row in listed(PowerRow.query(holder, consistent_read=True)):
        if row.suspended_at is not None and row.revoked_at is None:
            raise PowerSuspended


def require_power(cloud: Cloud, holder: str, deed: Deed, act: Act, *, field: str) -> InForce:
    """The power by which somebody who shows a document may do this for a holder now.

    Raises:
        ProxyPowerInsufficient: there is none, or it does not allow this today.
        PowerEnded, PowerSuspended, and the problems of the document.
    """
    day = date_in_madrid(cloud.now())
    document = normalise_document(deed.document, field=f"{field}.document")
    check_in_force(document, day, field=f"{field}.document")
    row = PowerRow.find(holder, power_id(document.number, deed))
    if row is None:
        raise ProxyPowerInsufficient("No such power was entered for this holder.", field=field)
    kept = msgspec.json.decode(row.power, type=Kept)
    if row.revoked_at is not None or barred(holder):
        raise PowerEnded
    if row.suspended_at is not None:
        raise PowerSuspended
    _require_able_proxy(document)
    require_scope(kept.power, act, day, field=field)
    return InForce(row, kept)


def add_act(
    cloud: Cloud, transaction: Transaction, power: InForce, act: str, actor: str, about: str = ""
) -> None:
    """What every act by a proxy leaves: it counts only while the power stands, it is an event, and the holder
    is told."""
    transaction.check("power", PowerRow, power.row.holder, PowerRow.standing(), power.row.id)
    note_act(cloud, transaction, power.row, act, actor, about=about)


def note_act(
    cloud: Cloud,
    transaction: Transaction,
    power: PowerRow,
    act: str,
    actor: str,
    *,
    about: str = "",
    otherwise: tuple[str, str] = NO_CONTACT,
) -> None:
    """The event of an act by a proxy, or about a power, and the notice to the holder.

    Args:
        otherwise: address and language of a holder who is not registered and has no identification yet.
    """
    entropy = cloud.entropy(12)
    now = cloud.now()
    details = {"power": str(power.id), "act": act} | ({"about": about} if about else {})
    event = Event("proxy.acted", str(power.holder), actor, now, evidence=str(power.digest), details=details)
    record(transaction, event, entropy)
    tell_giver(cloud, transaction, str(power.holder), act, entropy, otherwise=otherwise)


def tell_giver(
    cloud: Cloud,
    transaction: Transaction,
    holder: str,
    act: str,
    entropy: bytes,
    *,
    otherwise: tuple[str, str] = NO_CONTACT,
) -> None:
    """The notice to who gave a power, of what was done by it or about it."""
    now = cloud.now()
    known = last_known(holder)
    told = (known.contact.email, known.contact.language) if known.contact else otherwise
    email, language = NO_CONTACT if known.barred else told
    if not email:
        return
    message = Message(
        id=f"proxy-acted:{holder}:{entropy.hex()}",
        channel="email",
        to=email,
        template="proxy-acted",
        language=language,
        give_up_at=now + WORTH_TELLING,
        values={
            "organisation": cloud.settings.organisation,
            "proxy_act": act,
            "changed_at": now,
            "phone": cloud.settings.help_phone,
        },
    )
    queue(cloud, transaction, message, by_schedule=True)


def enter_power(cloud: Cloud, officer: Officer, entry: PowerEntry) -> PowerRow:
    """Enter a power that an officer was shown. Entered again it is the same one.

    Raises:
        OwnCase
        NotFound: nobody here has that NIF.
        ProxyPowerInsufficient, PowerEnded, PowerSuspended, SamePerson, HourlyCapReached, Conflict, and the
        problems of the document.
    """
    now, nif = cloud.now(), normalise_nif(entry.nif)
    document = normalise_document(entry.document)
    not_own(officer, nif, document.number)
    holder = giver(nif)
    check_in_force(document, date_in_madrid(now))
    if document.number == nif:
        raise SamePerson("Nobody needs a power for the own affairs.", field="document.number")
    power = normalise_power(entry.power)
    # Whatever it allows must be allowed today; the express clause and the dates are asked for with it.
    require_scope(power, power.scope[0], date_in_madrid(now))
    if barred(holder):
        raise PowerEnded
    _require_able_proxy(document)
    kept = Kept(
        normalise_name(entry.given_name, field="given_name"),
        normalise_name(entry.surname1, field="surname1"),
        document.number,
        power,
        optional_name(entry.surname2, field="surname2"),
    )
    row = _row(cloud, holder, kept, officer.name)
    _require_no_doubt(holder)
    before = PowerRow.find(holder, row.id)
    if before is not None:
        return _same(before, kept)
    transaction = Transaction()
    transaction.put_new("power", row)
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    note_act(cloud, transaction, row, "power-entered", officer.name)
    transaction.commit_or_conflict()
    return row


def revoke_power(cloud: Cloud, officer: Officer, request: PowerRevocation) -> PowerRow:
    """End a power: the holder who is present wants it, or a deed says so. The first date stays.

    Raises:
        OwnCase, NotFound, DocumentNifMismatch, ProxyPowerInsufficient, HourlyCapReached, Conflict, and the
        problems of the documents.
    """
    now, nif = cloud.now(), normalise_nif(request.nif)
    number = normalise_document(request.deed.document, field="deed.document").number
    not_own(officer, nif, number)
    holder = giver(nif)
    if request.holder_document is not None:
        document = normalise_document(request.holder_document, field="holder_document")
        if not KINDS[document.kind].number_is_nif or document.number != nif:
            raise DocumentNifMismatch(field="holder_document.number")
    elif request.revoked_by is None:
        raise ProxyPowerInsufficient(
            "The holder, or the deed that ends it, must be there.", field="revoked_by"
        )
    row = PowerRow.find(holder, power_id(number, request.deed))
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        return row
    by = "holder" if request.holder_document is not None else str(request.revoked_by)
    transaction = Transaction()
    transaction.update(
        "power",
        row,
        [PowerRow.revoked_at.set(now), PowerRow.revoked_by.set(by)],
        PowerRow.holder.exists() & PowerRow.revoked_at.does_not_exist(),
    )
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    note_act(cloud, transaction, row, "power-revoked", officer.name)
    transaction.commit_or_conflict()
    return PowerRow.find(holder, row.id) or row


def check_power_of(transaction: Transaction, evidence: Evidence, holder: str, act: Act, day: date) -> bool:
    """Let a transaction that rests on what a proxy did succeed only while the power stands, and nothing bars
    the proxy; False if it does not allow this today.

    The transaction fails by the labels `power` and `proxy`.
    """
    presence = evidence.presence
    if not isinstance(presence, ProxyPresence):
        return True
    try:
        require_scope(presence.power, act, day)
    except ProxyPowerInsufficient:
        return False
    row_id = power_id(presence.document.number, presence.power)
    transaction.check("power", PowerRow, holder, PowerRow.standing(), row_id)
    if KINDS[presence.document.kind].number_is_nif:
        # Civil Code, art. 1732: it does not outlive the proxy either. A stranger to us has no bar.
        proxy = PersonRow.find(presence.document.number)
        if proxy is not None and proxy.id != holder:
            transaction.check("proxy", BarItem, str(proxy.id), BarItem.absent(), BAR)
    return True


def giver(nif: str) -> str:
    """The opaque id of who has this NIF.

    Raises:
        NotFound
    """
    person = PersonRow.find(nif)
    if person is None:
        raise NotFound
    return str(person.id)


def barred(holder: str) -> bool:
    """Whether a report of death or incapacity stands."""
    bar = BarItem.find(holder, BAR)
    return bar is not None and bool(bar.reports)


def _require_able_proxy(document: Document) -> None:
    """Whoever holds the power is not known to be dead or incapable."""
    if KINDS[document.kind].number_is_nif and barred(holder_of(document.number)):
        raise PowerEnded


def _row(cloud: Cloud, holder: str, kept: Kept, actor: str) -> PowerRow:
    text = canonical_form(kept)
    return PowerRow(
        holder,
        power_id(kept.number, kept.power),
        power=text.decode(),
        digest=hashlib.sha256(text).hexdigest(),
        entered_by=actor,
        entered_at=cloud.now(),
    )


def _same(before: PowerRow, now: Kept) -> PowerRow:
    """The power as it was entered; another scope or end of the same deed is a slip, and is not guessed at."""
    if before.revoked_at is not None:
        raise PowerEnded
    if before.suspended_at is not None:
        raise PowerSuspended
    then = msgspec.json.decode(before.power, type=Kept).power
    if (set(then.scope), then.expires_on) != (set(now.power.scope), now.power.expires_on):
        raise ProxyPowerInsufficient("This deed was entered with another scope or end.", field="power")
    return before
