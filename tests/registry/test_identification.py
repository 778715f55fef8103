"""Identification at a registration point: who may have a certificate, and what evidence remains."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from chalicelib.errors import Problem
from chalicelib.registry import identification
from chalicelib.registry.documents import DocumentExpired
from chalicelib.registry.evidence import Evidence, IdentificationRequest, canonical_form, evidence_digest
from chalicelib.registry.identification import (
    ConditionsNotAccepted,
    ConsentRequired,
    DocumentNifMismatch,
    EmancipationNotApplicable,
    GuardianNotApplicable,
    GuardianRequired,
    MobileRequired,
    ProxyNotAllowed,
    ProxyPowerInsufficient,
    SamePerson,
    TooYoung,
    recheck,
)
from chalicelib.registry.people import BirthDateInvalid
from tests.registry.people_of_the_tests import (
    NIE,
    NIF,
    OTHER_NIF,
    born,
    document,
    guardian,
    identified,
    proxy,
    request_json,
)

EMANCIPATED = {"document": "Escritura 123/2026"}


def refused(kind: type[Problem], field: str, **changes: Any) -> None:
    with pytest.raises(kind) as refusal:
        identified(**changes)
    assert refusal.value.field == field


def power(**changes: Any) -> dict[str, Any]:
    return proxy(power=proxy()["power"] | changes)


def test_evidence_holds_what_was_seen_in_one_spelling() -> None:
    evidence = identified(
        document=document(number="54.362.315-k"), nif="54362315-k", given_name=" Mari\u0301a  Jos\u00e9 "
    )
    assert evidence.document.number == evidence.nif == NIF
    assert evidence.given_name == "Mar\u00eda Jos\u00e9"
    assert evidence.mobile == "+34612345678"
    assert (evidence.officer_id, evidence.point_id) == ("officer-1", "point-1")
    assert evidence.identified_at == datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)


def test_a_passport_shows_no_nif_so_none_is_compared() -> None:
    assert identified(document=document(kind="passport", number="XDD123456")).nif == NIF


def test_a_foreigner_is_identified_by_the_nie() -> None:
    assert identified(document=document(kind="nie", number=NIE), nif=NIE).nif == NIE


@pytest.mark.parametrize("kind", ["dni", "driving-licence"])
def test_a_document_that_bears_the_number_must_bear_this_nif(kind: str) -> None:
    """Otherwise somebody's own document would obtain a certificate with another person's number."""
    refused(DocumentNifMismatch, "nif", document=document(kind=kind), nif=OTHER_NIF)


def test_the_conditions_in_force_must_be_accepted() -> None:
    refused(ConditionsNotAccepted, "conditions_accepted", conditions_accepted="2019-01")


def test_an_expired_document_identifies_nobody() -> None:
    refused(DocumentExpired, "document.expires_on", document=document(expires_on="2026-11-21"))
    assert identified(document=document(expires_on="2026-11-22"))


def test_the_day_is_that_of_madrid_and_not_of_greenwich() -> None:
    """At 23:30 UTC it is already tomorrow here (R30)."""
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    with pytest.raises(DocumentExpired):
        identified(now=late, document=document(expires_on="2026-11-21"))
    assert identified(now=late, birth_date=born(18))


def test_a_moment_without_time_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        identified(now=datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("birth_date", "extra", "problem"),
    [
        (born(14, days_later=1), {"guardian": guardian()}, TooYoung),
        (born(14), {"guardian": guardian()}, None),
        (born(14), {}, GuardianRequired),
        (born(18, days_later=1), {}, GuardianRequired),
        (born(18, days_later=1), {"guardian": guardian()}, None),
        (born(18), {}, None),
        (born(18), {"guardian": guardian()}, GuardianNotApplicable),
        (born(16), {"emancipated": EMANCIPATED}, None),
        (born(16, days_later=1), {"emancipated": EMANCIPATED}, EmancipationNotApplicable),
        (born(16), {"emancipated": EMANCIPATED, "guardian": guardian()}, GuardianNotApplicable),
        (born(18), {"emancipated": EMANCIPATED}, EmancipationNotApplicable),
        ("2026-11-23", {}, BirthDateInvalid),
    ],
)
def test_age_decides_who_must_be_there(
    birth_date: str, extra: dict[str, Any], problem: type[Problem] | None
) -> None:
    """X04, to the day."""
    if problem is None:
        assert identified(birth_date=birth_date, **extra)
    else:
        with pytest.raises(problem):
            identified(birth_date=birth_date, **extra)


def test_a_guardian_consents_with_an_own_document_in_force() -> None:
    minor = {"birth_date": born(15)}
    refused(ConsentRequired, "guardian.consent", guardian=guardian(consent=False), **minor)
    expired = document(number=OTHER_NIF, expires_on="2026-01-01")
    refused(DocumentExpired, "guardian.document.expires_on", guardian=guardian(document=expired), **minor)
    refused(SamePerson, "guardian.document.number", guardian=guardian(document=document()), **minor)


def test_a_proxy_with_an_express_notarised_power_may_come() -> None:
    """A27."""
    evidence = identified(presence=proxy())
    assert evidence.presence != identified().presence


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"names_certificate": False}, "names_certificate"),  # a general power is not enough
        ({"granted_on": "2026-11-23"}, "granted_on"),
        ({"granted_on": "1979-01-01"}, "granted_on"),
        ({"expires_on": "2026-11-21"}, "expires_on"),
    ],
)
def test_a_power_that_does_not_cover_this_act_today_is_refused(change: dict[str, Any], field: str) -> None:
    refused(ProxyPowerInsufficient, f"presence.power.{field}", presence=power(**change))


def test_a_power_counts_on_its_first_and_its_last_day() -> None:
    assert identified(presence=power(granted_on="2026-11-22"))
    assert identified(presence=power(expires_on="2026-11-22"))


def test_a_proxy_is_identified_like_a_holder() -> None:
    expired = document(number=OTHER_NIF, expires_on="2026-01-01")
    refused(DocumentExpired, "presence.document.expires_on", presence=proxy(document=expired))
    refused(SamePerson, "presence.document.number", presence=proxy(document=document()))
    passport = document(kind="passport", number="XDD123456")
    refused(SamePerson, "presence.document.number", document=passport, presence=proxy(document=document()))
    refused(SamePerson, "presence.document.number", document=passport, presence=proxy(document=passport))


def test_nobody_stands_in_for_a_minor_or_the_guardian() -> None:
    refused(ProxyNotAllowed, "presence", birth_date=born(17), guardian=guardian(), presence=proxy())
    granted = power(granted_on="2026-11-01")
    assert identified(birth_date=born(17), emancipated=EMANCIPATED, presence=granted)


def test_a_text_message_needs_a_mobile_number_and_paper_does_not() -> None:
    refused(MobileRequired, "mobile", mobile=None)
    assert identified(mobile=None, delivery="paper").mobile is None


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "ACME SL"},  # A01: nothing but a natural person can even be said
        {"delivery": "email"},
        {"purpose": "company"},
        {"presence": {"kind": "nobody"}},
        {"presence": {"kind": "holder", "power": {}}},
        {"document": document(kind="library-card")},
        {"emancipated": {"document": "deed\n"}},
        {"presence": power(protocol_number="12\n")},
        {"birth_date": "29-02-1980"},
    ],
)
def test_a_request_says_nothing_that_is_not_foreseen(change: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(request_json(**change), IdentificationRequest)


def test_no_refusal_repeats_what_was_typed() -> None:
    """Problems reach logs and screens."""
    for change in (
        {"nif": OTHER_NIF},
        {"given_name": "Secret1"},
        {"email": "secret"},
        {"mobile": "963866014"},
        {"document": document(number="secret")},
        {"birth_date": "2020-01-02"},
    ):
        with pytest.raises(Problem) as refusal:
            identified(**change)
        said = f"{refusal.value} {refusal.value.detail} {refusal.value.title}"
        assert not any(typed in said for typed in ("Secret1", "secret", OTHER_NIF, "963866014", "2020"))


def test_every_check_of_the_list_is_needed() -> None:
    """Each rule in the module stands in CHECKS: a rule that nobody calls protects nobody."""
    listed = {check for checks in identification.CHECKS.values() for check in checks}
    rules = {
        rule
        for name, rule in vars(identification).items()
        if callable(rule) and getattr(rule, "__annotations__", {}) == {"case": "Case", "return": "None"}
    } - {identification._run_checks}
    assert rules == listed


def test_stored_evidence_can_be_judged_again() -> None:
    """The authority asks again before it grants a code: a forged row must not pass."""
    evidence = identified()
    recheck(evidence)
    with pytest.raises(TooYoung):
        recheck(msgspec.structs.replace(evidence, birth_date=date(2020, 1, 1)))
    with pytest.raises(DocumentNifMismatch):
        recheck(msgspec.structs.replace(evidence, nif=OTHER_NIF))


def test_the_canonical_form_survives_storage() -> None:
    evidence = identified(presence=proxy())
    stored = canonical_form(evidence)
    assert msgspec.json.decode(stored, type=Evidence) == evidence
    assert canonical_form(msgspec.json.decode(stored, type=Evidence)) == stored


def test_the_digest_of_evidence_never_changes_between_versions() -> None:
    """Old rows carry it (R28): if this fails, a new field has no default, or an old one changed its name.

    Written here as JSON with sorted keys by the standard library, not by our own encoder.
    """
    expected = {
        "birth_date": "1980-02-29",
        "conditions_accepted": "2026-11",
        "delivery": "sms",
        "document": {"expires_on": "2030-05-01", "kind": "dni", "number": "54362315K"},
        "email": "maria@example.org",
        "evidence": "identification",
        "given_name": "Mar\u00eda Jos\u00e9",
        "identified_at": "2026-11-22T10:30:15Z",
        "language": "es",
        "mobile": "+34612345678",
        "nif": "54362315K",
        "officer_id": "officer-1",
        "point_id": "point-1",
        "presence": {"kind": "holder"},
        "purpose": "citizen",
        "surname1": "N\u00fa\u00f1ez",
        "surname2": "d'Or",
    }
    written = json.dumps(expected, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert evidence_digest(identified()) == hashlib.sha256(written.encode()).hexdigest()


def test_any_other_fact_gives_another_digest() -> None:
    digests = {
        evidence_digest(identified(**change))
        for change in ({}, {"surname2": None}, {"email": "m@example.org"}, {"birth_date": "1980-03-01"})
    }
    assert len(digests) == 4
