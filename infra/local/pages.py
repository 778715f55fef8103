"""Pages only the local server has: a telephone with what was sent, the post, a payment gateway, the API.

Message texts are data from strangers: they are escaped, only http(s) addresses become links, and the content
security policy lets nothing run but this folder's own script.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote
from zoneinfo import ZoneInfo

import swagger_ui_bundle

from infra.local import pay
from infra.local.clock import machine_time
from infra.local.phone import Phone, Received
from infra.local.post import NoPost, Posted, PostTray

Page = tuple[int, list[tuple[str, str]], bytes]

ASSETS = Path(__file__).parent / "assets"
SWAGGER = Path(str(swagger_ui_bundle.swagger_ui_path))
MADRID = ZoneInfo("Europe/Madrid")
MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}
PHONE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAY_POLICY = PHONE_POLICY.replace("form-action 'none'", "form-action 'self'")
# Swagger UI sets style attributes and draws its icons from data: addresses.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CODE = re.compile(r"\b[A-Z0-9]{3,}(?:-[A-Z0-9]{3,})+\b")
_SPANISH_NUMBER = re.compile(r"(\+34)(\d{3})(\d{3})(\d{3})")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


@dataclass
class LocalPages:
    """Answers /local/phone, /local/post, /local/pay and /local/docs; None for every other path."""

    phone: Phone
    clock: Callable[[], datetime] = machine_time
    post: PostTray = field(default_factory=NoPost)
    payments: pay.PayPage = field(default_factory=pay.PayPage)

    def __call__(self, path: str, query: str) -> Page | None:
        if path in ("/local/phone", "/local/phone/"):
            to = parse_qs(query).get("to", [""])[0]
            return _html(render_phone(self.phone.received(), to, self.clock()), PHONE_POLICY)
        if path in ("/local/post", "/local/post/"):
            return _html(render_post(self.post.letters(), self.clock()), PHONE_POLICY)
        if path.startswith("/local/post/"):
            return _pdf(self.post.letter(path.removeprefix("/local/post/")))
        if path == pay.PATH:
            return _shown(self.payments.show(query))
        if path in ("/local/docs", "/local/docs/"):
            return _html((ASSETS / "docs.html").read_text(encoding="utf-8"), DOCS_POLICY)
        if path.startswith("/local/assets/"):
            return _asset(path.removeprefix("/local/assets/"))
        return None

    def posted(self, path: str, body: Callable[[], bytes]) -> Page | None:
        """Answers a form sent to /local/pay; None for every other path."""
        if path != pay.PATH:
            return None
        return _shown(self.payments.press(body().decode("utf-8", "replace")))


def render_phone(messages: list[Received], to: str, now: datetime) -> str:
    """The page: who received something, and what the chosen one received, oldest first."""
    last: dict[str, Received] = {}
    for message in messages:
        last.pop(message.to, None)
        last[message.to] = message
    people = list(reversed(last.values()))
    chosen = to if to in last else (people[0].to if people else "")
    shown = [message for message in messages if message.to == chosen]
    template = (ASSETS / "phone.html").read_text(encoding="utf-8")
    parts = {
        "PEOPLE": "".join(_person(message, chosen, now) for message in people),
        "WHO": escape(_readable(chosen)) or "Sin mensajes",
        "MESSAGES": "".join(_bubble(message, now) for message in shown) or _EMPTY,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def render_post(letters: list[Posted], now: datetime) -> str:
    """The page: the letters that lie ready for the printing service, the newest first."""
    template = (ASSETS / "post.html").read_text(encoding="utf-8")
    return template.replace("{{LETTERS}}", "".join(_envelope(letter, now) for letter in letters) or _NO_POST)


def _envelope(letter: Posted, now: datetime) -> str:
    return (
        f'<li><a href="/local/post/{quote(letter.name)}"><span class="icon" aria-hidden="true">✉</span>'
        f'<span class="to">Carta de invitación</span><time>{_time(letter.at, now)}</time>'
        f'<span class="preview">{escape(letter.name)} · {max(1, letter.size // 1024)} KB</span></a></li>'
    )


_NO_POST = (
    '<li class="empty">Todavía no hay ninguna carta.<br>'
    "Una carta aparece aquí cuando la bandeja de salida la prepara: al cabo de unos segundos.</li>"
)
_EMPTY = (
    '<p class="empty">Todavía no ha llegado nada.<br>'
    "Los SMS y correos que envíe la autoridad aparecerán aquí al momento.</p>"
)


def _person(last: Received, chosen: str, now: datetime) -> str:
    current = ' aria-current="page"' if last.to == chosen else ""
    icon = "✉" if last.channel == "email" else "☎"
    preview = escape(" ".join((last.subject or last.text).split())[:80])
    return (
        f'<li><a href="/local/phone?to={quote(last.to, safe="")}"{current}>'
        f'<span class="icon" aria-hidden="true">{icon}</span>'
        f'<span class="to">{escape(_readable(last.to))}</span><time>{_time(last.at, now)}</time>'
        f'<span class="preview">{preview}</span></a></li>'
    )


def _bubble(message: Received, now: datetime) -> str:
    head = ""
    if message.channel == "email":
        head = f'<h2>{escape(message.subject)}</h2><p class="from">De {escape(message.sender)}</p>'
    elif message.sender:
        head = f'<p class="from">{escape(message.sender)}</p>'
    time = f'<time datetime="{escape(message.at)}">{_time(message.at, now)}</time>'
    text = f'<p class="text">{linked(message.text)}</p>'
    return f'<article class="{escape(message.channel)}">{head}{text}{time}</article>'


def linked(text: str) -> str:
    """The text escaped, its http and https addresses made links, its codes kept on one line."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        parts += [_plain(text[end : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = found.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    return _CODE.sub(r'<b class="code">\g<0></b>', escape(text))


def _readable(to: str) -> str:
    """A Spanish number in groups of three, as people write it; anything else as it is."""
    return " ".join(number.groups()) if (number := _SPANISH_NUMBER.fullmatch(to)) else to


def _time(at: str, now: datetime) -> str:
    """Clock time for today's messages, day and month before."""
    moment, today = datetime.fromisoformat(at).astimezone(MADRID), now.astimezone(MADRID).date()
    if moment.date() == today:
        return f"{moment:%H:%M}"
    return f"{moment.day} {MONTHS[moment.month - 1]}, {moment:%H:%M}"


def _pdf(content: bytes | None) -> Page | None:
    if content is None:
        return None
    headers = [
        ("Content-Type", "application/pdf"),
        ("Content-Disposition", 'inline; filename="carta.pdf"'),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]
    return 200, headers, content


def _asset(name: str) -> Page | None:
    """A file of this folder or of Swagger UI; the name is looked up in their listings, never joined."""
    known = {path.name: path for folder in (SWAGGER, ASSETS) for path in folder.iterdir()}
    path = known.get(name)
    if path is None or path.suffix not in CONTENT_TYPES:
        return None
    headers = [
        ("Content-Type", f"{CONTENT_TYPES[path.suffix]}; charset=utf-8"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "max-age=3600" if path.parent == SWAGGER else "no-cache"),
    ]
    return 200, headers, path.read_bytes()


def _shown(shown: pay.Shown) -> Page:
    if shown.location:
        return shown.status, [("Location", shown.location), ("Cache-Control", "no-store")], b""
    _, headers, content = _html(shown.body, PAY_POLICY)
    return shown.status, headers, content


def _html(text: str, policy: str) -> Page:
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
    return 200, headers, text.encode()
