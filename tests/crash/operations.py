"""Every operation that writes, by the room that it belongs to: a file of tests for each group."""

from __future__ import annotations

from tests.crash import certificates, operators, revocation, status

CERTIFICATES = (
    *certificates.OPERATIONS,
    *revocation.OPERATIONS,
    *status.OPERATIONS,
    *operators.OPERATIONS,
)
