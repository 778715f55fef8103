"""Where evidence comes from: the authority asks again who made it, and does not believe its callers.

The function that faces the internet writes identifications. If it were taken over it could write of
anybody, so a first code is granted only while an officer is logged in who may do what the evidence says was
done, where it was done; and everybody whom it names as having done it may do it. None of them is the holder
in it, or a guardian or proxy. Officers' rows, sessions' certificates and appointments it cannot write.
Behind a code that takes the place of one that was granted so (F05) stands an officer too, at any point if it
goes by text message; or the holder, by a log-in that a telephone alone does not open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.certificates.evidence import EvidenceRefused, Read
from chalicelib.codes.tables import CodeRow
from chalicelib.login.sessions import live_session
from chalicelib.login.tables import SessionRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.appointment import Appointment
from chalicelib.registry.assurance import ASSURANCES, LOG_INS, Assurance
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.officers import MAY
from chalicelib.registry.own_case import OwnCase, is_own, numbers_in
from chalicelib.registry.tables import OfficerRow, PersonRow
from chalicelib.registry.video.proof import VideoEvidence

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

LEAST: Final[Assurance] = "substantial"
"""How sure a holder's session must be: two factors, since the new code goes to one of them."""


def require_origin(cloud: Cloud, read: Read, session_id: str) -> None:
    """Refuse evidence that nobody stands behind who may.

    Args:
        session_id: the session of whoever asks; appointments are made by operators, without one.

    Raises:
        EvidenceRefused
    """
    if isinstance(read.value, Appointment):
        return
    person = PersonRow.find(read.value.nif)
    session = live_session(cloud, session_id)
    if read.row.live_code and not _was_granted(read):
        raise EvidenceRefused
    if person is None or person.id != read.row.holder or session is None:
        raise EvidenceRefused
    if session.subject == read.row.holder:
        fits = bool(read.row.live_code) and _is_sure(session)
    else:
        fits = _officer_may(read, session) and _was_made_by_officers(cloud, read)
    if not fits:
        raise EvidenceRefused


def officer_behind(cloud: Cloud, evidence: Evidence, holder: str, session_id: str) -> str:
    """The officer at work, at the point where this identification was made; refused if there is none.

    Raises:
        EvidenceRefused
        OwnCase: whoever holds the card is not who loads it.
    """
    person = PersonRow.find(evidence.nif)
    session = live_session(cloud, session_id)
    asker = _asker(session) if session is not None else None
    if asker is not None and is_own(asker, numbers_in(evidence)):
        raise OwnCase
    fits = (
        person is not None
        and person.id == holder
        and asker is not None
        and asker.point == evidence.point_id
        and "identification" in MAY[asker.role]
        and _is_an_officers(evidence)
    )
    if not fits or session is None:
        raise EvidenceRefused
    return str(session.subject)


def _was_granted(read: Read) -> bool:
    """Whether the code that a row of evidence names was granted on this very evidence: whoever writes the row
    may name any, and only the authority writes codes."""
    code = next(iter(CodeRow.find_many({str(read.row.live_code)})), None)
    return code is not None and (code.subject, code.evidence_digest) == (
        read.subject,
        read.row.evidence_digest,
    )


def _is_sure(session: SessionRow) -> bool:
    way = LOG_INS.get(str(session.way))
    if way is None or ASSURANCES.index(way.assurance) < ASSURANCES.index(LEAST):
        return False
    certificate = CertificateRow.find(session.certificate_id) if session.certificate_id else None
    return certificate is None or certificate.stands


def _asker(session: SessionRow) -> OfficerRow | None:
    """The officer at work whose session it is, over a certificate that stands."""
    asker = OfficerRow.find(session.subject.removeprefix("officer:"))
    certificate = CertificateRow.find(session.certificate_id) if session.certificate_id else None
    if asker is None or not asker.stands or certificate is None:
        return None
    fits = certificate.stands and certificate.holder == session.subject
    return asker if fits else None


def _officer_may(read: Read, session: SessionRow) -> bool:
    """Whether the session is of an officer who may ask for this code."""
    asker = _asker(session)
    if asker is None or isinstance(read.value, Appointment) or is_own(asker, numbers_in(read.value)):
        return False
    may, here = MAY[asker.role], asker.point == read.value.point_id
    by_video = isinstance(read.value, VideoEvidence) and "video-review" in may
    # Elsewhere only what the asker is not told, to a telephone that somebody else has entered.
    replaces = bool(read.row.live_code) and read.value.delivery == "sms"
    return by_video or ("identification" in may and (here or replaces))


def _was_made_by_officers(cloud: Cloud, read: Read) -> bool:
    """Whether those who are said to have identified the person are officers who may."""
    value = read.value
    if isinstance(value, Appointment):
        return False
    if isinstance(value, VideoEvidence):
        names = {reviewer.officer for reviewer in value.reviewers}
        reviewers = [OfficerRow.find(name) for name in names]
        enough = len(names) >= cloud.settings.video_reviewers
        return enough and all(
            each is not None and "video-review" in MAY[each.role] and not is_own(each, [value.nif])
            for each in reviewers
        )
    return _is_an_officers(value)


def _is_an_officers(evidence: Evidence) -> bool:
    """Whether an officer of that point may have identified somebody."""
    officer = OfficerRow.find(evidence.officer_id)
    return (
        officer is not None
        and bool(officer.point == evidence.point_id)
        and "identification" in MAY[officer.role]
        and not is_own(officer, numbers_in(evidence))
    )
