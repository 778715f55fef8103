"""/local/clock: what time it is in the local authority, and the door by which its clock is moved forward.

GET shows a page, or JSON to who accepts that; POST moves the clock: {"to": "2029-11-20T07:00:00Z"}, or any of
"days", "hours" and "minutes", as JSON or as the page's form. The answer comes when what was due on the way is
done. A page of another site cannot move it: browsers say where a form comes from, and it must be from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from infra.local.clock import LocalClock
from infra.local.travel import CannotTravelError, TimeTravel

Answer = tuple[int, list[tuple[str, str]], bytes]

PATH: Final = "/local/clock"
MADRID: Final = ZoneInfo("Europe/Madrid")
TEMPLATE: Final = Path(__file__).parent / "assets" / "clock.html"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
UNITS: Final = ("days", "hours", "minutes")
STEPS: Final = (
    ("minutes", 15),
    ("hours", 1),
    ("days", 1),
    ("days", 7),
    ("days", 30),
    ("days", 365),
    ("days", 1096),
)
"""What the buttons offer: a blocked password's quarter of an hour up to a certificate's three years."""
MONTHS_ES: Final = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
DAYS_ES: Final = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
TEXTS: Final = {
    "es": {
        "TITLE": "Reloj de prueba",
        "INTRO": "La hora que es en esta autoridad local. Solo se puede adelantar.",
        "HERE": "Aquí es",
        "AHEAD": "El reloj de esta máquina marca {machine}: va {ahead} por delante.",
        "TOGETHER": "Es la hora de esta máquina.",
        "STEPS": "Adelantarlo",
        "TO": "O hasta un momento (hora de Madrid)",
        "GO": "Adelantar",
        "NOTE": "Lo que tocaba hacer por el camino se hace: avisos, mensajes, CRL y certificados OCSP. "
        "Tres años tardan unos segundos. Para volver a hoy, borre la carpeta de la autoridad.",
        "ARRIVED": "Hecho: {stops} tareas por el camino.",
        "days": "{n} días",
        "day": "1 día",
        "hours": "1 hora",
        "minutes": "{n} minutos",
        "year": "1 año",
        "years": "3 años",
    },
    "en": {
        "TITLE": "Test clock",
        "INTRO": "What time it is in this local authority. It can only be moved forward.",
        "HERE": "Here it is",
        "AHEAD": "This machine's clock says {machine}: {ahead} behind.",
        "TOGETHER": "This is the machine's time.",
        "STEPS": "Move it forward by",
        "TO": "Or to a moment (Madrid time)",
        "GO": "Move",
        "NOTE": "What was due on the way is done: notices, messages, CRLs and OCSP certificates. Three years "
        "take some seconds. To come back to today, delete the authority's folder.",
        "ARRIVED": "Done: {stops} jobs on the way.",
        "days": "{n} days",
        "day": "1 day",
        "hours": "1 hour",
        "minutes": "{n} minutes",
        "year": "1 year",
        "years": "3 years",
    },
}


class BadMomentError(Exception):
    """What was sent names no moment."""


class ClockDoor:
    """Answers /local/clock; None for every other path, once no journey is under way."""

    def __init__(self, travel: TimeTravel, clock: LocalClock) -> None:
        self._travel, self._clock = travel, clock

    def __call__(self, environ: dict[str, Any], path: str, body: Callable[[], bytes]) -> Answer | None:
        if path != PATH:
            self._travel.wait_until_still()
            return None
        as_json = "json" in environ.get("HTTP_ACCEPT", "") or "json" in environ.get("CONTENT_TYPE", "")
        if environ["REQUEST_METHOD"] != "POST":
            return self._told() if as_json else self._page(environ)
        if environ.get("HTTP_ORIGIN") not in (None, f"http://{environ.get('HTTP_HOST')}"):
            return _json(403, {"detail": "The clock is moved from its own page alone."})
        try:
            stops = self._travel.travel(_moment(environ, body(), self._clock()))
        except (BadMomentError, CannotTravelError) as error:
            return _json(422, {"detail": str(error)}) if as_json else self._page(environ, str(error), 422)
        if as_json:
            return self._told(stops=stops)
        return 303, [("Location", f"{PATH}?stops={stops}"), ("Cache-Control", "no-store")], b""

    def _told(self, **more: int) -> Answer:
        now = self._clock().isoformat(timespec="seconds")
        return _json(200, {"now": now, "ahead_seconds": round(self._clock.ahead.total_seconds())} | more)

    def _page(self, environ: dict[str, Any], refused: str = "", status: int = 200) -> Answer:
        language = "en" if environ.get("HTTP_ACCEPT_LANGUAGE", "").lower().startswith("en") else "es"
        texts, now, ahead = TEXTS[language], self._clock(), self._clock.ahead
        machine = texts["AHEAD"].format(machine=_said(now - ahead, language), ahead=_length(ahead, texts))
        stops = dict(parse_qsl(environ.get("QUERY_STRING", ""))).get("stops", "")
        arrived = texts["ARRIVED"].format(stops=stops) if stops.isdecimal() and not refused else ""
        local = now.astimezone(MADRID)
        parts = {name: escape(text) for name, text in texts.items() if name.isupper()} | {
            "LANGUAGE": language,
            "DATE": escape(_day(local, language)),
            "TIME": f"{local:%H:%M}",
            "MACHINE": escape(machine if ahead else texts["TOGETHER"]),
            "BUTTONS": "".join(_button(unit, number, texts) for unit, number in STEPS),
            "EARLIEST": f"{local + timedelta(minutes=1):%Y-%m-%dT%H:%M}",
            "TOLD": f'<p role="status" class="told">{escape(arrived)}</p>' if arrived else "",
            "REFUSED": f'<p role="alert" class="refused">{escape(refused)}</p>' if refused else "",
        }
        page = TEMPLATE.read_text(encoding="utf-8")
        for name, text in parts.items():
            page = page.replace(f"{{{{{name}}}}}", text)
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        return status, headers, page.encode()


def _moment(environ: dict[str, Any], body: bytes, now: datetime) -> datetime:
    """The moment that a request names.

    Raises:
        BadMomentError: it names none.
    """
    try:
        if "json" in environ.get("CONTENT_TYPE", ""):
            asked = json.loads(body)
        else:
            asked = dict(parse_qsl(body.decode()))
        if set(asked) == {"to"}:
            at = datetime.fromisoformat(asked["to"])
            return (at if at.tzinfo else at.replace(tzinfo=MADRID)).astimezone(UTC)
        if asked and set(asked) <= set(UNITS):
            return now + timedelta(**{unit: float(number) for unit, number in asked.items()})
    except (ValueError, TypeError, OverflowError) as error:
        raise BadMomentError("this is no moment") from error
    raise BadMomentError("either `to`, or any of `days`, `hours` and `minutes`")


def _button(unit: str, number: int, texts: dict[str, str]) -> str:
    name = {365: "year", 1096: "years"}.get(number) or ("day" if (unit, number) == ("days", 1) else unit)
    label = escape(texts[name].format(n=number))
    return f'<button name="{unit}" value="{number}">{label}</button>'


def _length(ahead: timedelta, texts: dict[str, str]) -> str:
    if days := round(ahead / timedelta(days=1)):
        return texts["day" if days == 1 else "days"].format(n=days)
    return texts["minutes"].format(n=max(1, round(ahead.total_seconds() / 60)))


def _said(moment: datetime, language: str) -> str:
    local = moment.astimezone(MADRID)
    return f"{_day(local, language)}, {local:%H:%M}"


def _day(local: datetime, language: str) -> str:
    if language == "en":
        return f"{local:%A}, {local.day} {local:%B %Y}"
    return f"{DAYS_ES[local.weekday()]}, {local.day} de {MONTHS_ES[local.month - 1]} de {local.year}"


def _json(status: int, told: dict[str, Any]) -> Answer:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return status, headers, json.dumps(told).encode()
