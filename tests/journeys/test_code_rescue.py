"""Code rescue (F05, Q11): another code within the life of one that was lost, never after it (A20)."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.certificates.grant import MOST_GRANTS
from chalicelib.login.tables import SessionRow
from chalicelib.notices.jobs import send_outbox
from chalicelib.registry.tables import IdentificationRow
from tests.journeys.test_generation_codes import pdf_text
from tests.support.citizens import Person, register
from tests.support.client import Answer, Client
from tests.support.world import DOCUMENT, OTHER_POINT, World, another_person, appoint, log_in, person

PASSPORT = {"kind": "passport", "number": "PAA123456", "expires_on": "2031-05-01"}


def identified(world: World, **changes: Any) -> Answer:
    answer = world.identify(**changes)
    assert answer.status == 201, answer.body
    return answer


def surely_logged_in(who: Person) -> Client:
    """By password, and then by text message."""
    who.activate()
    session = who.logged_in(who.try_password())
    request = session.post("/v1/me/step-ups").json["request"]
    return who.logged_in(session.post("/v1/sessions/step-up", {"request": request, "otp": who.code()}))


def rescue(world: World, officer: Client | None = None, at: str = "", **changes: Any) -> Answer:
    body = {"nif": "12345678Z", "document": DOCUMENT} | changes
    return (officer or world.officer).post(f"{at or world.point}/generation-code-rescues", body)


def test_the_holder_replaces_a_lost_code_by_a_log_in_with_two_factors(authority: World) -> None:
    """Another code to the same telephone; the one before is dead at once, its end stays, an e-mail tells."""
    who = register(authority)
    first = identified(authority)
    old = authority.phone.generation_code()
    session = surely_logged_in(who)
    authority.clock.turn(minutes=20)
    answer = session.post("/v1/me/generation-code-rescues")
    assert (answer.status, answer.json["delivery"], answer.json["sent"]) == (201, "sms", True)
    assert answer.json["expires_at"] == first.json["expires_at"]
    new = authority.phone.generation_code()
    assert new != old
    assert authority.phone.sms()[-1][0] == "+34612345678"
    assert authority.download(old).slug == "code-not-accepted"
    authority.clock.turn(seconds=61)
    send_outbox(authority.cloud)
    told = [mail for mail in authority.phone.emails() if "se ha cambiado por otro" in mail.subject]
    assert len(told) == 1
    assert new not in told[0].body
    (event,) = (event for event in every_event() if event.act == "generation-code.rescued")
    assert (event.object, event.details) == (f"identification:{first.json['id']}", {"way": "password+otp"})
    assert authority.download(new).status == 200
    assert session.post("/v1/me/generation-code-rescues").slug == "code-spent"


def test_the_telephone_alone_is_not_enough(authority: World) -> None:
    """A PIN comes to the telephone that the code comes to; a password is one factor."""
    who = register(authority)
    identified(authority)
    assert who.log_in_with_pin().post("/v1/me/generation-code-rescues").slug == "assurance-too-low"
    who.activate()
    session = who.logged_in(who.try_password())
    assert session.post("/v1/me/generation-code-rescues").slug == "assurance-too-low"
    assert sum(bool(re.search(r"#\S{10}$", text)) for text in who.texts) == 1


def test_the_authority_asks_for_two_factors_itself(authority: World) -> None:
    """R27: whoever faced the internet and were taken over had sessions of PINs, and of other people."""
    who = register(authority)
    first = identified(authority)
    surely_logged_in(who)
    weak = who.log_in_with_pin()
    other = surely_logged_in(register(authority, 7))
    assert weak.token
    assert other.token
    sessions = {(row.subject, row.way): str(row.id) for row in SessionRow.scan() if row.way}
    mine = IdentificationRow.get(first.json["id"]).holder
    order = {"operation": "grant", "subject": f"identification:{first.json['id']}", "actor": mine}
    for (subject, way), session in sessions.items():
        if (subject, way) == (mine, "password+otp"):
            assert authority.cloud.invoke("authority", order | {"session": session})["messages"]
            continue
        with pytest.raises(EvidenceRefused):
            authority.cloud.invoke("authority", order | {"session": session})
    assert len(sessions) >= 4
    # Of what nobody granted a code on, there is nothing to replace; nor where the row only says so.
    row = IdentificationRow.get(first.json["id"])
    others = IdentificationRow.get(identified(authority, key="another-one").json["id"]).live_code
    for forged in (None, "generation#" + "0" * 64, others):
        live = IdentificationRow.live_code
        row.update([live.set(forged) if forged else live.remove()])
        with pytest.raises(EvidenceRefused):
            authority.cloud.invoke("authority", order | {"session": sessions[mine, "password+otp"]})


def test_after_its_end_a_code_is_never_rescued(authority: World) -> None:
    """A20: neither on line nor at an office; to the last second it is, and that second does not move."""
    who = register(authority)
    first = identified(authority)
    authority.clock.turn(days=15, hours=12, minutes=29, seconds=58)
    session = surely_logged_in(who)
    answer = session.post("/v1/me/generation-code-rescues")
    assert answer.json["expires_at"] == first.json["expires_at"]
    authority.clock.turn(seconds=2)
    assert session.post("/v1/me/generation-code-rescues").slug == "code-expired"
    officer = log_in(authority.app, authority.officer.certificate or "")
    assert rescue(authority, officer).slug == "code-expired"
    assert authority.download(authority.phone.generation_code()).slug == "code-expired"


def test_a_holder_without_a_code_hears_nothing_else(authority: World) -> None:
    session = surely_logged_in(register(authority))
    assert session.post("/v1/me/generation-code-rescues").slug == "not-found"


def test_a_code_on_paper_is_replaced_on_paper_where_the_person_was_identified(authority: World) -> None:
    """A18: the way does not change, and so on line there is nothing to have."""
    who = register(authority)
    first = identified(authority, delivery="paper")
    assert surely_logged_in(who).post("/v1/me/generation-code-rescues").slug == "code-on-paper"
    elsewhere = log_in(authority.app, appoint(authority.cloud, "officer-4", OTHER_POINT))
    other = f"/v1/registration-points/{OTHER_POINT}"
    assert rescue(authority, elsewhere, other).slug == "code-on-paper"
    answer = rescue(authority)
    assert (answer.status, answer.json["delivery"]) == (201, "paper"), answer.body
    assert answer.json["expires_at"] == first.json["expires_at"]
    found = re.search(r"\((\S{5}) (\S{5})\) Tj", pdf_text(base64.b64decode(answer.json["slip_pdf"])))
    assert found
    assert authority.download("".join(found.groups())).status == 200
    authority.clock.turn(seconds=1)
    identified(authority, key="by-telephone")
    assert rescue(authority, elsewhere, other).status == 201, "a text message goes from anywhere"


def test_an_officer_replaces_it_for_whoever_shows_the_document(authority: World) -> None:
    """The own one, in force; or the passport that was shown before. Each try is counted and told."""
    identified(authority)
    old = authority.phone.generation_code()
    stranger = another_person(9)["document"]
    assert rescue(authority, document=stranger).slug == "document-nif-mismatch"
    assert rescue(authority, document=PASSPORT).slug == "identity-not-confirmed"
    expired = DOCUMENT | {"expires_on": "2026-01-01"}
    assert rescue(authority, document=expired).slug == "document-expired"
    nobody, codeless = another_person(9), another_person(10)
    register(authority, 10)
    answers = [rescue(authority, nif=each["nif"], document=each["document"]) for each in (nobody, codeless)]
    assert {(each.status, each.body) for each in answers} == {(404, answers[0].body)}
    answer = rescue(authority)
    assert (answer.status, answer.json["slip_pdf"]) == (201, None)
    assert authority.download(old).slug == "code-not-accepted"
    mine = (event for event in every_event() if "appointment" not in event.object)
    acts = Counter(event.act.partition(".")[2] for event in mine if event.act.startswith("generation-code."))
    assert acts == {"granted": 2, "not-rescued": 3, "rescued": 1}
    assert authority.download(authority.phone.generation_code()).status == 200


def test_a_passport_that_was_shown_is_recognised(authority: World) -> None:
    identified(authority, document=PASSPORT)
    assert rescue(authority, document=PASSPORT).status == 201
    assert rescue(authority, document=PASSPORT | {"number": "PAA123457"}).slug == "identity-not-confirmed"


def test_three_in_a_day_and_ten_of_one_code(authority: World) -> None:
    """Whoever asks more often is stopped, whichever way; the code that is there goes on working."""
    who = register(authority)
    first = identified(authority)
    session = surely_logged_in(who)
    assert [session.post("/v1/me/generation-code-rescues").status for _ in range(2)] == [201, 201]
    assert rescue(authority).status == 201
    over = session.post("/v1/me/generation-code-rescues")
    assert (over.status, over.slug) == (429, "too-many-code-rescues")
    assert 0 < int(over.headers["retry-after"]) <= 24 * 60 * 60
    assert rescue(authority).slug == "too-many-code-rescues"
    assert authority.download(authority.phone.generation_code()).status == 200
    row = IdentificationRow.get(first.json["id"])
    row.update([IdentificationRow.grants.set(MOST_GRANTS)])
    authority.clock.turn(days=1)
    officer = log_in(authority.app, authority.officer.certificate or "")
    assert rescue(authority, officer).slug == "too-many-code-rescues"


def test_the_newest_identification_counts(authority: World) -> None:
    """A registration in person is no evidence for a certificate; of two identifications the last counts."""
    identified(authority)
    older = authority.phone.generation_code()
    authority.clock.turn(minutes=5)
    identified(authority, key="another-key", email="other@example.org")
    body = {"identification": person(), "contrast": {"valid_until": "2031-05-01"}}
    assert authority.officer.post(f"{authority.point}/registrations", body, key="new").status == 201
    assert rescue(authority).status == 201
    assert authority.phone.emails()[-1].destinations["ToAddresses"] == ["other@example.org"]
    assert authority.download(older).status == 200, "of another identification, and not touched"
