"""CRLs: what they hold, what may follow what, and what size they come to."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.pki import crl
from chalicelib.pki.certificate import crl_shard
from chalicelib.pki.crl import Entry, WrongCrl
from chalicelib.pki.lint import crl_findings
from tests.pki.authority import (
    ISSUED,
    ISSUER,
    ISSUING,
    ISSUING_KEY,
    PROFILES,
    ROOT,
    ROOT_KEY,
    SERIAL,
    URLS,
    Request,
    issue,
)

URL = URLS.crl(ISSUER.id, 0)
REASONS = [None, x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded]


def entries(count: int) -> list[Entry]:
    return [Entry(SERIAL + n, ISSUED, REASONS[n % 3]) for n in range(count)]


def make(count: int = 3, **how: Any) -> x509.CertificateRevocationList:
    chosen: dict[str, Any] = {"number": 7, "url": URL, "now": ISSUED} | how
    return crl.sign(crl.build(ISSUING, chosen.pop("listed", entries(count)), **chosen), ISSUING_KEY)


def check(
    new: x509.CertificateRevocationList, previous: x509.CertificateRevocationList | None, **how: Any
) -> None:
    chosen: dict[str, Any] = {"issuer": ISSUING, "url": URL, "now": ISSUED, "not_after": lambda _: None} | how
    crl.check_successor(new, previous, **chosen)


@pytest.mark.parametrize("count", [0, 1, 80])
def test_a_crl_passes_pkilint(count: int) -> None:
    assert crl_findings(make(count).public_bytes(Encoding.DER)) == []


def test_the_distribution_point_is_that_of_the_certificates() -> None:
    """RFC 5280, section 6.3.3 (b)(2): else a client must ignore the list."""
    certificate = issue(PROFILES["citizen-software"], Request(serial=SERIAL - SERIAL % 64 + 128))
    point = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    own = make().extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert own.critical
    assert own.value.full_name == point.full_name
    assert own.value.only_contains_user_certs


def test_the_crl_of_a_root_is_for_all_its_certificates() -> None:
    """`openssl verify -crl_check_all` looks up the root too, which has no distribution point to compare."""
    made = crl.sign(crl.build(ROOT, [], number=1, url=None, now=ISSUED), ROOT_KEY)
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert crl.belongs(made, ROOT, None) == []
    assert crl.belongs(made, ROOT, URL) == ["issuing distribution point"]
    assert crl_findings(made.public_bytes(Encoding.DER)) == []


def test_no_crl_outlives_its_issuer() -> None:
    end = ISSUING.not_valid_after_utc
    assert make(now=end - timedelta(hours=2)).next_update_utc == end


def test_openssl_finds_the_revoked_one_and_passes_the_other(tmp_path: Path) -> None:
    revoked = issue(PROFILES["citizen-software"], Request(serial=SERIAL - SERIAL % 64 + 64))
    valid = issue(PROFILES["citizen-software"], Request(serial=SERIAL - SERIAL % 64 + 128))
    made = make(listed=[Entry(revoked.serial_number, ISSUED, x509.ReasonFlags.key_compromise)])
    of_root = crl.sign(crl.build(ROOT, [], number=1, url=None, now=ISSUED), ROOT_KEY)
    files = {
        "root": ROOT,
        "ca": ISSUING,
        "revoked": revoked,
        "valid": valid,
        "crl": made,
        "root-crl": of_root,
    }
    for name, thing in files.items():
        (tmp_path / f"{name}.pem").write_bytes(thing.public_bytes(Encoding.PEM))  # type: ignore[attr-defined]

    def openssl(*command: str) -> str:
        done = subprocess.run(["openssl", *command], cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr

    at = ["-attime", str(int((ISSUED + timedelta(hours=1)).timestamp()))]
    chain = ["-CAfile", "root.pem", "-untrusted", "ca.pem", "-CRLfile", "crl.pem", "-CRLfile", "root-crl.pem"]
    assert "verify OK" in openssl("crl", "-in", "crl.pem", "-noout", "-CAfile", "ca.pem")
    for how in ("-crl_check", "-crl_check_all"):
        assert "valid.pem: OK" in openssl("verify", *at, how, *chain, "valid.pem")
        assert "certificate revoked" in openssl("verify", *at, how, *chain, "revoked.pem")


def test_a_successor_may_follow() -> None:
    check(make(), None)
    check(make(4, number=8), make())
    check(make(4, number=9, now=ISSUED + timedelta(hours=6)), make(), now=ISSUED + timedelta(hours=7))


def test_an_entry_may_go_one_crl_after_its_expiry() -> None:
    new, previous = make(2, number=8), make(3)
    check(new, previous, not_after=lambda _: ISSUED - timedelta(seconds=1))
    for expiry in (ISSUED, ISSUED + timedelta(days=1), None):
        with pytest.raises(WrongCrl, match="an entry is lost"):
            check(new, previous, not_after=lambda _, expiry=expiry: expiry)


def test_a_hold_is_known_to_others_and_goes_only_when_it_was_lifted(tmp_path: Path) -> None:
    """pkilint finds nothing wrong with it, openssl names it; and a revocation never becomes one."""
    hold, final = (
        Entry(SERIAL, ISSUED, reason)
        for reason in (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.superseded)
    )
    held = make(listed=[hold])
    assert crl_findings(held.public_bytes(Encoding.DER)) == []
    (tmp_path / "crl.pem").write_bytes(held.public_bytes(Encoding.PEM))
    command = ["openssl", "crl", "-in", "crl.pem", "-noout", "-text"]
    assert "Certificate Hold" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    without = make(0, number=8)
    with pytest.raises(WrongCrl, match="an entry is lost"):
        check(without, held)
    check(without, held, lifted=lambda _: True)
    with pytest.raises(WrongCrl, match="an entry is lost"):
        check(without, make(listed=[final]), lifted=lambda _: True)
    check(make(listed=[final], number=8), held)
    with pytest.raises(WrongCrl, match="became a hold"):
        check(make(listed=[hold], number=8), make(listed=[final]))


@dataclass
class Row:
    """A row of the revocations table."""

    serial: str = f"{SERIAL:x}"
    revoked_at: Any = ISSUED
    reason: Any = "superseded"
    not_after: Any = ISSUED + timedelta(days=9)


def read(*rows: Any, published: datetime | None = None) -> crl.Entries:
    return crl.read_entries([(getattr(row, "serial", "??"), row) for row in rows], published, lambda _: None)


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        Row(serial="not hexadecimal"),
        Row(serial="-5"),
        Row(serial="f" * 41),
        Row(revoked_at=None),
        Row(revoked_at="yesterday"),
        Row(not_after=None),
        Row(reason="noReasonOfOurs"),
        Row(reason="certificateHold"),
    ],
)
def test_a_damaged_row_is_told_and_the_others_are_listed(damaged: Row | None) -> None:
    found = read(Row(serial="1"), damaged, Row(serial="2"))
    assert [entry.serial for entry in found.listed] == [1, 2]
    assert len(found.damaged) == 1


def test_a_damaged_row_is_listed_from_another_source() -> None:
    known = Entry(5, ISSUED)
    found = crl.read_entries([("5", None), ("1", Row(serial="1"))], None, {5: known}.get)
    assert found.listed == (Entry(1, ISSUED, x509.ReasonFlags.superseded), known)
    assert found.damaged == ("5",)


def test_an_entry_is_read_until_a_crl_after_its_expiry_was_published() -> None:
    row = Row()
    end: datetime = row.not_after
    for published, listed in [
        (None, 1),
        (end, 1),
        (end + timedelta(minutes=59), 1),
        (end + timedelta(hours=2), 0),
    ]:
        assert len(read(row, published=published).listed) == listed


@pytest.mark.parametrize("count", [20_000, 100_000])
def test_a_shard_stays_under_a_megabyte_at_100_000_revocations(count: int) -> None:
    """64 shards by serial: with random serials none is far above the mean."""
    import random

    chance = random.Random(count)
    sizes = [0] * ISSUER.crl_shards
    for _ in range(count):
        sizes[crl_shard(chance.getrandbits(136), ISSUER.crl_shards)] += 1
    assert sum(sizes) == count
    fullest = make(max(sizes)).public_bytes(Encoding.DER)
    assert len(fullest) < 1_000_000
