"""Appointment of a person who works for the registry: evidence for that person's own certificate (R25)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.registry import contact, people
from chalicelib.registry.documents import Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.evidence import Delivery, Language, TypedName
from chalicelib.registry.identification import MobileRequired, document_matches_nif

Role = Literal["registration-officer", "revocation-officer", "supervisor"]

OfficerId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$(?!\n)")]


class AppointedByThemselves(Problem):
    """An appointment is made by somebody else (R25)."""

    slug = "appointed-by-themselves"
    status = 403
    title = "Nobody appoints themselves"


class OfficerTooYoung(Problem):
    """Officers act on their own responsibility."""

    slug = "officer-too-young"
    status = 422
    title = "Only an adult can be appointed"


class AppointmentRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be appointed, to what, and where."""

    officer_id: OfficerId
    document: Document
    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    given_name: TypedName
    surname1: TypedName
    birth_date: date
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    point_id: Annotated[str, Meta(min_length=1, max_length=40)]
    role: Role
    delivery: Delivery
    language: Language
    surname2: TypedName | None = None
    mobile: Annotated[str, Meta(min_length=6, max_length=31)] | None = None


class Appointment(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="evidence",
    tag="appointment",
):
    """An appointment as it is stored; its digest is evidence.evidence_digest()."""

    officer_id: str
    document: Document
    nif: str
    given_name: str
    surname1: str
    birth_date: date
    email: str
    point_id: str
    role: Role
    delivery: Delivery
    language: Language
    appointed_by: str
    appointed_at: datetime
    surname2: str | None = None
    mobile: str | None = None


def appoint(request: AppointmentRequest, *, appointed_by: str, now: datetime) -> Appointment:
    """The appointment, or the first problem found. `appointed_by` is an officer, or the key ceremony."""
    if appointed_by == request.officer_id:
        raise AppointedByThemselves(field="officer_id")
    day = date_in_madrid(now)
    document = normalise_document(request.document)
    nif = normalise_nif(request.nif)
    check_in_force(document, day)
    document_matches_nif(document, nif)
    people.check_birth_date(request.birth_date, day)
    if people.age_on(day, request.birth_date) < people.ADULT:
        raise OfficerTooYoung(field="birth_date")
    if request.delivery == "sms" and request.mobile is None:
        raise MobileRequired("Give a mobile number, or choose paper.", field="mobile")
    return Appointment(
        officer_id=request.officer_id,
        document=document,
        nif=nif,
        given_name=people.normalise_name(request.given_name, field="given_name"),
        surname1=people.normalise_name(request.surname1, field="surname1"),
        surname2=people.optional_name(request.surname2, field="surname2"),
        birth_date=request.birth_date,
        email=contact.normalise_email(request.email),
        mobile=None if request.mobile is None else contact.normalise_mobile(request.mobile),
        point_id=request.point_id,
        role=request.role,
        delivery=request.delivery,
        language=request.language,
        appointed_by=appointed_by,
        appointed_at=now.astimezone(UTC).replace(microsecond=0),
    )
