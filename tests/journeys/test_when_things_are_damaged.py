"""Stories of damage: a record that nobody can read blocks neither a revocation nor anybody else's message."""

from __future__ import annotations

import boto3
import pytest
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store

from chalicelib.certificates import pkcs12
from chalicelib.notices.outbox import send_due
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.issuance import IssuanceStopped, finish
from chalicelib.pki.issuers import issuers, retire
from chalicelib.pki.key_types import KeyType
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import IdentificationRow
from infra.ceremony.config import BadCeremony
from infra.ceremony.keys import find_or_make_key
from tests.support.world import SETTINGS, World, issuer_id


@pytest.mark.parametrize("evidence", ["{", "[]", '{"evidence":"identification"}'])
def test_a_certificate_is_revoked_even_if_its_evidence_is_damaged(authority: World, evidence: str) -> None:
    """The holder cannot be written to then, and is still safe."""
    certificate = authority.certificate_of()
    for row in IdentificationRow.scan():
        row.update([IdentificationRow.evidence.set(evidence)])
    assert authority.revoke(certificate).status == 200


def test_an_expired_document_does_not_stop_a_revocation(authority: World) -> None:
    """Whoever lost a key must not have to renew the identity card first."""
    certificate = authority.certificate_of()
    document = {"kind": "dni", "number": "12345678Z", "expires_on": "2020-01-01"}
    identity = {"channel": "in-person", "document": document}
    assert authority.revoke(certificate, identity=identity).status == 200


def test_a_message_by_a_way_that_is_not_ours_blocks_no_other(authority: World) -> None:
    """A later release may have queued it, before this one was put back."""
    authority.code_for()
    row = next(row for row in MessageRow.scan() if row.template == "email-confirmation")
    due = [MessageRow.state.set("due"), MessageRow.due_at.set(authority.clock.at)]
    row.update([*due, MessageRow.channel.set("pigeon")])
    authority.clock.turn(minutes=2)
    counts = send_due(authority.cloud)
    assert (counts["failed"], counts["sent"]) == (1, 2)


def test_a_damaged_message_blocks_no_other(authority: World) -> None:
    """Both an unreadable row and one that makes no text: counted, and everybody else's goes out."""
    authority.code_for()
    row = next(row for row in MessageRow.scan() if row.template == "email-confirmation")
    due = [MessageRow.state.set("due"), MessageRow.due_at.set(authority.clock.at)]
    row.update([*due, MessageRow.values.set("{")])
    boto3.client("dynamodb", region_name=SETTINGS.region).update_item(
        TableName="clavero-test-outbox",
        Key={"id": {"S": row.id + "x"}},
        UpdateExpression="SET #s = :due, due_at = :at, attempts = :bad",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={
            ":due": {"S": "due"},
            ":at": {"S": "2026-01-01T00:00:00.000000+0000"},
            ":bad": {"S": "many"},
        },
    )
    authority.clock.turn(minutes=2)
    counts = send_due(authority.cloud)
    assert counts["damaged"] == 1
    assert counts["failed"] == 1
    assert counts["sent"] == 2, "the officer's appointment and certificate, of which nobody had written yet"


def test_an_unsent_code_waits_encrypted(authority: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox keeps what could not be sent: sealed, retried, and sent when the network is back."""
    from chalicelib.errors import Unavailable
    from chalicelib.notices import outbox

    def down(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setitem(outbox.CHANNELS, "sms", down)
        answer = authority.identify()
        assert answer.status == 201
        assert not answer.json["sent"]
    waiting = next(row for row in MessageRow.scan() if row.id.endswith("#sms"))
    assert waiting.state == "due"
    assert waiting.sealed
    authority.clock.turn(minutes=5)
    send_due(authority.cloud)
    code = authority.phone.generation_code()
    assert code not in str(waiting.attribute_values)
    assert authority.download(code).status == 200


def test_what_was_stopped_is_not_finished_later(authority: World) -> None:
    """An interrupted issuance whose CA retired, or whose certificate was revoked, is never signed."""
    certificate = authority.certificate_of()
    row = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    row.update([CertificateRow.state.set("signing"), CertificateRow.der.remove()])
    retire(authority.cloud, row.issuer, "operator:test")
    with pytest.raises(IssuanceStopped):
        finish(authority.cloud, row, storing=lambda *_: None)


@pytest.mark.parametrize(
    "password", ["Contraseña larga 2026", "sixteen\x00characters", "sixteen\tcharacters"]
)
def test_a_password_that_some_software_cannot_type_is_refused(password: str) -> None:
    """Java says that the password is not ASCII, and the code would be spent."""
    with pytest.raises(pkcs12.PasswordCharacters):
        pkcs12.check_password(password)


def test_a_key_that_was_laid_in_the_ceremonys_way_is_not_taken(authority: World) -> None:
    """Whoever kept its policy open could sign as the root."""
    kms = boto3.client("kms", region_name=SETTINGS.region)
    kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY", Description="alias/clavero-test-planted")
    policy = '{"Version": "2012-10-17", "Statement": []}'
    with pytest.raises(BadCeremony, match="another policy"):
        find_or_make_key(kms, "alias/clavero-test-planted", KeyType.EC_P384, policy)


def test_cryptographys_own_verifier_accepts_the_chain(authority: World) -> None:
    """It knows web clients only, so it is told that a citizen may have no SAN; the path it judges itself."""
    leaf = authority.certificate_of()
    known = issuers(authority.cloud)
    issuing = known.get(issuer_id(leaf))
    assert issuing is not None
    root = known.get(issuing.parent)
    assert root is not None
    verifier = (
        PolicyBuilder()
        .store(Store([root.certificate]))
        .time(authority.clock.at)
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    verified = verifier.verify(leaf, [issuing.certificate])
    assert [each.subject for each in verified.chain] == [
        leaf.subject,
        issuing.certificate.subject,
        root.certificate.subject,
    ]
