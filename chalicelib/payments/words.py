"""Prices in plain words, in Spanish, Valencian and English: what was charged, and by which rule (F22)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.notices import catalogue
from chalicelib.payments.tariff import Decision, Tariff, in_force, issues_counted, renewal_opens

RULES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "no-valid-certificate": "Es gratis: en ese momento no tenía ningún certificado válido.",
            "renewal-window": "Es gratis: su certificado vale hasta el {until}, y desde el {opens} está en "
            "periodo de renovación.",
            "free-allowance": "Es gratis: certificados que no se cobran en {days} días: {allowed}; los "
            "suyos de los {days} días anteriores, expedidos o con un código sin usar: {count}.",
            "not-enforced": "Es gratis: hoy no se cobra por expedir certificados.",
            "listed-free": "Es gratis: es el precio publicado para todas las personas.",
            "listed-price": "Cuesta {amount}: es el precio publicado, con los impuestos y, "
            "si lo hay, el envío incluidos.",
            "issue-fee": "Cuesta {amount}: ya tiene un certificado que vale hasta el {until} y que no se "
            "puede renovar antes del {opens}.",
            "codes-fee": "Cuesta {amount}: con un código que aún no ha usado puede descargar un certificado "
            "sin pagar nada. Certificados que no se cobran en {days} días: {allowed}; los suyos de los "
            "{days} días anteriores, expedidos o con un código sin usar: {count}.",
        },
        "ca": {
            "no-valid-certificate": "És gratis: en eixe moment no tenia cap certificat vàlid.",
            "renewal-window": "És gratis: el seu certificat val fins al dia {until}, i des del dia {opens} "
            "està en període de renovació.",
            "free-allowance": "És gratis: certificats que no es cobren en {days} dies: {allowed}; els seus "
            "dels {days} dies anteriors, expedits o amb un codi sense usar: {count}.",
            "not-enforced": "És gratis: hui no es cobra per expedir certificats.",
            "listed-free": "És gratis: és el preu publicat per a totes les persones.",
            "listed-price": "Costa {amount}: és el preu publicat, amb els impostos i, si "
            "n'hi ha, l'enviament inclosos.",
            "issue-fee": "Costa {amount}: ja té un certificat que val fins al dia {until} i que no es pot "
            "renovar abans del dia {opens}.",
            "codes-fee": "Costa {amount}: amb un codi que encara no ha usat pot descarregar un certificat "
            "sense pagar res. Certificats que no es cobren en {days} dies: {allowed}; els seus dels {days} "
            "dies anteriors, expedits o amb un codi sense usar: {count}.",
        },
        "en": {
            "no-valid-certificate": "It is free: you had no valid certificate at that moment.",
            "renewal-window": "It is free: your certificate is valid until {until}, and since {opens} it can "
            "be renewed.",
            "free-allowance": "It is free: certificates that are not charged in {days} days: {allowed}; "
            "yours of the {days} days before, issued or with a code not used yet: {count}.",
            "not-enforced": "It is free: issuing certificates is not charged at present.",
            "listed-free": "It is free: that is the published price, for everybody.",
            "listed-price": "It costs {amount}: that is the published price, taxes and any shipping "
            "included.",
            "issue-fee": "It costs {amount}: you already have a certificate that is valid until {until} and "
            "cannot be renewed before {opens}.",
            "codes-fee": "It costs {amount}: with a code that you have not used yet you can download a "
            "certificate and pay nothing. Certificates that are not charged in {days} days: {allowed}; "
            "yours of the {days} days before, issued or with a code not used yet: {count}.",
        },
    }
)
"""`issue-fee` and `codes-fee` are the rule `listed-price` where rules could have waived it."""

POLICIES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "before-issue": "Se paga antes, con tarjeta de crédito o de débito.",
            "after-issue": "Se paga después, con tarjeta de crédito o de débito.",
            "never": "No se paga.",
        },
        "ca": {
            "before-issue": "Es paga abans, amb targeta de crèdit o de dèbit.",
            "after-issue": "Es paga després, amb targeta de crèdit o de dèbit.",
            "never": "No es paga.",
        },
        "en": {
            "before-issue": "It is paid beforehand, by credit or debit card.",
            "after-issue": "It is paid afterwards, by credit or debit card.",
            "never": "It is not paid for.",
        },
    }
)

REFUNDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "none": "Si el proceso no termina o el código caduca, el importe no se devuelve.",
            "by-law": "Puede desistir de la compra como prevé la ley.",
        },
        "ca": {
            "none": "Si el procés no acaba o el codi caduca, l'import no es torna.",
            "by-law": "Pot desistir de la compra com preveu la llei.",
        },
        "en": {
            "none": "If the process is not finished or the code expires, the amount is not refunded.",
            "by-law": "You may withdraw from the purchase as the law provides.",
        },
    }
)


def euros(cents: int, language: str) -> str:
    """An amount as people write it; in words, since the fonts of our sheets have no euro sign."""
    whole, rest = divmod(cents, 100)
    return f"{whole}{'.' if language == 'en' else ','}{rest:02d} euros"


def charged_amount(decision: Decision, language: str) -> str:
    """What it costs; of several, what each costs too."""
    total = euros(decision.cents, language)
    if decision.quantity == 1:
        return total
    return f"{total} ({decision.quantity} x {euros(decision.cents // decision.quantity, language)})"


def explain(decision: Decision, language: str, tariff: Tariff | None = None) -> str:
    """Why a product costs what it costs."""
    edition = in_force(decision.at, tariff)
    texts = catalogue.LANGUAGES[language]
    until, opens = decision.facts.valid_until, renewal_opens(decision.facts, edition)
    rule = decision.rule
    if rule == "listed-price" and edition.price(decision.product).waivers:
        rule = "codes-fee" if decision.facts.unused else "issue-fee"
    return RULES[language][rule].format(
        amount=charged_amount(decision, language),
        until=catalogue.moment(texts, until) if until else "",
        opens=catalogue.moment(texts, opens) if opens else "",
        count=issues_counted(decision.facts, decision.at, edition),
        allowed=edition.free_issues,
        days=edition.window_days,
    )


def conditions(decision: Decision, language: str) -> list[str]:
    """When it is paid, and whether it is given back; nothing of what is free."""
    if not decision.cents:
        return []
    return [POLICIES[language][decision.policy], REFUNDS[language][decision.refund]]
