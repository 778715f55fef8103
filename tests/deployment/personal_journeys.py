"""What people do in their personal area, once each way: certificates got on line, renewed and looked at."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.aws.functions import SCHEDULED, running_as
from chalicelib.certificates import due_scan
from chalicelib.certificates.emergency import key_reports
from chalicelib.certificates.mass import plans
from chalicelib.pki.selection import Selection
from infra.local.gateway import Context
from tests.journeys.test_account import register_online
from tests.journeys.test_emergency import REPORT, REVOKE, SUSPEND, issued, request_of, signature_of
from tests.journeys.test_one_name import change_address, with_address
from tests.journeys.test_personal_area import e_id_client
from tests.journeys.test_renewal import (
    holder_of_one,
    interrupt_renewal,
    logged_in,
    name_of,
    near_its_end,
    renew,
    renewed,
    row_of,
)
from tests.support.citizens import register
from tests.support.issuers import LOCAL, Authority, served
from tests.support.world import START, World, another_person, log_in, new_csr


def personal(world: World) -> None:
    """All of it."""
    with_an_e_id(world)
    somebody = another_person(49)
    addressed = with_address(world, **somebody)
    assert register_online(world, addressed, mobile=somebody["mobile"]).status == 201
    readdressed(world, addressed)
    world.certificate_of(**another_person(46))  # of somebody who never registers
    certificate = holder_of_one(world)
    client = logged_in(world, certificate)
    for path in ("certificates", "renewal-offers", "generation-codes", "events", "deadlines"):
        assert client.get(f"/v1/me/{path}").status == 200, path
    address = client.post("/v1/me/calendar").json["address"].removeprefix(world.cloud.settings.api_url)
    assert world.citizen.get(address).status == 200
    assert client.send("DELETE", "/v1/me/calendar").status == 204
    answer = client.post("/v1/me/certificates", {"csr": new_csr()})
    assert answer.status == 200, answer.body
    other = x509.load_pem_x509_certificates(answer.body)[0]
    answer = client.post("/v1/me/certificates", {"csr": new_csr()})
    assert answer.status == 200, answer.body
    out_of_use(world, other)
    among_many(world, x509.load_pem_x509_certificates(answer.body)[0])
    near_its_end(world, certificate)
    client, csr = logged_in(world, certificate), new_csr()
    interrupt_renewal(world, certificate)
    renewed(client, certificate, csr)
    assert renew(client, certificate, csr).status == 200
    near_its_end(world, certificate, days=31)
    told_in_time(world)
    body = name_of(certificate) | {"reason": "superseded"}
    revoked = logged_in(world, certificate).post("/v1/me/revocations", body)
    assert revoked.status == 200, revoked.body


def readdressed(world: World, certificate: x509.Certificate) -> None:
    """Another address in the account, and a certificate that takes the place of those with the one before."""
    client = logged_in(world, certificate)
    change_address(world, client, "new@example.org")
    assert [each["why"] for each in client.get("/v1/me/renewal-offers").json["offers"]] == ["address"]
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).status == 200
    assert row_of(certificate).revoked_at is not None


def out_of_use(world: World, certificate: x509.Certificate) -> None:
    """Suspended by every side, found again, and left to the authority's decision; keys that others have."""
    client = logged_in(world, certificate)
    assert client.post("/v1/me/emergency-codes", name_of(certificate), key="new").status == 200
    assert client.post("/v1/me/suspensions", name_of(certificate)).status == 200
    assert world.at_the_desk("reinstatements", certificate).status == 200
    world.clock.turn(days=31)
    world.officer = log_in(world.app, world.officer.certificate or "")
    client = logged_in(world, certificate)
    assert world.at_the_desk("suspensions", certificate).status == 200
    assert client.get("/v1/me").status == 401
    world.clock.turn(days=8)
    world.officer = log_in(world.app, world.officer.certificate or "")
    world.app.handler_map["publish_crls"](SCHEDULED, Context("0", function_name="publish_crls"))
    assert world.revoke(certificate).json["first"] is False, "it was decided"
    key = ec.generate_private_key(ec.SECP256R1())
    _, code = issued(world, new_csr(key), **another_person(47))
    assert world.citizen.post(SUSPEND, {"code": code}).status == 200
    with patch.object(key_reports, "AT_ONCE", 0):
        assert world.citizen.post(REPORT, request_of(key)).status == 200
    world.app.handler_map["publish_crls"](SCHEDULED, Context("0", function_name="publish_crls"))
    assert world.citizen.post(REVOKE, {"code": code}).json["first"] is False
    assert world.citizen.post(REPORT, signature_of(ec.generate_private_key(ec.SECP256R1()))).status == 200
    csr = new_csr()
    code = world.code_for(**another_person(48))
    assert world.download(code, csr).status == world.download(code, csr).status == 200


def among_many(world: World, online: x509.Certificate) -> None:
    """A mass revocation of what was got on line, and of a key that was certified twice: one is named."""
    key, ids = ec.generate_private_key(ec.SECP256R1()), [row_of(online).id]
    for _ in range(2):
        code = world.code_for(**another_person(49))
        twice = x509.load_pem_x509_certificates(world.download(code, new_csr(key)).body)[0]
    world.clock.turn(minutes=2)
    with running_as("operator"):
        selection = Selection(ids=(*ids, row_of(twice).id))
        plan, _ = plans.write(world.cloud, selection, "keyCompromise", "operator:one")
        plans.approve(world.cloud, plan, "operator:two")
    world.clock.turn(minutes=2)
    world.app.handler_map["revoke_planned"](SCHEDULED, Context("0", function_name="revoke_planned"))
    with running_as("operator"):
        assert plans.read(plan).plan.state == "done"


def told_in_time(world: World) -> None:
    """By the job: the first run is out of time at once, and starts the one that finishes."""
    functions = world.cloud.functions
    start = functions.start
    with ExitStack() as hurried:
        hurried.enter_context(patch.object(due_scan, "BUDGET", timedelta(0)))

        def start_patiently(*given: Any) -> None:
            hurried.close()
            start(*given)

        with patch.object(functions, "start", start_patiently):
            for _ in range(3):
                world.clock.turn(days=1)
                world.app.handler_map["find_due"](SCHEDULED, Context("0", function_name="find_due"))


def with_an_e_id(world: World) -> None:
    """A first certificate, on the electronic identity card of another issuer."""
    kept = world.cloud.settings, world.cloud.fetcher
    person = register(world, 45)
    with served() as status, tempfile.TemporaryDirectory() as folder:
        issuer = Authority(START, status.url)
        file = Path(folder, "trust.toml")
        file.write_text(issuer.trust(kind="e-id", name="DNIe"))
        world.cloud.settings = replace(kept[0], trust_list=str(file))
        world.cloud.fetcher, world.cloud.memory = LOCAL, {}  # another container, of another setting
        client = e_id_client(world, issuer, status, person.nif)
        assert client.post("/v1/me/certificates", {"csr": new_csr()}).status == 200
        # The certificate stays, and its holder is reached as the application said.
        assert client.post("/v1/me/renunciation").status == 200
    (world.cloud.settings, world.cloud.fetcher), world.cloud.memory = kept, {}
