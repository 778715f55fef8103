"""R04: a retry after a timeout issued a second certificate (ANF AC 2050383, serverless-ca#664)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from chalicelib.aws.cloud import ONCE
from chalicelib.pki.tables import CertificateRow
from tests.support.faults import Fault, Faults, Killed
from tests.support.world import World, new_csr

PASSWORD = "a long pass phrase, 16+"
RECORD, STORE = 1, 2


def _of_the_citizen() -> list[CertificateRow]:
    return [row for row in CertificateRow.scan() if row.holder.startswith("person:")]


@pytest.mark.parametrize("fault", [Fault.UNANSWERED, Fault.KILLED_AFTER])
@pytest.mark.parametrize("transaction", [RECORD, STORE])
def test_R04_the_same_request_after_a_timeout_gets_the_same_certificate(
    broken: tuple[World, Faults], transaction: int, fault: Fault
) -> None:
    """The caller heard nothing, and what it asked for had been recorded, or even stored."""
    world, faults = broken
    code, csr = world.code_for(), new_csr()
    faults.watch_for("dynamodb.TransactWriteItems", fault, transaction)
    with contextlib.suppress(Killed):
        assert world.download(code, csr).status == 503
    (recorded,) = _of_the_citizen()
    answers = {world.download(code, csr).body for _ in range(3)}
    assert len(answers) == 1
    (row,) = _of_the_citizen()
    assert (row.id, row.tbs, row.state) == (recorded.id, recorded.tbs, "issued")


def test_R04_a_repeated_file_revokes_the_one_that_was_lost(broken: tuple[World, Faults]) -> None:
    """Its key went with the answer, so nobody could use or revoke it: no orphan stays valid."""
    world, faults = broken
    body = {"code": world.code_for(), "password": PASSWORD}
    faults.watch_for("invoke authority issue", Fault.UNANSWERED)
    assert world.citizen.post("/v1/certificates/pkcs12", body, key="one-download").status == 503
    answer = world.citizen.post("/v1/certificates/pkcs12", body, key="one-download")
    assert answer.status == 200, answer.body
    rows = {f"{row.serial:x}": row for row in _of_the_citizen()}
    kept = rows.pop(answer.json["serial"])
    (lost,) = rows.values()
    assert (kept.revoked_at, lost.reason) == (None, "superseded")  # type: ignore[comparison-overlap]


def test_R04_a_repeated_file_does_not_undo_a_revocation(authority: World) -> None:
    """What an officer revoked is not replaced by whoever still has the code and the key of the request."""
    body = {"code": authority.code_for(), "password": PASSWORD}
    answer = authority.citizen.post("/v1/certificates/pkcs12", body, key="one-download")
    (row,) = _of_the_citizen()
    revocation = {
        "nif": "12345678Z",
        "issuer": row.issuer,
        "serial": answer.json["serial"],
        "reason": "superseded",
        "identity": {"channel": "phone", "birth_date": "1985-02-28", "mobile": "+34612345678"},
    }
    assert authority.officer.post(f"{authority.point}/revocations", revocation).status == 200
    again = authority.citizen.post("/v1/certificates/pkcs12", body, key="one-download")
    assert (again.status, again.slug) == (409, "evidence-refused")
    (row,) = _of_the_citizen()
    assert row.reason == "superseded"


def test_R04_the_sdk_does_not_repeat_what_has_no_token(authority: World) -> None:
    """A second Sign or message would be one that no record explains: our own retries know what was done."""
    once: Any = ONCE  # botocore's stubs know none of its options
    assert once.retries["total_max_attempts"] == 1
    cloud = authority.cloud
    for client in (cloud.kms, cloud.sns, cloud.ses, cloud.lambda_):
        config: Any = client.meta.config
        assert config.retries["total_max_attempts"] == 1
