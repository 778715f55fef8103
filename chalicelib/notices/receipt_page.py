"""The page at the address that receipts print: whoever holds one types its code and reads what it certifies.

A form and its answer, in HTML without script, images or anything from elsewhere: the content security policy
lets in one style sheet, by its hash. The code goes in the body of a POST, because addresses are logged.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from html import escape
from string import Template
from typing import Final, NamedTuple

from chalicelib.notices import catalogue

LANGUAGE_NAMES: Final = {"es": "Castellano", "ca": "Valencià", "en": "English"}
LONGEST_CODE: Final = 40
_TAGS: Final = {"es": "es", "ca": "ca-valencia", "en": "en"}

_STYLE: Final = """
:root{color-scheme:light dark;--page:#eef1f4;--card:#fff;--ink:#16202a;--soft:#4d5965;--line:#8a97a3;
--accent:#0a5a8a;--on:#fff;--good:#1d6b3a;--bad:#a3201d}
@media(prefers-color-scheme:dark){:root{--page:#101418;--card:#181d22;--ink:#eef2f5;--soft:#a9b5c0;--line:#74818d;
--accent:#7cc4f2;--on:#0b1a24;--good:#7fd39b;--bad:#ff9d96}}
*{box-sizing:border-box;margin:0}
body{background:var(--page);color:var(--ink);padding:1.25rem 1rem;
font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main{max-width:36rem;margin:0 auto}
header{display:flex;align-items:baseline;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;
margin-bottom:1rem;color:var(--soft)}
nav a{color:var(--accent);display:inline-block;padding:.4rem .25rem}
nav a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
main{background:var(--card);border-radius:1rem;padding:1.5rem 1.25rem;display:grid;gap:1rem}
h1{font-size:1.5rem;line-height:1.25}
h2{font-size:1.125rem;line-height:1.35;margin-bottom:.5rem}
section{border-left:.3rem solid var(--good);padding-left:1rem}
section.none{border-color:var(--bad)}
dt{color:var(--soft);font-size:.95rem;margin-top:.5rem}
dd{overflow-wrap:anywhere}
.hash{font:.875rem/1.5 ui-monospace,Consolas,monospace}
.note{color:var(--soft);font-size:.95rem}
section .note{margin-top:.5rem}
form{display:grid;gap:.5rem}
label{font-weight:600}
input,button{font:inherit;min-height:3rem;border-radius:.6rem;padding:.5rem .8rem;width:100%}
input{font-family:ui-monospace,Consolas,monospace;letter-spacing:.04em;text-transform:uppercase;color:inherit;
background:transparent;border:1px solid var(--line)}
button{background:var(--accent);color:var(--on);border:0;font-weight:600;cursor:pointer;margin-top:.5rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
"""

_PAGE: Final = Template("""\
<!doctype html>
<html lang="$tag">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header><p>$organisation</p><nav aria-label="$languages">$links</nav></header>
<main>
<h1>$heading</h1>
$answer<form method="post" action="receipts?lang=$language">
<label for="code">$label</label>
<p class="note" id="hint">$hint</p>
<input id="code" name="verification_code" required maxlength="$longest" aria-describedby="$described"\
 autocomplete="off" autocapitalize="characters" spellcheck="false"$state>
<button>$check</button>
</form>
</main>
</body>
</html>
""")

POLICY: Final = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Certified(NamedTuple):
    """What is shown of a receipt."""

    kind: str
    masked_nif: str
    at: datetime
    sha256: str


def form(language: str, organisation: str) -> bytes:
    """The page with the empty field."""
    return _page(language, organisation, "")


def found(language: str, organisation: str, receipt: Certified) -> bytes:
    """The page that tells what a receipt certifies."""
    texts = catalogue.LANGUAGES[language]
    words, sheet = texts.RECEIPT_PAGE, texts.RECEIPT
    rows = (
        (sheet["for"], receipt.masked_nif, ""),
        (sheet["date"], catalogue.moment(texts, receipt.at), ""),
        (words["hash"], receipt.sha256, ' class="hash"'),
    )
    told = "".join(f"<dt>{escape(name)}</dt><dd{kind}>{escape(value)}</dd>" for name, value, kind in rows)
    title = sheet["titles"][receipt.kind]
    answer = (
        f'<section role="status"><h2>{escape(words["found"])}</h2><p>{escape(title)}</p><dl>{told}</dl>'
        f'<p class="note">{escape(words["compare"])}</p></section>\n'
    )
    return _page(language, organisation, answer, title=words["found"])


def not_found(language: str, organisation: str) -> bytes:
    """The page that tells that no receipt has this code."""
    words = catalogue.LANGUAGES[language].RECEIPT_PAGE
    answer = (
        f'<section class="none" role="alert" id="none"><h2>{escape(words["none"])}</h2>'
        f"<p>{escape(words['again'])}</p></section>\n"
    )
    return _page(language, organisation, answer, title=words["none"], wrong=True)


def _page(language: str, organisation: str, answer: str, *, title: str = "", wrong: bool = False) -> bytes:
    words = catalogue.LANGUAGES[language].RECEIPT_PAGE
    links = " ".join(
        f'<a href="receipts?lang={each}" lang="{_TAGS[each]}" hreflang="{_TAGS[each]}"'
        + (' aria-current="page"' if each == language else "")
        + f">{name}</a>"
        for each, name in LANGUAGE_NAMES.items()
    )
    page = _PAGE.substitute(
        tag=_TAGS[language],
        language=language,
        title=escape(f"{title} - {words['heading']}" if title else words["heading"]),
        style=_STYLE,
        organisation=escape(organisation),
        languages=escape(words["languages"]),
        links=links,
        heading=escape(words["heading"]),
        answer=answer,
        label=escape(words["code"]),
        hint=escape(words["hint"]),
        longest=LONGEST_CODE,
        described="none hint" if wrong else "hint",
        state=' aria-invalid="true" autofocus' if wrong else "" if answer else " autofocus",
        check=escape(words["check"]),
    )
    return page.encode()
