"""An authenticator app as second factor (F13): enrolled, used for step-up, removed; it needs no network.

The secret is encrypted under a key of KMS and bound to its person. A code counts once: the step of the last
one is written over the version that was read, so of any number of tries at once one is worth anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from chalicelib.aws.kms import seal, unseal
from chalicelib.aws.tables import Transaction
from chalicelib.login import totp
from chalicelib.login.challenges import LogInRefused
from chalicelib.login.changes import note_change
from chalicelib.login.citizens import AssuranceTooLow, Citizen, add_citizen_session, require_registered
from chalicelib.login.own_account import require
from chalicelib.login.password import state_now, wait_after
from chalicelib.login.pin import LoggedIn
from chalicelib.login.sessions import add_end
from chalicelib.login.step_up import require_password_session
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import TOTP, Account
from chalicelib.registry.contact import mask_nif
from chalicelib.registry.registrations import put_item

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY: Final = "login-secrets"
TO: Final = "password+totp"
REMOVED: Final = "removed"


class Enrolment(Struct, frozen=True):
    """A secret, to be put into an app; told once."""

    secret: str
    uri: str


def begin(cloud: Cloud, citizen: Citizen) -> Enrolment:
    """A new secret, which counts from the first code made with it; one begun before is worthless.

    Raises:
        AssuranceTooLow, FreshLogInRequired
        MoveNotAllowed: there is one; it is to be removed first.
        Conflict
    """
    require(cloud, citizen, "authenticator")
    account = citizen.account
    if account.registration is None:
        raise AssuranceTooLow
    secret = cloud.entropy(totp.SECRET_OCTETS)
    before = account.credentials.get(TOTP)
    fields: dict[str, object] = {
        "state": states.move(
            states.AUTHENTICATOR_MOVES, state_now(before, cloud.now(), states.AUTHENTICATOR_MOVES), "begun"
        ),
        "secret": seal(cloud, KEY, secret.hex(), _context(account)),
        "set_at": cloud.now(),
        "failures": 0,
        "locked_until": None,
        "last_step": None,
    }
    transaction = Transaction()
    put_item(transaction, "authenticator", CredentialItem(account.holder, TOTP), before, fields)
    require_registered(transaction, account)
    transaction.commit_or_conflict()
    shown = mask_nif(str(account.registration.nif))
    return Enrolment(totp.base32(secret), totp.uri(secret, cloud.settings.organisation, shown))


def confirm(cloud: Cloud, citizen: Citizen, typed: str) -> None:
    """Take the app into use with its first code. Sent again after a lost answer, it changes nothing.

    Raises:
        AssuranceTooLow, FreshLogInRequired, MoveNotAllowed, Conflict
        LogInRefused: the code is not right.
    """
    require(cloud, citizen, "authenticator")
    account = citizen.account
    item = account.credentials.get(TOTP)
    state = state_now(item, cloud.now(), states.AUTHENTICATOR_MOVES)
    if item is None or state not in {states.PENDING, states.ACTIVE}:
        raise states.MoveNotAllowed
    if state == states.ACTIVE:
        # By its step and not by the clock: whoever types in a code's last seconds asks again after them.
        if not totp.is_code_of(_secret(cloud, account, item), int(item.last_step or 0), typed):
            raise states.MoveNotAllowed
        return
    step = _judge(cloud, account, item, typed)
    fields: dict[str, object] = {
        "state": states.move(states.AUTHENTICATOR_MOVES, state, "confirmed"),
        "last_step": step,
        "failures": 0,
    }
    transaction = Transaction()
    put_item(transaction, "authenticator", item, item, fields)
    require_registered(transaction, account)
    note_change(cloud, transaction, account, "authenticator-added")
    transaction.commit_or_conflict()


def step_up(cloud: Cloud, citizen: Citizen, typed: str) -> LoggedIn:
    """A surer session in place of one that a password opened, without a text message.

    Raises:
        AssuranceTooLow, Conflict
        LogInRefused: wrong, used, blocked, or there is no authenticator.
    """
    require_password_session(citizen)
    account = citizen.account
    item = account.credentials.get(TOTP)
    if item is None or state_now(item, cloud.now(), states.AUTHENTICATOR_MOVES) != states.ACTIVE:
        raise LogInRefused
    step = _judge(cloud, account, item, typed)
    transaction = Transaction()
    fields: dict[str, object] = {
        "state": states.ACTIVE,
        "last_step": step,
        "failures": 0,
        "locked_until": None,
    }
    put_item(transaction, "authenticator", item, item, fields)
    require_registered(transaction, account)
    add_end(cloud, transaction, citizen.session)
    token, expires_at = add_citizen_session(cloud, transaction, account, TO, after=citizen.session)
    transaction.commit_or_conflict()
    return LoggedIn(account, TO, token, expires_at)


def remove(cloud: Cloud, citizen: Citizen) -> None:
    """Remove it, by any log-in that is as sure: one who lost the app uses the telephone or a certificate.

    Removing what is not there is no error: the first answer may have been lost.

    Raises:
        AssuranceTooLow, FreshLogInRequired, Conflict
    """
    require(cloud, citizen, "authenticator")
    if citizen.account.credential(TOTP) != states.ABSENT:
        remove_from(cloud, citizen.account, Transaction())


def remove_from(cloud: Cloud, account: Account, transaction: Transaction, actor: str = "") -> None:
    """As `remove`, for whoever has made sure of the person otherwise, in the transaction that says so.

    Raises:
        Conflict
    """
    item = account.credentials.get(TOTP)
    state = states.move(
        states.AUTHENTICATOR_MOVES, state_now(item, cloud.now(), states.AUTHENTICATOR_MOVES), "removed"
    )
    if item is not None and item.state != states.ABSENT:
        fields: dict[str, object] = {
            "state": state,
            "secret": REMOVED,
            "failures": 0,
            "locked_until": None,
            "last_step": None,
        }
        put_item(transaction, "authenticator", item, item, fields)
        note_change(cloud, transaction, account, "authenticator-removed", actor=actor)
    transaction.commit_or_conflict()


def _judge(cloud: Cloud, account: Account, item: CredentialItem, typed: str) -> int:
    """The step that the code is of; a wrong one is counted, and the fifth blocks (6.3).

    Raises:
        LogInRefused, Conflict
    """
    now = cloud.now()
    last = int(item.last_step) if item.last_step is not None else None
    step = totp.matching_step(_secret(cloud, account, item), typed, now, last)
    if step is not None:
        return step
    failures = int(item.failures) + 1
    state = state_now(item, now, states.AUTHENTICATOR_MOVES)
    fields: dict[str, object] = {"state": state, "failures": failures, "locked_until": None}
    transaction = Transaction()
    wait = wait_after(failures)
    if wait and state == states.ACTIVE:
        fields["state"] = states.move(states.AUTHENTICATOR_MOVES, state, "fifth-failure")
        fields["locked_until"] = now + wait
        note_change(cloud, transaction, account, "authenticator-blocked")
    elif wait:
        fields |= {"state": states.move(states.AUTHENTICATOR_MOVES, state, "removed"), "secret": REMOVED}
    put_item(transaction, "authenticator", item, item, fields)
    transaction.commit_or_conflict()
    raise LogInRefused


def _secret(cloud: Cloud, account: Account, item: CredentialItem) -> bytes:
    return bytes.fromhex(unseal(cloud, KEY, str(item.secret), _context(account)))


def _context(account: Account) -> dict[str, str]:
    """A secret copied into another person's account opens nothing."""
    return {"authenticator": account.holder}
