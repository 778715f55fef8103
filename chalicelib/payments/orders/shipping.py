"""What the operator does with orders: what is to be sent, and how far each parcel is (A23).

Every act may be repeated: an order that is there already, with the same parcel, is answered as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction, listed
from chalicelib.errors import NotFound, Problem
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.payments.orders import rows, states
from chalicelib.payments.orders.placing import commit
from chalicelib.payments.tables import OrderRow
from chalicelib.registry.accounts import read_account

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

RETURN_REASONS: Final = ("address-unknown", "not-collected", "sent-back")
LISTED_AT_MOST: Final = 500
LONGEST: Final = 40


class ParcelInvalid(Problem):
    """A carrier and a tracking number, both short and printable; a reason of the list."""

    slug = "parcel-invalid"
    status = 422
    title = "The carrier, the tracking number or the reason cannot be recorded"


def at_work(state: str) -> list[OrderRow]:
    """Orders in one state that wait for the operator, the oldest first (the last second may be missing).

    Raises:
        Unavailable
    """
    return listed(OrderRow.at_work.query(state, limit=LISTED_AT_MOST))


def prepare(cloud: Cloud, number: str, actor: str) -> OrderRow:
    """Somebody packs it: the address is what the row says now, and changes no more.

    Raises:
        NotFound, OrderNotPossible, Conflict, Unavailable
    """
    return _advance(cloud, number, "prepared", actor)


def ship(cloud: Cloud, number: str, carrier: str, tracking: str, actor: str) -> OrderRow:
    """The carrier has it, and the person is told by which number it is followed.

    Raises:
        ParcelInvalid, NotFound, OrderNotPossible, Conflict, Unavailable
    """
    for text in (carrier, tracking):
        if not text or len(text) > LONGEST or not text.isprintable():
            raise ParcelInvalid
    return _advance(cloud, number, "shipped", actor, carrier=carrier, tracking=tracking)


def deliver(cloud: Cloud, number: str, actor: str) -> OrderRow:
    """The carrier says that it arrived.

    Raises:
        NotFound, OrderNotPossible, Conflict, Unavailable
    """
    return _advance(cloud, number, "delivered", actor)


def take_back(cloud: Cloud, number: str, reason: str, actor: str) -> OrderRow:
    """It came back, and the person is asked for another address.

    Raises:
        ParcelInvalid, NotFound, OrderNotPossible, Conflict, Unavailable
    """
    if reason not in RETURN_REASONS:
        raise ParcelInvalid
    return _advance(cloud, number, "returned", actor, return_reason=reason)


def _advance(cloud: Cloud, number: str, event: str, actor: str, **what: str) -> OrderRow:
    row = rows.read(number)
    if row is None:
        raise NotFound
    if row.state in _LEADS_TO[event] and all(getattr(row, name) == told for name, told in what.items()):
        return row
    transaction = Transaction()
    changes = [getattr(OrderRow, name).set(told) for name, told in what.items()]
    if event == "shipped":
        changes.append(OrderRow.shipped_at.set(cloud.now()))
    rows.move(cloud, transaction, row, event, actor=actor, changes=tuple(changes), **what)
    if event in _TOLD:
        _tell(cloud, transaction, row, _TOLD[event], what)
    return commit(transaction, row)


_LEADS_TO: Final = {
    event: {after for (_, named), after in states.MOVES.items() if named == event}
    for event in ("prepared", "shipped", "delivered", "returned")
}
_TOLD: Final = {"shipped": "order-shipped", "returned": "order-returned"}


def _tell(cloud: Cloud, transaction: Transaction, row: OrderRow, template: str, what: dict[str, str]) -> None:
    """Write to the person, if the account still says where to."""
    known = read_account(str(row.holder)).customer
    if known is None or not known.email:
        return
    message = Message(
        id=f"{template}:{row.id}:{int(row.version)}",
        channel="email",
        to=str(known.email),
        template=template,
        language=str(known.language),
        give_up_at=cloud.now() + WORTH_TELLING,
        values={
            "organisation": cloud.settings.organisation,
            "phone": cloud.settings.help_phone,
            "product": str(row.product),
            "order": str(row.id),
            **what,
        },
    )
    queue(cloud, transaction, message, by_schedule=True)
