"""A password's life: activated, recovered, changed, removed (C21, C31, C32, P03-P07).

Activation and recovery begin with the activation code and end with a code by text message, so that a found
sheet of paper is not enough (6.7). Both begin with the same answer for everybody.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from chalicelib.aws import due_days
from chalicelib.aws.tables import Transaction
from chalicelib.codes.bound import digest, note_right, note_wrong, spend
from chalicelib.codes.kinds import ACTIVATION as ACTIVATION_CODE
from chalicelib.codes.kinds import SMS_OTP, normalise
from chalicelib.codes.limits import count_nothing
from chalicelib.codes.tables import CodeRow
from chalicelib.login import argon2
from chalicelib.login.challenges import (
    ACTIVATION,
    RECOVERY,
    Challenge,
    LogInRefused,
    Purpose,
    Recipient,
    UsedBefore,
    recipient,
    redeem,
    send_code,
)
from chalicelib.login.changes import note_change
from chalicelib.login.citizens import PASSWORD_WAYS, Citizen, end_sessions, log_out_everywhere, sessions_of
from chalicelib.login.password import count_failure, judge, require_as_judged, state_now
from chalicelib.login.password_policy import PRESETS, check_password
from chalicelib.login.tables import SessionRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import ACTIVATION as ACTIVATION_ITEM
from chalicelib.registry.accounts import NOBODY, PASSWORD, Account, holder_of, read_account
from chalicelib.registry.contact import normalise_email
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.cool_off import number_state
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.receipts import REPEATED_WITHIN, Receipt, make_receipt, repeat_receipt
from chalicelib.registry.registrations import put_item

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.aws.cloud import Cloud

MOVES = states.PASSWORD_MOVES
EVENTS = {ACTIVATION.name: "activated", RECOVERY.name: "recovered"}
"""The move of the password that each purpose of a code leads to."""


def begin_activation(cloud: Cloud, nif: str, code: str, email: str, *, source: str) -> Challenge:
    """With number, activation code and registered e-mail: a code by text message (2.10, C21).

    Raises:
        NifInvalid, EmailInvalid, TooManyMessages, Conflict
    """
    number = normalise_nif(nif)
    address = normalise_email(email)
    account = read_account(holder_of(number))
    on_file = account.registration.email if account.registration else ""
    known = hmac.compare_digest(on_file.casefold().encode(), address.casefold().encode())
    who = f"{number}\n{address.casefold()}"
    return _begin(cloud, ACTIVATION, account, code, known=known, who=who, source=source)


def begin_recovery(cloud: Cloud, nif: str, code: str, contrast: Contrast, *, source: str) -> Challenge:
    """With number, contrast data and activation code: a code by text message (C31, P03).

    The contrast data is what keeps others from using up the tries of the activation code.

    Raises:
        NifInvalid, ContrastInvalid, TooManyMessages, Conflict
    """
    number = normalise_nif(nif)
    seen = contrast_digest(cloud, number, contrast)
    account = read_account(holder_of(number))
    known = account.registration is not None and account.registration.contrast == seen
    return _begin(cloud, RECOVERY, account, code, known=known, who=f"{number}\n{seen}", source=source)


def _begin(
    cloud: Cloud, purpose: Purpose, account: Account, typed: str, *, known: bool, who: str, source: str
) -> Challenge:
    item = account.credentials.get(ACTIVATION_ITEM)
    code = normalise(ACTIVATION_CODE, typed) or ""
    found = digest(cloud, ACTIVATION_CODE, account.holder, code)
    right = hmac.compare_digest(found, str(item.secret) if item else "0" * 64)
    to = Recipient()
    tried: CredentialItem | None = None
    if known and account.registered and item is not None and _is_in_force(item, cloud.now()):
        if not right:
            tried = item
        elif (state_now(account.credentials.get(PASSWORD), cloud.now()), EVENTS[purpose.name]) in MOVES:
            to = recipient(account, purpose, cloud.now())

    def count(transaction: Transaction) -> None:
        if tried is None:
            count_nothing(cloud, transaction)
        else:
            _count_wrong_code(cloud, transaction, account, tried)

    return send_code(cloud, purpose, to, who=who, source=source, also=count)


def _is_in_force(item: CredentialItem, now: datetime) -> bool:
    return item.state == states.ACTIVE and (item.expires_at is None or item.expires_at >= now)


def _count_wrong_code(cloud: Cloud, transaction: Transaction, account: Account, item: CredentialItem) -> None:
    """X10: blocked on the fifth failure, and of use again only when a new one is issued (X09)."""
    failures = int(item.failures) + 1
    fields: dict[str, object] = {"failures": failures}
    if failures >= (ACTIVATION_CODE.tries or 1):
        fields["state"] = states.move(states.ACTIVATION_CODE_MOVES, str(item.state), "fifth-failure")
        note_change(cloud, transaction, account, "activation-code-blocked")
    put_item(transaction, "activation code", item, item, fields)


def set_password(cloud: Cloud, request: str, otp: str, password: str, *, source: str) -> None:
    """End an activation or a recovery: the code from the text message, and the password.

    A password that is not accepted does not use the code up. Sent again after a lost answer, with the same
    password, it is well.

    Raises:
        LogInRefused, PasswordNotAcceptable, MoveNotAllowed, TooManyTries, Conflict
    """
    try:
        row = redeem(cloud, (ACTIVATION, RECOVERY), request, otp, source=source)
    except UsedBefore as used:
        _set_before(cloud, used.row, password)
        return
    account = read_account(str(row.holder))
    code = account.credentials.get(ACTIVATION_ITEM)
    if account.holder == NOBODY or not account.registered or code is None:
        raise LogInRefused
    if number_state(account, cloud.now()) != states.SETTLED:
        raise LogInRefused  # changed or stopped since the code was sent
    transaction = Transaction()
    spend(transaction, "code", row, SMS_OTP, cloud.now(), by="password")
    event = EVENTS[str(row.subject)]
    following = states.move(states.ACTIVATION_CODE_MOVES, str(code.state), "used")
    put_item(transaction, "activation code", code, code, {"state": following, "failures": 0})
    _write_password(cloud, transaction, account, password, event)
    transaction.commit_or_conflict()
    end_sessions(cloud, sessions_of(cloud, account))


def _set_before(cloud: Cloud, row: CodeRow, password: str) -> None:
    """Nothing more to do, if the same request set this password. A wrong one is a try of the code: three.

    Raises:
        LogInRefused, Conflict
    """
    account = read_account(str(row.holder))
    item = account.credentials.get(PASSWORD)
    tried = int(row.tries or 0) >= (SMS_OTP.tries or 1)
    if tried or item is None or item.set_by or row.spent_at is None or item.set_at < row.spent_at:
        raise LogInRefused
    if not judge(cloud, account, password).right:
        note_wrong(row)
        raise LogInRefused
    note_right(row)


def change_password(cloud: Cloud, citizen: Citizen, current: str, password: str) -> None:
    """Change it, knowing the current one (C32, P06). Every other session ends.

    Sent again within the hour, from the same session and with the same new password, it is well.

    Raises:
        LogInRefused: wrong, blocked, or there is none; counted like a wrong log-in.
        PasswordNotAcceptable, Conflict
    """
    account = citizen.account
    before = account.credentials.get(PASSWORD)
    guesses = 1
    if before is not None and before.set_by == citizen.session.id and _lately(cloud, before):
        if judge(cloud, account, password).right:
            same = Transaction()
            require_as_judged(same, before)
            same.commit_or_conflict()
            return
        guesses = 2
    judged = judge(cloud, account, current)
    transaction = Transaction()
    if not judged.right:
        count_failure(cloud, transaction, account, judged, guesses)
        transaction.commit_or_conflict()
        raise LogInRefused
    _write_password(cloud, transaction, account, password, "changed", citizen.session)
    transaction.commit_or_conflict()
    others = [row for row in sessions_of(cloud, account) if row.id != citizen.session.id]
    end_sessions(cloud, others)


def remove_password(cloud: Cloud, citizen: Citizen) -> Receipt:
    """Deregister the password (P05); the registration and the other ways of logging in stay.

    Sent again within the hour it gives another receipt.

    Raises:
        MoveNotAllowed, Conflict
    """
    account = citizen.account
    item = account.credentials.get(PASSWORD)
    registration = account.registration
    if item is None or registration is None:
        raise states.MoveNotAllowed
    if item.state == states.ABSENT and _lately(cloud, item):
        return repeat_receipt(
            cloud,
            kind="deregistration",
            holder=account.holder,
            nif=registration.nif,
            language=registration.language,
        )
    if item.state == states.ABSENT:
        raise states.MoveNotAllowed
    transaction = Transaction()
    state = states.move(states.PASSWORD_MOVES, state_now(item, cloud.now()), "removed")
    fields: dict[str, object] = {
        "state": state,
        "secret": "",
        "set_at": cloud.now(),
        "set_by": None,
        "expires_at": None,
        "ends_on": None,
        "failures": 0,
        "locked_until": None,
    }
    put_item(transaction, "password", item, item, fields)
    note_change(cloud, transaction, account, "password-removed")
    receipt = make_receipt(
        cloud,
        transaction,
        kind="deregistration",
        holder=account.holder,
        nif=registration.nif,
        language=registration.language,
    )
    transaction.commit_or_conflict()
    mine = sessions_of(cloud, account)
    end_sessions(cloud, [row for row in mine if row.way.startswith(PASSWORD_WAYS)])
    return receipt


def _lately(cloud: Cloud, item: CredentialItem) -> bool:
    """Whether it was set, or removed, so short a time ago that the same request may be coming again."""
    return bool(item.set_at + REPEATED_WITHIN > cloud.now())


def _write_password(
    cloud: Cloud,
    transaction: Transaction,
    account: Account,
    password: str,
    event: str,
    session: SessionRow | None = None,
) -> None:
    """Put it into force, with its notice; every session ends but the one in which it was changed."""
    now = cloud.now()
    registration = account.registration
    if registration is None:
        raise LogInRefused
    preset = PRESETS[cloud.settings.password_preset]
    names = [registration.given_name, registration.surname1, registration.surname2 or "", registration.nif]
    names += [registration.nif[:-1].lstrip("XYZ"), registration.email.partition("@")[0]]
    text = check_password(preset, password, names, ("clavero", cloud.settings.organisation))
    before = account.credentials.get(PASSWORD)
    fields: dict[str, object] = {
        "state": states.move(states.PASSWORD_MOVES, state_now(before, now), event),
        "secret": argon2.hash_password(text, cloud.entropy),
        "set_at": now,
        "set_by": str(session.id) if session else None,
        "expires_at": (ends := preset.expires_at(now)),
        "ends_on": due_days.key(ends, account.holder) if ends else None,
        "preset": preset.name,
        "failures": 0,
        "locked_until": None,
    }
    put_item(transaction, "password", CredentialItem(account.holder, PASSWORD), before, fields)
    note_change(cloud, transaction, account, f"password-{event}")
    log_out_everywhere(cloud, transaction, account, keep=session)
