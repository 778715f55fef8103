"""The proof chain (X19, eIDAS art. 24(1a)): what a certificate or a log-in proves of an identity, anew.

A certificate may be the proof for another one only if it was itself issued on a proof that was no
certificate: its holder stood before an officer, or showed an electronic identity card. So nobody renews on
line twice in a row with certificates alone (A30).
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.login.citizens import Citizen
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.assurance import STRONG_YEARS, years_later
from chalicelib.registry.evidence import HolderPresence, ProxyPresence
from chalicelib.registry.identified import Identified, identified
from chalicelib.registry.tables import IdentificationRow
from chalicelib.registry.video.proof import VideoEvidence

IN_PERSON, PROXY, E_ID, CERTIFICATE = "in-person", "proxy", "e-id", "certificate"
VIDEO, CERTIFIED_VIDEO = "video", "certified-video"
DIRECT: Final = frozenset({IN_PERSON, E_ID, CERTIFIED_VIDEO})
"""Proofs of art. 24(1a)(a), (c) and (d); a proxy's presence is not the holder's, a certificate is (b), and a
video that no certified product judged is none of them."""
_PRESENCES: Final = MappingProxyType({HolderPresence: IN_PERSON, ProxyPresence: PROXY})


class Proven(msgspec.Struct, frozen=True):
    """How, and when, a holder was identified."""

    method: str
    at: datetime

    @property
    def direct(self) -> bool:
        return self.method in DIRECT


def proven_by(evidence: Identified) -> Proven:
    """What an identification before an officer, or by a reviewed video, proves."""
    if isinstance(evidence, VideoEvidence):
        return Proven(CERTIFIED_VIDEO if evidence.proves_anew else VIDEO, evidence.identified_at)
    return Proven(_PRESENCES[type(evidence.presence)], evidence.identified_at)


def proven_for(row: CertificateRow) -> Proven | None:
    """How its holder was identified for a certificate of ours; None if nobody was, or it is not known."""
    if row.proof and row.proven_at:
        return Proven(str(row.proof), row.proven_at)
    kind, _, row_id = str(row.evidence).partition(":")
    seen = IdentificationRow.find(row_id) if kind == "identification" else None
    return proven_by(identified(seen)) if seen else None


def log_in_proves(citizen: Citizen) -> Proven | None:
    """What the person proved of an identity by logging in; None by a password, or with others' certificates.

    A08 takes an electronic identity card, or an active certificate of ours: no other one.
    """
    if citizen.session.way == E_ID and citizen.session.proves_identity:
        return Proven(E_ID, citizen.session.opened_at)
    if citizen.session.way != CERTIFICATE or citizen.certificate is None:
        return None
    if citizen.certificate.holder != citizen.holder:
        return None  # what a session says of its certificate is not believed over the certificate's record
    return proven_for(citizen.certificate)


def proves_until(citizen: Citizen) -> datetime | None:
    """Until when what the log-in was made with proves the identity anew; None if it does not.

    As in the register, a proof carries five years (P01): a certificate that lives longer proves no longer.
    """
    proven = log_in_proves(citizen)
    if proven is None or not proven.direct:
        return None
    carries = years_later(proven.at, STRONG_YEARS)
    return min(carries, citizen.certificate.not_after) if citizen.certificate is not None else carries
