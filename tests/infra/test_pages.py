"""The local pages show messages as sent, and let nothing in them act."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chalicelib.payments.redsys import open_envelope, read_envelope, seal
from infra.local import pay
from infra.local.pages import LocalPages, linked, render_phone, render_post
from infra.local.phone import Phone, Received
from infra.local.post import Posted, StoredPost
from tests.support.world import World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) \"' {{WHO}}"


def _sms(text: str, to: str = "+34600000000", at: str = "2026-11-22T11:58:00+00:00") -> Received:
    return Received(at, "sms", to, text)


def _pages(tmp_path: Path, *messages: Received) -> LocalPages:
    phone = Phone(tmp_path / "phone.jsonl")
    for message in messages:
        phone.keep(message)
    return LocalPages(phone, clock=lambda: NOW)


@pytest.mark.parametrize("field", ["to", "text", "sender", "subject"])
def test_nothing_in_a_message_becomes_markup(field: str) -> None:
    values = {"to": "ana@example.org", "text": "t", "sender": "s", "subject": "u", field: HOSTILE}
    page = render_phone([Received("2026-11-22T11:58:00+00:00", "email", **values)], "", NOW)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_only_web_addresses_become_links() -> None:
    text = linked("Vea https://localhost:8000/a?b=1&c=2. O http://x.es/(1), no javascript:x ni ftp://y.es")
    assert re.findall(r'href="([^"]*)"', text) == ["https://localhost:8000/a?b=1&amp;c=2", "http://x.es/(1"]
    assert text.count("<a ") == 2


def test_a_code_stays_on_one_line() -> None:
    """It is typed from one screen into another."""
    assert linked("es K7QM-3XWP-9TRA.") == 'es <b class="code">K7QM-3XWP-9TRA</b>.'


def test_quotes_cannot_leave_a_link() -> None:
    assert "onclick" not in re.sub(r"&[a-z]+;.*", "", linked('https://x.es/"onclick="alert(1)'))
    assert '" onclick' not in linked("https://x.es/' onclick='alert(1)")


def test_the_pages_run_only_their_own_scripts(tmp_path: Path) -> None:
    for path in ("/local/phone", "/local/post", "/local/pay", "/local/docs"):
        status, headers, body = _pages(tmp_path)(path, "") or pytest.fail("no page")
        policy = dict(headers)["Content-Security-Policy"]
        assert status == 200
        assert "default-src 'none'; script-src 'self';" in policy
        assert not re.search(rb"<script(?! src=)|\son\w+=|style=", body)


def test_the_newest_conversation_comes_first_and_one_can_choose(tmp_path: Path) -> None:
    pages = _pages(tmp_path, _sms("uno"), _sms("dos", "+34611111111"), _sms("tres"))
    _, _, newest = pages("/local/phone", "") or pytest.fail("no page")
    _, _, chosen = pages("/local/phone", "to=%2B34611111111") or pytest.fail("no page")
    messages = re.compile(rb'<p class="text">(\w+)</p>')
    assert messages.findall(newest) == [b"uno", b"tres"]
    assert messages.findall(chosen) == [b"dos"]


def test_times_are_madrids() -> None:
    page = render_phone([_sms("x"), _sms("y", at="2026-07-01T10:00:00+00:00")], "", NOW)
    assert ">12:58</time>" in page
    assert ">1 jul, 12:00</time>" in page


def test_every_file_the_pages_ask_for_exists(tmp_path: Path) -> None:
    pages = _pages(tmp_path)
    for path in ("/local/phone", "/local/post", "/local/pay", "/local/docs"):
        _, _, body = pages(path, "") or pytest.fail("no page")
        for name in re.findall(rb'(?:href|src)="(/local/[^"?]*)"', body):
            status, headers, _ = pages(name.decode(), "") or pytest.fail(f"{name!r} is missing")
            assert (status, dict(headers)["X-Content-Type-Options"]) == (200, "nosniff")


@pytest.mark.parametrize(
    "name", ["../pages.py", "..%2Fpages.py", "phone.html", "", "nothing.js", "/etc/passwd"]
)
def test_no_other_file_is_served(tmp_path: Path, name: str) -> None:
    assert _pages(tmp_path)(f"/local/assets/{name}", "") is None


def test_the_post_shows_the_letters_of_the_object_store(authority: World, tmp_path: Path) -> None:
    """And nothing else that lies in the same bucket: evidence of identifications, above all."""
    s3, bucket = authority.cloud.s3, authority.cloud.settings.private_bucket
    for key in ("post/2026-11-22/aa.pdf", "video/1/front"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"%PDF-1.7")
    pages = LocalPages(Phone(tmp_path / "phone.jsonl"), clock=lambda: NOW, post=StoredPost(s3, bucket))
    _, _, listed = pages("/local/post", "") or pytest.fail("no page")
    assert re.findall(rb'href="(/local/post/[^"]*)"', listed) == [b"/local/post/2026-11-22/aa.pdf"]
    status, headers, body = pages("/local/post/2026-11-22/aa.pdf", "") or pytest.fail("no letter")
    assert (status, dict(headers)["Content-Type"], body) == (200, "application/pdf", b"%PDF-1.7")
    for name in ("../video/1/front", "video/1/front", "nothing.pdf"):
        assert pages(f"/local/post/{name}", "") is None


def test_the_name_of_a_letter_becomes_no_markup() -> None:
    page = render_post([Posted("<script>alert(1)</script>.pdf", "2026-11-22T11:58:00+00:00", 1)], NOW)
    assert "<script>" not in page


# The payment gateway


class Notices:
    """What the page tells the authority."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []

    def __call__(self, url: str, fields: dict[str, str]) -> None:
        self.sent.append((url, fields))


def _form(**changes: str) -> dict[str, str]:
    order = {
        "DS_MERCHANT_AMOUNT": "3135",
        "DS_MERCHANT_ORDER": "1234ABCDEFGH",
        "DS_MERCHANT_MERCHANTCODE": pay.MERCHANT,
        "DS_MERCHANT_CURRENCY": "978",
        "DS_MERCHANT_TRANSACTIONTYPE": "0",
        "DS_MERCHANT_TERMINAL": "1",
        "DS_MERCHANT_MERCHANTURL": "http://localhost:8000/v1/redsys-notifications",
        "DS_MERCHANT_URLOK": "http://localhost:8000/v1/payment-returns/done",
        "DS_MERCHANT_URLKO": "http://localhost:8000/v1/payment-returns/not-done",
        "DS_MERCHANT_MERCHANTNAME": "Clavero",
        "DS_MERCHANT_PRODUCTDESCRIPTION": "lector",
    } | changes
    return seal("HMAC_SHA512_V2", pay.KEY, order["DS_MERCHANT_ORDER"], order).fields()


def _gateway(tmp_path: Path) -> tuple[LocalPages, Notices]:
    notices = Notices()
    return LocalPages(Phone(tmp_path / "phone.jsonl"), payments=pay.PayPage(send=notices)), notices


def _press(pages: LocalPages, fields: dict[str, str], button: str) -> tuple[int, dict[str, str], bytes]:
    body = urlencode(fields | {"press": button}).encode()
    status, headers, content = pages.posted(pay.PATH, lambda: body) or pytest.fail("no page")
    return status, dict(headers), content


def test_an_order_is_shown_with_two_buttons_and_no_field_for_a_card(tmp_path: Path) -> None:
    pages, notices = _gateway(tmp_path)
    status, headers, body = pages(pay.PATH, urlencode(_form())) or pytest.fail("no page")
    text = body.decode()
    assert status == 200
    assert "form-action 'self'" in dict(headers)["Content-Security-Policy"]
    assert "31,35" in text
    assert "1234ABCDEFGH" in text
    assert re.findall(r'<button name="press" value="(\w+)"', text) == ["authorise", "refuse"]
    assert set(re.findall(r'<input type="(\w+)"', text)) == {"hidden"}
    assert notices.sent == []


@pytest.mark.parametrize(
    ("button", "response", "back"), [("authorise", "0000", "done"), ("refuse", "0190", "not-done")]
)
def test_a_button_tells_the_authority_and_leads_back(
    tmp_path: Path, button: str, response: str, back: str
) -> None:
    pages, notices = _gateway(tmp_path)
    status, headers, _ = _press(pages, _form(), button)
    assert (status, headers["Location"]) == (303, f"http://localhost:8000/v1/payment-returns/{back}")
    ((url, fields),) = notices.sent
    assert url == "http://localhost:8000/v1/redsys-notifications"
    said = open_envelope(read_envelope(urlencode(fields).encode()), pay.KEY)
    assert (said.order, said.cents, said.response) == ("1234ABCDEFGH", 3135, response)


@pytest.mark.parametrize("address", pay.ADDRESSES)
def test_the_gateway_goes_nowhere_but_to_its_authority(tmp_path: Path, address: str) -> None:
    """Its key is public, so any page open in the same browser could sign a form."""
    for elsewhere in (
        "http://169.254.169.254/latest",
        "http://localhost:80001/x",
        "http://localhost:8000@x.es/",
    ):
        pages, notices = _gateway(tmp_path)
        assert _press(pages, _form(**{address: elsewhere}), "authorise")[0] == 400
        assert notices.sent == []


def test_the_gateway_shows_nothing_that_is_not_signed(tmp_path: Path) -> None:
    pages, notices = _gateway(tmp_path)
    other = _form(DS_MERCHANT_AMOUNT="1")
    for wrong in (
        _form() | {"Ds_Signature": other["Ds_Signature"]},
        _form() | {"Ds_SignatureVersion": "HMAC_SHA1"},
        _form() | {"Ds_MerchantParameters": "e30"},
        {"Ds_MerchantParameters": "%%%"},
    ):
        status, _, body = pages(pay.PATH, urlencode(wrong)) or pytest.fail("no page")
        assert status == 400
        assert b"SIS0042" in body
        assert _press(pages, wrong, "authorise")[0] == 400
    assert notices.sent == []
    hostile = _form(DS_MERCHANT_PRODUCTDESCRIPTION=HOSTILE, DS_MERCHANT_MERCHANTNAME=HOSTILE)
    _, _, body = pages(pay.PATH, urlencode(hostile)) or pytest.fail("no page")
    assert b"<script>alert" not in body
    assert b"<img" not in body


def test_only_the_gateway_takes_forms(tmp_path: Path) -> None:
    pages, _ = _gateway(tmp_path)
    for path in ("/local/phone", "/v1/redsys-notifications", "/local/pay/x"):
        assert pages.posted(path, lambda: pytest.fail("the body was read")) is None
