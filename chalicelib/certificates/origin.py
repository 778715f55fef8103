"""Where evidence comes from: the authority asks again who made it, and does not believe its callers.

The function that faces the internet writes identifications. If it were taken over it could write of
anybody, so a code is granted only while the officer who is named in the evidence is logged in, is
allowed to identify, and belongs to the point where it is said to have happened. Officers' rows,
sessions' certificates and appointments it cannot write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.certificates.evidence import EvidenceRefused, Read
from chalicelib.login.sessions import live_session
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.officers import MAY
from chalicelib.registry.tables import OfficerRow, PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def require_origin(cloud: Cloud, read: Read, session_id: str) -> None:
    """Refuse evidence that no officer at work stands behind.

    Args:
        session_id: the session of the officer who asks; appointments are made by operators, without one.

    Raises:
        EvidenceRefused
    """
    if not isinstance(read.value, Evidence):
        return
    person = PersonRow.find(read.value.nif)
    officer = OfficerRow.find(read.value.officer_id)
    session = live_session(cloud, session_id)
    if person is None or officer is None or session is None:
        raise EvidenceRefused
    certificate = CertificateRow.find(session.certificate_id)
    asker = OfficerRow.find(session.subject.removeprefix("officer:"))
    fits = (
        person.id == read.row.holder
        and officer.point == read.value.point_id
        and "identification" in MAY[officer.role]
        and asker is not None
        and asker.stands
        and asker.point == read.value.point_id
        and "identification" in MAY[asker.role]
        and certificate is not None
        and certificate.stands
        and certificate.holder == session.subject
    )
    if not fits:
        raise EvidenceRefused
