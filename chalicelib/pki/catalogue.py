"""The profiles of this authority: one entry for each kind of certificate it issues."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.x509 import ObjectIdentifier, ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID

from chalicelib.pki import qc_statements as qc
from chalicelib.pki.key_types import KeyType
from chalicelib.pki.profiles import (
    ANY_POLICY,
    CA_KEY_USAGE,
    NCP,
    Days,
    Kind,
    Profile,
    Supervision,
    Years,
    etsi_policy,
)

ROOT_CA = "root-ca"
ISSUING_CA = "issuing-ca"
CITIZEN_SOFTWARE = "citizen-software"
CITIZEN_CARD = "citizen-card"
CITIZEN_CARD_SECURE = "citizen-card-secure"
REGISTRATION_OFFICER = "registration-officer"
OCSP_RESPONDER = "ocsp-responder"

# Under the arc: 1 = certificate policies. A number is never given to another policy.
POLICY_NUMBERS = {
    CITIZEN_SOFTWARE: "1.1",
    REGISTRATION_OFFICER: "1.2",
    OCSP_RESPONDER: "1.3",
    CITIZEN_CARD: "1.4",
    CITIZEN_CARD_SECURE: "1.5",
}
CITIZENS = frozenset({CITIZEN_SOFTWARE, CITIZEN_CARD, CITIZEN_CARD_SECURE})
"""The profiles of citizens' certificates: with each they sign and log in (A05, A06)."""

PEOPLES_KEYS = frozenset(KeyType)
CA_KEYS = frozenset({KeyType.EC_P384, KeyType.EC_P256, KeyType.RSA_3072, KeyType.RSA_4096})
RESPONDER_KEYS = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072})

PERSON_REASONS = frozenset(
    {
        ReasonFlags.unspecified,
        ReasonFlags.key_compromise,
        ReasonFlags.affiliation_changed,
        ReasonFlags.superseded,
        ReasonFlags.cessation_of_operation,
        ReasonFlags.privilege_withdrawn,
    }
)
CITIZEN_REASONS = PERSON_REASONS | {ReasonFlags.certificate_hold}
"""A citizen's may be suspended too. An officer's may not: who identifies others is trusted or not."""
CA_REASONS = frozenset(
    {
        ReasonFlags.ca_compromise,
        ReasonFlags.key_compromise,
        ReasonFlags.superseded,
        ReasonFlags.cessation_of_operation,
    }
)
RESPONDER_REASONS = frozenset(
    {ReasonFlags.key_compromise, ReasonFlags.superseded, ReasonFlags.cessation_of_operation}
)

# Ley 6/2020, art. 9.3.a: qualified providers keep the evidence 15 years.
RETENTION_YEARS = 15

# Signing and logging in with one certificate is key usage type B, which EN 319 412-2 discourages for
# certificates that commit to content. Citizens of the Spanish administrations use one certificate for both.
MIXED_KEY_USAGE = "etsi.en_319_412_2.nat-4.3.2-1.mixed_key_usage_setting"
# The same remark, as pkilint makes it of a certificate that says QcSSCD.
MIXED_KEY_USAGE_QSCD = "etsi.en_319_412_2.nat-4.3.2-3.non_preferred_content_commitment_setting"


def catalogue(
    arc: str, *, practice_url: str, supervision: Supervision | None = None
) -> Mapping[str, Profile]:
    """Every profile by name.

    Args:
        arc: the policy OID arc of this deployment, such as "1.3.6.1.4.1.<enterprise number>.1".
        practice_url: https base of the practice statement (`/cps`) and disclosure statements (`/pds/en`).
        supervision: given only by an operator with qualified status; without it nothing claims any.
    """
    policy = {name: ObjectIdentifier(f"{arc}.{number}") for name, number in POLICY_NUMBERS.items()}
    practice = f"{practice_url}/cps"

    def citizens(name: str, *, version: int = 1, device: bool = False) -> Profile:
        return Profile(
            name=name,
            version=f"{name}/{version}",
            kind=Kind.NATURAL_PERSON,
            arc=arc,
            validity=Years(3),
            key_usage=frozenset({"digital_signature", "content_commitment"}),
            extended_key_usage=(ExtendedKeyUsageOID.CLIENT_AUTH,),
            key_types=PEOPLES_KEYS,
            policies=(policy[name], etsi_policy(supervision, device=device)),
            practice_statement=practice,
            qc_statements=_citizen_statements(practice_url, supervision, device=device),
            email_allowed=True,
            revocation_reasons=CITIZEN_REASONS,
            allowed_warnings=frozenset({MIXED_KEY_USAGE_QSCD if device and supervision else MIXED_KEY_USAGE}),
            supervision=supervision,
            device=device,
        )

    profiles = (
        Profile(
            name=ROOT_CA,
            version="root-ca/1",
            kind=Kind.ROOT_CA,
            arc=arc,
            validity=Years(25),
            key_usage=CA_KEY_USAGE,
            key_types=CA_KEYS,
            path_length=1,
        ),
        Profile(
            name=ISSUING_CA,
            version="issuing-ca/1",
            kind=Kind.ISSUING_CA,
            arc=arc,
            validity=Years(12),
            key_usage=CA_KEY_USAGE,
            key_types=CA_KEYS,
            # A new profile then needs no new CA certificate; the CA itself issues only what it is given.
            policies=(ANY_POLICY,),
            path_length=0,
            revocation_reasons=CA_REASONS,
        ),
        citizens(CITIZEN_SOFTWARE, version=2),
        # A key in a card (A06): as its officer says, or as the card itself has attested.
        citizens(CITIZEN_CARD),
        citizens(CITIZEN_CARD_SECURE, device=True),
        Profile(
            name=REGISTRATION_OFFICER,
            version="registration-officer/1",
            kind=Kind.NATURAL_PERSON,
            arc=arc,
            validity=Years(1),
            key_usage=frozenset({"digital_signature"}),
            extended_key_usage=(ExtendedKeyUsageOID.CLIENT_AUTH,),
            key_types=PEOPLES_KEYS,
            policies=(policy[REGISTRATION_OFFICER], NCP),
            practice_statement=practice,
            # For logging in only: it signs nothing, so it states no QcType and is never qualified.
            qc_statements=(qc.NaturalPersonSemantics(),),
            revocation_reasons=PERSON_REASONS,
        ),
        Profile(
            name=OCSP_RESPONDER,
            version="ocsp-responder/1",
            kind=Kind.OCSP_RESPONDER,
            arc=arc,
            validity=Days(90),
            key_usage=frozenset({"digital_signature"}),
            extended_key_usage=(ExtendedKeyUsageOID.OCSP_SIGNING,),
            key_types=RESPONDER_KEYS,
            policies=(policy[OCSP_RESPONDER],),
            practice_statement=practice,
            revocation_reasons=RESPONDER_REASONS,
        ),
    )
    return MappingProxyType({profile.name: profile for profile in profiles})


def _citizen_statements(
    practice_url: str, supervision: Supervision | None, *, device: bool
) -> tuple[qc.QcStatement, ...]:
    """What a citizen's certificate states; the qualified part only under supervision.

    QcType and QcPDS are statements any certificate may make (EN 319 412-5, 4.2.3 and 4.3.4). The
    retention period is a promise that binds by law a qualified provider only, so it goes with that status.
    """
    always: tuple[qc.QcStatement, ...] = (
        qc.ESignature(),
        qc.DisclosureStatements((("en", f"{practice_url}/pds/en"), ("es", f"{practice_url}/pds/es"))),
        qc.NaturalPersonSemantics(),
    )
    if supervision is None:
        return always
    qualified = (qc.Compliance(), qc.RetentionPeriod(RETENTION_YEARS), *always)
    return (*qualified, qc.Sscd()) if device else qualified
