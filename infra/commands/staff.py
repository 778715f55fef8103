"""Points and officers, from the operator's command line."""

from __future__ import annotations

from pathlib import Path

import msgspec

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.evidence import read_evidence
from chalicelib.certificates.handover import hand_over
from chalicelib.registry.appointment import AppointmentRequest
from chalicelib.registry.points import RegistrationPoint
from chalicelib.registry.staff import appoint_officer, save_point, suspend_officer, withdraw_identification


def save_points(cloud: Cloud, file: Path, operator: str) -> int:
    """Enter the points of a file, one JSON object a line."""
    for line in file.read_bytes().splitlines():
        point = msgspec.json.decode(line, type=RegistrationPoint)
        save_point(cloud, point, operator)
        print(f"saved {point.id}")
    return 0


def appoint(cloud: Cloud, file: Path, operator: str) -> int:
    """Appoint the officer of a file; a code on paper is written beside it."""
    request = msgspec.json.decode(file.read_bytes(), type=AppointmentRequest)
    row = appoint_officer(cloud, request, operator)
    handed = hand_over(cloud, read_evidence(f"appointment:{row.id}"), operator)
    if handed.slip:
        slip = file.with_suffix(".pdf")
        slip.write_bytes(handed.slip)
        print(f"appointed {row.id}; print and hand over {slip}, then delete it")
    else:
        print(f"appointed {row.id}; the code {'was sent' if handed.sent else 'waits to be sent'}")
    return 0


def suspend(cloud: Cloud, officer_id: str, operator: str) -> int:
    """Suspend an officer, and list what the officer approved."""
    approved = suspend_officer(cloud, officer_id, operator)
    print(f"suspended {officer_id}; identifications to review: {len(approved)}")
    for row in approved:
        print(f"{row.identified_at:%Y-%m-%d %H:%M} {row.id} {row.holder}")
    return 0


def withdraw(cloud: Cloud, identification_id: str, operator: str) -> int:
    """Withdraw an identification."""
    withdraw_identification(cloud, identification_id, operator)
    print(f"withdrawn {identification_id}")
    return 0
