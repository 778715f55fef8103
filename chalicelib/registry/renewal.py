"""Renewal of a registration on line (P01, P02, 2.16): by electronic identity card, and by nothing else.

At an office it is renewed by registering again. The renewed proof stands in the ledger beside the old ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from chalicelib.errors import Problem
from chalicelib.registry.accounts import Account
from chalicelib.registry.assurance import METHODS
from chalicelib.registry.channels.certificate import CertificateHolder, DataDiffer, require_proof
from chalicelib.registry.contact import normalise_email, normalise_mobile
from chalicelib.registry.registrations import (
    Registered,
    Registrant,
    proven_before,
    register_person,
    repeat_registration,
)
from chalicelib.registry.states import MoveNotAllowed

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class RenewalNeedsEid(Problem):
    """P02: an office, or the electronic identity card; no other certificate is valid."""

    slug = "renewal-needs-e-id"
    status = 403
    title = "Renew with an electronic identity card, or at an office"


class OtherPerson(Problem):
    """The certificate in the connection is not that of the person who is logged in."""

    slug = "certificate-of-another-person"
    status = 403
    title = "This certificate is somebody else's"


class RenewalRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """2.16: how the person is reached is checked again."""

    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]


def renew(cloud: Cloud, account: Account, who: CertificateHolder, request: RenewalRequest) -> Registered:
    """Enter a renewed strong proof; five more years (X08). Sent again within the hour, another receipt.

    Raises:
        RenewalNeedsEid, OtherPerson, ProofChainTooWeak, DataDiffer, MoveNotAllowed, Conflict
    """
    known = account.registration
    if known is None or not account.registered:
        raise MoveNotAllowed
    if not METHODS[who.kind].strong:
        raise RenewalNeedsEid
    if who.nif != known.nif:
        raise OtherPerson
    require_proof(who)
    if normalise_mobile(request.mobile) != known.mobile:
        raise DataDiffer(field="mobile")
    if normalise_email(request.email) != known.email:
        raise DataDiffer(field="email")
    if proven_before(cloud, account, who.kind, who.thumbprint):
        return repeat_registration(cloud, account, method=who.kind)
    registrant = Registrant(
        nif=str(known.nif),
        given_name=str(known.given_name),
        surname1=str(known.surname1),
        surname2=known.surname2,
        birth_date=str(known.birth_date),
        contrast=str(known.contrast),
        mobile=str(known.mobile),
        email=str(known.email),
        language=str(known.language),
        conditions=str(known.conditions),
    )
    return register_person(
        cloud, account.holder, registrant, method=who.kind, evidence=who.thumbprint, account=account
    )
