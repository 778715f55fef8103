"""What the authority decides by itself: holds that nobody lifted in time, certificates of barred keys.

Both wait in an index of their own until they are done, so that a run finds what is due without looking at
anything else, and what no run has done yet waits for the next one, however long there was none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.log import log_failure
from chalicelib.certificates.revocation import revoke_unlifted, sweep
from chalicelib.errors import Problem
from chalicelib.pki import hold
from chalicelib.pki.compromise import to_sweep
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MOST: Final = 50
"""Of each kind in one run, which takes a few seconds; the next one comes in five minutes."""


def decide_due(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    """The operation `decide_due`: {} -> {failed}. The CRLs are published by whoever asked."""
    failed = 0
    for certificate_id in hold.due(cloud.now(), MOST):
        try:
            row = CertificateRow.find(certificate_id)
            if row is not None:
                revoke_unlifted(cloud, row)
        except Problem as problem:  # one that fails keeps no other from its decision
            log_failure(problem)
            failed += 1
    for spki in to_sweep(MOST):
        try:
            sweep(cloud, spki, "authority", most=MOST, notice_at=cloud.now())
        except Problem as problem:
            log_failure(problem)
            failed += 1
    return {"failed": failed}
