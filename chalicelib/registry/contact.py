"""Addresses that reach a person: e-mail (RFC 5321) and mobile numbers (ITU-T E.164), and their masks."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.errors import Problem

HOME_REGION: Final = "ES"
"""A number without a country prefix is a Spanish one."""

_LONGEST_ADDRESS: Final = 254  # RFC 5321 4.5.3.1.3: a path of 256 octets less its angle brackets
_LONGEST_LOCAL_PART: Final = 64  # RFC 5321 4.5.3.1.1
_LONGEST_DOMAIN: Final = 253
# Dot-string only (RFC 5321 4.1.2). Quoted local parts exist on paper, and in injection attempts.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_TYPED_PHONE = re.compile(r"\+?[0-9 ().\-]{6,30}")


class EmailInvalid(Problem):
    """It goes into the certificate as rfc822Name, and messages go to it."""

    slug = "email-invalid"
    status = 422
    title = "The e-mail address cannot be used"


class MobileInvalid(Problem):
    """Codes are sent to mobile numbers, Spanish or foreign."""

    slug = "mobile-invalid"
    status = 422
    title = "This is not a number that receives text messages"


def normalise_email(text: str, *, field: str = "email") -> str:
    """The address with its domain in lower case, or EmailInvalid.

    ASCII only, because rfc822Name in a certificate holds nothing else (RFC 5280 4.2.1.6); an
    internationalised domain is written as its A-label. The local part keeps its case (RFC 5321 2.4).
    """
    address = text.strip(" ")
    local_part, at, domain = address.rpartition("@")
    domain = domain.lower() if domain.isascii() else domain
    labels = domain.split(".")
    well_formed = (
        at
        and len(address) <= _LONGEST_ADDRESS
        and len(local_part) <= _LONGEST_LOCAL_PART
        and len(domain) <= _LONGEST_DOMAIN
        and _LOCAL_PART.fullmatch(local_part)
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _TOP_LEVEL.fullmatch(labels[-1])
    )
    if not well_formed:
        raise EmailInvalid("Write it as name@example.org, without accents.", field=field)
    return f"{local_part}@{domain}"


def normalise_mobile(text: str, *, field: str = "mobile") -> str:
    """The number in E.164, or MobileInvalid if it cannot be a mobile telephone of its country."""
    # Imported here: the numbering plans are only needed at registration, not at every cold start.
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

    can_get_messages = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    problem = MobileInvalid("Write a mobile number; a foreign one with + and its prefix.", field=field)
    typed = text.strip(" ")
    if not _TYPED_PHONE.fullmatch(typed):  # no letters ("vanity" numbers), no extensions, ASCII digits
        raise problem
    try:
        number = phonenumbers.parse(typed, HOME_REGION)
    except NumberParseException:
        raise problem from None
    # The type of a number that no plan assigns is UNKNOWN, so this also asks whether it is valid.
    if phonenumbers.number_type(number) not in can_get_messages:
        raise problem
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mask_nif(nif: str) -> str:
    """The four digits that Ley Orgánica 3/2018 (7th additional provision) lets one show."""
    return f"****{nif[4:8]}*" if nif[0] in "XYZ" else f"***{nif[3:7]}**"


def mask_mobile(mobile: str) -> str:
    """The last three digits, behind stars that do not tell the length."""
    return f"******{mobile[-3:]}"


def mask_email(email: str) -> str:
    """First letters only: enough to recognise one's own address, too little to write to it."""
    local_part, _, domain = email.rpartition("@")
    host, _, top_level = domain.rpartition(".")
    return f"{local_part[0]}***@{host[0]}***.{top_level}"
