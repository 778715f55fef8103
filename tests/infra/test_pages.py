"""The local pages show messages as sent, and let nothing in them act."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
    for path in ("/local/phone", "/local/post", "/local/docs"):
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
    for path in ("/local/phone", "/local/post", "/local/docs"):
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
