"""The officer's workstation with software that is not ours: SoftHSM2, OpenSC's pkcs11-tool, openssl."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.certificates.tables import CardRow
from infra.demo.card_story import KeyInProcess
from infra.local.card_maker import SOFTHSM, make_card_maker
from infra.local.softhsm import blank_card, missing
from infra.workstation import load_card as command
from infra.workstation.load_card import attestation_by
from infra.workstation.loading import LoadingRefused, load
from infra.workstation.pkcs11_card import CardFailed, Pkcs11Card
from tests.support.cards import MAKER, TestCard, believe
from tests.support.world import POINT, START, World

MISSING = missing() + [name for name in ("openssl",) if shutil.which(name) is None]
with_a_token = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
PIN = "739164"


def in_the_world(world: World) -> Any:
    """The officer's connection, without a network."""

    def post(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        answer = world.officer.post(path, body)
        return answer.status, answer.body

    return post


def no_attestation(_: Any) -> list[str]:
    return []


@pytest.fixture
def blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pkcs11Card:
    """A new token, as blank as a card comes in the post."""
    monkeypatch.setenv("SOFTHSM2_CONF", "")  # put back after the test, whatever it is set to
    return blank_card(tmp_path, PIN)


@with_a_token
@pytest.mark.parametrize("key_type", ["EC:prime256v1", "rsa:2048"])
def test_A23_a_token_that_we_did_not_write_is_loaded_and_signs(
    authority: World, blank: Pkcs11Card, key_type: str, tmp_path: Path
) -> None:
    """Its key is made in it, its certificate written into it, and openssl verifies what it signs."""
    believe(authority, tmp_path)
    blank.key_type = key_type
    assert blank.model == SOFTHSM
    attested = lambda key: MAKER.attest(key, blank.serial)  # noqa: E731
    code = authority.code_for()
    done = load(blank, code=code, point=POINT, post=in_the_world(authority), attest=attested)
    assert (done.answer["profile"], done.answer["secure_device"]) == ("citizen-card-secure", True)
    listed = subprocess.run(
        [
            "pkcs11-tool",
            "--module",
            str(blank.module),
            "--token-label",
            "card",
            "--list-objects",
            "--type",
            "cert",
        ],
        capture_output=True,
        text=True,
    ).stdout
    assert "Clavero" in listed
    assert "0c1a" in listed

    (tmp_path / "data").write_bytes(b"What I sign is what I read.")
    (tmp_path / "signature").write_bytes(blank.sign(b"What I sign is what I read."))
    held = blank.certificate()
    assert held is not None
    (tmp_path / "held.pem").write_bytes(held.public_bytes(Encoding.PEM))
    key = subprocess.run(
        ["openssl", "x509", "-in", "held.pem", "-noout", "-pubkey"], cwd=tmp_path, capture_output=True
    ).stdout
    (tmp_path / "held.pub").write_bytes(key)
    verify = ["openssl", "dgst", "-sha256", "-verify", "held.pub", "-signature", "signature", "data"]
    said = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True).stdout
    assert said.strip() == "Verified OK"
    assert (
        "María José"
        in subprocess.run(
            ["openssl", "x509", "-in", "held.pem", "-noout", "-subject", "-nameopt", "utf8"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        ).stdout
    )
    with pytest.raises(LoadingRefused, match="loaded already"):
        load(blank, code=code, point=POINT, post=in_the_world(authority), attest=attested)


@with_a_token
def test_a_wrong_pin_or_another_card_says_so(blank: Pkcs11Card) -> None:
    with pytest.raises(CardFailed, match="CKR_PIN_INCORRECT"):
        Pkcs11Card(blank.module, "card", "000000").make_key()
    with pytest.raises(CardFailed, match="no card labelled"):
        _ = Pkcs11Card(blank.module, "another", PIN).model
    with pytest.raises(CardFailed):
        Pkcs11Card(Path("/nothing.so"), "card", PIN).certificate()


def test_an_interrupted_loading_goes_on_with_the_same_key_and_certificate(
    authority: World, tmp_path: Path
) -> None:
    """The answer is lost, then the workstation fails to write: the card itself remembers enough."""
    believe(authority, tmp_path)
    card, code, post = TestCard(), authority.code_for(), in_the_world(authority)

    def lost(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        post(path, body)
        raise OSError("the line is down")

    def again(post: Any) -> Any:
        return load(card, code=code, point=POINT, post=post, attest=no_attestation)

    with pytest.raises(OSError, match="the line is down"):
        again(lost)
    write, card.write = card.write, _failing  # type: ignore[method-assign]
    with pytest.raises(CardFailed):
        again(post)
    card.write = write  # type: ignore[method-assign]
    done = again(post)
    assert len(card.made) == 1
    assert len([row for row in CardRow.scan() if row.certificate != CardRow.OWNER]) == 1
    assert card.certificate() == done.certificate


def _failing(certificate: bytes) -> None:
    raise CardFailed("the card was pulled out")


def test_a_workstation_believes_neither_the_card_nor_the_authority(authority: World) -> None:
    """A certificate of another key, a card that gives back another, one that signs with another key."""
    code = authority.code_for()
    stranger, card = TestCard("0002"), TestCard()
    stranger.make_key()
    other = TestCard("0003", key=None)
    answer = load(other, code=code, point=POINT, post=in_the_world(authority), attest=no_attestation).answer

    def wrong(_path: str, _body: dict[str, Any]) -> tuple[int, bytes]:
        return 200, json.dumps(answer).encode()

    def with_card(card: TestCard, post: Any) -> None:
        load(card, code=code, point=POINT, post=post, attest=no_attestation)

    with pytest.raises(LoadingRefused, match="not of this card's key"):
        with_card(card, wrong)
    with pytest.raises(LoadingRefused, match="code-spent"):
        with_card(card, in_the_world(authority))
    card.sign = stranger.sign  # type: ignore[method-assign]
    with pytest.raises(LoadingRefused, match="does not verify with the card's key"):
        with_card(card, wrong)
    forgetful = TestCard("0003", key=other.key)
    forgetful.write = lambda certificate: None  # type: ignore[method-assign]
    with pytest.raises(LoadingRefused, match="does not give back"):
        with_card(forgetful, wrong)


def test_the_maker_of_this_machine_attests_by_its_command(tmp_path: Path) -> None:
    """As `--attestation-command` runs it; a real card's maker has a command of its own."""
    make_card_maker(tmp_path, START)
    make_card_maker(tmp_path, START)  # a second start keeps the first one's root
    card = TestCard()
    key = card.make_key()
    attest = attestation_by(f"{sys.executable} -m infra.local.card_maker {tmp_path} 0007")
    statement, device = (x509.load_pem_x509_certificate(each.encode()) for each in attest(key))
    statement.verify_directly_issued_by(device)
    spki = statement.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert spki == key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert attestation_by("")(key) == []
    with pytest.raises(CardFailed, match="attestation command failed"):
        attestation_by("false")(key)
    assert (os.stat(tmp_path / "root.key").st_mode & 0o777) == 0o600


def test_the_command_loads_a_card_and_says_what_it_promises(
    authority: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The holder types code and PIN, and sees neither; only the TLS connection and the reader are others."""
    believe(authority, tmp_path)
    typed = [f" {authority.code_for()} ", PIN]
    card, pins = KeyInProcess(), []

    def in_reader(_module: Path, _label: str, pin: str, _kind: str) -> KeyInProcess:
        pins.append(pin)
        return card

    monkeypatch.setattr(command, "_logged_in", lambda _: authority.officer)
    monkeypatch.setattr(command, "Pkcs11Card", in_reader)
    monkeypatch.setattr(command, "attestation_by", lambda _: lambda key: MAKER.attest(key, card.serial))
    monkeypatch.setattr("getpass.getpass", lambda _: typed.pop(0))
    wanted = [
        "--api",
        "https://x",
        "--cert",
        "c",
        "--key",
        "k",
        "--point",
        POINT,
        "--module",
        "m",
        "--token-label",
        "l",
    ]
    assert command.main(wanted) == 0
    said = capsys.readouterr().out
    assert "Loaded citizen-card-secure" in said
    assert "proved to be a secure device" in said
    assert PIN not in said
    assert pins == [PIN]
    typed[:] = ["AAAAAAAAAA", PIN]
    assert command.main(wanted) == 1
    assert "NOT LOADED: this card is loaded already" in capsys.readouterr().err


def test_the_command_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    said = capsys.readouterr().out
    assert "--attestation-command" in said
    assert "--pin" not in said, "a PIN in the list of processes would be everybody's"
