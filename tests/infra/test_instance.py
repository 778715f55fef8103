"""A local authority answers on both ports, knows its clients, runs its schedules and stops cleanly."""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.app import Chalice, Response
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local.gateway import client_certificate
from infra.local.instance import Instance, Seeded
from infra.local.server import welcome


class Authority:
    """A toy authority for client certificates."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.issue(self.name, self.key, ca=True)
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def client(self, folder: Path) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.issue(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ana")]), key, ca=False)
        path = folder / f"{x509.random_serial_number()}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path


TRUSTED, STRANGER = Authority("Toy authority"), Authority("Toy authority")
CALLS: list[str] = []


def _seed(folder: Path, environment: Mapping[str, str]) -> Seeded:
    app = Chalice("toy")
    app.api.binary_types = ["*/*"]

    @app.route("/whoami")
    def whoami() -> Response:
        assert app.current_request is not None
        identity = app.current_request.context["identity"]
        body = {"identity": identity, "status_url": environment["CLAVERO_STATUS_URL"]}
        return Response(json.dumps(body).encode(), {"Content-Type": "application/json"})

    @app.route("/slow/{name}")
    def slow(name: str) -> Response:
        time.sleep(0.01)
        return Response(name.encode(), {"Content-Type": "text/plain"})

    @app.schedule("rate(1 minute)", name="tick")
    def tick(event: Any) -> None:
        CALLS.append(event.to_dict()["detail-type"])

    @app.schedule("rate(1 minute)", name="failing")
    def failing(event: Any) -> None:
        CALLS.append("failing")
        raise RuntimeError("must not stop the others")

    return Seeded(app, TRUSTED.pem, [f"Officer: {folder}/officer.pem"])


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("instance")
    with Instance(folder, seed=_seed, intervals={"failing": 0.1, "tick": 0.1}) as instance:
        yield instance


def _get(instance: Instance, client: Path | None) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=str(instance.tls_certificate))
    if client:
        context.load_cert_chain(client)
    request = urllib.request.Request(f"{instance.tls_url}/whoami", headers={"Accept": "*/*"})
    with urllib.request.urlopen(request, context=context, timeout=5) as answer:
        content: dict[str, Any] = json.loads(answer.read())
    return content


def _get_plain(url: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Accept": "*/*"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        content: dict[str, Any] = json.loads(answer.read())
    return content


def test_the_tls_port_tells_the_app_whose_certificate_it_verified(instance: Instance, tmp_path: Path) -> None:
    client = TRUSTED.client(tmp_path)
    seen = _get(instance, client)["identity"]["clientCert"]
    assert seen == client_certificate(client.read_text().partition("-----BEGIN PRIVATE")[0])


def test_without_a_certificate_there_is_no_tls(instance: Instance) -> None:
    with pytest.raises((ssl.SSLError, urllib.error.URLError, ConnectionError)):
        _get(instance, None)


def test_a_certificate_of_another_authority_is_refused(instance: Instance, tmp_path: Path) -> None:
    """It bears the same issuer name: the signature decides."""
    with pytest.raises((ssl.SSLError, urllib.error.URLError, ConnectionError)):
        _get(instance, STRANGER.client(tmp_path))


def test_the_plain_port_has_no_client_certificates(instance: Instance) -> None:
    answer = _get_plain(f"{instance.url}/whoami")
    assert "clientCert" not in answer["identity"]
    assert answer["status_url"] == instance.status_url


def test_requests_on_many_connections_do_not_mix(instance: Instance) -> None:
    wrong: list[bytes] = []

    def ask(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", int(instance.url.rpartition(":")[2]), timeout=10)
        for turn in range(5):
            name = f"{number}-{turn}"
            connection.request("GET", f"/slow/{name}", headers={"Accept": "*/*"})
            content = connection.getresponse().read()
            if content != name.encode():
                wrong.append(content)
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_answers_do_not_wait_for_delayed_acknowledgements(instance: Instance) -> None:
    """Headers and body in two packets, with Nagle's algorithm, would take 40 ms each."""
    connection = HTTPConnection("127.0.0.1", int(instance.url.rpartition(":")[2]), timeout=10)
    started = time.perf_counter()
    for _ in range(50):
        connection.request("GET", "/whoami", headers={"Accept": "*/*"})
        connection.getresponse().read()
    connection.close()
    assert (time.perf_counter() - started) / 50 < 0.02


def test_schedules_run_again_even_when_one_fails(instance: Instance) -> None:
    before = len(CALLS)
    time.sleep(0.5)
    assert {"failing", "Scheduled Event"} <= set(CALLS[before:])


def test_the_local_pages_are_there(instance: Instance) -> None:
    boto3.client("sns").publish(PhoneNumber="+34600000000", Message="Su código es 1234")
    with urllib.request.urlopen(f"{instance.url}/local/phone", timeout=5) as answer:
        assert "Su código es 1234" in answer.read().decode()
    with urllib.request.urlopen(f"{instance.url}/local/docs", timeout=5) as answer:
        assert answer.status == 200


def test_the_welcome_warns_when_others_can_reach_it(instance: Instance) -> None:
    assert "WARNING" not in welcome(instance, "127.0.0.1")
    assert "WARNING" in welcome(instance, "0.0.0.0")
    assert f"Officer: {instance.folder}/officer.pem" in welcome(instance, "127.0.0.1")


def test_a_stopped_instance_leaves_no_trace_and_starts_again(tmp_path: Path) -> None:
    before = dict(os.environ)
    for _ in range(2):
        with Instance(tmp_path, seed=_seed, intervals={}) as instance:
            assert os.environ["AWS_ENDPOINT_URL"] == instance.cloud.endpoint_url
        assert dict(os.environ) == before
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{instance.url}/whoami", timeout=1)


def test_a_failed_start_stops_what_it_started(tmp_path: Path) -> None:
    def failing(folder: Path, environment: Mapping[str, str]) -> Seeded:
        raise RuntimeError("the ceremony failed")

    before = dict(os.environ)
    instance = Instance(tmp_path, seed=failing)
    with pytest.raises(RuntimeError, match="ceremony"):
        instance.start()
    assert dict(os.environ) == before
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(instance.cloud.endpoint_url, timeout=1)
