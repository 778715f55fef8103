"""Apps on a person's telephones, to which PINs go instead of a text message (C25, X13, F14).

An app is a key in a telephone. Enrolling one takes a log-in that is substantial; it is told to the addresses
and to the apps that were there before, with a code that removes it (see `cool_off`).
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict, NotFound
from chalicelib.notices.app_inbox import AppKeyInvalid, open_inbox, public_key, signed_by
from chalicelib.notices.outbox import Message, queue, send
from chalicelib.registry import states
from chalicelib.registry.account_tables import AppItem, RegistrationItem
from chalicelib.registry.accounts import Account, active_apps
from chalicelib.registry.contact_notices import TOLD_WITHIN
from chalicelib.registry.cool_off import (
    NumberWaits,
    add_removal,
    draw_stop_code,
    newest_app_cools,
    tell_with_stop,
)

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MOST: Final = 5


def enrol(cloud: Cloud, account: Account, name: str, key: str, signature: str, *, session: str) -> AppItem:
    """A further app. Sent again after a lost answer, it is the same one.

    Raises:
        AppKeyInvalid
        NumberWaits: another one was enrolled within a day: its notice must not be overtaken.
        MoveNotAllowed: five are there; or the key is or was another app's.
        Conflict
    """
    now = cloud.now()
    if not signed_by(public_key(key), signature, enrolling(session, key)):
        raise AppKeyInvalid(field="signature")
    app_id = hashlib.sha256(base64.b64decode(key)).hexdigest()[:32]
    there = next((app for app in account.apps if app.item == f"app#{app_id}"), None)
    if there is not None and there.state == states.ACTIVE:
        return there
    before = active_apps(account)
    known = account.registration
    if there is not None or known is None or len(before) >= MOST:
        raise states.MoveNotAllowed
    if newest_app_cools(account, now):
        raise NumberWaits
    state = states.move(states.APP_MOVES, states.ABSENT, "enrolled")
    app = AppItem(account.holder, f"app#{app_id}", label=name, state=state, added_at=now)
    transaction = Transaction()
    transaction.put_new("app", app)
    open_inbox(transaction, app_id, key)
    # Of two at once one is enrolled, and none by somebody who renounces meanwhile.
    unchanged = RegistrationItem.version == int(known.version)
    transaction.update("registration", known, [RegistrationItem.version.add(1)], unchanged)
    code, deadline = draw_stop_code(cloud, transaction, account.holder, "app", app_id)
    notices = tell_with_stop(cloud, transaction, known, "app-added", code, deadline)
    for other in before:
        told = Message(
            id=f"app-added:{app_id}:{other.app_id}",
            channel="app",
            to=other.app_id,
            template="app-added",
            language=str(known.language),
            give_up_at=now + TOLD_WITHIN,
            values={"organisation": cloud.settings.organisation, "phone": cloud.settings.help_phone},
            code=code,
        )
        notices.append(queue(cloud, transaction, told))
    _record(cloud, transaction, account, "app.enrolled", app_id)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        # Where both fail, this very app was enrolled since the account was read: asked again, it is told.
        if "inbox" in failed.labels and "app" not in failed.labels:
            raise states.MoveNotAllowed from failed
        raise Conflict(retry_after=1) from failed
    cloud.start("send_outbox")
    for notice in notices:
        if notice.channel != "app":
            send(cloud, notice)
    return app


def remove(cloud: Cloud, account: Account, app_id: str) -> None:
    """Remove an app; one that is removed already stays so.

    Raises:
        NotFound: this person has no such app.
        Conflict
    """
    app = next((app for app in account.apps if app.app_id == app_id), None)
    if app is None:
        raise NotFound
    if app.state != states.ACTIVE:
        return
    transaction = Transaction()
    add_removal(transaction, app, cloud.now())
    _record(cloud, transaction, account, "app.removed", app_id)
    transaction.commit_or_conflict()


def enrolling(session: str, key: str) -> str:
    """What a new app signs: its key, for the session in which it is enrolled."""
    return f"clavero/app/1\n{session}\n{key}"


def _record(cloud: Cloud, transaction: Transaction, account: Account, act: str, app_id: str) -> None:
    event = Event(act, account.holder, account.holder, cloud.now(), details={"app": app_id})
    record(transaction, event, cloud.entropy(12))
