"""The emergency code (F20): given with a certificate, it puts that certificate out of use from anywhere.

It names the certificate and proves the right to end it, and nothing else: whoever finds it can do its holder
no other harm. It is derived from the certificate's id, so that an issuance that is asked for again tells the
same one, and stored as a keyed hash alone. It is never spent: who suspended with it may still revoke. One
that took the place of another is derived from the request for it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.aws.tables import change
from chalicelib.codes.derived import as_written, derived_code, row_of
from chalicelib.codes.kinds import EMERGENCY, grouped
from chalicelib.codes.store import look_up, note_wrong
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.aws.tables import Transaction

_SUBJECT = "certificate:"


class EmergencyCodeNotAccepted(Problem):
    """No certificate has this emergency code. Whether one ever had is not told."""

    slug = "emergency-code-not-accepted"
    status = 422
    title = "The emergency code is not right"


def told_code(cloud: Cloud, row: CertificateRow) -> str:
    """The newest code as its holder is told it, in groups."""
    return grouped(EMERGENCY, derived_code(cloud, EMERGENCY, _bound_to(row.id, row.emergency)), "-")


def give_code(cloud: Cloud, transaction: Transaction, row: CertificateRow) -> None:
    """Let the code be recognised from the transaction on that stores the certificate."""
    transaction.put_new("emergency code", _row(cloud, row))


def renew_code(cloud: Cloud, row: CertificateRow) -> None:
    """The same, of a certificate that is there already: those of before this was had none."""
    if row.state == "issued":
        code = _row(cloud, row)
        change(CodeRow(code.id), as_written(code), CodeRow.subject.does_not_exist())


def replace_code(cloud: Cloud, transaction: Transaction, row: CertificateRow, request: str) -> None:
    """Void the code of a certificate and give another, if it is still as it was read, and was never given.

    Args:
        request: names what asked for it; the code is its alone.
    """
    as_read = (
        CertificateRow.emergency.does_not_exist()
        if row.emergency is None
        else CertificateRow.emergency == row.emergency
    )
    transaction.update(
        "certificate",
        CertificateRow(row.id),
        [CertificateRow.emergency.set(request)],
        CertificateRow.revoked_at.does_not_exist() & as_read,
    )
    before = _row(cloud, row)
    # Certificates from before there were such codes have none: its row is written, void.
    voided = [*as_written(before), CodeRow.voided_at.set(cloud.now())]
    transaction.update("previous code", CodeRow(before.id), voided)
    renamed = CertificateRow(row.id, emergency=request, not_after=row.not_after)
    transaction.put_new("emergency code", _row(cloud, renamed))


def find_code(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The authority's operation `emergency`: {code, source} -> {certificate}.

    Raises:
        EmergencyCodeNotAccepted, TooManyTries
    """
    (found,) = look_up(cloud, [(EMERGENCY, str(payload["code"]))], str(payload["source"]))
    if found is None or found.voided_at or found.expires_at < cloud.now():
        note_wrong(cloud, EMERGENCY, str(payload["source"]))
        raise EmergencyCodeNotAccepted
    return {"certificate": str(found.subject).removeprefix(_SUBJECT)}


def _row(cloud: Cloud, row: CertificateRow) -> CodeRow:
    subject = f"{_SUBJECT}{row.id}"
    bound_to = _bound_to(row.id, row.emergency)
    return row_of(cloud, EMERGENCY, bound_to, subject=subject, expires_at=row.not_after)


def _bound_to(certificate_id: str, request: str | None) -> str:
    return certificate_id if request is None else f"{certificate_id}\n{request}"
