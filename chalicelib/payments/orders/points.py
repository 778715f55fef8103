"""What an applicant for a card confirms before the form (A15): five points, in three languages, by version.

No public source has their words; these are ours. Editions are only ever added: an order's evidence names one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.errors import Problem


class PointsNotConfirmed(Problem):
    """All the points of the current edition are confirmed, each by its id, or nothing is ordered."""

    slug = "preliminary-points-not-confirmed"
    status = 422
    title = "Confirm all the preliminary points of the current edition"


class Point(msgspec.Struct, frozen=True):
    """One point, and its words by language."""

    id: str
    words: Mapping[str, str]


class Edition(msgspec.Struct, frozen=True):
    """The points of a product, as they stand from this version on."""

    version: str
    points: tuple[Point, ...] = ()


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says they have read and accept."""

    version: str
    points: tuple[str, ...]


_CARD: Final = (
    Point(
        "blank-card",
        {
            "es": "Recibiré la tarjeta en blanco, sin certificado.",
            "ca": "Rebré la targeta en blanc, sense certificat.",
            "en": "The card comes blank, without a certificate.",
        },
    ),
    Point(
        "load-in-person",
        {
            "es": "Para cargar el certificado en la tarjeta iré con ella a un punto de registro "
            "y me identificaré con un documento vigente.",
            "ca": "Per a carregar el certificat en la targeta aniré amb ella a un punt de "
            "registre i m'identificaré amb un document vigent.",
            "en": "To have the certificate loaded I will take the card to a registration point "
            "and identify myself with a valid document.",
        },
    ),
    Point(
        "natural-person",
        {
            "es": "El certificado es de una persona física mayor de 14 años con NIF o NIE, y "
            "contiene su nombre, apellidos, NIF o NIE y correo electrónico.",
            "ca": "El certificat és d'una persona física major de 14 anys amb NIF o NIE, i conté "
            "el seu nom, cognoms, NIF o NIE i correu electrònic.",
            "en": "The certificate is of a natural person over 14 with a NIF or NIE, and holds "
            "their name, surnames, NIF or NIE and e-mail address.",
        },
    ),
    Point(
        "price-and-payment",
        {
            "es": "El precio incluye el IVA y el envío, y solo se paga con tarjeta de crédito o "
            "de débito. Un pedido pagado no se cancela aquí; puedo desistir de la compra como "
            "prevé la ley.",
            "ca": "El preu inclou l'IVA i l'enviament, i només es paga amb targeta de crèdit o "
            "de dèbit. Una comanda pagada no es cancel·la ací; puc desistir de la compra com "
            "preveu la llei.",
            "en": "The price includes VAT and shipping, and is paid by credit or debit card "
            "only. A paid order is not cancelled here; I may withdraw from the purchase as "
            "the law provides.",
        },
    ),
    Point(
        "reader-and-pin",
        {
            "es": "Para usar la tarjeta necesito un lector. Si pierdo la tarjeta o su PIN, la "
            "única solución es un certificado nuevo.",
            "ca": "Per a usar la targeta necessite un lector. Si perd la targeta o el seu PIN, "
            "l'única solució és un certificat nou.",
            "en": "To use the card I need a reader. If I lose the card or its PIN, the only "
            "remedy is a new certificate.",
        },
    ),
)

EDITIONS: Final[Mapping[str, Sequence[Edition]]] = MappingProxyType(
    {
        "card": (Edition("2026-11", _CARD),),
        # Nothing is to be known before a reader is bought.
        "card-reader": (Edition("2026-11"),),
    }
)


def current(product: str) -> Edition:
    """The edition that is shown, and confirmed, today."""
    return EDITIONS[product][-1]


def confirm(product: str, confirmed: Confirmed | None) -> Edition:
    """The edition that a person confirmed, whole.

    Raises:
        PointsNotConfirmed
    """
    edition = current(product)
    wanted = {point.id for point in edition.points}
    if not wanted:
        return edition
    if confirmed is None or confirmed.version != edition.version:
        raise PointsNotConfirmed(f"The current edition is {edition.version}.")
    missing = sorted(wanted ^ set(confirmed.points))
    if missing or len(confirmed.points) != len(wanted):
        raise PointsNotConfirmed("Missing, unknown or said twice: " + ", ".join(missing))
    return edition
