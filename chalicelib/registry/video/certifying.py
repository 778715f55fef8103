"""The purpose `certificate` of a video (A09): without travel, reviewed by people, and a code only then (A16).

The case goes the way of every video. Accepted it becomes an identification beside those of the offices, on
which the authority grants the code; a rejected one leaves nothing, and may be tried again (Q11).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

from msgspec import structs

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, change
from chalicelib.civil_time import date_in_madrid
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.notices.catalogue import Value
from chalicelib.pki.names import NaturalPersonName
from chalicelib.registry.accounts import Account, holder_of
from chalicelib.registry.civil_register import CivilRecord
from chalicelib.registry.contact import mask_mobile
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.evidence import DataChange, Language, canonical_form, evidence_digest
from chalicelib.registry.names_in_force import other_names
from chalicelib.registry.special import add_change, check_free
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import IdentificationRow, VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.acceptance import Accepted
from chalicelib.registry.video.case import ACCEPTED, CERTIFICATE, CODELESS, commit, evidence_of, read_case
from chalicelib.registry.video.proof import VideoEvidence

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def may_have_certificate(row: VideoCaseRow, found: CivilRecord, account: Account, now: datetime) -> bool:
    """Whether the video can lead anywhere: right data, of age (X04: minors come with a guardian) and
    not barred."""
    return bool(row.matched) and found.is_adult(date_in_madrid(now)) and not account.barred


def proof_of(accepted: Accepted, now: datetime) -> VideoEvidence:
    """What was proven, as it is kept."""
    row, found = accepted.row, accepted.found
    return VideoEvidence(
        nif=found.nif,
        given_name=found.given_name,
        surname1=found.surname1,
        surname2=found.surname2,
        birth_date=found.birth_date,
        email=str(row.email),
        mobile=str(row.mobile),
        delivery="sms",
        language=cast(Language, str(row.language)),
        conditions_accepted=str(row.conditions),
        purpose=cast(Literal["citizen", "self-employed"], str(row.capacity)),
        files={name: file.sha256 for name, file in evidence.read_files(row.files).items()},
        reviewers=tuple(structs.replace(each, at=_whole_second(each.at)) for each in accepted.reviewers),
        point_id=str(accepted.officer.row.point),
        identified_at=_whole_second(now),
        product=str(row.product),
        changes=DataChange(name_document=f"civil register, {evidence_of(row)}")
        if accepted.new_name
        else None,
    )


def names_before(row: VideoCaseRow, found: CivilRecord, now: datetime) -> list[str]:
    """The other names in certificates in force and in the registration, whose place this one would take."""
    name = NaturalPersonName(
        given_name=found.given_name, surname1=found.surname1, surname2=found.surname2, nif=row.nif
    )
    return other_names(holder_of(row.nif), name, now)


def accept(cloud: Cloud, transaction: Transaction, accepted: Accepted) -> None:
    """Enter the identification, on which a code can be granted from now on.

    Raises:
        MoveNotAllowed: a qualified provider's product left something open, which people do not make up for;
            or the person was barred since.
        Conflict
    """
    row, now = accepted.row, cloud.now()
    if (cloud.settings.supervisory_reference and not row.product) or accepted.account.barred:
        raise MoveNotAllowed
    # Whoever is reported at this very moment: a retry finds the person barred.
    check_free(transaction, accepted.holder)
    proof = proof_of(accepted, now)
    digest = evidence_digest(proof)
    identification = IdentificationRow(
        row.id,
        evidence=canonical_form(proof).decode(),
        evidence_digest=digest,
        holder=accepted.holder,
        officer=accepted.officer.id,
        point=proof.point_id,
        identified_at=now,
        request_digest=digest,
    )
    transaction.put_new("identification", identification)
    add_change(cloud, transaction, identification, proof)
    _tell_registered(cloud, transaction, accepted)
    event = Event(
        "person.identified-by-video",
        identification_of(row),
        accepted.officer.name,
        now,
        evidence=digest,
        details={"person": accepted.holder, "case": evidence_of(row)},
    )
    record(transaction, event, cloud.entropy(12))
    commit(transaction)


def _tell_registered(cloud: Cloud, transaction: Transaction, accepted: Accepted) -> None:
    """Whoever is registered hears of it where they are reached, and not where the case says: a stranger's
    success is seen by its victim. Who decides is answered alike, and so is whoever opened the case (6.6)."""
    account, row = accepted.account, accepted.row
    known = account.registration if account.registered else None
    more: dict[str, Value] = {
        "host": cloud.settings.web_host,
        "mobile": mask_mobile(str(row.mobile)),
        "expires": expires_at(GENERATION, cloud.now()),
    }
    tell(cloud, transaction, known, "video-certificate-granted", more=more)


def identification_of(row: VideoCaseRow) -> str:
    """What an accepted case became: the subject of its codes."""
    return f"identification:{row.id}"


def code_until(row: VideoCaseRow) -> datetime | None:
    """The last second of an accepted case's code (A19); after it there is only a new process (A21)."""
    if row.state != ACCEPTED or row.purpose != CERTIFICATE or row.decided_at is None:
        return None
    return expires_at(GENERATION, row.decided_at)


def without_code(cloud: Cloud, case_id: str) -> VideoCaseRow:
    """An accepted case whose code has not gone out, its evidence locked.

    Raises:
        NotFound, MoveNotAllowed
    """
    row = read_case(case_id)
    if row.state != ACCEPTED or row.queue != CODELESS or row.decided_at is None:
        raise MoveNotAllowed
    # Once more: the function may have ended between the decision and the lock.
    evidence.lock(cloud, evidence.read_files(row.files), row.decided_at)
    return row


def note_code(row: VideoCaseRow) -> None:
    """The code of an accepted case has gone out: nobody need send it any more."""
    change(row, [VideoCaseRow.queue.remove()], VideoCaseRow.queue == CODELESS)


def _whole_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
