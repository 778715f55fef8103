"""Change of name, or of the address in a certificate (RFC 5280, 5.3.1: affiliationChanged).

Who identifies the person anew, at an office or by video, says what has changed. From then on we know that
certificates in force are not true, so their end has a day: the download of the new certificate, or at the
latest the one that `special.UNTRUE_FOR` sets, whatever anybody does. X.509 (8.5.3.1) gives the reason for it:
the subject's name or other information in the certificate has been modified, and nothing is wrong with the
key. `superseded` would say that the old certificate was replaced, which is not why it ends and may never
happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from msgspec import structs

from chalicelib.aws.tables import listed
from chalicelib.certificates.evidence import person_name
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.withdrawal import for_a_certificate, withdraw_quietly
from chalicelib.errors import NotFound, Problem
from chalicelib.pki.names import NaturalPersonName, natural_person_subject
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import duties
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import IdentificationRequest
from chalicelib.registry.identified import Identified, identified
from chalicelib.registry.names_in_force import NameDiffers, certificates_in_force, other_names
from chalicelib.registry.people import normalise_name, optional_name
from chalicelib.registry.special import DATA_CHANGE, untrue_until
from chalicelib.registry.tables import IdentificationRow, PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REASON: Final = "affiliationChanged"


def require_declared(cloud: Cloud, request: IdentificationRequest) -> None:
    """Refuse another name than in certificates in force, unless the request says that it has changed.

    Raises:
        NameDiffers
    """
    if request.changes is not None and request.changes.name_document is not None:
        return
    try:
        nif = normalise_nif(request.nif)
        name = NaturalPersonName(
            given_name=normalise_name(request.given_name, field="given_name"),
            surname1=normalise_name(request.surname1, field="surname1"),
            surname2=optional_name(request.surname2, field="surname2"),
            nif=nif,
        )
    except Problem:
        return  # the rules of identification refuse it, in their order
    person = PersonRow.find(nif)
    if person is None:
        return
    if other_names(str(person.id), name, cloud.now()):
        raise NameDiffers(field="changes")


def revoke_untrue(cloud: Cloud, identification_id: str, *, publish: bool = True) -> list[CertificateRow]:
    """Revoke every certificate that a change of data made untrue; safe to repeat, and the duty with it.

    Returns:
        Those that this call revoked.

    Raises:
        NotFound, and what a revocation raises.
    """
    identification = IdentificationRow.find(identification_id)
    if identification is None:
        raise NotFound
    evidence = identified(identification)
    if (changes := evidence.changes) is None:
        return []
    if changes.name_document is not None and _overtaken(identification):
        # The name has changed once more since, and that change sees to all others.
        evidence = structs.replace(evidence, changes=structs.replace(changes, name_document=None))
    elif changes.name_document is not None:
        _void_codes(cloud, identification, evidence)
    revoked = []
    for row in certificates_in_force(str(identification.holder), cloud.now()):
        if not (_rests_on_older(row, identification) and _untrue(row, evidence)):
            continue
        details = {"channel": "data-change", "change": identification_id}
        made = revoke_certificate(
            cloud, row, REASON, actor="authority", details=details, publish=False, notice_at=cloud.now()
        )
        if made.now:
            revoked.append(row)
    if revoked and publish:
        cloud.start("publish_crls")
    duties.fulfil(duties.duty(DATA_CHANGE, identification_id, untrue_until(evidence)), cloud.now())
    return revoked


def _overtaken(identification: IdentificationRow) -> bool:
    """Whether a later identification says that the name has changed."""
    for row in listed(IdentificationRow.by_person.query(str(identification.holder))):
        if row.identified_at > identification.identified_at and row.withdrawn_at is None:
            changes = identified(row).changes
            if changes is not None and changes.name_document is not None:
                return True
    return False


def _void_codes(cloud: Cloud, identification: IdentificationRow, evidence: Identified) -> None:
    """A code that was granted under the old name would bring it back."""
    for row in listed(IdentificationRow.by_person.query(str(identification.holder))):
        older = row.identified_at <= identification.identified_at and row.id != identification.id
        if not older or row.withdrawn_at is not None or not for_a_certificate(row):
            continue
        if person_name(identified(row)) != person_name(evidence):
            withdraw_quietly(cloud, row, {"change": str(identification.id)})


def _rests_on_older(row: CertificateRow, identification: IdentificationRow) -> bool:
    """What an officer saw since is newer, whatever it says; on line nobody sees a document."""
    kind, _, row_id = str(row.evidence).partition(":")
    if kind != "identification":
        return True
    rests_on = IdentificationRow.find(row_id)
    if rests_on is None:
        return True
    return bool(row_id != identification.id and rests_on.identified_at <= identification.identified_at)


def _untrue(row: CertificateRow, evidence: Identified) -> bool:
    """Whether it bears a name that is no longer the holder's, or the address that is not."""
    certificate, changes = x509.load_der_x509_certificate(row.der), evidence.changes
    if changes is None:
        return False
    other_name = certificate.subject != natural_person_subject(person_name(evidence))
    if changes.name_document is not None and other_name:
        return True
    return changes.email_before is not None and changes.email_before in _addresses(certificate)


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.RFC822Name)
