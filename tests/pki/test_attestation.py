"""A card's attestation: every link, and every way in which it can be of something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.pki.attestation import LONGEST, CardAttestationRefused, read_attestation, require_attested
from chalicelib.pki.card_models import CardModel, card_models, read_card_models
from chalicelib.settings import BadSetting
from infra.local.card_maker import MADE_INSIDE, MODEL, ORIGIN, SERIAL, CardMaker
from tests.support.cards import MAKER
from tests.support.world import START

KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
OTHER = ec.generate_private_key(ec.SECP256R1())
ITSELF = {SERIAL: b"\x0c\x061234-A", ORIGIN: MADE_INSIDE}
LIST = MAKER.listed()


def model(text: str = LIST) -> CardModel:
    return read_card_models(text).models[MODEL]


def statement(**changes: Any) -> x509.Certificate:
    """The certificate of the key, with what a test changes of it."""
    asked: dict[str, Any] = {"issuer": MAKER.device, "by": MAKER.device_key, "extensions": ITSELF} | changes
    return MAKER.certify("Attestation", asked.pop("key", KEY), **asked)


def judged(*chain: x509.Certificate, serial: str = "1234-A", key: Any = KEY, now: Any = START) -> None:
    require_attested(chain, model(), key, serial, now)


def test_a_card_that_made_the_key_is_believed() -> None:
    judged(statement(), MAKER.device)
    judged(statement(), MAKER.device, MAKER.root)  # who sends the root along changes nothing
    judged(statement(extensions=ITSELF | {SERIAL: b"\x02\x02\x01\x00"}), MAKER.device, serial="256")
    read = read_attestation(MAKER.attest(KEY, "1234-A"))
    assert require_attested(read, model(), KEY, "1234-A", START) == MAKER.root


def _made_by_an_end_entity() -> list[x509.Certificate]:
    ordinary = MAKER.certify("Somebody", OTHER.public_key(), issuer=MAKER.root)
    return [statement(issuer=ordinary, by=OTHER), ordinary]


def _through_one_authority_too_many() -> list[x509.Certificate]:
    below = MAKER.certify("Below", OTHER.public_key(), issuer=MAKER.device, by=MAKER.device_key, authority=0)
    return [statement(issuer=below, by=OTHER), below, MAKER.device]


def _by_another_maker_of_the_same_name() -> list[x509.Certificate]:
    other = CardMaker(START)
    return [statement(issuer=other.device, by=other.device_key), other.device]


def _with_a_critical_extension() -> list[x509.Certificate]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Attestation")])
    made = statement()
    builder = x509.CertificateBuilder(MAKER.device.subject, name, KEY, 1, START, made.not_valid_after_utc)
    for each in made.extensions:
        builder = builder.add_extension(each.value, critical=False)
    builder = builder.add_extension(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.2.99"), b"\x05\x00"),
        critical=True,
    )
    return [builder.sign(MAKER.device_key, hashes.SHA256()), MAKER.device]


DAY = timedelta(days=1)
REFUSED: dict[str, tuple[Any, str]] = {
    "of another key": (lambda: [statement(key=OTHER.public_key()), MAKER.device], "another key"),
    "of another card": (
        lambda: [statement(extensions=ITSELF | {SERIAL: b"\x0c\x061234-B"}), MAKER.device],
        "another serial number",
    ),
    "of no card": (lambda: [statement(extensions={ORIGIN: MADE_INSIDE}), MAKER.device], "serial number"),
    "a serial number of another length than it says": (
        lambda: [statement(extensions=ITSELF | {SERIAL: b"\x0c\x071234-A"}), MAKER.device],
        "serial number",
    ),
    "a key from outside": (
        lambda: [statement(extensions=ITSELF | {ORIGIN: bytes.fromhex("3006010100010100")}), MAKER.device],
        "does not state",
    ),
    "no word of the key's origin": (
        lambda: [statement(extensions={SERIAL: ITSELF[SERIAL]}), MAKER.device],
        "does not state",
    ),
    "by another maker": (_by_another_maker_of_the_same_name, "does not lead to a root"),
    "by itself": (lambda: [statement(issuer=None, by=OTHER)], "does not lead to a root"),
    "without the device between": (lambda: [statement()], "does not lead to a root"),
    "under the device's name by another key": (lambda: [statement(by=OTHER), MAKER.device], "no chain"),
    "by an end entity": (_made_by_an_end_entity, "may not certify"),
    "through one authority too many": (_through_one_authority_too_many, "longer than"),
    "that is an authority itself": (lambda: [statement(authority=0), MAKER.device], "that of an authority"),
    "not valid any more": (
        lambda: [statement(valid=(START - 2 * DAY, START - DAY)), MAKER.device],
        "not valid now",
    ),
    "not valid yet": (
        lambda: [statement(valid=(START + DAY, START + 2 * DAY)), MAKER.device],
        "not valid now",
    ),
    "with a critical extension that nobody knows": (_with_a_critical_extension, "not understood"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_attestation_that_proves_something_else_is_refused(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(CardAttestationRefused) as refused:
        judged(*make())
    assert reason in (refused.value.detail or "")


def test_an_attestation_that_is_none_is_refused() -> None:
    good = MAKER.attest(KEY, "1234-A")
    broken = (
        ["x"],
        ["é"],
        ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
        good * LONGEST,
    )
    for pems in broken:
        with pytest.raises(CardAttestationRefused):
            read_attestation(pems)


def test_a_root_that_has_run_out_proves_nothing() -> None:
    with pytest.raises(CardAttestationRefused):
        judged(statement(), MAKER.device, now=MAKER.root.not_valid_after_utc + DAY)


def test_the_list_of_models_is_dated() -> None:
    today = START.date()
    listed = model(MAKER.listed(until=today + 9 * DAY, qscd_until=today + DAY))
    days = (today - DAY, today, today + DAY, today + 2 * DAY, today + 9 * DAY, today + 10 * DAY)
    assert [listed.believed(day) for day in days] == [False, True, True, True, True, False]
    assert [listed.is_qscd(day) for day in days] == [False, True, True, False, False, False]
    assert not model().is_qscd(today)
    assert not read_card_models("").models


@pytest.mark.parametrize(
    "text",
    [
        "model = 1",
        "attestation = 'perhaps'",
        LIST.replace("[[model.statements]]", "[[model.others]]"),
        LIST.replace("BEGIN CERTIFICATE", "BEGIN SOMETHING"),
        LIST.replace('name = "SoftHSM v2"', f'name = "{MODEL}"'),
        MAKER.listed(until=START.date() - DAY),
        MAKER.listed(until=START.date() + DAY, qscd_until=START.date() + 2 * DAY),
        MAKER.listed(qscd_until=START.date()).replace("none: an example", " "),
        LIST.replace('serial = "', 'qscd_reference = "x"\nserial = "'),
        LIST.replace('value = "30', 'value = "3'),
    ],
)
def test_a_list_that_says_nothing_clear_stops_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match="CLAVERO_CARD_MODELS"):
        read_card_models(text)


def test_a_list_that_cannot_be_read_stops_the_first_loading(authority: Any, tmp_path: Any) -> None:
    cloud = authority.cloud
    cloud.settings = replace(cloud.settings, card_models=str(tmp_path / "nothing"))
    with pytest.raises(BadSetting, match="CLAVERO_CARD_MODELS"):
        card_models(cloud)
