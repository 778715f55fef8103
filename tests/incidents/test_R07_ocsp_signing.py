"""R7: certificates that could answer OCSP for the whole CA (the mass issue of 2020)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import structs

from chalicelib.pki.csr import read_request
from chalicelib.pki.profiles import Days, DishonestProfile, Kind, Profile
from tests.pki.authority import ISSUING, PROFILES, QUALIFIED, Request, ca_name, every_profile, issue

DANGEROUS = (ExtendedKeyUsageOID.OCSP_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


@pytest.mark.parametrize("profile", [*PROFILES.values(), *QUALIFIED.values()], ids=lambda p: p.name)
def test_R07_no_profile_but_the_responders_can_have_the_usage(profile: Profile) -> None:
    """The usage is refused when the profile is constructed, so no configuration can bring it in."""
    for usage in DANGEROUS:
        if (profile.kind, usage) == (Kind.OCSP_RESPONDER, ExtendedKeyUsageOID.OCSP_SIGNING):
            continue
        with pytest.raises(DishonestProfile):
            structs.replace(profile, extended_key_usage=(usage,))
        with pytest.raises(DishonestProfile):
            structs.replace(profile, extended_key_usage=(*profile.extended_key_usage, usage))


def test_R07_only_the_responders_certificate_has_it() -> None:
    """Looked for in the certificates themselves, in every profile there is."""
    holders = set()
    for name, (_, certificate) in every_profile().items():
        try:
            usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            continue
        if set(usages) & set(DANGEROUS):
            holders.add(name)
    assert holders == {"ocsp-responder"}


@pytest.mark.parametrize("usage", DANGEROUS)
def test_R07_a_requester_cannot_ask_for_it(usage: x509.ObjectIdentifier) -> None:
    """A CSR gives a key and nothing else, whatever extensions it asks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = (
        x509.CertificateSigningRequestBuilder(x509.Name([]))
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        .sign(key, hashes.SHA256())
    )
    request = read_request(csr.public_bytes(Encoding.DER))
    certificate = issue(PROFILES["citizen-software"], Request(public_key=request.public_key))
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_R07_the_responder_is_short_lived_unchecked_and_of_the_same_ca() -> None:
    """RFC 6960, 4.2.2.2: issued directly by the CA it answers for; nocheck needs a short life."""
    certificate = issue(PROFILES["ocsp-responder"], Request(subject=ca_name("Clavero OCSP")))
    certificate.verify_directly_issued_by(ISSUING)
    assert certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert PROFILES["ocsp-responder"].validity == Days(90)
    with pytest.raises(DishonestProfile):
        structs.replace(PROFILES["ocsp-responder"], validity=Days(101))
