"""Message catalogue: what we write to people, in Spanish, Valencian and English, by kind and channel.

The sentences are in texts_es, texts_ca and texts_en. Values are checked here, so that nothing typed by
somebody else can bend a message: no line breaks, no overlong names, no text message of two parts.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType, ModuleType
from typing import Final, NamedTuple

from chalicelib.civil_time import in_madrid
from chalicelib.notices import gsm7, texts_ca, texts_en, texts_es

LANGUAGES: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {"es": texts_es, "ca": texts_ca, "en": texts_en}
)
LONGEST: Final[Mapping[str, int]] = MappingProxyType(
    {
        "organisation": 20,
        "code": 10,
        "host": 50,  # what API Gateway names by itself: 47 in eu-south-2, 49 in eu-central-1
        "phone": 16,
        "mobile": 9,  # masked
        "serial": 59,  # 20 octets in hexadecimal with colons
        "point": 100,
        "amount": 20,
        "order": 12,
        "carrier": 40,
        "tracking": 40,
        "card": 81,  # model and serial number
    }
)
"""The values that are text, and how long they may be: text messages are counted with all at their longest."""

MOMENTS: Final = frozenset(
    {"expires", "not_before", "not_after", "revoked_at", "appointed_at", "changed_at", "ends", "birthday"}
)
DAYS: Final = frozenset({"birthday"})
"""Those of the moments that are said without the hour."""
CHOICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reason": "REASONS",
        "role": "ROLES",
        "change": "CHANGES",
        "video_reason": "VIDEO_REASONS",
        "product": "PRODUCTS",
        "return_reason": "RETURN_REASONS",
        "deadline": "DEADLINES",
        "proxy_act": "PROXY_ACTS",
    }
)
"""The values that are one of a list, each language having its words for it."""

Value = str | datetime
Writer = Callable[[ModuleType, datetime], str]


class Email(NamedTuple):
    """A plain-text message."""

    subject: str
    body: str


def sms(kind: str, language: str, **values: Value) -> str:
    """The text message, in the GSM alphabet and one part; ValueError if it cannot be so."""
    texts = LANGUAGES[language]
    text = _fill(
        texts.SMS[kind], {name: _written(texts, name, value, _short) for name, value in values.items()}
    )
    if (length := gsm7.septets(text)) > gsm7.ONE_PART:
        raise ValueError(f"{kind} in {language} takes {length} septets")
    return text


def email(kind: str, language: str, **values: Value) -> Email:
    """The subject and body of an e-mail."""
    texts = LANGUAGES[language]
    written = {name: _written(texts, name, value, moment) for name, value in values.items()}
    subject, body = texts.EMAILS[kind]
    return Email(subject.format_map({"organisation": written["organisation"]}), _fill(body, written))


def placeholders(template: str) -> set[str]:
    """The names of the values that a template needs."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def moment(texts: ModuleType, value: datetime) -> str:
    """Date and time as people in Madrid write them."""
    return str(texts.MOMENT.format(date=_day(texts, value), time=f"{in_madrid(value):%H:%M}"))


def _day(texts: ModuleType, value: datetime) -> str:
    local = in_madrid(value)
    return str(texts.DATE.format(day=local.day, month=texts.MONTHS[local.month - 1], year=local.year))


def _short(texts: ModuleType, value: datetime) -> str:
    local = in_madrid(value)
    month = texts.MONTHS[local.month - 1]
    return str(texts.SHORT_DATE.format(day=local.day, month=month, number=local.month, year=local.year))


def _written(texts: ModuleType, name: str, value: Value, write_moment: Writer) -> str:
    if name in MOMENTS and isinstance(value, datetime):
        return (_day if name in DAYS else write_moment)(texts, value)
    if not isinstance(value, str):
        raise TypeError(f"{name}: wrong type")
    if name in CHOICES:
        return str(getattr(texts, CHOICES[name])[value])
    if not value or len(value) > LONGEST[name] or not value.isprintable():
        raise ValueError(f"{name}: empty, too long, or with control characters")
    return value


def _fill(template: str, written: Mapping[str, str]) -> str:
    if placeholders(template) != written.keys():
        raise ValueError(f"wanted {sorted(placeholders(template))}, got {sorted(written)}")
    return template.format_map(written)
