"""The emergency code (F20): given with a certificate, it puts that certificate out of use from anywhere.

It names the certificate and proves the right to end it, and nothing else: whoever finds it can do its holder
no other harm. It is derived from the certificate's id, so that an issuance that is asked for again tells the
same one, and stored as a keyed hash alone. It is never spent: who suspended with it may still revoke.
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


def told_code(cloud: Cloud, certificate_id: str) -> str:
    """The code as its holder is told it, in groups."""
    return grouped(EMERGENCY, derived_code(cloud, EMERGENCY, certificate_id), "-")


def give_code(cloud: Cloud, transaction: Transaction, row: CertificateRow) -> None:
    """Let the code be recognised from the transaction on that stores the certificate."""
    transaction.put_new("emergency code", _row(cloud, row))


def renew_code(cloud: Cloud, row: CertificateRow) -> None:
    """The same, of a certificate that is there already: those of before this was had none."""
    if row.state == "issued":
        code = _row(cloud, row)
        change(CodeRow(code.id), as_written(code), CodeRow.subject.does_not_exist())


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
    return row_of(cloud, EMERGENCY, row.id, subject=subject, expires_at=row.not_after)
