"""Redsys's signatures, held against its own published vectors; and what may be in a notice."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.payments import redsys
from chalicelib.payments.redsys import (
    BadMerchantKey,
    Envelope,
    NotificationMalformed,
    SignatureWrong,
    new_order,
    octets_of,
    open_envelope,
    read_envelope,
    seal,
    signature,
)

KEY = "sq7HjrUOBfKmC576ILgskD5srU870gJ7"
"""Redsys's public test key."""
# A notice with its signature: github.com/minube/redsys-api, ejemploRecepcionaPet.php (commit 51584deb).
NOTICE = (
    "eyJEc19EYXRlIjoiMzAlMkYwOCUyRjIwMjIiLCJEc19Ib3VyIjoiMTIlM0ExOCIsIkRzX1NlY3VyZVBheW1lbnQiOiIxIiwiRHNfQ2Fy"
    "ZF9Db3VudHJ5IjoiNzI0IiwiRHNfQW1vdW50IjoiMTU5MDAiLCJEc19DdXJyZW5jeSI6Ijk3OCIsIkRzX09yZGVyIjoiTU4wMDAwNDki"
    "LCJEc19NZXJjaGFudENvZGUiOiIzNTU4NjgxMDAiLCJEc19UZXJtaW5hbCI6IjAwMSIsIkRzX1Jlc3BvbnNlIjoiMDAwMCIsIkRzX01l"
    "cmNoYW50RGF0YSI6IiIsIkRzX1RyYW5zYWN0aW9uVHlwZSI6IjAiLCJEc19Db25zdW1lckxhbmd1YWdlIjoiMSIsIkRzX0F1dGhvcmlz"
    "YXRpb25Db2RlIjoiMDAyNDEzIiwiRHNfQ2FyZF9CcmFuZCI6IjEiLCJEc19Qcm9jZXNzZWRQYXlNZXRob2QiOiI1IiwiRHNfQ29udHJv"
    "bF8xNjYxODU0NjgzOTg4IjoiMTY2MTg1NDY4Mzk4OCJ9"
)
NOTICE_SIGNATURE = "O9aFvML5qK8VBQhV4GK8kFHvmAQaSnX1hfckr7abzIs="
# The worked example of Redsys's page "Firmar una operación" (pagosonline.redsys.es, desarrolladores-inicio/
# documentacion-operativa/firmar-una-operacion), as its order, its parameters and its two results stand there.
ORDER = "1234567890"
PARAMETERS = (
    "eyJEU19NRVJDSEFOVF9BTU9VTlQiOiI5OTkiLCJEU19NRVJDSEFOVF9PUkRFUiI6IjEyMzQ1Njc4OTAiLCJEU19NRVJDSEFOVF9NRVJD"
    "SEFOVENPREUiOiI5OTkwMDg4ODEiLCJEU19NRVJDSEFOVF9DVVJSRU5DWSI6Ijk3OCIsIkRTX01FUkNIQU5UX1RSQU5TQUNUSU9OVFlQ"
    "RSI6IjAiLCJEU19NRVJDSEFOVF9URVJNSU5BTCI6IjEiLCJEU19NRVJDSEFOVF9NRVJDSEFOVFVSTCI6Imh0dHA6XC9cL3d3dy5wcnVl"
    "YmEuY29tXC91cmxOb3RpZmljYWNpb24ucGhwIiwiRFNfTUVSQ0hBTlRfVVJMT0siOiJodHRwOlwvXC93d3cucHJ1ZWJhLmNvbVwvdXJs"
    "T0sucGhwIiwiRFNfTUVSQ0hBTlRfVVJMS08iOiJodHRwOlwvXC93d3cucHJ1ZWJhLmNvbVwvdXJsS08ucGhwIn0"
)
SIGNED = "Vjo02eSWq249IeZZp3R-ArFnGLhKY0OuzDDlx1BuVtZDC2yhczA7_11uZhsYzLZBCMFAz8u8uzGDX3AErHKmmw"
SAID = {
    "Ds_Amount": "3135",
    "Ds_Currency": "978",
    "Ds_Order": "1234ABCDEFGH",
    "Ds_MerchantCode": "999008881",
    "Ds_Terminal": "001",
    "Ds_Response": "0000",
    "Ds_TransactionType": "0",
    "Ds_AuthorisationCode": "501602",
}


def test_HMAC_SHA256_V1_is_that_of_another_implementation() -> None:
    assert signature("HMAC_SHA256_V1", KEY, "MN000049", NOTICE) == NOTICE_SIGNATURE


def test_HMAC_SHA512_V2_is_that_of_the_gateways_own_example() -> None:
    assert signature("HMAC_SHA512_V2", KEY, ORDER, PARAMETERS) == SIGNED


@pytest.mark.parametrize("version", redsys.VERSIONS)
def test_a_notice_is_read_as_it_was_signed(version: str) -> None:
    said = open_envelope(seal(version, KEY, SAID["Ds_Order"], SAID), KEY)
    assert (said.order, said.cents, said.currency, said.merchant) == (
        "1234ABCDEFGH",
        3135,
        "978",
        "999008881",
    )
    assert (said.terminal, said.response, said.authorisation, said.authorised) == (1, "0000", "501602", True)


@pytest.mark.parametrize("version", redsys.VERSIONS)
@pytest.mark.parametrize(
    "write",
    [
        lambda text: text,
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.replace("+", " "),
        lambda text: text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4),
    ],
    ids=["as it is", "unpadded", "safe in addresses", "a plus that became a space", "plain and padded"],
)
def test_signatures_come_in_either_base64(version: str, write: object) -> None:
    """The gateway's libraries differ in alphabet and padding; of what is signed nothing may differ."""
    for number in range(20):
        sealed = seal(version, KEY, SAID["Ds_Order"], SAID | {"Ds_Hour": str(number)})
        signed = write(sealed.signature)  # type: ignore[operator]
        fields = sealed.fields() | {"Ds_Signature": signed}
        body = "&".join(f"{name}={quote(value, safe=' +')}" for name, value in fields.items())
        assert open_envelope(read_envelope(body.replace(" ", "+").encode()), KEY).authorised


@pytest.mark.parametrize("version", redsys.VERSIONS)
def test_one_changed_sign_anywhere_is_refused(version: str) -> None:
    sealed = seal(version, KEY, SAID["Ds_Order"], SAID)
    for name in ("parameters", "signature"):
        text = getattr(sealed, name).rstrip("=")
        for place in range(0, len(text) - 1, 7):
            other = "A" if text[place] != "A" else "B"
            parts = {"version": version, "parameters": sealed.parameters, "signature": sealed.signature}
            parts[name] = text[:place] + other + text[place + 1 :]
            with pytest.raises((SignatureWrong, NotificationMalformed)):
                open_envelope(Envelope(**parts), KEY)


@pytest.mark.parametrize("version", redsys.VERSIONS)
def test_a_signature_serves_one_order_and_one_key(version: str) -> None:
    sealed = seal(version, KEY, "0000OTHER", SAID)
    with pytest.raises(SignatureWrong):
        open_envelope(sealed, KEY)
    with pytest.raises(SignatureWrong):
        open_envelope(seal(version, KEY, SAID["Ds_Order"], SAID), KEY[::-1].replace("/", "a"))


def test_no_signature_at_all_is_refused() -> None:
    sealed = seal("HMAC_SHA512_V2", KEY, SAID["Ds_Order"], SAID)
    for other in ("", "AAAA", sealed.signature[:-8]):
        with pytest.raises((SignatureWrong, NotificationMalformed)):
            open_envelope(Envelope(sealed.version, sealed.parameters, other), KEY)
    with pytest.raises(NotificationMalformed):
        open_envelope(Envelope("HMAC_SHA1", sealed.parameters, sealed.signature), KEY)


AUTHORISED = ("0000", "0099", "99", "0")
REFUSED = ("0100", "0190", "180", "0400", "0900", "9915")


@pytest.mark.parametrize("response", AUTHORISED + REFUSED)
def test_0000_to_0099_authorise_and_nothing_else(response: str) -> None:
    """0900 and 0400 are authorised refunds and cancellations: no money for us."""
    said = open_envelope(seal("HMAC_SHA512_V2", KEY, SAID["Ds_Order"], SAID | {"Ds_Response": response}), KEY)
    assert said.authorised is (response in AUTHORISED)


@pytest.mark.parametrize(
    "changes",
    [
        {"Ds_Response": ""},
        {"Ds_Response": "-1"},
        {"Ds_Response": "00 0"},
        {"Ds_Response": "٠٠٠٠"},
        {"Ds_Response": "00000"},
        {"Ds_Amount": "31.35"},
        {"Ds_Amount": "-3135"},
        {"Ds_Terminal": "one"},
        {"Ds_Order": "ABC4"},
        {"Ds_Order": "123"},
        {"Ds_Order": "1234567890123"},
        {"Ds_Order": "1234\x00"},
        {"Ds_Order": "1234-567"},
    ],
)
def test_what_is_signed_must_also_have_its_form(changes: dict[str, str]) -> None:
    said = SAID | changes
    with pytest.raises(NotificationMalformed):
        open_envelope(seal("HMAC_SHA256_V1", KEY, said["Ds_Order"], said), KEY)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_whatever_is_posted_ends_in_a_refusal(body: bytes) -> None:
    with pytest.raises((NotificationMalformed, SignatureWrong)):
        open_envelope(read_envelope(body), KEY)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
)
def test_whatever_json_is_signed_is_read_or_refused(content: object) -> None:
    text = base64.b64encode(json.dumps(content).encode()).decode()
    with pytest.raises(NotificationMalformed):
        open_envelope(Envelope("HMAC_SHA256_V1", text, "AAAA"), KEY)


def test_two_values_of_one_field_are_refused() -> None:
    """Which of them was signed nobody can tell."""
    fields = seal("HMAC_SHA512_V2", KEY, SAID["Ds_Order"], SAID).fields()
    with pytest.raises(NotificationMalformed):
        read_envelope(urlencode([*fields.items(), ("Ds_Signature", "AAAA")]).encode())


@given(st.binary(min_size=8, max_size=32))
def test_every_order_number_is_one_that_the_gateway_takes(octets: bytes) -> None:
    assert redsys.ORDER.fullmatch(new_order(octets))
    assert len(new_order(octets)) == 12


def test_a_key_that_is_none_is_told() -> None:
    for key in ("", "short", "ñ" * 32, "sq7HjrUOBfKmC576"):
        with pytest.raises(BadMerchantKey):
            signature("HMAC_SHA256_V1", key, ORDER, PARAMETERS)
    for key in ("", "short", "ñ" * 32):
        with pytest.raises(BadMerchantKey):
            signature("HMAC_SHA512_V2", key, ORDER, PARAMETERS)


def test_the_forms_parameters_are_json_in_the_base64_of_their_version() -> None:
    sent = {"DS_MERCHANT_ORDER": ORDER, "DS_MERCHANT_PRODUCTDESCRIPTION": "año, ¿qué?>>>"}
    for version in redsys.VERSIONS:
        sealed = seal(version, KEY, ORDER, sent)
        assert json.loads(octets_of(sealed.parameters)) == sent
    assert not set(seal("HMAC_SHA512_V2", KEY, ORDER, sent).parameters) & set("+/=")
