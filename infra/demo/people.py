"""The people of the stories: invented, with numbers that are used in examples."""

from __future__ import annotations

from typing import Any

CONDITIONS = "2026-11"
Person = dict[str, Any]


def person(nif: str, given_name: str, surname1: str, surname2: str, **more: Any) -> Person:
    """An identification, as an officer types it from the documents on the desk."""
    return {
        "document": {"kind": "dni", "number": nif, "expires_on": "2031-05-01"},
        "nif": nif,
        "given_name": given_name,
        "surname1": surname1,
        "surname2": surname2,
        "delivery": "sms",
        "language": "en",
        "presence": {"kind": "holder"},
        "conditions_accepted": CONDITIONS,
    } | more


def contrast(who: Person) -> dict[str, str]:
    """The one datum on the person's document that is asked for: of a DNI, its last day of validity."""
    told: dict[str, str] = who.get("contrast") or {"valid_until": who["document"]["expires_on"]}
    return told


def typed(who: Person) -> dict[str, Any]:
    """What a person types about the own self, whichever the channel."""
    fields = ("mobile", "email", "language", "conditions_accepted")
    return {name: who[name] for name in fields} | {"contrast": contrast(who)}


def full_name(who: Person) -> str:
    """As it is printed."""
    return " ".join(filter(None, (who["given_name"], who["surname1"], who["surname2"])))


MARIA = person(
    "12345678Z",
    "María José",
    "Núñez",
    "Peña",
    birth_date="1985-02-28",
    email="maria@example.org",
    mobile="+34612345678",
)
JORDI = person(
    "87654321X",
    "Jordi",
    "Ferrer",
    "Martí",
    birth_date="1971-09-11",
    email="jordi@example.org",
    delivery="paper",
)
AITANA = person(
    "11111111H",
    "Aitana",
    "Soler",
    "Vidal",
    birth_date="1999-12-31",
    email="aitana@example.org",
    mobile="+34698765432",
)
LLUIS = person(
    "23456789D",
    "Lluís",
    "Roca",
    "Ferrer",
    birth_date="1988-04-17",
    email="lluis@example.org",
    mobile="+34677889900",
)
# In the civil register of a local authority, as María is: infra/local/people.jsonl.
INAKI = person(
    "00000001R",
    "Iñaki",
    "Etxeberria",
    "",
    language="es",
    contrast={"issued_on": "2015-09-14"},  # his DNI is permanent: 2.4
    email="inaki@example.org",
    mobile="+34600100001",
)
GRACE = person(
    "X1234567L",
    "Grace",
    "Hopper",
    "",
    contrast={"support_number": "E12345678"},
    email="grace@example.org",
    mobile="+34600100002",
)
VICENT = person(
    "22222222J",
    "Vicent",
    "Llorens",
    "Albert",
    birth_date="1962-03-19",
    email="vicent@example.org",
    mobile="+34600100003",
    language="ca",
)
LLUC = person(
    "33333333P",
    "Lluc",
    "Mas",
    "Roig",
    birth_date="2011-10-09",
    email="lluc@example.org",
    mobile="+34600100004",
    language="ca",
)
ONA = person(
    "10000005L",
    "Ona",
    "Mas",
    "Roig",
    birth_date="2015-01-20",
    email="ona@example.org",
    mobile="+34600100009",
    language="ca",
)
PERE = person(
    "44444444A",
    "Pere",
    "Gil",
    "Sanz",
    birth_date="1978-06-24",
    email="pere@example.org",
    mobile="+34600100005",
    language="es",
)
NEUS = person(
    "55555555K",
    "Neus",
    "Blasco",
    "Ortí",
    birth_date="1990-08-05",
    email="neus@example.org",
    mobile="+34600100006",
)
STRANGER = person("99999999R", "Nadie", "Nadie", "", email="nobody@example.org", mobile="+34600100099")
ROSA = person(
    "66666666Q",
    "Rosa",
    "Pla",
    "Mira",
    birth_date="1983-01-17",
    email="rosa@example.org",
    mobile="+34600100007",
)
BLANCA = person(
    "10000003V",
    "Blanca",
    "Torres",
    "Lledó",
    birth_date="1948-04-02",
    email="blanca@example.org",
    mobile="+34600100010",
)
TONI = person(
    "77777777B",
    "Toni",
    "Ros",
    "Amat",
    birth_date="1969-12-06",
    email="toni@example.org",
    mobile="+34600100008",
)
PAU = person(
    "10000007K",
    "Pau",
    "Bosch",
    "Riera",
    language="ca",
    email="pau@example.org",
    mobile="+34600100010",
)
BERTA = person(
    "10000008E",
    "Berta",
    "Ferri",
    "Lloret",
    birth_date="1988-10-30",
    email="berta@example.org",
    mobile="+34600100011",
)
