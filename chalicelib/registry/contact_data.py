"""How a person is reached, changed: e-mail and mobile (2.8, 6.2, 6.7, 6.8).

Two steps: the new address gets a code, and whoever types it is reached there. A new number is a new
second factor, so it takes a log-in with certificate or e-ID, or an officer; and it is told to the old one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.codes import bound
from chalicelib.codes.kinds import EMAIL_CONFIRMATION, SMS_OTP, CodeKind, expires_at
from chalicelib.codes.limits import Limit, count, counter
from chalicelib.codes.store import CodeNotAccepted
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Conflict, Problem
from chalicelib.notices.outbox import Message, queue, send, withdraw
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION, Account
from chalicelib.registry.contact import normalise_email, normalise_mobile
from chalicelib.registry.contact_notices import TOLD_WITHIN, tell
from chalicelib.registry.cool_off import tell_of_new_number
from chalicelib.registry.names_in_force import bears, certificates_in_force
from chalicelib.registry.receipts import REPEATED_WITHIN, Receipt, make_receipt, repeat_receipt
from chalicelib.registry.registrations import PhoneTaken, claim_phone, put_item, trust_in_number

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

What = Literal["mobile", "email"]


class TooManyChanges(Problem):
    """Each change sends a message to an address that somebody typed."""

    slug = "too-many-changes"
    status = 429
    title = "The address was changed too often today; try again tomorrow"


class Address(msgspec.Struct, frozen=True):
    """One way of reaching a person, and how a new one is confirmed."""

    channel: str
    template: str
    kind: CodeKind
    normalise: Callable[[str], str]


ADDRESSES: Final = MappingProxyType(
    {
        "mobile": Address("sms", "mobile-code", SMS_OTP, normalise_mobile),
        "email": Address("email", "email-change", EMAIL_CONFIRMATION, normalise_email),
    }
)
A_DAY: Final = MappingProxyType(
    {what: Limit(f"change-{what}", most=5, seconds=24 * 60 * 60) for what in ADDRESSES}
)


def begin_change(
    cloud: Cloud,
    account: Account,
    what: What,
    typed: str,
    *,
    actor: str = "",
    transaction: Transaction | None = None,
) -> datetime:
    """Send a code to a new address; the code before, to whatever address, is worthless from then on.

    Whether a number is somebody else's is told only to who has it in hand: when it is confirmed.

    Args:
        transaction: what must happen together with it, such as counting an officer's act.

    Returns:
        The last second in which the code can be used.

    Raises:
        MoveNotAllowed, TooManyChanges, EmailInvalid, MobileInvalid
    """
    states.move(states.REGISTRATION_MOVES, account.state, "contact-changed")
    address = ADDRESSES[what]
    value = address.normalise(typed)
    now = cloud.now()
    deadline = expires_at(address.kind, now)
    drawn = bound.draw(
        cloud,
        address.kind,
        _bound_to(account.holder, what),
        subject=value,
        holder=account.holder,
        expires_at=deadline,
    )
    transaction = transaction or Transaction()
    count(transaction, [counter(cloud, A_DAY[what], account.holder, now)])
    message = queue(cloud, transaction, _message(cloud, account, address, value, drawn.code, deadline))
    before = CodeRow.find(drawn.row.id)
    _replace(transaction, before.message if before else None, drawn.row, message.id)
    event = Event(
        "contact.change-begun", account.holder, actor or account.holder, now, details={"what": what}
    )
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if A_DAY[what].name in failed.labels:
            raise TooManyChanges(retry_after=int(timedelta(days=1).total_seconds())) from failed
        raise Conflict(retry_after=1) from failed
    send(cloud, message)
    return deadline


def confirm_change(
    cloud: Cloud,
    account: Account,
    what: What,
    typed: str,
    *,
    actor: str = "",
    transaction: Transaction | None = None,
) -> Receipt:
    """Take the new address into use with the code that was sent to it.

    Sent again within the hour it gives another receipt, and changes nothing.

    Raises:
        CodeNotAccepted, MoveNotAllowed, PhoneTaken, Conflict
    """
    state = states.move(states.REGISTRATION_MOVES, account.state, "contact-changed")
    known, address, now = account.registration, ADDRESSES[what], cloud.now()
    name = _bound_to(account.holder, what)
    row = CodeRow.find(bound.row_id(address.kind, name))
    right = bound.matches(cloud, address.kind, name, row, typed)
    if right and (again := _receipt_again(cloud, account, what, row, actor)) is not None:
        return again
    if row is None or known is None or not bound.usable(row, address.kind, now):
        raise CodeNotAccepted
    if not right:
        bound.note_wrong(row)
        raise CodeNotAccepted
    value = str(row.subject)
    transaction = transaction or Transaction()
    bound.spend(transaction, "code", row, address.kind, now, by=actor or account.holder)
    fields: dict[str, object] = {"state": state, what: value}
    bearing = _bearing(account, value, now) if what == "email" else []
    if what == "email":
        former = {*(known.former_emails or ()), *([str(known.email)] if bearing else [])} - {value}
        fields |= {"email_confirmed_at": now, "former_emails": former or None}
    else:
        fields |= trust_in_number(account, value, now, in_person=bool(actor))
        claim_phone(transaction, account, value)
    put_item(transaction, "registration", RegistrationItem(account.holder, REGISTRATION), known, fields)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="change",
        holder=account.holder,
        nif=str(known.nif),
        language=str(known.language),
    )
    notices = (
        tell_of_new_number(cloud, transaction, known, in_person=bool(actor))
        if what == "mobile" and value != known.mobile
        else tell(cloud, transaction, known, "contact-changed")
    )
    if bearing:
        notices.append(queue(cloud, transaction, _of_certificates(cloud, known, value)))
    event = Event("contact.changed", account.holder, actor or account.holder, now, details={"what": what})
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if "phone" in failed.labels:
            raise PhoneTaken(field="mobile") from failed
        raise Conflict(retry_after=1) from failed
    for notice in notices:
        send(cloud, notice)
    return receipt


def _bearing(account: Account, value: str, now: datetime) -> list[CertificateRow]:
    """The certificates in force that bear the address which another one takes the place of."""
    known = account.registration
    if known is None or known.email == value:
        return []
    return [row for row in certificates_in_force(account.holder, now) if bears(row, {str(known.email)})]


def _of_certificates(cloud: Cloud, known: RegistrationItem, to: str) -> Message:
    """That certificates bear the address before, and what to do if it is the person's no longer."""
    settings = cloud.settings
    return Message(
        id=f"address-in-certificates:{known.holder}:{cloud.entropy(8).hex()}",
        channel="email",
        to=to,
        template="address-in-certificates",
        language=str(known.language),
        give_up_at=cloud.now() + TOLD_WITHIN,
        values={
            "organisation": settings.organisation,
            "host": settings.web_host,
            "phone": settings.help_phone,
        },
    )


def _bound_to(holder: str, what: What) -> str:
    return f"{holder}#{what}"


def confirmed_before(cloud: Cloud, account: Account, what: What, typed: str) -> Receipt | None:
    """Another receipt, if the same request has changed the address, and its answer was lost."""
    kind, name = ADDRESSES[what].kind, _bound_to(account.holder, what)
    row = CodeRow.find(bound.row_id(kind, name))
    right = bound.matches(cloud, kind, name, row, typed)
    return _receipt_again(cloud, account, what, row, "") if right else None


def _receipt_again(
    cloud: Cloud, account: Account, what: What, row: CodeRow | None, actor: str
) -> Receipt | None:
    known = account.registration
    if row is None or known is None or getattr(known, what) != row.subject:
        return None
    if row.spent_at is None or row.spent_at + REPEATED_WITHIN <= cloud.now():
        return None
    return repeat_receipt(
        cloud,
        kind="change",
        holder=account.holder,
        nif=str(known.nif),
        language=str(known.language),
        actor=actor,
    )


def _replace(transaction: Transaction, before: str | None, row: CodeRow, message: str) -> None:
    """Put a new code in the place of the one before, with whose message: that one, if it was not sent yet,
    would come after the new one and hold a code that opens nothing."""
    unchanged = CodeRow.message == before if before else CodeRow.message.does_not_exist()
    renewed = [*bound.as_new(row), CodeRow.message.set(message)]
    transaction.update("code", CodeRow(row.id), renewed, unchanged)
    if before:
        withdraw(transaction, before)


def _message(
    cloud: Cloud, account: Account, address: Address, to: str, code: str, deadline: datetime
) -> Message:
    settings = cloud.settings
    own: dict[str, dict[str, str | datetime]] = {
        "sms": {"host": settings.web_host},
        "email": {"expires": deadline, "phone": settings.help_phone},
    }
    return Message(
        id=f"{address.template}:{account.holder}:{cloud.entropy(8).hex()}",
        channel=address.channel,
        to=to,
        template=address.template,
        language=str(account.registration.language) if account.registration else "es",
        give_up_at=deadline,
        values={"organisation": settings.organisation, **own[address.channel]},
        code=code,
    )
