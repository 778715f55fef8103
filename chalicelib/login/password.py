"""Log-in with a permanent password (C03, C30), and how often one may be wrong (2.10, 6.3).

A password is blocked on the fifth failure for a quarter of an hour, and after every further one for twice
as long, to a day at most. A stranger's tries block strangers: a device that the person has logged in from
counts its own (`known_devices`), and the PIN, the certificate and the recovery stay open. Of any number of
tries at once one counts, because each is written over what it was judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import Throttle
from chalicelib.codes.limits import count_nothing, pseudonym, rows_of, wrong_tries
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem
from chalicelib.login import argon2, known_devices
from chalicelib.login.challenges import LogInRefused
from chalicelib.login.changes import note_change
from chalicelib.login.citizens import add_citizen_session, require_registered
from chalicelib.login.password_expiry import days_left
from chalicelib.login.password_policy import normalise
from chalicelib.login.pin import LoggedIn
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import PASSWORD, Account, holder_of, read_account
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.registrations import put_item

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

FAILURES: Final = 5
FIRST_WAIT: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(days=1)
TURN_KEPT: Final = timedelta(days=2)


class PasswordExpired(Problem):
    """6.9: the preset in force lets passwords expire. Told to whoever knows the password, and nobody else."""

    slug = "password-expired"
    status = 403
    title = "Your password has expired; get a new one with your activation code"


class Guessing(msgspec.Struct, frozen=True):
    """How many wrong passwords are heard, whosever they are."""

    name: str
    per_source: Throttle
    in_all: Throttle


GUESSING: Final = Guessing("password", Throttle(tries=30, seconds=15 * 60), Throttle(10_000, 60 * 60))


class Judged(msgspec.Struct, frozen=True):
    """What became of a password that was typed."""

    item: CredentialItem | None
    state: str
    """As of now: a block that has lasted long enough is over."""
    right: bool


def wait_after(failures: int) -> timedelta:
    """How long the password is blocked after so many failures in a row."""
    if failures < FAILURES:
        return timedelta(0)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(failures - FAILURES, 10)))


def state_now(
    item: CredentialItem | None, now: datetime, moves: Mapping[tuple[str, str], str] = states.PASSWORD_MOVES
) -> str:
    """The state of a password, or of what else blocks by failures, its block ended by time."""
    if item is None:
        return states.ABSENT
    state = str(item.state)
    if state == states.BLOCKED and item.locked_until is not None and item.locked_until <= now:
        return states.move(moves, state, "waited")
    return state


def judge(cloud: Cloud, account: Account, typed: str, *, known_device: bool = False) -> Judged:
    """Whether this is the person's password, at the same cost for everybody: blocked, absent, or stranger.

    A block is for strangers: on a known device the right password is right all the same.
    """
    item = account.credentials.get(PASSWORD) if account.level != "none" else None
    state = state_now(item, cloud.now())
    kept = str(item.secret) if item is not None and item.state != states.ABSENT else argon2.nobodys(cloud)
    right = argon2.is_right(normalise(typed), kept)
    heard = {states.ACTIVE, states.BLOCKED} if known_device else {states.ACTIVE}
    return Judged(item, state, right and state in heard)


def count_failure(
    cloud: Cloud, transaction: Transaction, account: Account, judged: Judged, guesses: int = 1
) -> None:
    """Count a wrong password, and block it on the fifth. A block is not made longer by tries within it.

    Args:
        guesses: how many passwords were looked at.
    """
    if judged.item is None or judged.state != states.ACTIVE:
        count_nothing(cloud, transaction)
        return
    now = cloud.now()
    failures = int(judged.item.failures) + guesses
    fields: dict[str, object] = {"state": judged.state, "failures": failures, "locked_until": None}
    if wait := wait_after(failures):
        fields["state"] = states.move(states.PASSWORD_MOVES, judged.state, "fifth-failure")
        fields["locked_until"] = now + wait
        note_change(cloud, transaction, account, "password-blocked")
    put_item(transaction, "password", judged.item, judged.item, fields)


def keep(cloud: Cloud, transaction: Transaction, judged: Judged, typed: str) -> str:
    """After a right password: forget the failures, and hash it anew where today's cost is another.

    A block that strangers brought about stays as it is for them.

    Returns:
        The hash that is kept from now on.
    """
    item = judged.item
    if item is None:
        raise LogInRefused
    open_to_all = judged.state == states.ACTIVE
    if open_to_all and (argon2.needs_rehash(str(item.secret)) or item.failures or item.state != judged.state):
        secret = str(item.secret)
        if argon2.needs_rehash(secret):
            secret = argon2.hash_password(normalise(typed), cloud.entropy)
        fields: dict[str, object] = {
            "state": judged.state,
            "secret": secret,
            "failures": 0,
            "locked_until": None,
        }
        put_item(transaction, "password", item, item, fields)
        return secret
    require_as_judged(transaction, item)
    return str(item.secret)


def require_as_judged(transaction: Transaction, item: CredentialItem) -> None:
    """Tell nobody that a try was right if a wrong one was counted meanwhile."""
    unchanged = (CredentialItem.version == int(item.version)) & (CredentialItem.state == str(item.state))
    transaction.check("password", CredentialItem, item.holder, unchanged, PASSWORD)


def log_in_with_password(cloud: Cloud, nif: str, typed: str, *, source: str, device: str = "") -> LoggedIn:
    """Open a session with number and password: four calls to AWS.

    Args:
        device: the token that the last log-in from this device was answered with, if there was one.

    Raises:
        NifInvalid, LogInRefused, PasswordExpired, TooManyTries, Conflict
    """
    number = normalise_nif(nif)
    now = cloud.now()
    turn_id, device_id = f"turn#{pseudonym(cloud, number)}", known_devices.row_of(device)
    wrong = wrong_tries(cloud, GUESSING, source, now)
    rows = rows_of([turn_id, device_id, *wrong.ids])
    wrong.admit(rows, now)
    account = read_account(holder_of(number))
    known = known_devices.is_known(cloud, device, account.credentials.get(PASSWORD), rows.get(device_id))
    judged = judge(cloud, account, typed, known_device=known)
    counted_at, kept = (device_id, known_devices.COUNT_KEPT) if known else (turn_id, TURN_KEPT)
    turn = rows.get(counted_at)
    transaction = Transaction()
    if not judged.right:
        _take_turn(transaction, counted_at, turn, now + kept)
        if not known:
            count_failure(cloud, transaction, account, judged)
        transaction.commit_or_conflict()
        wrong.add()
        raise LogInRefused
    item = judged.item
    if item is None:
        raise LogInRefused
    transaction.check("turn", CodeRow, counted_at, _unchanged(turn))
    if item.expires_at is not None and item.expires_at <= now:
        # That it was right is told too, and so only where no other try was counted meanwhile.
        transaction.commit_or_conflict()
        raise PasswordExpired
    secret = keep(cloud, transaction, judged, typed)
    require_registered(transaction, account)
    token, ends_at = add_citizen_session(cloud, transaction, account, "password")
    transaction.commit_or_conflict()
    return LoggedIn(
        account,
        "password",
        token,
        ends_at,
        item.expires_at,
        days_left(item.expires_at, now),
        known_devices.new_token(cloud, account.holder, secret),
    )


def _take_turn(transaction: Transaction, turn_id: str, turn: CodeRow | None, swept: datetime) -> None:
    """Write over what this try was judged by: the same for a person's number and for nobody's."""
    actions = [CodeRow.tries.add(1), CodeRow.expires.set(swept)]
    transaction.update("turn", CodeRow(turn_id), actions, _unchanged(turn))


def _unchanged(turn: CodeRow | None) -> Any:
    return CodeRow.tries == int(turn.tries or 0) if turn else CodeRow.tries.does_not_exist()
