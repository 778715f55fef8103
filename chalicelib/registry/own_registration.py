"""A registration as its owner sees it: masked (2.9), with every proof of the ledger and what ends when."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from chalicelib.registry import states
from chalicelib.registry.accounts import ACTIVATION, PASSWORD, Account
from chalicelib.registry.assurance import METHODS, STRONG_YEARS, years_later
from chalicelib.registry.contact import mask_email, mask_mobile, mask_nif
from chalicelib.registry.states import MoveNotAllowed


class ProofShown(Struct):
    """One identity proof."""

    method: str
    level: str
    at: datetime
    evidence: str
    """The hash or record number of what was seen, to be quoted in a complaint."""
    carries_until: datetime | None
    """Until when it carries what needs a strong proof (X08); none for one that does not."""
    withdrawn_at: datetime | None


class OwnRegistration(msgspec.Struct, frozen=True):
    """What the owner is shown."""

    masked_nif: str
    given_name: str
    registered_at: datetime
    masked_mobile: str
    masked_email: str
    email_confirmed: bool
    language: str
    proofs: list[ProofShown]
    deadlines: list[tuple[str, datetime]]
    """The next first."""


def describe(account: Account, now: datetime) -> OwnRegistration:
    """The registration of somebody who is registered.

    Raises:
        MoveNotAllowed: nobody is.
    """
    known = account.registration
    if known is None:
        raise MoveNotAllowed
    return OwnRegistration(
        masked_nif=mask_nif(str(known.nif)),
        given_name=str(known.given_name),
        registered_at=known.registered_at,
        masked_mobile=mask_mobile(str(known.mobile)),
        masked_email=mask_email(str(known.email)),
        email_confirmed=known.email_confirmed_at is not None,
        language=str(known.language),
        proofs=[
            ProofShown(
                method=proof.method,
                level=METHODS[proof.method].level,
                at=proof.at,
                evidence=proof.evidence,
                carries_until=years_later(proof.at, STRONG_YEARS) if METHODS[proof.method].strong else None,
                withdrawn_at=proof.withdrawn_at,
            )
            for proof in sorted(account.evidence, key=lambda proof: proof.at)
        ],
        deadlines=sorted(_deadlines(account, now), key=lambda deadline: deadline[1]),
    )


def _deadlines(account: Account, now: datetime) -> list[tuple[str, datetime]]:
    found = []
    if account.strong_until is not None:
        found.append(("strong-proof", account.strong_until))
    code = account.credentials.get(ACTIVATION)
    if code is not None and code.state == states.ACTIVE and code.expires_at and code.expires_at >= now:
        found.append(("activation-code", code.expires_at))
    password = account.credentials.get(PASSWORD)
    if password is not None and password.state != states.ABSENT and password.expires_at:
        found.append(("password", password.expires_at))
    return found
