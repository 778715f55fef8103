"""The end of a card's order: a certificate is loaded onto the card, at a registration point (A23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.tables import Transaction
from chalicelib.errors import Problem
from chalicelib.payments.orders import rows, states
from chalicelib.payments.tables import OrderRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class NoCardToLoad(Problem):
    """The holder has no card of ours that was sent and is still blank."""

    slug = "no-card-to-load"
    status = 409
    title = "No card was sent to this person that is still blank"


def load(cloud: Cloud, transaction: Transaction, *, holder: str, certificate: str, actor: str) -> str:
    """Mark the oldest blank card that was sent to this holder as loaded, in the transaction that issues.

    Called by what puts a certificate onto a card, with the transaction that stores the certificate: either
    both are written or neither. A card that is under way counts as arrived, since an officer has it in hand.
    Asked again for the same certificate it changes nothing. If the transaction fails by the label
    `rows.LABEL`, somebody else changed the order: ask again.

    The caller's role needs GetItem and UpdateItem on the table `orders`, and Query on its index `by_holder`.

    Args:
        holder: `person:...`.
        certificate: the certificate's id, `issuer#serial`.
        actor: the officer.

    Returns:
        The order's number.

    Raises:
        NoCardToLoad, Unavailable
    """
    cards = [row for row in reversed(rows.orders_of(holder)) if row.product == "card"]
    for row in cards:
        if row.certificate == certificate:
            return str(row.id)
    for listed in cards:
        row = rows.order_of(holder, str(listed.id))  # as it is now, and not as the index has it
        if (row.state, "loaded") in states.MOVES:
            changes = (OrderRow.certificate.set(certificate),)
            rows.move(
                cloud, transaction, row, "loaded", actor=actor, changes=changes, certificate=certificate
            )
            return str(row.id)
    raise NoCardToLoad
