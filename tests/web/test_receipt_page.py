"""The page at the address that receipts print: what it shows, in which language, and what it lets in."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlencode

import pytest

from tests.support.citizens import CONTRAST
from tests.support.client import Answer
from tests.support.world import World, person

PAGE = "/v1/receipts"


def fill_in(authority: World, code: str, language: str = "es", **more: str) -> Answer:
    """What a browser sends when the form is submitted."""
    form = urlencode({"verification_code": code, **more}).encode()
    return authority.citizen.send(
        "POST", f"{PAGE}?lang={language}", form, content_type="application/x-www-form-urlencoded"
    )


def a_receipt(authority: World) -> str:
    body = {"identification": person(), "contrast": CONTRAST}
    answer = authority.officer.post(f"{authority.point}/registrations", body, key="new")
    return str(answer.json["verification_code"])


def test_the_address_on_the_receipt_shows_a_form(authority: World) -> None:
    answer = authority.citizen.send("GET", PAGE, content_type=None)
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<form method="post" action="receipts?lang=es">' in page
    assert '<label for="code">' in page


@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [
        ("", "", "es"),
        ("ca-ES-valencia, en;q=0.5", "", "ca"),
        ("fr, en;q=0.5", "", "en"),
        ("en", "?lang=ca", "ca"),
        ("en", "?lang=xx&from=letter", "en"),
    ],
)
def test_it_speaks_the_readers_language(authority: World, accepted: str, query: str, language: str) -> None:
    answer = authority.citizen.send(
        "GET", PAGE + query, headers={"Accept-Language": accepted}, content_type=None
    )
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert f'<html lang="{language}' in answer.body.decode()


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_it_tells_what_a_receipt_certifies(authority: World, language: str) -> None:
    code = a_receipt(authority)
    answer = fill_in(authority, code, language)
    told = authority.citizen.post("/v1/receipts/verifications", {"verification_code": code}).json
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert told["masked_nif"] in page
    assert told["sha256"] in page
    assert code not in page


@pytest.mark.parametrize("typed", ["", "0000-0000-0000-0000", '"><script>alert(1)</script>', "ñ" * 40])
def test_a_code_of_nothing_is_told_and_not_repeated(authority: World, typed: str) -> None:
    answer = fill_in(authority, typed)
    page = answer.body.decode()
    assert answer.status == 404
    assert 'aria-invalid="true"' in page
    assert 'role="alert"' in page
    assert "<script" not in page


def test_many_fields_are_no_form_of_ours(authority: World) -> None:
    answer = fill_in(authority, a_receipt(authority), **{f"field{number}": "" for number in range(20)})
    assert answer.status == 404


def test_a_code_is_read_as_people_copy_it(authority: World) -> None:
    """From paper: without hyphens, in small letters, O for zero, and I or L for one."""
    code = a_receipt(authority)
    copied = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert fill_in(authority, copied).status == 200
    asked = {"verification_code": copied}
    assert authority.citizen.post("/v1/receipts/verifications", asked).status == 200


def test_nothing_but_its_own_style_gets_in(authority: World) -> None:
    """The hash of the policy is that of the style sheet; there is no script, no image, no other address."""
    for answer in (
        authority.citizen.send("GET", PAGE, content_type=None),
        fill_in(authority, a_receipt(authority)),
        fill_in(authority, "0" * 16),
    ):
        page, policy = answer.body.decode(), answer.headers["content-security-policy"]
        (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        assert not re.search(r"<script|<img|<link|style=|\son\w+=|https?://|url\(|@import", page)
