"""Renunciation (2.17): the registration ends, and with it every credential, the telephone and the sessions.

Who comes back needs a certificate or an office (states.REGISTRATION_MOVES). Certificates that the person
holds are another service and stay as they are: they are revoked for themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.notices.outbox import send
from chalicelib.registry import states
from chalicelib.registry.account_tables import PhoneRow, RegistrationItem
from chalicelib.registry.accounts import REGISTRATION, Account, active_apps
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.cool_off import add_removal
from chalicelib.registry.receipts import Receipt, make_receipt
from chalicelib.registry.registrations import put_item

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REMOVED: Final = "removed"


def renounce(
    cloud: Cloud, account: Account, *, actor: str = "", transaction: Transaction | None = None
) -> Receipt:
    """End a registration, in one transaction.

    Args:
        transaction: what must happen together with it, such as counting an officer's act.

    Raises:
        MoveNotAllowed, Conflict
    """
    now = cloud.now()
    state = states.move(states.REGISTRATION_MOVES, account.state, "renounced")
    known = account.registration
    if known is None:
        raise states.MoveNotAllowed
    transaction = transaction or Transaction()
    # An address of a calendar that was given away opens nothing after a return either.
    add_ending(transaction, account, state, now, renounced_at=now, calendar=None)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="renunciation",
        holder=account.holder,
        nif=str(known.nif),
        language=str(known.language),
    )
    notices = tell(cloud, transaction, known, "renounced")
    record(
        transaction,
        Event("person.renounced", account.holder, actor or account.holder, now),
        cloud.entropy(12),
    )
    transaction.commit_or_conflict()
    for notice in notices:
        send(cloud, notice)
    return receipt


def add_ending(
    transaction: Transaction, account: Account, state: str, now: datetime, **fields: object
) -> None:
    """The end of a registration: of every credential, app and session, and of its claim to the telephone."""
    known = account.registration
    if known is None:
        raise states.MoveNotAllowed
    item = RegistrationItem(account.holder, REGISTRATION)
    ended: dict[str, object] = {"state": state, "logged_out_at": now, "log_outs": int(known.log_outs) + 1}
    put_item(transaction, "registration", item, known, ended | fields)
    for name, credential in account.credentials.items():
        following = states.move(states.CREDENTIALS[name], str(credential.state), "removed")
        removed: dict[str, object] = {"state": following, "secret": REMOVED, "failures": 0}
        put_item(transaction, name, credential, credential, removed)
    for app in active_apps(account):
        add_removal(transaction, app, now)
    if known.mobile:
        # Only if it is still this person's: a number never keeps anybody from leaving.
        phone = PhoneRow.find(str(known.mobile))
        if phone is not None and phone.holder == account.holder:
            held = PhoneRow.holder == account.holder
            transaction.update("phone", phone, [PhoneRow.holder.remove()], held)
