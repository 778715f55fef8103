"""Stories of operators: officers who leave, identifications withdrawn, CAs retired, lists revoked."""

from __future__ import annotations

import pytest

from chalicelib.audit.events import every_event
from chalicelib.certificates import download
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.certificates.jobs import revoke_planned
from chalicelib.certificates.mass import plans
from chalicelib.certificates.revocation import report_compromise
from chalicelib.codes.store import CodeNotAccepted
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.issuers import issuers
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.selection import Selection
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.staff import suspend_officer, withdraw_identification
from chalicelib.registry.tables import IdentificationRow
from infra.commands import certificates, reconcile
from tests.support.citizens import register
from tests.support.world import POINT, World, another_person, appoint, issuer_id, new_csr


def test_an_officer_suspended_before_the_download_gets_no_certificate(authority: World) -> None:
    """R25: the appointment's code becomes worthless with the suspension."""
    from chalicelib.registry.staff import appoint_officer
    from tests.support import world

    request = world.appointment("officer-8", POINT)
    appoint_officer(authority.cloud, request, "operator:test")
    order = {"operation": "grant", "subject": "appointment:officer-8", "actor": "operator:test"}
    granted = authority.cloud.invoke("authority", order)
    suspend_officer(authority.cloud, "officer-8", "operator:test")
    with pytest.raises(EvidenceRefused):
        download.from_csr(
            authority.cloud, code=granted["code"], csr=new_csr(), email_code=None, source="198.51.100.1"
        )
    with pytest.raises(EvidenceRefused):
        authority.cloud.invoke("authority", order)


def test_officers_are_told_of_the_appointment_and_get_no_code_for_an_address(authority: World) -> None:
    """Their certificates have no room for an e-mail address: a code for it could only lead astray."""
    appoint(authority.cloud, "officer-7", POINT)
    templates = {row.template for row in MessageRow.scan() if "officer-7" in row.id}
    assert templates == {"officer-appointed"}


def test_who_is_withdrawn_is_told_so_and_an_unsent_code_stays_unsent(authority: World) -> None:
    answer = authority.identify()
    for _ in range(2):
        withdraw_identification(authority.cloud, answer.json["id"], "operator:test")
    told = [row for row in MessageRow.scan() if row.template == "code-void"]
    assert [(row.to, row.language) for row in told] == [("maria@example.org", "es")]
    withdrawals = [event for event in every_event() if event.act == "identification.withdrawn"]
    assert len(withdrawals) == 1


def test_a_withdrawn_identification_carries_no_level(authority: World) -> None:
    """R25, F01: whoever an officer registered by fraud keeps neither the level nor a session."""
    impostor = register(authority)
    session = impostor.log_in_with_pin()
    assert session.get("/v1/me").json["level"] == "advanced"
    (row,) = [row for row in IdentificationRow.scan() if row.holder == holder_of(impostor.nif)]
    for _ in range(2):
        withdraw_identification(authority.cloud, row.id, "operator:test")
    account = read_account(holder_of(impostor.nif))
    assert account.level == "none"
    assert account.strong_until is None
    assert session.get("/v1/me").status == 401
    told = [row.template for row in MessageRow.scan() if row.template in {"proof-withdrawn", "code-void"}]
    assert told == ["proof-withdrawn"]
    again = {"request": impostor.ask_pin().json["request"], "pin": impostor.code()}
    assert impostor.client.post("/v1/sessions/pin", again).slug == "log-in-refused"


def test_a_retired_ca_issues_nothing_more_and_keeps_its_status(authority: World) -> None:
    """Rollover, and the end of a compromised CA: what it issued is still answered for."""
    certificate = authority.certificate_of()
    code = authority.code_for(**another_person(3))
    ca = issuer_id(certificate)
    assert certificates.retire(authority.cloud, ca, "operator:test") == 0
    assert authority.download(code).slug == "no-issuer"
    assert certificates.retire(authority.cloud, ca, "operator:test") == 0
    assert authority.revoke(certificate).status == 200
    assert len([event for event in every_event() if event.act == "issuer.retired"]) == 1


def test_a_list_of_certificates_is_revoked_and_can_be_planned_again(authority: World) -> None:
    """What was revoked by the first plan is left as it is by the second, and what nobody knows is told."""
    made = [authority.certificate_of(**another_person(number)) for number in range(3)]
    ids = [CertificateRow.key(issuer_id(each), each.serial_number) for each in made]
    plan, found = plans.write(
        authority.cloud,
        Selection(ids=(*ids[:2], "0000000000000000#1")),
        "privilegeWithdrawn",
        "operator:test",
    )
    assert (found.valid, found.left_out) == (2, ("0000000000000000#1",))
    assert plans.approve(authority.cloud, plan, "operator:test").plan.state == "done"
    before = authority.cloud.now()
    authority.clock.turn(minutes=5)
    again, found = plans.write(
        authority.cloud, Selection(ids=tuple(ids)), "affiliationChanged", "operator:test"
    )
    assert (found.valid, found.revoked) == (1, 2)
    plans.approve(authority.cloud, again, "operator:test")
    authority.clock.turn(minutes=2)
    revoke_planned(authority.cloud)
    authority.clock.turn(hours=25)
    revoke_planned(authority.cloud)
    states = {row.id: row.reason for row in CertificateRow.scan() if row.id in ids}
    assert states == dict(zip(ids, ["privilegeWithdrawn"] * 2 + ["affiliationChanged"], strict=True))
    assert [CertificateRow.get(each).revoked_at for each in ids[:2]] == [before] * 2


def test_a_responders_key_can_be_reported_too(authority: World) -> None:
    """Its certificate has no person behind it: it is revoked, and nobody is written to."""
    responder = issuers(authority.cloud).all
    certificate = next(each.responder_certificate for each in responder if each.responder_certificate)
    found = report_compromise(authority.cloud, spki_sha256(certificate.public_key()), "operator:test")
    assert [row.holder.split(":")[0] for row in found] == ["responder"]
    row = CertificateRow.find(found[0].id)
    assert row is not None
    assert row.reason == "keyCompromise"


def test_the_books_agree_after_all_this(authority: World) -> None:
    certificate = authority.certificate_of()
    authority.revoke(certificate)
    with pytest.raises(CodeNotAccepted):
        download.from_csr(
            authority.cloud, code="ABCDEFGHJK", csr=new_csr(), email_code=None, source="198.51.100.1"
        )
    assert reconcile.run(authority.cloud, []) == 0
