"""What can justify a certificate: kinds of evidence, where each is kept, and which profile it leads to.

A new profile is one line in `KINDS`. An identification is of an office or by video: its tag says which.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.certificates.online_evidence import OnlineEvidence
from chalicelib.certificates.tables import ApplicationRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound, Problem
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE, REGISTRATION_OFFICER
from chalicelib.pki.names import NaturalPersonName
from chalicelib.registry.appointment import Appointment
from chalicelib.registry.evidence import Evidence, evidence_digest
from chalicelib.registry.identification import recheck
from chalicelib.registry.powers import check_power_of
from chalicelib.registry.special import check_free
from chalicelib.registry.tables import IdentificationRow, OfficerRow
from chalicelib.registry.video.proof import VideoEvidence, obeys_rules

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

EvidenceRow = IdentificationRow | OfficerRow
EvidenceValue = Evidence | VideoEvidence | Appointment


class EvidenceRefused(Problem):
    """The evidence was withdrawn, does not bear its digest, or does not obey the rules."""

    slug = "evidence-refused"
    status = 409
    title = "This identification no longer justifies a certificate"


class Kind(msgspec.Struct, frozen=True):
    """One kind of evidence."""

    name: str
    row: type[IdentificationRow] | type[OfficerRow]
    value: Any
    """What its JSON holds: a type, or several that tags keep apart."""
    profile: str
    taken_at: Callable[[EvidenceValue], datetime]
    check: Callable[[EvidenceValue], None]
    """Refuses by a Problem what did not obey the rules on its day."""


def _check_identification(value: EvidenceValue) -> None:
    if isinstance(value, Evidence):
        recheck(value)
    if isinstance(value, VideoEvidence) and not obeys_rules(value):
        raise EvidenceRefused


def _check_nothing(value: EvidenceValue) -> None:
    """An appointment is checked where it is made; only operators can write one."""


def _taken_at(value: EvidenceValue) -> datetime:
    return value.appointed_at if isinstance(value, Appointment) else value.identified_at


KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                "identification",
                IdentificationRow,
                Evidence | VideoEvidence,
                CITIZEN_SOFTWARE,
                _taken_at,
                _check_identification,
            ),
            Kind("appointment", OfficerRow, Appointment, REGISTRATION_OFFICER, _taken_at, _check_nothing),
        )
    }
)


ONLINE: Final = "online"
"""Evidence of who was logged in. It is none of `KINDS`: no generation code is ever granted on it."""


class Read(msgspec.Struct, frozen=True):
    """Evidence as read from its row, and checked."""

    kind: Kind
    row: EvidenceRow
    value: EvidenceValue

    @property
    def subject(self) -> str:
        """What codes and records name it by: `kind:id`."""
        return f"{self.kind.name}:{self.row.id}"


def read_evidence(subject: str) -> Read:
    """The evidence of `kind:id`, judged again.

    Raises:
        NotFound, EvidenceRefused
    """
    kind, row = _row(subject)
    if not row.stands:
        raise EvidenceRefused
    return Read(kind, row, decode(kind, row.evidence, row.evidence_digest))


def recorded_value(subject: str) -> EvidenceValue | OnlineEvidence | None:
    """What was recorded of the holder, by today's rules or not; None if it cannot be read.

    A revocation must never fail because of what justified the certificate: it is not judged again.
    """
    try:
        name, _, row_id = subject.partition(":")
        if name == ONLINE:
            applied = ApplicationRow.find(row_id)
            return msgspec.json.decode(applied.evidence, type=OnlineEvidence) if applied else None
        kind, row = _row(subject)
        value: EvidenceValue = msgspec.json.decode(row.evidence, type=kind.value)
    except (NotFound, msgspec.DecodeError):
        return None
    return value


def _row(subject: str) -> tuple[Kind, EvidenceRow]:
    name, _, row_id = subject.partition(":")
    kind = KINDS.get(name)
    row = kind.row.find(row_id) if kind else None
    if kind is None or row is None:
        raise NotFound
    return kind, row


def decode(kind: Kind, text: str, digest: str) -> EvidenceValue:
    """Evidence from its canonical JSON; refused if it does not bear the digest or breaks a rule.

    Raises:
        EvidenceRefused
    """
    try:
        value: EvidenceValue = msgspec.json.decode(text, type=kind.value)
    except msgspec.DecodeError as error:
        raise EvidenceRefused from error
    if evidence_digest(value) != digest:
        raise EvidenceRefused
    kind.check(value)
    return value


def require_standing(transaction: Transaction, kind: Kind, row_id: str, digest: str) -> None:
    """Let a transaction succeed only while the stored evidence is this very one and not withdrawn."""
    transaction.check(
        "evidence",
        kind.row,
        row_id,
        (kind.row.evidence_digest == digest) & kind.row.standing(),
    )


def require_able(cloud: Cloud, transaction: Transaction, holder: str, value: EvidenceValue) -> None:
    """Let a transaction succeed only while nothing bars the person, and while the power of a proxy who came
    for them stands: what ended it since ends the code too (A27).

    Raises:
        EvidenceRefused: the power allows nothing today.
    """
    if isinstance(value, Appointment):
        return  # of somebody at work, who has another identity here (docs/adr/0027)
    check_free(transaction, holder)
    if isinstance(value, Evidence) and not check_power_of(
        transaction, value, holder, "obtain", date_in_madrid(cloud.now())
    ):
        raise EvidenceRefused


def person_name(value: EvidenceValue) -> NaturalPersonName:
    """Whose name goes into the certificate."""
    return NaturalPersonName(
        given_name=value.given_name, surname1=value.surname1, surname2=value.surname2, nif=value.nif
    )


def number_shown(value: EvidenceValue) -> str:
    """The number of the document that was shown; a video shows one that bears the NIF."""
    return value.nif if isinstance(value, VideoEvidence) else value.document.number
