"""Every operation that writes, by the room that it belongs to: a file of tests for each group."""

from __future__ import annotations

from tests.crash import (
    accounts,
    certificates,
    holds,
    log_ins,
    mass,
    operators,
    passwords,
    payments,
    registrations,
    renewal,
    revocation,
    second_factors,
    special,
    status,
    video,
)

CERTIFICATES = (
    *certificates.OPERATIONS,
    *revocation.OPERATIONS,
    *status.OPERATIONS,
    *operators.OPERATIONS,
    *mass.OPERATIONS,
)
PERSONAL_AREA = (*renewal.OPERATIONS, *holds.OPERATIONS)

REGISTRATIONS = registrations.OPERATIONS
LOG_INS = log_ins.OPERATIONS
ACCOUNTS = (*passwords.OPERATIONS, *accounts.OPERATIONS)
SECOND_FACTORS = second_factors.OPERATIONS
VIDEO = video.OPERATIONS
PAYMENTS = payments.OPERATIONS
SPECIAL_POSITIONS = special.OPERATIONS
