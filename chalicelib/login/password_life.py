"""A password's life: activated, recovered, changed, removed (C21, C31, C32, P03-P07).

Activation and recovery begin with the activation code and end with a code by text message, so that a found
sheet of paper is not enough (6.7). Both begin with the same answer for everybody.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from chalicelib.aws import due_days
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.codes.bound import digest, spend
from chalicelib.codes.kinds import ACTIVATION as ACTIVATION_CODE
from chalicelib.codes.kinds import SMS_OTP, normalise
from chalicelib.errors import Conflict
from chalicelib.login import argon2
from chalicelib.login.challenges import (
    ACTIVATION,
    NOBODY,
    RECOVERY,
    Challenge,
    LogInRefused,
    Purpose,
    Recipient,
    recipient,
    redeem,
    send_code,
)
from chalicelib.login.changes import note_change
from chalicelib.login.citizens import Citizen, end_sessions, log_out_everywhere, sessions_of
from chalicelib.login.password import count_failure, judge, state_now
from chalicelib.login.password_policy import PRESETS, check_password
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import ACTIVATION as ACTIVATION_ITEM
from chalicelib.registry.accounts import PASSWORD, Account, holder_of, read_account
from chalicelib.registry.contact import normalise_email
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.receipts import Receipt, make_receipt
from chalicelib.registry.registrations import put_item

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

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
    if not known or not account.registered or item is None or item.state != states.ACTIVE:
        return send_code(cloud, purpose, Recipient(), who=who, source=source)
    if item.expires_at is not None and item.expires_at < cloud.now():
        return send_code(cloud, purpose, Recipient(), who=who, source=source)
    if not right:

        def count(transaction: Transaction) -> None:
            _count_wrong_code(cloud, transaction, account, item)

        return send_code(cloud, purpose, Recipient(), who=who, source=source, also=count)
    possible = (state_now(account.credentials.get(PASSWORD), cloud.now()), EVENTS[purpose.name])
    to = recipient(account) if possible in states.PASSWORD_MOVES else Recipient()
    return send_code(cloud, purpose, to, who=who, source=source)


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

    A password that is not accepted does not use the code up.

    Raises:
        LogInRefused, PasswordNotAcceptable, MoveNotAllowed, TooManyTries, Conflict
    """
    row = redeem(cloud, (ACTIVATION, RECOVERY), request, otp, source=source)
    account = read_account(str(row.holder))
    code = account.credentials.get(ACTIVATION_ITEM)
    if account.holder == NOBODY or not account.registered or code is None:
        raise LogInRefused
    transaction = Transaction()
    spend(transaction, "code", row, SMS_OTP, cloud.now(), by="password")
    event = EVENTS[str(row.subject)]
    used = states.move(states.ACTIVATION_CODE_MOVES, str(code.state), "used")
    put_item(transaction, "activation code", code, code, {"state": used, "failures": 0})
    _write_password(cloud, transaction, account, password, event)
    _commit(transaction)
    end_sessions(cloud, sessions_of(cloud, account.holder))


def change_password(cloud: Cloud, citizen: Citizen, current: str, password: str) -> None:
    """Change it, knowing the current one (C32, P06). Every other session ends.

    Raises:
        LogInRefused: wrong, blocked, or there is none; counted like a wrong log-in.
        PasswordNotAcceptable, Conflict
    """
    account = citizen.account
    judged = judge(cloud, account, current)
    transaction = Transaction()
    if not judged.right:
        count_failure(cloud, transaction, account, judged)
        _commit(transaction)
        raise LogInRefused
    _write_password(cloud, transaction, account, password, "changed")
    _commit(transaction)
    others = [row for row in sessions_of(cloud, account.holder) if row.id != citizen.session.id]
    end_sessions(cloud, others)


def remove_password(cloud: Cloud, citizen: Citizen) -> Receipt:
    """Deregister the password (P05); the registration and the other ways of logging in stay.

    Raises:
        MoveNotAllowed, Conflict
    """
    account = citizen.account
    item = account.credentials.get(PASSWORD)
    registration = account.registration
    if item is None or registration is None or item.state == states.ABSENT:
        raise states.MoveNotAllowed
    transaction = Transaction()
    state = states.move(states.PASSWORD_MOVES, state_now(item, cloud.now()), "removed")
    fields: dict[str, object] = {"state": state, "secret": "", "failures": 0, "locked_until": None}
    put_item(transaction, "password", item, item, fields | {"expires_at": None, "ends_on": None})
    note_change(cloud, transaction, account, "password-removed")
    receipt = make_receipt(
        cloud,
        transaction,
        kind="deregistration",
        holder=account.holder,
        nif=registration.nif,
        language=registration.language,
    )
    _commit(transaction)
    opened_by_it = [row for row in sessions_of(cloud, account.holder) if row.way.startswith("password")]
    end_sessions(cloud, opened_by_it)
    return receipt


def _write_password(
    cloud: Cloud, transaction: Transaction, account: Account, password: str, event: str
) -> None:
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
        "expires_at": (ends := preset.expires_at(now)),
        "ends_on": due_days.key(ends, account.holder) if ends else None,
        "preset": preset.name,
        "failures": 0,
        "locked_until": None,
    }
    put_item(transaction, "password", CredentialItem(account.holder, PASSWORD), before, fields)
    note_change(cloud, transaction, account, f"password-{event}")
    if event == "recovered":
        log_out_everywhere(cloud, transaction, account)


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed
