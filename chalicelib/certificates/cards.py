"""Cards (A06, A23): what a certificate may say of a key in one, and what is kept of each loading.

Nothing is believed of a card but what it proves: without an attestation its certificate is of a profile that
promises no device, and with one it says as much as the dated allow-list lets it (requirements 3.10 c).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.certificates.tables import CardRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.payments.orders import loading as orders
from chalicelib.pki.attestation import LONGEST, read_attestation, require_attested
from chalicelib.pki.card_models import ModelName, card_models
from chalicelib.pki.catalogue import CITIZEN_CARD, CITIZEN_CARD_SECURE
from chalicelib.pki.csr import CertificationRequest
from chalicelib.pki.issuance import ATTESTED, profiles
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.evidence import Evidence, canonical_form, evidence_digest
from chalicelib.registry.tables import OfficerRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

UNATTESTED: Final = "card"
"""The origin of a key that is in a card as far as an officer knows."""


class CardModelNotListed(Problem):
    """An attestation of a model that is not on the allow-list, not yet or not any more."""

    slug = "card-model-not-listed"
    status = 422
    title = "Attestations of this card model are not accepted"


class CardAttestationRequired(Problem):
    """This authority loads only cards that prove where their key was made."""

    slug = "card-attestation-required"
    status = 422
    title = "A card must attest its key here; this one sent no attestation"


class CardInUse(Problem):
    """The card holds somebody else's certificate, valid or not."""

    slug = "card-in-use"
    status = 409
    title = "This card belongs to another holder; use a blank one"


class IdentifyForCard(Problem):
    """A23: who takes a loaded card home was identified at this point on this day."""

    slug = "identify-for-card"
    status = 409
    title = "The identification is of another day; identify the holder again before loading the card"


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """A card, as it says itself."""

    model: ModelName
    serial: Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,39}$(?!\n)")]

    @property
    def id(self) -> str:
        return f"{self.model}#{self.serial}"


class CardOrder(Struct, frozen=True):
    """What the authority is told: the card, its statement, and the session of the officer who loads it."""

    card: Card
    attestation: Annotated[list[Annotated[str, Meta(max_length=8192)]], Meta(max_length=LONGEST)]
    session: str

    def fingerprint(self, request: CertificationRequest) -> str:
        """Names the request that spends a code: this key in this card."""
        return f"card:{self.card.id}:{request.spki_sha256}"


class CardLoading(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="evidence"):
    """What is kept of a loading, beside the identification that justified it; never changed afterwards."""

    card: Card
    spki: str
    profile: str
    officer: str
    point_id: str
    identification: str
    loaded_at: datetime
    attestation: tuple[str, ...] = ()
    """Base64 of DER, that of the key first."""
    root: str = ""
    """SHA-256 of the pinned root that it leads to."""
    qscd_reference: str = ""
    """What made the model a qualified device on that day."""


class Judged(msgspec.Struct, frozen=True):
    """What a certificate for a key in a card may say."""

    profile: str
    key_origin: str
    loading: CardLoading


def order_of(payload: dict[str, Any]) -> CardOrder:
    """The card of a request to the authority."""
    return msgspec.convert(payload["card"], CardOrder)


def judge(
    cloud: Cloud,
    order: CardOrder,
    request: CertificationRequest,
    evidence: Evidence,
    *,
    identification: str,
    officer: str,
) -> Judged:
    """The profile for this key in this card, and what is kept of why.

    Raises:
        IdentifyForCard, CardAttestationRequired, CardModelNotListed, CardAttestationRefused
    """
    now = cloud.now()
    today = date_in_madrid(now)
    if date_in_madrid(evidence.identified_at) != today:
        raise IdentifyForCard
    listed = card_models(cloud)
    kept = CardLoading(
        card=order.card,
        spki=request.spki_sha256,
        profile=CITIZEN_CARD,
        officer=officer,
        point_id=evidence.point_id,
        identification=identification,
        loaded_at=now,
    )
    if not order.attestation:
        if listed.attestation_required:
            raise CardAttestationRequired
        return Judged(CITIZEN_CARD, UNATTESTED, kept)
    model = listed.models.get(order.card.model)
    if model is None or not model.believed(today):
        raise CardModelNotListed
    chain = read_attestation(order.attestation)
    root = require_attested(chain, model, request.public_key, order.card.serial, now)
    # A supervised authority's secure profile says QcSSCD, which is true of qualified devices only.
    secure = profiles(cloud)[CITIZEN_CARD_SECURE]
    qualified = model.is_qscd(today)
    profile = secure.name if qualified or secure.supervision is None else CITIZEN_CARD
    kept = msgspec.structs.replace(
        kept,
        profile=profile,
        attestation=tuple(base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain),
        root=hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest(),
        qscd_reference=model.qscd_reference if qualified else "",
    )
    return Judged(profile, ATTESTED, kept)


def add_loading(cloud: Cloud, judged: Judged) -> Callable[[Transaction, CertificateRow], None]:
    """All that a loading changes besides the certificate, in the transaction that spends its code."""

    def recording(transaction: Transaction, row: CertificateRow) -> None:
        kept, now = judged.loading, cloud.now()
        digest = evidence_digest(kept)
        officer = kept.officer.removeprefix("officer:")
        transaction.check("officer", OfficerRow, officer, OfficerRow.standing())
        transaction.update(
            "card",
            CardRow(kept.card.id, CardRow.OWNER),
            [CardRow.holder.set(row.holder)],
            CardRow.card.does_not_exist() | (CardRow.holder == row.holder),
        )
        transaction.put_new(
            "loading",
            CardRow(
                kept.card.id,
                row.id,
                holder=row.holder,
                loading=canonical_form(kept).decode(),
                loading_digest=digest,
                loaded_at=now,
            ),
        )
        event = Event(
            "card.loaded",
            f"certificate:{row.id}",
            kept.officer,
            now,
            evidence=digest,
            details={"model": kept.card.model, "point": kept.point_id, "profile": judged.profile},
        )
        record(transaction, event, cloud.entropy(12))
        # Who ordered a card has this one; who was handed it at the point ordered none.
        with suppress(orders.NoCardToLoad):
            orders.load(cloud, transaction, holder=row.holder, certificate=row.id, actor=kept.officer)

    return recording
