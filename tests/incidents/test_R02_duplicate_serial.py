"""R02: two certificates with one serial (Let's Encrypt 1838667: 645, a profile changed in mid-issuance)."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography import x509
from msgspec import structs

from chalicelib.pki.catalogue import CITIZEN_SOFTWARE, catalogue
from chalicelib.pki.tables import CertificateRow
from tests.support.faults import Fault, Faults
from tests.support.world import World, another_person, new_csr

SERIAL_OCTETS = 16


def always(octets: bytes) -> Callable[[int], bytes]:
    """Entropy that fails in the worst way: every serial number is the same."""
    return lambda length: octets if length == SERIAL_OCTETS else os.urandom(length)


def test_R02_a_serial_that_was_given_out_is_never_given_out_again(authority: World) -> None:
    """The second certificate is refused: no record, no signature, and its code stays unspent."""
    codes = [authority.code_for(**another_person(number)) for number in (1, 2)]
    csr = new_csr()
    usual = authority.cloud.entropy
    authority.cloud.entropy = always(b"\x5a" * SERIAL_OCTETS)
    assert authority.download(codes[0]).status == 200
    before = CertificateRow.count()
    assert authority.download(codes[1], csr).status == 503
    assert CertificateRow.count() == before
    authority.cloud.entropy = usual
    assert authority.download(codes[1], csr).status == 200


def test_R02_of_two_that_draw_the_same_serial_at_once_one_draws_again(authority: World) -> None:
    """The other one reserves the number between our draw and our reservation."""
    first, second = (authority.code_for(**another_person(number)) for number in (1, 2))
    same, other = b"\x5a" * SERIAL_OCTETS, []

    def overtaken(length: int) -> bytes:
        if length != SERIAL_OCTETS:
            return os.urandom(length)
        authority.cloud.entropy = always(same)
        other.append(authority.download(second))
        authority.cloud.entropy = os.urandom
        return same

    authority.cloud.entropy = overtaken
    ours = authority.download(first)
    assert (ours.status, other[0].status) == (200, 200)
    serials = {x509.load_pem_x509_certificates(told.body)[0].serial_number for told in (ours, other[0])}
    assert len(serials) == 2
    assert int.from_bytes(b"\x01" + same, "big") in serials


def test_R02_a_resumed_issuance_keeps_the_profile_that_it_began_with(
    broken: tuple[World, Faults],
) -> None:
    """Signing fails, a new release brings another profile, and the retry signs what was recorded."""
    authority, faults = broken
    code, csr = authority.code_for(), new_csr()
    faults.watch_for("kms.Sign", Fault.UNREACHABLE)
    assert authority.download(code, csr).status == 503
    (row,) = [row for row in CertificateRow.scan() if row.profile.startswith(CITIZEN_SOFTWARE)]
    assert row.state == "signing"

    released = catalogue("1.3.6.1.4.1.32473.2", practice_url="https://new.clavero.es")
    newer = structs.replace(released[CITIZEN_SOFTWARE], version="citizen-software/3")
    authority.cloud.memory["profiles"] = {**released, CITIZEN_SOFTWARE: newer}
    answer = authority.download(code, csr)
    assert answer.status == 200, answer.body
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    stored = CertificateRow.get(row.id)
    assert certificate.tbs_certificate_bytes == bytes(row.tbs)
    assert (stored.profile, stored.state) == ("citizen-software/2", "issued")
    assert b"new.clavero.es" not in bytes(stored.der)
