"""Client certificates of other issuers: every chain, policy, number and status that must be refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from chalicelib.aws.fetch import Fetcher, FetchFailed
from chalicelib.login.certificate import CertificateRefused, CertificateRequired
from chalicelib.login.trust_list import identify_certificate, read_trust_list
from chalicelib.pki.other_status import BELIEVED, StatusUnknown
from chalicelib.registry.staff import withdraw_identification
from chalicelib.registry.tables import IdentificationRow
from chalicelib.settings import BadSetting
from tests.support.issuers import (
    BY_CERTIFICATE,
    BY_PROOF,
    LOCAL,
    OTHER_POLICY,
    Authority,
    Served,
    key,
    served,
)
from tests.support.world import START, World, another_person

NIF = "12345678Z"


@pytest.fixture
def status() -> Iterator[Served]:
    with served() as state:
        yield state


@pytest.fixture
def other(status: Served) -> Authority:
    made = Authority(START, status.url)
    status.answers["/root.crl"] = made.crl(root=True)
    return made


def trusting(world: World, folder: Path, text: str) -> World:
    file = folder / "trust.toml"
    file.write_text(text)
    object.__setattr__(world.cloud, "settings", _with(world.cloud.settings, trust_list=str(file)))
    world.cloud.fetcher = LOCAL
    world.cloud.memory.pop("trust list", None)
    return world


def _with(settings: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(settings, **changes)


def test_a_good_certificate_of_another_issuer_names_its_holder(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers["/ocsp"] = other.answer(certificate)
    who = identify_certificate(world.cloud, certificate)
    assert (who.nif, who.given_name, who.surnames) == (NIF, "María José", "Núñez Peña")
    assert (who.kind, who.issuer, who.serial) == ("certificate", "Other", certificate.serial_number)
    assert who.proves_identity


def test_what_is_believed_is_asked_once_until_it_ends(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers["/ocsp"] = other.answer(certificate)
    for _ in range(3):
        identify_certificate(world.cloud, certificate)
    assert sorted(status.asked) == ["/ocsp", "/root.crl"]
    world.clock.turn(hours=9)
    with pytest.raises(StatusUnknown):
        identify_certificate(world.cloud, certificate)  # the answer has ended, and no list is served


def test_a_responder_that_the_authority_certified_may_answer(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers["/ocsp"] = other.answer(certificate, responder=other.responder())
    assert identify_certificate(world.cloud, certificate).nif == NIF


def test_revoked_by_ocsp(authority: World, other: Authority, status: Served, tmp_path: Path) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers["/ocsp"] = other.answer(certificate, revoked=True)
    with pytest.raises(CertificateRefused):
        identify_certificate(world.cloud, certificate)


def test_by_crl_where_no_responder_answers(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    good, bad = other.person(), other.person()
    status.answers["/ca.crl"] = other.crl(bad)
    assert identify_certificate(world.cloud, good).nif == NIF
    with pytest.raises(CertificateRefused):
        identify_certificate(world.cloud, bad)


def test_a_revoked_ca_lets_nobody_in(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers["/ocsp"] = other.answer(certificate)
    status.answers["/root.crl"] = other.crl(other.ca, root=True)
    with pytest.raises(CertificateRefused):
        identify_certificate(world.cloud, certificate)


BAD_STATUS: dict[str, Any] = {
    "nothing": lambda other, certificate: {},
    "an answer whose signature is broken": lambda other, certificate: {
        "/ocsp": other.answer(certificate)[:-1] + b"\x00"
    },
    "an answer of another authority of the same name": lambda other, certificate: {
        "/ocsp": Authority(START).answer(certificate)
    },
    "an answer of a responder that somebody else certified": lambda other, certificate: {
        "/ocsp": other.answer(certificate, responder=other.responder(signer=key()))
    },
    "an answer of another certificate of the CA": lambda other, certificate: {
        "/ocsp": other.answer(certificate, responder=other.responder(usage=ExtendedKeyUsageOID.CLIENT_AUTH))
    },
    "an answer of a responder whose own status nobody told": lambda other, certificate: {
        "/ocsp": other.answer(certificate, responder=other.responder(marked=False))
    },
    "an answer that has ended": lambda other, certificate: {
        "/ocsp": other.answer(certificate, age=timedelta(hours=9))
    },
    "an answer of the future": lambda other, certificate: {
        "/ocsp": other.answer(certificate, age=-timedelta(hours=1))
    },
    "an answer about another certificate": lambda other, _: {"/ocsp": other.answer(other.person())},
    "a list signed by somebody else": lambda other, _: {"/ca.crl": other.crl(signer=key())},
    "a list that has ended": lambda other, _: {"/ca.crl": other.crl(age=timedelta(days=2))},
    "a list of another authority": lambda other, _: {"/ca.crl": other.crl(root=True)},
    "no DER": lambda other, _: {"/ocsp": b"hello", "/ca.crl": b"\x30\x03\x02\x01\x01"},
    "too much": lambda other, _: {"/ocsp": b"\x00" * 100_000},
}


@pytest.mark.parametrize("case", BAD_STATUS)
def test_what_cannot_be_found_out_lets_nobody_in(
    authority: World, other: Authority, status: Served, tmp_path: Path, case: str
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person()
    status.answers.update(BAD_STATUS[case](other, certificate))
    with pytest.raises(StatusUnknown):
        identify_certificate(world.cloud, certificate)


REFUSED: dict[str, Any] = {
    "another policy": {"policy": OTHER_POLICY},
    "expired": {"days": -1},
    "for servers": {"usage": ExtendedKeyUsageOID.SERVER_AUTH},
    "a key that does not sign": {"signs": False},
    "signed by somebody of the same name": {"signer": key()},
    "a number without its letter": {"nif": "IDCES-12345678A"},
    "the number of an organisation": {"nif": "VATES-A58818501"},
    "a number in another form": {"nif": NIF},
    "a number of somebody without DNI or NIE": {"nif": "IDCES-K1234567L"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_other_certificate_is_refused(
    authority: World, other: Authority, status: Served, tmp_path: Path, case: str
) -> None:
    world = trusting(authority, tmp_path, other.trust())
    certificate = other.person(**REFUSED[case])
    status.answers["/ocsp"] = other.answer(certificate)
    status.answers["/ca.crl"] = other.crl()
    with pytest.raises(CertificateRefused):
        identify_certificate(world.cloud, certificate)
    assert "/ocsp" not in status.asked, "nobody makes us fetch with a certificate that nobody vouches for"


def test_a_bare_number_where_the_issuer_writes_it_so(
    authority: World, other: Authority, status: Served, tmp_path: Path
) -> None:
    world = trusting(authority, tmp_path, other.trust(nif="bare", kind="e-id"))
    certificate = other.person(nif=NIF)
    status.answers["/ocsp"] = other.answer(certificate)
    assert identify_certificate(world.cloud, certificate).kind == "e-id"


@pytest.mark.parametrize(
    ("says", "statements", "proves"),
    [
        ("yes", None, True),
        ("yes", BY_CERTIFICATE, False),
        ("stated", None, False),
        ("stated", BY_PROOF, True),
        ("stated", BY_CERTIFICATE, False),
        ("no", BY_PROOF, False),
    ],
)
def test_X19_what_was_issued_on_a_certificate_proves_nothing_anew(
    authority: World,
    other: Authority,
    status: Served,
    tmp_path: Path,
    says: str,
    statements: bytes | None,
    proves: bool,
) -> None:
    """eIDAS art. 24(1a): by the issuer's practice, and by what the certificate itself says."""
    world = trusting(authority, tmp_path, other.trust(proves_identity=says))
    certificate = other.person(statements=statements)
    status.answers["/ocsp"] = other.answer(certificate)
    assert identify_certificate(world.cloud, certificate).proves_identity is proves


def test_one_of_ours_is_known_by_our_records(authority: World) -> None:
    certificate = authority.certificate_of()
    who = identify_certificate(authority.cloud, certificate)
    assert (who.nif, who.kind, who.proves_identity) == (NIF, "certificate", True)
    authority.revoke(certificate)
    with pytest.raises(CertificateRefused):
        identify_certificate(authority.cloud, certificate)


def test_one_of_ours_on_withdrawn_evidence_proves_nothing(authority: World) -> None:
    certificate = authority.certificate_of(**another_person(7))
    row = next(iter(IdentificationRow.scan()))
    withdraw_identification(authority.cloud, row.id, "operator:test")
    assert not identify_certificate(authority.cloud, certificate).proves_identity


def test_an_officers_certificate_is_no_citizens(authority: World) -> None:
    officer = x509.load_pem_x509_certificate((authority.officer.certificate or "").encode())
    with pytest.raises(CertificateRefused):
        identify_certificate(authority.cloud, officer)
    with pytest.raises(CertificateRequired):
        identify_certificate(authority.cloud, None)


@pytest.mark.parametrize("text", ["[[issuer]]", "issuer = 1", "[[issuer", '[[issuer]]\nname = "x"\nx = 1'])
def test_a_bad_trust_list_names_the_setting_and_stops(text: str) -> None:
    with pytest.raises(BadSetting, match="CLAVERO_TRUST_LIST"):
        read_trust_list(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://8.8.8.8:22/",
        "http://user@8.8.8.8/",
        "ldap://8.8.8.8/cn=x",
        "file:///etc/passwd",
        "http:///x",
        "http://8.8.8.8:99999/",
    ],
)
def test_nobody_makes_us_call_what_is_not_the_open_internet(url: str) -> None:
    with pytest.raises(FetchFailed):
        Fetcher().fetch(url, limit=100)


def test_a_redirection_is_not_followed(status: Served) -> None:
    """It could lead inside, after the address was checked."""
    status.answers["/ca.crl"] = b"x"
    status.moved["/moved"] = "/ca.crl"
    with pytest.raises(FetchFailed):
        LOCAL.fetch(f"{status.url}/moved", limit=100)
    assert status.asked == ["/moved"]
    assert LOCAL.fetch(f"{status.url}/ca.crl", limit=100) == b"x"


def test_no_answer_is_believed_for_long() -> None:
    assert timedelta(hours=24) > BELIEVED
