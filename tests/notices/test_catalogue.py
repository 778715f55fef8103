"""What we write to people: the same in three languages, in one part, and giving nothing away."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.codes.kinds import GENERATION, PIN, SMS_OTP, STOP
from chalicelib.notices import catalogue, gsm7, texts_ca, texts_en, texts_es
from chalicelib.notices.catalogue import CHOICES, LANGUAGES, LONGEST, MOMENTS, Value, email, placeholders, sms
from chalicelib.settings import BadSetting, read_settings

NOW = datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)
EVERY_SMS = [(kind, language) for language in LANGUAGES for kind in texts_es.SMS]
EVERY_EMAIL = [(kind, language) for language in LANGUAGES for kind in texts_es.EMAILS]
HELPFUL = {
    "organisation": "Clavero",
    "code": "Kd7pQ2mWxZ",
    "host": "clavero.example",
    "phone": "963 866 014",
    "mobile": "******678",
    "serial": "01:5A:5A",
    "card": "Example Card 5 0001-ABCD",
    "point": "PRU Val\u00e8ncia",
    "reason": "keyCompromise",
    "role": "supervisor",
    "change": "password-changed",
    "video_reason": "liveness-doubtful",
    "product": "card",
    "amount": "31,35 euros",
    "order": "1234ABCDEFGH",
    "carrier": "Correos",
    "tracking": "PQ4F6P0704104480181750T",
    "return_reason": "not-collected",
    "deadline": "password",
    "proxy_act": "collect-code",
} | dict.fromkeys(MOMENTS, NOW)


def values_for(template: str, **changes: Value) -> dict[str, Value]:
    known: dict[str, Value] = HELPFUL | changes
    return {name: known[name] for name in placeholders(template)}


def longest_for(template: str, when: datetime) -> dict[str, Value]:
    return {name: when if name in MOMENTS else "x" * LONGEST[name] for name in placeholders(template)}


@pytest.mark.parametrize(("kind", "language"), EVERY_SMS)
def test_no_text_message_can_need_two_parts(kind: str, language: str) -> None:
    """With every value at its longest, on every day of a year (6.11)."""
    template = LANGUAGES[language].SMS[kind]
    for day in range(366):
        text = sms(kind, language, **longest_for(template, NOW + timedelta(days=day)))
        assert gsm7.septets(text) <= 160


def test_the_longest_values_are_the_longest_there_are() -> None:
    """Those that settings let through, and the longest code that goes out by text message."""
    for name, variable, example in (
        ("organisation", "CLAVERO_ORGANISATION", "O" * 20),
        ("phone", "CLAVERO_HELP_PHONE", "9" * 16),
        ("host", "CLAVERO_API_URL", "https://" + "h" * 50),
    ):
        assert getattr(read_settings({variable: example}), "web_host" if name == "host" else _SETTING[name])
        with pytest.raises(BadSetting):
            read_settings({variable: example + example[-1]})
        assert LONGEST[name] == len(example.removeprefix("https://"))
    assert LONGEST["code"] == max(kind.length for kind in (GENERATION, PIN, SMS_OTP, STOP))


_SETTING = {"organisation": "organisation", "phone": "help_phone"}
STOPPING = {"mobile-changed", "app-added"}
"""Their code is typed on another day and another screen: nothing is to fill it in by itself."""


@pytest.mark.parametrize(("kind", "language"), EVERY_SMS)
def test_every_code_has_a_WebOTP_line_for_our_host_alone(kind: str, language: str) -> None:
    """6.13: the last line, by itself, with the host that may read the code; no other message has one."""
    template = LANGUAGES[language].SMS[kind]
    text = sms(kind, language, **longest_for(template, NOW))
    has_code = "code" in placeholders(template) and kind not in STOPPING
    assert ("host" in placeholders(template)) == has_code
    lines = text.split("\n")
    assert len(lines) == (2 if has_code else 1)
    if has_code:
        assert lines[1] == f"@{'x' * LONGEST['host']} #{'x' * LONGEST['code']}"
        assert lines[0].count("x" * LONGEST["code"]) >= 1
        assert re.search(
            "no l[ao] comparta|no l[ae] compartisca|no el compartisca|never share", lines[0], re.IGNORECASE
        )
    assert text.startswith("x" * LONGEST["organisation"] + ": ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_message_says_who_what_until_when_and_never_share(language: str) -> None:
    """6.13; and the WebOTP line is the last, alone, and names the host that may read the code."""
    text = sms(
        "generation-code",
        language,
        organisation="Clavero",
        code="Kd7pQ2mWxZ",
        host="clavero.example",
        expires=NOW,
    )
    human, last = text.split("\n")
    assert last == "@clavero.example #Kd7pQ2mWxZ"
    assert human.startswith("Clavero: ")
    assert "Kd7pQ2mWxZ" in human
    assert "2026" in human
    assert re.search("no lo comparta|no el compartisca|never share", human, re.IGNORECASE)


def test_dates_are_those_of_madrid_and_cannot_be_misread() -> None:
    after_midnight = datetime(2026, 12, 7, 23, 30, tzinfo=UTC)
    values = {"organisation": "Clavero", "code": "Kd7pQ2mWxZ", "host": "clavero.example"}
    assert "08/12/2026" in sms("generation-code", "es", **values, expires=after_midnight)
    assert "08/12/2026" in sms("generation-code", "ca", **values, expires=after_midnight)
    assert "8 Dec 2026" in sms("generation-code", "en", **values, expires=after_midnight)
    assert catalogue.moment(texts_es, NOW) == "7 de diciembre de 2026, 23:59 (hora peninsular)"
    assert catalogue.moment(texts_ca, datetime(2026, 4, 5, tzinfo=UTC)).startswith("5 d'abril de 2026, 02:00")
    assert catalogue.moment(texts_en, NOW) == "7 December 2026, 23:59 (Madrid time)"


def test_a_birthday_is_a_day_and_has_no_hour() -> None:
    """It begins at midnight in Madrid, an hour before that of the moment that is kept."""
    birthday = datetime(2026, 12, 10, 23, tzinfo=UTC)
    values: dict[str, str | datetime] = {
        "organisation": "Clavero",
        "phone": "963 866 014",
        "birthday": birthday,
    }
    said = {
        language: [
            " ".join(email(kind, language, **values).body.split()) for kind in ("of-age-soon", "of-age")
        ]
        for language in LANGUAGES
    }
    assert "años, el 11 de diciembre de 2026, será mayor de edad" in said["es"][0]
    assert "Desde el 11 de diciembre de 2026 es usted mayor" in said["es"][1]
    assert "anys, el dia 11 de desembre de 2026, serà major" in said["ca"][0]
    assert "Des del dia 11 de desembre de 2026 és major" in said["ca"][1]
    assert "birthday, 11 December 2026, you" in said["en"][0]
    assert "Since 11 December 2026 you" in said["en"][1]


def test_in_Valencian_no_article_meets_a_day() -> None:
    """ "El 1" and "del 11" are not written: the article would be l'. "El dia 1" is right on every day."""
    dates = "|".join(sorted(MOMENTS))
    for _, body in texts_ca.EMAILS.values():
        assert not re.search(rf"(?i)\b(el|al|del) {{({dates})}}", body)
    for sheet in (texts_ca.SLIP, texts_ca.LETTER):
        assert str(sheet["expires"]).endswith(" dia")


@pytest.mark.parametrize(("kind", "language"), EVERY_SMS)
def test_text_messages_have_no_links(kind: str, language: str) -> None:
    """Swindlers write into the same thread: people must learn that we never send one (6.13)."""
    assert not re.search("https?:|www", LANGUAGES[language].SMS[kind])


@pytest.mark.parametrize(("kind", "language"), EVERY_EMAIL)
def test_mails_are_written_out_in_full(kind: str, language: str) -> None:
    _, template = LANGUAGES[language].EMAILS[kind]
    message = email(kind, language, **values_for(template))
    assert not set("{}") & set(message.subject + message.body)
    assert message.subject.startswith("Clavero: ")
    assert len(message.subject) <= 78, "RFC 5322 2.1.1: one line"
    assert "963 866 014" in message.body, "every message says where help is"
    assert "http" not in message.body


@pytest.mark.parametrize(("kind", "language"), EVERY_EMAIL)
def test_a_subject_holds_nothing_but_who_writes_and_why(kind: str, language: str) -> None:
    """Subjects are shown on locked telephones and kept in logs: no code, no name, no number."""
    subject, _ = LANGUAGES[language].EMAILS[kind]
    assert placeholders(subject) == {"organisation"}


def test_the_address_that_nobody_confirmed_learns_nothing_about_the_applicant() -> None:
    """It may belong to somebody else."""
    for texts in LANGUAGES.values():
        _, template = texts.EMAILS["email-confirmation"]
        assert placeholders(template) == {"organisation", "code", "expires", "host", "phone"}


def test_every_language_has_every_message_with_the_same_values() -> None:
    for texts in (texts_ca, texts_en):
        assert list(texts.SMS) == list(texts_es.SMS)
        assert list(texts.EMAILS) == list(texts_es.EMAILS)
        assert list(texts.SLIP) == list(texts_es.SLIP)
        assert list(texts.REASONS) == list(texts_es.REASONS)
        assert list(texts.CHANGES) == list(texts_es.CHANGES)
        assert len(texts.MONTHS) == 12
        for kind, template in texts.SMS.items():
            assert placeholders(template) == placeholders(texts_es.SMS[kind])
        for kind, (_, template) in texts.EMAILS.items():
            assert placeholders(template) == placeholders(texts_es.EMAILS[kind][1])


def test_every_placeholder_has_a_rule() -> None:
    known = {*LONGEST, *MOMENTS, *CHOICES}
    for texts in LANGUAGES.values():
        for template in [*texts.SMS.values(), *(body for _, body in texts.EMAILS.values())]:
            assert placeholders(template) <= known
            assert all(not spec for _, _, spec, _ in string.Formatter().parse(template))


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "x" * 21},
        {"organisation": "Clav\u00f3"},  # would make a message of 70 characters a part
        {"organisation": ""},
        {"host": "clavero.example\n@evil.example"},
        {"code": "Kd7pQ2mWxZ\r\nBcc: x"},
        {"expires": "tomorrow"},
        {"code": NOW},
    ],
)
def test_a_value_that_would_bend_the_message_is_refused(change: dict[str, Value]) -> None:
    values = values_for(texts_es.SMS["generation-code"], **change)
    with pytest.raises((ValueError, TypeError, KeyError)) as refusal:
        sms("generation-code", "es", **values)
    assert "Kd7pQ2mWxZ" not in str(refusal.value), "no code in an error"


def test_a_value_too_many_or_too_few_is_a_mistake_of_ours() -> None:
    values = values_for(texts_es.SMS["generation-code"])
    with pytest.raises(ValueError, match="wanted"):
        sms("generation-code", "es", **values, phone="963 866 014")
    del values["host"]
    with pytest.raises(ValueError, match="wanted"):
        sms("generation-code", "es", **values)


def test_braces_in_a_value_are_only_braces() -> None:
    _, template = texts_es.EMAILS["officer-appointed"]
    message = email("officer-appointed", "es", **values_for(template, point="PRU {phone}"))
    assert "PRU {phone}" in message.body
