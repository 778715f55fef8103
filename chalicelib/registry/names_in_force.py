"""The names and addresses in a person's certificates in force: another name revokes them, so somebody has to
say that it is new (RFC 5280, 5.3.1: affiliationChanged). At an office the officer does, after a video those
who accept it.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from chalicelib.aws.tables import listed
from chalicelib.errors import Problem
from chalicelib.pki.catalogue import CITIZENS
from chalicelib.pki.names import NaturalPersonName, natural_person_subject, same_person
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION
from chalicelib.registry.states import REGISTERED


class NameDiffers(Problem):
    """Two names in force at once would be one too many, and a slip of the pen must not revoke anything."""

    slug = "name-differs"
    status = 422
    title = (
        "Certificates in force or the registration bear another name: correct it, or say that it has changed"
    )


class NameNotChanged(Problem):
    """Who says that a name is new has looked at another person, or at another case."""

    slug = "name-not-changed"
    status = 422
    title = (
        "No certificate in force and no registration bears another name, or nothing is accepted: "
        "say nothing of a new name"
    )


def certificates_in_force(holder: str, now: datetime) -> list[CertificateRow]:
    """A person's certificates that anybody would rely on."""
    return [
        row
        for row in listed(CertificateRow.by_holder.query(holder))
        if row.state == "issued"
        and row.revoked_at is None
        and row.not_after > now
        and row.profile.partition("/")[0] in CITIZENS
    ]


def addresses_in(certificate: x509.Certificate) -> list[str]:
    """The e-mail addresses that it bears."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.RFC822Name)


def bears(row: CertificateRow, addresses: set[str]) -> bool:
    """Whether it bears one of these addresses."""
    return bool(addresses.intersection(addresses_in(x509.load_der_x509_certificate(row.der))))


def other_names(holder: str, name: NaturalPersonName, now: datetime) -> list[str]:
    """The names, each once, that are not this one: in a person's certificates in force, to the letter; and in
    the registration, where capitals and accents do not count."""
    subject = natural_person_subject(name)
    found = [x509.load_der_x509_certificate(row.der).subject for row in certificates_in_force(holder, now)]
    others = {_name_in(each) for each in found if each != subject}
    known = RegistrationItem.find(holder, REGISTRATION)
    if known is not None and known.state == REGISTERED:
        registered = natural_person_subject(registered_name(known))
        if not same_person(registered, subject):
            others.add(_name_in(registered))
    return sorted(others)


def registered_name(known: RegistrationItem) -> NaturalPersonName:
    """The name of a registration, as a certificate on line bears it."""
    surname2 = str(known.surname2) if known.surname2 else None
    return NaturalPersonName(str(known.given_name), str(known.surname1), surname2, str(known.nif))


def _name_in(subject: x509.Name) -> str:
    parts = (NameOID.GIVEN_NAME, NameOID.SURNAME)
    return " ".join(str(each.value) for oid in parts for each in subject.get_attributes_for_oid(oid))
