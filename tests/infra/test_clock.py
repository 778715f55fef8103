"""A local authority's clock is moved forward, by its page alone; and a deployed one has no such door."""

from __future__ import annotations

import ast
import json
import re
import ssl
import threading
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app import ROOMS
from chalicelib.aws.cloud import connect, utc_now
from chalicelib.settings import Settings
from infra.commands.__main__ import connected
from infra.local import clock
from infra.local.clock import LocalClock
from infra.local.clock_page import ClockDoor
from infra.local.tls import localhost_certificate, mutual_tls
from infra.local.travel import TimeTravel
from tests.support.journey import Way
from tests.support.world import World

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
PROJECT = Path(__file__).parent.parent.parent
HOST = "localhost:8000"
DEPLOYED = {
    "CLAVERO_STAGE": "prod",
    "CLAVERO_API_URL": "https://api.example.org",
    "CLAVERO_STATUS_URL": "http://status.example.org",
    "CLAVERO_PRACTICE_URL": "https://example.org",
    "CLAVERO_BUCKET": "status",
    "CLAVERO_PRIVATE_BUCKET": "private",
    "CLAVERO_POLICY_ARC": "1.3.6.1.4.1.32473.2",
    "CLAVERO_EMAIL_SENDER": "no-reply@example.org",
}


def clock_of(folder: Path) -> LocalClock:
    return LocalClock(folder, lambda: NOW)


def test_all_clocks_of_an_authority_go_alike_and_after_a_restart_too(tmp_path: Path) -> None:
    clock, phone = clock_of(tmp_path), clock_of(tmp_path)
    assert clock() == phone() == NOW
    clock.move_to(NOW + timedelta(days=70))
    assert clock() == phone() == clock_of(tmp_path)() == NOW + timedelta(days=70)
    later = LocalClock(tmp_path, lambda: NOW + timedelta(hours=1))
    assert later() == NOW + timedelta(days=70, hours=1), "it goes on"


def test_it_never_goes_back(tmp_path: Path) -> None:
    clock = clock_of(tmp_path)
    clock.move_to(NOW + timedelta(days=2))
    clock.move_to(NOW + timedelta(days=1))
    assert clock() == NOW + timedelta(days=2)


class Idle(Way):
    """Jobs are another test's matter (tests/journeys/test_three_years.py)."""

    def call(self, name: str) -> None:
        """Nothing."""


class Page:
    """The door, over a world that stands; its machine's clock stands too."""

    def __init__(self, world: World, folder: Path) -> None:
        self.clock = LocalClock(folder, lambda: world.clock.at)
        self.travel = TimeTravel(world.cloud, self.clock, Idle(world))
        self.door = ClockDoor(self.travel, self.clock)

    def send(self, method: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], str]:
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "HTTP_HOST": HOST, **headers}
        answer = self.door(environ, "/local/clock", lambda: body)
        assert answer is not None
        return answer[0], dict(answer[1]), answer[2].decode()

    def post(self, asked: object) -> tuple[int, Any]:
        status, _, body = self.send("POST", json.dumps(asked).encode(), CONTENT_TYPE="application/json")
        return status, json.loads(body)


@pytest.fixture
def page(authority: World, tmp_path: Path) -> Page:
    return Page(authority, tmp_path)


def test_the_clock_is_moved_by_so_much_or_to_a_moment(page: Page) -> None:
    began = page.clock()
    status, told = page.post({"minutes": 15, "hours": 1})
    assert (status, told["ahead_seconds"]) == (200, 75 * 60)
    assert page.post({"to": "2026-12-24T18:00:00Z"})[0] == 200
    assert page.clock() == datetime(2026, 12, 24, 18, tzinfo=UTC) > began
    form = b"to=2026-12-31T12:00"  # as a browser sends it: Madrid's time
    status, headers, _ = page.send("POST", form, HTTP_ORIGIN=f"http://{HOST}")
    assert (status, headers["Location"].partition("?")[0]) == (303, "/local/clock")
    assert page.clock() == datetime(2026, 12, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "asked",
    [
        *({}, [], 3, {"to": "tomorrow"}, {"to": 3}, {"days": "many"}, {"days": 1e30}, {"weeks": 1}),
        *({"days": 2000}, {"days": -1}, {"to": "2020-01-01T00:00:00Z"}),
        {"to": "2027-01-01T00:00:00Z", "days": 1},
    ],
)
def test_what_is_no_moment_ahead_moves_nothing(page: Page, asked: object) -> None:
    began = page.clock()
    assert page.post(asked)[0] == 422
    assert page.clock() == began
    status, _, body = page.send("POST", b"days=-1", HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en-GB")
    assert status == 422
    assert 'role="alert"' in body


def test_a_page_of_another_site_moves_nothing(page: Page) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:8001"):
        assert page.send("POST", b"days=1", HTTP_ORIGIN=origin)[0] == 403
    assert page.clock.ahead == timedelta(0)


def test_the_page_speaks_spanish_or_english_and_runs_no_script(page: Page) -> None:
    for language, said in (("es-ES", "Adelantarlo"), ("", "Adelantarlo"), ("en", "Move it forward by")):
        status, headers, body = page.send("GET", HTTP_ACCEPT_LANGUAGE=language)
        assert status == 200
        assert said in body
        assert "{{" not in body
        assert "script-src" not in headers["Content-Security-Policy"]
    _, _, body = page.send("GET", QUERY_STRING="stops=<script>")
    assert "<script" not in body


def test_the_command_asks_and_moves_the_authority_that_runs(
    page: Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def served(environ: dict[str, Any], start: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        answer = page.door(environ, environ["PATH_INFO"], lambda: environ["wsgi.input"].read(length))
        assert answer is not None
        start(f"{answer[0]} -", answer[1])
        return [answer[2]]

    with make_server("127.0.0.1", 0, served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("CLAVERO_PORT", str(server.server_port))
        assert clock.main([]) == 0
        assert clock.main(["--days", "70", "--hours", "1"]) == 0
        assert clock.main(["--days", "-1"]) == 1
        server.shutdown()
    told = capsys.readouterr()
    then, now = (datetime.fromisoformat(line) for line in told.out.split())
    assert now - then == timedelta(days=70, hours=1)
    assert "time only passes" in told.err
    assert clock.main([]) == 1
    assert "Is the authority running?" in capsys.readouterr().err


def test_operators_commands_have_the_clock_of_the_local_authority(tmp_path: Path) -> None:
    LocalClock(tmp_path).move_to(utc_now() + timedelta(days=100))
    cloud = connected({"CLAVERO_STAGE": "local", "CLAVERO_LOCAL_DIR": str(tmp_path)})
    assert cloud.now() > utc_now() + timedelta(days=99)


def test_a_client_certificate_of_a_time_to_come_passes_the_handshake(tmp_path: Path) -> None:
    """TLS asks who signed it; when, the app asks. Another signer's fails as ever."""
    ours, other, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    issuer, subject = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("Toy", "Ana")
    )
    yesterday, begins = utc_now() - timedelta(days=1), utc_now() + timedelta(days=1000)

    def certificate(signer: ec.EllipticCurvePrivateKey, *, ca: bool) -> bytes:
        builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(issuer if ca else subject)
        builder = builder.public_key((ours if ca else key).public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(yesterday if ca else begins)
        builder = builder.not_valid_after(begins + timedelta(days=9))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (tmp_path / "trust.pem").write_bytes(certificate(ours, ca=True))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server_files = localhost_certificate(tmp_path, utc_now())
    server = mutual_tls(*server_files, tmp_path / "trust.pem").context
    for signer, passes in ((ours, True), (other, False)):
        (tmp_path / "client.pem").write_bytes(certificate(signer, ca=False) + private)
        client = ssl.create_default_context(cafile=str(server_files[0]))
        client.load_cert_chain(tmp_path / "client.pem")
        assert _shaken(server, client) is passes


def _shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> bool:
    """Whether the two agree, over memory."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname="localhost"),
        server.wrap_bio(there, back, server_side=True),
    ]
    done: set[int] = set()
    for _ in range(10):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return done == {0, 1}


def test_a_deployed_authority_has_no_door_to_its_clock(tmp_path: Path) -> None:
    """Not by a setting, the environment, a path, nor a line of the product that sets another clock."""
    LocalClock(tmp_path).move_to(utc_now() + timedelta(days=100))
    aside = {"CLAVERO_LOCAL_DIR": str(tmp_path), "CLAVERO_CLOCK": "2099-01-01T00:00:00Z"}
    for environment in (DEPLOYED, {"CLAVERO_STAGE": "local"}):
        cloud = connect(environment | aside)
        assert cloud.clock is utc_now
        assert abs(cloud.now() - datetime.now(UTC)) < timedelta(seconds=5)
    words = {word for field in fields(Settings) for word in field.name.split("_")}
    assert not words & {"clock", "time", "now", "ahead", "offset", "local"}
    given = (PROJECT / "infra" / "functions.yaml").read_text()
    assert not re.findall(r"CLAVERO_\w*(?:CLOCK|TIME|LOCAL)\w*", given)
    assert not [path for room in ROOMS for path in room.paths if "clock" in path or path.startswith("/local")]
    for file in [PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            assert not _sets_a_clock(node), f"{file.relative_to(PROJECT)}: {ast.unparse(node)}"
            assert not _is_of_infra(node), f"{file.relative_to(PROJECT)}: {ast.unparse(node)}"


def _sets_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Attribute) and each.attr == "clock" for each in node.targets)
    return isinstance(node, ast.Call) and any(keyword.arg == "clock" for keyword in node.keywords)


def _is_of_infra(node: ast.AST) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.partition(".")[0] == "infra" for name in names)
