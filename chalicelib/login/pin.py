"""Log-in with a one-time PIN by text message (C02, C22-C25, G08): contrast data first, then the PIN, once."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.codes.bound import spend
from chalicelib.codes.kinds import PIN
from chalicelib.errors import Problem
from chalicelib.login.challenges import (
    PURPOSE_PIN,
    Challenge,
    LogInRefused,
    Recipient,
    reaches,
    recipient,
    redeem,
    send_code,
)
from chalicelib.login.citizens import add_citizen_session, require_registered
from chalicelib.registry.accounts import Account, holder_of, read_account
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PERSONAL = re.compile(r"[0-9A-Z]{4}")


class PersonalPartInvalid(Problem):
    """2.5: four signs of one's own, to be typed beside the PIN."""

    slug = "personal-part-invalid"
    status = 422
    title = "The personal part has four letters or digits"


class LoggedIn(msgspec.Struct, frozen=True):
    """A session that a log-in opened."""

    account: Account
    way: str
    token: str
    expires_at: datetime
    password_expires_at: datetime | None = None
    password_days_left: int | None = None
    device: str = ""
    """After a password: what to send with the next one from the same device (`known_devices`)."""


def request_pin(
    cloud: Cloud, nif: str, contrast: Contrast, personal: str | None, *, source: str, app: bool = False
) -> Challenge:
    """Send a PIN to the registered mobile of whoever has this number and this document, or to the app there.

    Raises:
        NifInvalid, ContrastInvalid, PersonalPartInvalid, TooManyMessages, Conflict
    """
    number = normalise_nif(nif)
    seen = contrast_digest(cloud, number, contrast)
    account = read_account(holder_of(number))
    known = account.registration is not None and account.registration.contrast == seen
    return send_code(
        cloud,
        PURPOSE_PIN,
        recipient(account, PURPOSE_PIN, cloud.now(), app=app) if known else Recipient(),
        # With the contrast data in it, nobody who knows a number only can use up its holder's messages.
        who=f"{number}\n{seen}",
        source=source,
        beside=personal_part(personal),
    )


def log_in_with_pin(cloud: Cloud, request: str, pin: str, personal: str | None, *, source: str) -> LoggedIn:
    """Open a session with a PIN: four calls to AWS, right or wrong up to the last.

    Raises:
        LogInRefused, TooManyTries, Conflict
    """
    row = redeem(cloud, (PURPOSE_PIN,), request, pin, source=source, beside=personal_part(personal))
    account = read_account(str(row.holder))
    if account.level == "none" or not reaches(cloud, account, row):
        raise LogInRefused  # withdrawn, changed or stopped since the PIN was sent
    transaction = Transaction()
    spend(transaction, "code", row, PIN, cloud.now(), by="log-in")
    require_registered(transaction, account)
    token, expires_at = add_citizen_session(cloud, transaction, account, "pin")
    transaction.commit_or_conflict()
    return LoggedIn(account, "pin", token, expires_at)


def personal_part(typed: str | None) -> str:
    """The personal part in one spelling, or nothing.

    Raises:
        PersonalPartInvalid
    """
    if not typed:
        return ""
    if not PERSONAL.fullmatch(typed.upper()):
        raise PersonalPartInvalid(field="personal")
    return typed.upper()
