"""R24: a certificate without its authorisation on record (GTS 1979457, 1959867)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from msgspec import structs

from chalicelib.audit.tables import EventRow
from chalicelib.aws.tables import connection
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reconciliation import mismatches
from chalicelib.pki.tables import CertificateRow, CrlShardRow, RevocationRow
from infra.commands.reconcile import read_books, run
from tests.support.faults import Faults
from tests.support.world import World, another_person


def _citizens() -> list[CertificateRow]:
    return sorted(
        (row for row in CertificateRow.scan() if row.holder.startswith("person:")),
        key=lambda row: row.revoked_at is not None,
    )


def _event(act: str, certificate: CertificateRow) -> EventRow:
    return next(
        row for row in EventRow.scan() if (row.act, row.object) == (act, f"certificate:{certificate.id}")
    )


def _delete_record() -> None:
    _citizens()[0].delete()


def _delete_event() -> None:
    _event("certificate.authorised", _citizens()[0]).delete()


def _delete_second_event() -> None:
    _event("certificate.issued", _citizens()[0]).delete()


def _repeat_event() -> None:
    row = _event("certificate.issued", _citizens()[0])
    row.id += "0"
    row.save()


def _change_evidence_of_event() -> None:
    _event("certificate.authorised", _citizens()[0]).update([EventRow.evidence.set("0" * 64)])


def _change_evidence_of_record() -> None:
    _citizens()[0].update([CertificateRow.evidence_digest.set("0" * 64)])


def _change_certificate() -> None:
    one, other = _citizens()
    one.update([CertificateRow.der.set(other.der)])


def _break_certificate() -> None:
    one = _citizens()[0]
    one.update([CertificateRow.der.set(bytes(one.der)[:-1] + bytes([bytes(one.der)[-1] ^ 1]))])


def _change_what_was_to_be_signed() -> None:
    one = _citizens()[0]
    one.update([CertificateRow.tbs.set(bytes(one.tbs) + b"\x00")])


def _move_to_another_ca() -> None:
    row = _citizens()[0]
    row.id = "0" * 16 + "#" + row.id.split("#")[1]
    row.save()


def _undo_revocation() -> None:
    _citizens()[1].update([CertificateRow.revoked_at.remove(), CertificateRow.reason.remove()])


def _delete_revocation() -> None:
    next(iter(RevocationRow.scan())).delete()


def _redate_revocation() -> None:
    row = next(iter(RevocationRow.scan()))
    row.update([RevocationRow.reason.set("superseded")])


def _revoke_without_record() -> None:
    row = next(iter(RevocationRow.scan()))
    row.serial = "1234"
    row.save()


TAMPERINGS: list[tuple[Callable[[], None], str]] = [
    (_delete_record, "event-without-record"),
    (_delete_event, "events-differ"),
    (_delete_second_event, "events-differ"),
    (_repeat_event, "events-differ"),
    (_change_evidence_of_event, "evidence-differs"),
    (_change_evidence_of_record, "evidence-differs"),
    (_change_certificate, "certificate-wrong"),
    (_break_certificate, "certificate-wrong"),
    (_change_what_was_to_be_signed, "certificate-wrong"),
    (_move_to_another_ca, "issuer-unknown"),
    (_undo_revocation, "revocation-differs"),
    (_delete_revocation, "revocation-differs"),
    (_redate_revocation, "revocation-differs"),
    (_revoke_without_record, "revocation-without-record"),
]


def _two_certificates(world: World) -> None:
    """One that is valid and one that was revoked."""
    world.certificate_of(**another_person(1))
    assert world.revoke(world.certificate_of()).status == 200


@pytest.mark.parametrize(("tamper", "kind"), TAMPERINGS, ids=lambda value: getattr(value, "__name__", value))
def test_R24_each_kind_of_tampering_is_named(
    authority: World, tamper: Callable[[], None], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever can write to a table cannot make the accounts agree: the command says so, and fails."""
    _two_certificates(authority)
    assert run(authority.cloud, []) == 0
    tamper()
    assert kind in {
        mismatch.kind for mismatch in mismatches(read_books(authority.cloud, []), authority.clock())
    }
    assert run(authority.cloud, []) == 1
    assert kind in capsys.readouterr().out


@pytest.mark.parametrize("difference", [-1, 1])
def test_R24_a_signature_more_or_less_than_the_records_explain_is_named(
    broken: tuple[World, Faults], difference: int
) -> None:
    """KMS's own log against the tables: a stolen use of the CA key, or a record that no signature made."""
    world, faults = broken
    _two_certificates(world)
    issuer = next(issuer for issuer in issuers(world.cloud).all if issuer.parent)
    books = read_books(world.cloud, [])
    true = structs.replace(books, signatures=Counter(faults.signed))
    assert not list(mismatches(true, world.clock()))
    assert faults.signed[issuer.key_id] == len(books.certificates) + sum(
        int(row.number) for row in CrlShardRow.scan()
    )
    false = faults.signed + Counter()
    false[issuer.key_id] += difference
    (mismatch,) = mismatches(structs.replace(books, signatures=false), world.clock())
    assert (mismatch.kind, mismatch.object) == ("signatures-differ", issuer.id)


def test_R24_an_event_is_written_with_its_effect_or_not_at_all(authority: World) -> None:
    """Every transaction from identification to revocation has its event in it."""
    seen: list[bool] = []
    connection().client.meta.events.register(
        "before-call.dynamodb.TransactWriteItems",
        lambda params, **_: seen.append(b"clavero-test-events" in params["body"]),
    )
    _two_certificates(authority)
    assert len(seen) >= 9
    assert all(seen)
