"""The whole life of a certificate, and of those that follow it: nine years, with every message counted.

At each station OCSP, the CRL and openssl, at that moment of the story, say what the certificate is worth.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.aws import due_days
from chalicelib.certificates.due_scan import CURSOR
from chalicelib.certificates.tables import CursorRow
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.issuers import forget, issuers
from infra.local.travel import CannotTravelError, TimeTravel
from tests.journeys.test_renewal import holder_of_one, logged_in, pem, renew, renewed, row_of
from tests.support.client import Client
from tests.support.journey import Way, travel
from tests.support.moto_state import MotoState
from tests.support.world import POINT, World, another_person, appoint, log_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER_DOCUMENT = {"kind": "dni", "number": "12345678Z", "expires_on": "2039-05-01"}
"""The holder's identity card after the first one had to be renewed too."""


@pytest.fixture(autouse=True)
def _small_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in one partition: the daily job has an eighth of the questions, and finds the same."""
    monkeypatch.setattr(due_days, "PARTITIONS", 1)


def officer_anew(world: World) -> None:
    """Years have passed: another officer is at work."""
    certificate = appoint(world.cloud, f"officer-{world.clock.at:%Y-%m-%d}", POINT, until="2039-05-01")
    world.officer = log_in(world.app, certificate)


class RelyingParty:
    """Whoever is shown a certificate: openssl, the issuer's certificates and the published status."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        self._anyone = Client(world.app)
        for issuer in issuers(world.cloud).all:
            name = "ca" if issuer.parent else "root"
            (folder / f"{name}.pem").write_text(pem(issuer.certificate))
            if issuer.parent:
                self._issuer = issuer.certificate

    def says(self, certificate: x509.Certificate) -> tuple[str, str]:
        """What OCSP says, and what openssl says that has the CRL."""
        return self._ocsp(certificate), self._verified(certificate)

    def lists(self, certificate: x509.Certificate) -> bool:
        """Whether the published CRL has it; the CRL is valid."""
        found = self._crl(certificate)
        now = self._world.clock.at
        assert found.next_update_utc is not None
        assert found.last_update_utc <= now < found.next_update_utc, "a stale CRL"
        return found.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None

    def _ocsp(self, certificate: x509.Certificate) -> str:
        question = ocsp.OCSPRequestBuilder().add_certificate(certificate, self._issuer, hashes.SHA1())
        der = question.build().public_bytes(Encoding.DER)
        content_type = "application/ocsp-request"
        answer = self._anyone.send("POST", "/ocsp", der, content_type=content_type)
        (self._folder / "answer.der").write_bytes(answer.body)
        (self._folder / "leaf.pem").write_text(pem(certificate))
        told = ocsp.load_der_ocsp_response(answer.body)
        assert told.next_update_utc is not None
        assert told.this_update_utc <= self._world.clock.at < told.next_update_utc
        said = self._openssl(
            *(
                "ocsp",
                "-issuer",
                "ca.pem",
                "-cert",
                "leaf.pem",
                "-respin",
                "answer.der",
                "-CAfile",
                "root.pem",
            ),
            # openssl compares the answer's times with the machine's clock; that is done above instead.
            *("-verify_other", "ca.pem", "-no_nonce", "-validity_period", "400000000", *self._at()),
        )
        assert "Response verify OK" in said, said
        return re.findall(r"leaf\.pem: (\w+)", said)[0]  # type: ignore[no-any-return]

    def _verified(self, certificate: x509.Certificate) -> str:
        (self._folder / "leaf.pem").write_text(pem(certificate))
        (self._folder / "leaf.crl").write_bytes(self._crl(certificate).public_bytes(Encoding.PEM))
        trust = ("-CAfile", "root.pem", "-untrusted", "ca.pem", "-CRLfile", "leaf.crl", "-crl_check")
        said = self._openssl("verify", *self._at(), *trust, "leaf.pem")
        failed = re.search(r"depth lookup: (.+)", said)
        return failed[1] if failed else said.strip().rpartition(": ")[2]

    def _at(self) -> tuple[str, str]:
        return "-attime", str(int(self._world.clock.at.timestamp()))

    def _crl(self, certificate: x509.Certificate) -> x509.CertificateRevocationList:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        url = str((points[0].full_name or [])[0].value)
        answer = self._anyone.send("GET", "/crl" + url.partition("/crl")[2])
        return x509.load_der_x509_crl(answer.body)

    def _openssl(self, *arguments: str) -> str:
        done = subprocess.run(["openssl", *arguments], cwd=self._folder, capture_output=True, text=True)
        return done.stdout + done.stderr


class Mailbox:
    """What came since it was last looked into, as was written and as was received."""

    def __init__(self, world: World) -> None:
        self._world, self._seen = world, 0
        self._known: set[str] = set()
        self.news()

    def news(self) -> Counter[str]:
        """The notices of the calendar since then, by channel and text. Each was sent, and each once."""
        rows = [row for row in MessageRow.scan() if row.id not in self._known]
        self._known |= {row.id for row in rows}
        assert all(row.sent_at for row in rows if row.channel in {"sms", "email"}), "a message was not sent"
        received = len(self._world.phone.sms()) + len(self._world.phone.emails())
        assert received - self._seen == len(rows), "sent twice, or not at all"
        self._seen = received
        return Counter(f"{row.channel} {row.template}" for row in rows if row.id.startswith("deadline:"))


ON_LINE, IN_PERSON = "email certificate-ends-online", "email certificate-ends-in-person"
SOON = "sms certificate-ends"
NEAR = "email deadline-near"
OK, GONE, BARRED = ("good", "OK"), ("good", "certificate has expired"), ("revoked", "certificate revoked")


def test_nine_years_of_certificates(authority: World, tmp_path: Path) -> None:
    world, anyone = authority, RelyingParty(authority, tmp_path)
    first = holder_of_one(world)
    travel(world, world.clock.at + DAY)
    mail = Mailbox(world)
    assert anyone.says(first) == OK

    # The first one nears its end: told at 70, 30, 7 and 1 days, and renewed on line in the last hour.
    travel(world, first.not_valid_after_utc - 71 * DAY)
    assert not mail.news()
    assert renew(logged_in(world, first), first).slug == "not-yet-renewable"
    travel(world, first.not_valid_after_utc - 69 * DAY)
    assert mail.news() == {ON_LINE: 1}
    travel(world, first.not_valid_after_utc - HOUR)
    assert mail.news() == {ON_LINE: 3, SOON: 2}
    assert anyone.says(first) == OK
    second = renewed(logged_in(world, first), first)

    # It expires by itself, and nobody is told that it did: it had been renewed.
    travel(world, first.not_valid_after_utc + 3 * DAY)
    assert not mail.news()
    assert (anyone.says(first), anyone.says(second)) == (GONE, OK)
    assert not anyone.lists(first)
    refused = Client(world.app, certificate=pem(first)).post("/v1/sessions/certificate")
    assert refused.slug == "client-certificate-refused"

    # The renewal has notices of its own, which say that the next renewal is in person (A30). On the way
    # the activation code of the registration comes to its fifth year.
    travel(world, second.not_valid_after_utc - 69 * DAY)
    assert mail.news() == {NEAR: 2, IN_PERSON: 1}
    assert renew(logged_in(world, second), second).slug == "assurance-too-low"
    travel(world, second.not_valid_after_utc - HOUR)
    assert mail.news() == {IN_PERSON: 3, SOON: 2}
    officer_anew(world)
    third = world.certificate_of(document=LATER_DOCUMENT)
    travel(world, second.not_valid_after_utc + 3 * DAY)
    assert not mail.news(), "who renewed at the office is told nothing of the old one's end"
    assert (anyone.says(second), anyone.says(third)) == (GONE, OK)

    # The third is revoked: listed until one CRL after its end has had it, and nobody is told of that end.
    officer_anew(world)
    identity = {"channel": "in-person", "document": LATER_DOCUMENT}
    assert world.revoke(third, identity=identity).status == 200
    assert anyone.says(third) == BARRED
    assert anyone.lists(third)
    travel(world, third.not_valid_after_utc - HOUR)
    assert not mail.news()
    assert anyone.says(third) == BARRED
    travel(world, third.not_valid_after_utc + 2 * HOUR)
    assert anyone.lists(third), "one CRL after its end has it"
    travel(world, third.not_valid_after_utc + DAY)
    assert not anyone.lists(third)
    assert anyone.says(third) == ("revoked", "certificate has expired")
    assert not mail.news()
    assert [row_of(each).revoked_at is not None for each in (first, second, third)] == [False, False, True]


def test_a_jump_leaves_what_hour_after_hour_leaves(authority: World, tmp_path: Path) -> None:
    """The same days twice: with every run of every job, and as one journey."""
    world, anyone = authority, RelyingParty(authority, tmp_path)
    certificate = holder_of_one(world)
    neighbour = another_person(1)
    revoked = world.certificate_of(**neighbour)
    identity = {"channel": "in-person", "document": neighbour["document"]}
    assert world.revoke(revoked, nif=neighbour["nif"], identity=identity).status == 200
    travel(world, certificate.not_valid_after_utc.replace(minute=0, second=0) - 2 * DAY)
    begin, end, state = world.clock.at, certificate.not_valid_after_utc + 2 * DAY, MotoState.take(world.cloud)

    def left() -> dict[str, Any]:
        cursor = CursorRow.find(CURSOR)
        assert cursor is not None
        sent = sorted((row.id, row.queued_at, row.attempts) for row in MessageRow.scan() if row.sent_at)
        texts = [text for _, text in world.phone.sms()], [mail.body for mail in world.phone.emails()]
        return {
            "sent": sent,
            "texts": texts,
            "listed": anyone.lists(revoked),
            "cursor": cursor.day,
        }

    way = Way(world)
    while world.clock.at < end:
        world.clock.at = min(end, world.clock.at + HOUR)
        if world.clock.at.hour == 7:
            way.call("find_due")
            way.call("renew_responders")
        if world.clock.at.hour % 6 == 0:
            way.call("publish_crls")
        way.call("send_outbox")
    for job in ("find_due", "publish_crls"):
        way.call(job)  # as at every arrival
    hourly = left()
    here = {row_id.rsplit(":", 2)[1] for row_id, at, _ in hourly["sent"] if at > begin}
    assert here == {"1", "-1"}, "what was told in these days"
    world.clock.at = begin
    state.put_back(world.cloud)
    forget(world.cloud)
    travel(world, end)
    assert left() == hourly


def test_time_goes_forward_and_not_too_far(authority: World) -> None:
    for wrong in (timedelta(0), -DAY, 6 * 366 * DAY):
        with pytest.raises(CannotTravelError):
            travel(authority, authority.clock.at + wrong)


def test_nobody_sees_a_moment_on_the_way(authority: World) -> None:
    """Who asks meanwhile gets the answer of the arrival; and the next journey can begin."""
    way = Way(authority)
    seen: list[bool] = []

    class Watched(Way):
        def call(self, name: str) -> None:
            if not seen:
                asking.start()
                asking.join(0.05)
                seen.append(asking.is_alive())

    watched = Watched(authority)
    travelling = TimeTravel(authority.cloud, way, watched)
    asking = threading.Thread(target=travelling.wait_until_still, daemon=True)
    travelling.travel(authority.clock.at + DAY)
    asking.join(5)
    assert (seen, asking.is_alive()) == ([True], False)
    travelling.travel(authority.clock.at + DAY)
