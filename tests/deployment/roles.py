"""The role of each function, as the policies of this tree make it for a stage."""

from __future__ import annotations

from functools import cache

from tests.deployment.iam import Policy, policy
from tests.support.world import SETTINGS, STAGE

PARAMETERS = {
    "EmailSender": SETTINGS.email_sender,
    "EmailDomain": SETTINGS.email_sender.partition("@")[2],
}


@cache
def of(function: str) -> Policy:
    return policy(function, STAGE, PARAMETERS)
