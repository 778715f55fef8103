"""Appointments: the evidence behind a registry worker's certificate (R25)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chalicelib.notices import catalogue
from chalicelib.registry.appointment import (
    AppointedByThemselves,
    Appointment,
    AppointmentRequest,
    OfficerTooYoung,
    Role,
    appoint,
)
from chalicelib.registry.documents import DocumentExpired
from chalicelib.registry.evidence import Evidence, canonical_form, evidence_digest
from chalicelib.registry.identification import DocumentNifMismatch, MobileRequired
from tests.registry.people_of_the_tests import NIF, NOW, OTHER_NIF, born, document


def appointed(by: str = "key-ceremony", **changes: Any) -> Appointment:
    values = {
        "officer_id": "officer-1",
        "document": document(),
        "nif": NIF,
        "given_name": "Ana",
        "surname1": "Ruiz",
        "birth_date": "1980-01-01",
        "email": "ana@example.org",
        "point_id": "point-1",
        "role": "registration-officer",
        "delivery": "paper",
        "language": "ca",
    }
    return appoint(msgspec.convert(values | changes, AppointmentRequest), appointed_by=by, now=NOW)


def test_an_appointment_keeps_who_decided_it_and_when() -> None:
    appointment = appointed()
    assert appointment.appointed_by == "key-ceremony"
    assert appointment.appointed_at == NOW.replace(microsecond=0)


def test_nobody_appoints_themselves() -> None:
    with pytest.raises(AppointedByThemselves):
        appointed(by="officer-1")


def test_an_officer_is_identified_like_everybody_else() -> None:
    with pytest.raises(DocumentExpired):
        appointed(document=document(expires_on="2026-11-21"))
    with pytest.raises(DocumentNifMismatch):
        appointed(nif=OTHER_NIF)
    with pytest.raises(OfficerTooYoung):
        appointed(birth_date=born(18, days_later=1))
    with pytest.raises(MobileRequired):
        appointed(delivery="sms")


def test_an_appointment_can_never_pass_for_an_identification() -> None:
    """Both are evidence: the tag, which is part of the digest, keeps them apart."""
    stored = canonical_form(appointed())
    assert msgspec.json.decode(stored, type=Appointment | Evidence) == appointed()
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(stored, type=Evidence)
    assert evidence_digest(appointed()) == evidence_digest(appointed())


def test_every_role_has_its_words_in_every_language() -> None:
    for texts in catalogue.LANGUAGES.values():
        assert list(texts.ROLES) == list(Role.__args__)  # type: ignore[attr-defined]
