"""Change of name, or of the address in a certificate (RFC 5280, 5.3.1: affiliationChanged).

Who identifies the person anew, at an office or by video, says what has changed. From then on we know that
certificates in force are not true, so their end has a day: the download of the new certificate, or at the
latest the one that `special.UNTRUE_FOR` sets, whatever anybody does. X.509 (8.5.3.1) gives the reason for it:
the subject's name or other information in the certificate has been modified, and nothing is wrong with the
key. `superseded` would say that the old certificate was replaced, which is not why it ends and may never
happen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from msgspec import structs

from chalicelib.aws.tables import listed
from chalicelib.certificates.evidence import person_name
from chalicelib.certificates.renewal import renewed_online
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.withdrawal import for_a_certificate, withdraw_quietly
from chalicelib.errors import NotFound, Problem
from chalicelib.pki.names import NaturalPersonName, natural_person_subject, same_person
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import duties
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import IdentificationRequest
from chalicelib.registry.identified import Identified, identified
from chalicelib.registry.names_in_force import (
    NameDiffers,
    addresses_in,
    bears,
    certificates_in_force,
    other_names,
)
from chalicelib.registry.people import normalise_name, optional_name
from chalicelib.registry.special import DATA_CHANGE, untrue_until
from chalicelib.registry.tables import IdentificationRow, PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REASON: Final = "affiliationChanged"
FORMER_ADDRESS: Final = "former-address"
"""The kind of duty of a certificate that was issued after its holder took another address into use."""


def require_declared(cloud: Cloud, request: IdentificationRequest) -> None:
    """Refuse another name than in certificates in force or in the registration, unless the request says that
    it has changed: what is issued on line would bear the registered one.

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
    if changes.name_document is not None and _overtaken(identification, evidence):
        # The name has changed once more since, and that change sees to all others.
        evidence = structs.replace(evidence, changes=structs.replace(changes, name_document=None))
    elif changes.name_document is not None:
        _void_codes(cloud, identification, evidence)
    untrue = (
        row
        for row in certificates_in_force(str(identification.holder), cloud.now())
        if _rests_on_older(row, identification) and _untrue(row, evidence)
    )
    revoked = _end(cloud, untrue, identification_id, publish=publish)
    duties.fulfil(duties.duty(DATA_CHANGE, identification_id, untrue_until(evidence)), cloud.now())
    return revoked


def readdressed_until(row: CertificateRow) -> datetime:
    """When a job ends what bears a former address, if whoever asked for the new certificate did not."""
    return row.reserved_at + timedelta(days=1)


def revoke_former_addresses(cloud: Cloud, certificate_id: str) -> list[CertificateRow]:
    """Revoke older certificates that bear an address which their holder has replaced in the account, now that
    there is a newer one; safe to repeat, and the duty with it.

    A card's stays: it is loaded anew at an office.

    Returns:
        Those that this call revoked.

    Raises:
        NotFound, and what a revocation raises.
    """
    new = CertificateRow.find(certificate_id)
    if new is None:
        raise NotFound
    known = RegistrationItem.find(new.holder, REGISTRATION)
    former = set(known.former_emails or ()) if known is not None else set()
    # An interrupted one takes the place of nothing, and what finishes it comes here again; nor does one that
    # was revoked since.
    stands = new.state == "issued" and new.revoked_at is None
    older = (
        row
        for row in (certificates_in_force(new.holder, cloud.now()) if stands and former else ())
        if row.id != new.id
        and row.reserved_at <= new.reserved_at
        and renewed_online(row)
        and bears(row, former)
    )
    revoked = _end(cloud, older, f"certificate:{new.id}")
    duties.fulfil(duties.duty(FORMER_ADDRESS, new.id, readdressed_until(new)), cloud.now())
    return revoked


def _end(
    cloud: Cloud, rows: Iterable[CertificateRow], change: str, *, publish: bool = True
) -> list[CertificateRow]:
    """Revoke each for a change of data; those that this call revoked."""
    revoked = []
    for row in rows:
        details = {"channel": "data-change", "change": change}
        made = revoke_certificate(
            cloud, row, REASON, actor="authority", details=details, publish=False, notice_at=cloud.now()
        )
        if made.now:
            revoked.append(row)
    if revoked and publish:
        cloud.start("publish_crls")
    return revoked


def _overtaken(identification: IdentificationRow, evidence: Identified) -> bool:
    """Whether a later identification says that the name has changed once more."""
    for row in listed(IdentificationRow.by_person.query(str(identification.holder))):
        if row.identified_at > identification.identified_at and row.withdrawn_at is None:
            later = identified(row)
            renamed = later.changes is not None and later.changes.name_document is not None
            if renamed and person_name(later) != person_name(evidence):
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
    true_name = natural_person_subject(person_name(evidence))
    other_name = certificate.subject != true_name
    if row.reserved_at >= evidence.identified_at and same_person(certificate.subject, true_name):
        other_name = False  # on line, since: the name as it is registered, perhaps without its accents
    if changes.name_document is not None and other_name:
        return True
    return changes.email_before is not None and changes.email_before in addresses_in(certificate)
