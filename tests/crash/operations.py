"""Every operation that writes, by the room that it belongs to: a file of tests for each group."""

from __future__ import annotations

from tests.crash import (
    accounts,
    again,
    certificates,
    holds,
    log_ins,
    mass,
    operators,
    own,
    passwords,
    payments,
    registrations,
    renewal,
    revocation,
    second_factors,
    special,
    status,
    video,
    video_fee,
)

CERTIFICATES = (
    *certificates.OPERATIONS,
    *revocation.OPERATIONS,
    *status.OPERATIONS,
    *operators.OPERATIONS,
    *mass.OPERATIONS,
)
PERSONAL_AREA = (*renewal.OPERATIONS, *holds.OPERATIONS, *own.OPERATIONS, *again.OPERATIONS)

REGISTRATIONS = registrations.OPERATIONS
LOG_INS = log_ins.OPERATIONS
ACCOUNTS = (*passwords.OPERATIONS, *accounts.OPERATIONS)
SECOND_FACTORS = second_factors.OPERATIONS
VIDEO = video.OPERATIONS
PAYMENTS = payments.OPERATIONS
VIDEO_FEES = video_fee.OPERATIONS
SPECIAL_POSITIONS = special.OPERATIONS
