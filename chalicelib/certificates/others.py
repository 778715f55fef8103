"""Who asks for a holder: a minor's guardian until the eighteenth birthday, or a proxy (X04, A27, F17).

The certificate is the holder's all the time. What somebody else may ask for is looked at when it is asked.
"""

from __future__ import annotations

import hmac
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound, Problem
from chalicelib.registry.contact import normalise_mobile
from chalicelib.registry.documents import Document, check_in_force, normalise_document
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.guardianship import require_guardian
from chalicelib.registry.identified import identified, newest_identification
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own, numbers_in
from chalicelib.registry.powers import Deed, add_act, require_power
from chalicelib.registry.special import require_free
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class IdentityNotConfirmed(Problem):
    """What the caller knows or shows is not what was recorded of the holder."""

    slug = "identity-not-confirmed"
    status = 422
    title = "The identity check does not match the holder of the certificate"


class ByGuardian(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="channel", tag="guardian"
):
    """The father, mother or guardian of a minor stands before the officer, with the own document."""

    channel: ClassVar[str] = "guardian"
    service: ClassVar[str] = "revocation"
    document: Document


class ByGuardianOnPhone(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="channel", tag="guardian-by-phone"
):
    """The same person calls, and answers what only such a person is likely to know together."""

    channel: ClassVar[str] = "guardian-by-phone"
    service: ClassVar[str] = "phone"
    document_number: Annotated[str, Meta(min_length=5, max_length=20)]
    """Of the guardian's document that was shown at the identification."""
    birth_date: date
    """Of the minor."""
    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    """The number that was given at the identification."""


class ByProxy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="channel", tag="proxy"):
    """A proxy stands before the officer, with the own document and a power whose scope names revocation."""

    channel: ClassVar[str] = "proxy"
    service: ClassVar[str] = "revocation"
    deed: Deed


class CodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody asks for a new code for a holder who was identified."""

    identification: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    asked_by: ByGuardian | ByProxy


def guardian_of(cloud: Cloud, holder: str, identity: ByGuardian | ByGuardianOnPhone) -> str:
    """What who asks is to the minor.

    Raises:
        GuardianshipEnded, IdentityNotConfirmed, and the problems of the document.
    """
    day, seen = date_in_madrid(cloud.now()), newest_identification(holder)
    newest = seen if isinstance(seen, Evidence) else None  # by video only adults are identified
    if isinstance(identity, ByGuardian):
        # An expired one still shows who wants the child to be safe, as with holders.
        number = normalise_document(identity.document, field="identity.document").number
    else:
        number = identity.document_number.upper().replace(" ", "").replace("-", "")
    try:
        relationship = require_guardian(newest, number, day)
    except LookupError as unknown:
        raise IdentityNotConfirmed from unknown
    if isinstance(identity, ByGuardianOnPhone):
        mobile = normalise_mobile(identity.mobile)
        told = newest is not None and newest.birth_date == identity.birth_date
        known = newest.mobile if newest is not None else None
        if not (told and same_text(mobile, known or "")):
            raise IdentityNotConfirmed
    return relationship


def add_request(
    cloud: Cloud, officer: Officer, point_id: str, request: CodeRequest, row: IdentificationRow
) -> None:
    """Note that somebody who may asked for a new code; what follows is the grant (certificates/handover.py).

    Raises:
        OwnCase, GuardianshipEnded, IdentityNotConfirmed, PersonBarred, PowerEnded, PowerSuspended,
        ProxyPowerInsufficient, HourlyCapReached, Conflict, and the problems of the document.
    """
    holder, asked_by, now = str(row.holder), request.asked_by, cloud.now()
    shown = asked_by.deed.document if isinstance(asked_by, ByProxy) else asked_by.document
    not_own(officer, shown.number, *numbers_in(identified(row)))
    transaction = Transaction()
    require_free(transaction, holder)
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    about = f"identification:{row.id}"
    if isinstance(asked_by, ByProxy):
        power = require_power(cloud, holder, asked_by.deed, "collect-code", field="asked_by.deed")
        add_act(cloud, transaction, power, "collect-code", officer.name, about=about)
    else:
        check_in_force(normalise_document(asked_by.document), date_in_madrid(now))
        company = guardian_of(cloud, holder, asked_by)
        details = {"company": company, "point": point_id}
        event = Event("code.asked-for", about, officer.name, now, details=details)
        record(transaction, event, cloud.entropy(12))
    transaction.commit_or_conflict()


def asked_for(request: CodeRequest, officer: Officer) -> IdentificationRow:
    """The identification that a new code is asked for.

    Raises:
        NotFound: this point made none.
    """
    row = IdentificationRow.find(request.identification)
    if row is None or row.point != officer.row.point:
        raise NotFound
    return row


def same_text(one: str, other: str) -> bool:
    """Compare what was told with what is recorded, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
