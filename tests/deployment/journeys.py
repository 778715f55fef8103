"""Everything that the product does, once: each journey over HTTP, each job, each repair after a loss."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from chalicelib.aws.functions import SCHEDULED, running_as
from chalicelib.certificates.mass import plans
from chalicelib.pki.jobs import JobIncomplete
from chalicelib.pki.selection import Selection
from infra.local.deployer import REGION
from infra.local.gateway import Context
from tests.support.cards import TestCard, load, loading
from tests.support.refused import refused
from tests.support.world import POINT, World, another_person, appoint, issuer_id, log_in, new_csr

JOBS = ("publish_crls", "send_outbox", "revoke_planned", "renew_responders", "find_due")


def everything(world: World) -> None:
    """All of it, in an order in which each step finds what it needs."""
    identify_in_all_ways(world)
    officers(world)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = download_in_all_ways(world, key)
    look_around(world, certificate)
    cards(world)
    desk(world, certificate)
    run_jobs(world)
    status_of(world, certificate)
    messages_that_fail(world)
    sessions(world)
    mass_revocations(world)
    world.clock.turn(days=61)
    run_jobs(world)
    damage(world, issuer_id(certificate))
    world.clock.turn(days=3 * 366)
    run_jobs(world)
    for _ in range(2):  # until CRLs have carried the last of them after their expiry
        world.clock.turn(days=3 * 366)
        run_jobs(world, "publish_crls")


def identify_in_all_ways(world: World) -> None:
    """By text message and on paper, twice the same, and a second code for one identification."""
    answer = world.identify(key="the-same-key", **another_person(1))
    assert answer.status == 201, answer.body
    assert world.identify(key="the-same-key", **another_person(1)).json["id"] == answer.json["id"]
    again = f"{world.point}/identifications/{answer.json['id']}/generation-codes"
    assert world.officer.post(again).status == 201
    rescue = {name: another_person(1)[name] for name in ("nif", "document")}
    assert world.officer.post(f"{world.point}/generation-code-rescues", rescue).status == 201
    paper = world.identify(delivery="paper", mobile=None, **_without_mobile(another_person(2)))
    assert paper.status == 201, paper.body


def _without_mobile(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != "mobile"}


def download_in_all_ways(world: World, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """With an e-mail, again, wrongly, and as a file that is lost and made again."""
    code, csr = world.code_for(), new_csr(key)
    first = world.download(code, csr, email_code=world.phone.email_code())
    assert first.status == 200, first.body
    assert world.download(code, csr).body == first.body
    assert world.download("AAAAAAAAAA").slug == "code-not-accepted"
    assert world.download(world.code_for(**another_person(3)), csr).slug == "key-in-use"
    path, code = "/v1/certificates/pkcs12", world.code_for(**another_person(4))
    for _ in range(2):
        file = world.citizen.post(path, {"code": code}, key="one-lost-file")
        assert file.status == 200, file.body
    return x509.load_pem_x509_certificates(first.body)[0]


def cards(world: World) -> None:
    """A card is loaded, and the answer fetched again; its key once more, which is refused."""
    card = TestCard()
    body = loading(world.code_for(**another_person(7)), card=card, attested=False)
    first = load(world, body)
    assert first.status == 200, first.body
    assert load(world, body).body == first.body
    again = loading(world.code_for(**another_person(7)), card=card, attested=False)
    assert load(world, again).slug == "key-reused"


def look_around(world: World, certificate: x509.Certificate) -> None:
    """What anybody may read."""
    issuer = issuer_id(certificate)
    for path in ("/", "/problems", "/openapi.json", "/v1/registration-points", f"/ca/{issuer}.cer"):
        assert world.citizen.get(path).status == 200, path


def desk(world: World, certificate: x509.Certificate) -> None:
    """An officer looks for certificates and revokes: of a good one, of one for its key."""
    found = world.officer.post(f"{world.point}/certificate-searches", {"nif": "12345678Z"})
    assert found.status == 200, found.body
    for reason in ("superseded", "keyCompromise"):
        answer = world.revoke(certificate, reason=reason)
        assert answer.status == 200, answer.body
    other = world.certificate_of(**another_person(5))
    identity = {"channel": "in-person", "document": another_person(5)["document"]}
    changes = {"nif": another_person(5)["nif"], "identity": identity}
    assert world.revoke(other, reason="keyCompromise", **changes).status == 200


def status_of(world: World, certificate: x509.Certificate) -> None:
    """OCSP by POST and by GET, for an unknown number too, and a CRL."""
    issuer = issuer_id(certificate)
    ca = x509.load_der_x509_certificate(world.citizen.get(f"/ca/{issuer}.cer").body)
    for algorithm in (hashes.SHA1(), hashes.SHA256()):
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, ca, algorithm).build()
        der = asked.public_bytes(serialization.Encoding.DER)
        path = "/ocsp/" + base64.urlsafe_b64encode(der).decode().replace("-", "+").replace("_", "%2F")
        for _ in range(2):
            assert world.citizen.post("/ocsp", der, content_type="application/ocsp-request").status == 200
            assert world.citizen.get(path).status == 200
    assert world.citizen.get(f"/crl/{issuer}/000.crl").status == 200


def run_jobs(world: World, *jobs: str) -> None:
    """Each scheduled function (or these), as EventBridge calls it: cold, and failing if it must."""
    kept = world.cloud.memory
    for job in jobs or JOBS:
        world.cloud.memory = {}
        with contextlib.suppress(JobIncomplete):
            world.app.handler_map[job](SCHEDULED, Context("0", function_name=job))
    world.cloud.memory = kept


def officers(world: World) -> None:
    """An officer is appointed by an operator, and certified by the authority."""
    with running_as("operator"):
        appoint(world.cloud, "officer-9", POINT)


def mass_revocations(world: World) -> None:
    """Of a list, whose holders are told first; of all that a CA issued, officers' too, with their keys.

    One of them is on hold by then.
    """
    person = another_person(7)
    made = world.certificate_of(**person)
    identity = {"channel": "in-person", "document": person["document"]}
    assert world.at_the_desk("suspensions", made, nif=person["nif"], identity=identity).status == 200
    ca, cloud = issuer_id(made), world.cloud
    listed = Selection(ids=(f"{ca}#{made.serial_number:x}",))
    for chosen, reason in ((listed, "superseded"), (Selection(issuer=ca), "keyCompromise")):
        with running_as("operator"):
            plan, _ = plans.write(cloud, chosen, reason, "operator:one")
            plans.approve(cloud, plan, "operator:two")
        world.clock.turn(minutes=2)
        run_jobs(world)
    with running_as("operator"):
        assert [each.plan.state for each in plans.every()] == ["approved", "done"]


def damage(world: World, issuer: str) -> None:
    """A revocation that cannot be read, and of which nothing else is known but the CRL."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    row = {"shard": {"S": f"{issuer}#000"}, "serial": {"S": "4"}, "revoked_at": {"S": "not a time"}}
    dynamodb.put_item(TableName="clavero-test-revocations", Item=row)


def messages_that_fail(world: World) -> None:
    """A message that cannot be sent at once goes later, or is given up."""
    with refused(world.cloud.sns, "Publish", "ServiceUnavailable"):  # nobody hears us
        assert world.identify(**another_person(6)).json["sent"] is False
        world.clock.turn(minutes=5)
        run_jobs(world)
    world.clock.turn(minutes=10)
    run_jobs(world)


def sessions(world: World) -> None:
    """Out, and in again."""
    assert world.officer.certificate is not None
    assert world.officer.send("DELETE", "/v1/officer-sessions/current").status == 204
    world.officer.token = log_in(world.app, world.officer.certificate).token
