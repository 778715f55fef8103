"""E-mail addresses, mobile numbers and their masks (2.9)."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.registry.contact import (
    EmailInvalid,
    MobileInvalid,
    mask_email,
    mask_mobile,
    mask_nif,
    normalise_email,
    normalise_mobile,
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("maria@example.org", "maria@example.org"),
        (" Maria.Gil+cert@Example.ORG ", "Maria.Gil+cert@example.org"),
        ("o'hara@correo.example.es", "o'hara@correo.example.es"),
        ("a@xn--espaa-rta.example", "a@xn--espaa-rta.example"),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ],
)
def test_addresses_keep_their_local_part_and_lower_their_domain(typed: str, address: str) -> None:
    assert normalise_email(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "maria",
        "@example.org",
        "maria@",
        "maria@localhost",
        "maria@example",
        "maria@example..org",
        "maria@-example.org",
        "maria@example.123",
        "maria@[192.0.2.1]",
        ".maria@example.org",
        "ma..ria@example.org",
        '"maria gil"@example.org',
        "maria@gil@example.org",
        "mar\u00eda@example.org",
        "maria@espa\u00f1a.example",
        "maria@\u212ainder.example",  # the Kelvin sign, which lower() makes an ASCII k
        "maria@example.org\nBcc: other@example.org",
        "maria@example.org\n",
        "maria@example.org,other@example.org",
        "x" * 65 + "@example.org",
        "x@" + ".".join(["y" * 60] * 5) + ".org",
    ],
)
def test_addresses_that_a_certificate_or_a_mail_header_cannot_carry_are_refused(typed: str) -> None:
    with pytest.raises(EmailInvalid):
        normalise_email(typed)


@given(st.emails() | st.text(max_size=40))
@example("maria@\u212ainder.example")
def test_every_accepted_address_fits_rfc822name(typed: str) -> None:
    try:
        address = normalise_email(typed)
    except EmailInvalid:
        return
    assert x509.RFC822Name(address).value == address
    assert normalise_email(address) == address


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("612 345 678", "+34612345678"),
        ("+34 712-345-678", "+34712345678"),
        ("0034612345678", "+34612345678"),
        ("+44 7400 123456", "+447400123456"),  # foreign numbers are as good
        ("+1 (201) 555-0123", "+12015550123"),  # in America mobile and fixed numbers look the same
    ],
)
def test_mobile_numbers_are_kept_in_e164(typed: str, number: str) -> None:
    assert normalise_mobile(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "963866014",  # a fixed line: the code would be lost
        "+34 901 123 456",
        "900 123 456",
        "806 123 456",  # premium
        "612 345 67",
        "112",
        "+999 612345678",
        "612345678 ext. 3",
        "tel:+34612345678",
        "6123FLOWER",
        "\u0666\u0661\u0662345678",
        "",
    ],
)
def test_numbers_that_receive_no_message_are_refused(typed: str) -> None:
    with pytest.raises(MobileInvalid):
        normalise_mobile(typed)


def test_masks_show_enough_to_recognise_and_too_little_to_use() -> None:
    assert mask_nif("12345678Z") == "***4567**"  # the example of the data protection agency
    assert mask_nif("X1234567L") == "****4567*"
    assert mask_mobile("+34612345678") == "******678"
    assert mask_email("maria.gil@correo.example.org") == "m***@c***.org"
