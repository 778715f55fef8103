"""Which person an operator is, by what AWS says of the credentials (R29): two names must be two people.

What STS tells of a session is its role and its name. Whoever takes a role chooses the name, so that one
person is as many as wanted: such a session may stop a plan, and neither write nor approve one. What is not
chosen is the name of an IAM user, and the name that IAM Identity Center gives to the sessions of its own
roles: the person's, whichever permission set was taken.
"""

from __future__ import annotations

import re
from typing import Final

from chalicelib.errors import Problem

IDENTITY_CENTER: Final = re.compile(r"AWSReservedSSO_[\w+=,.@-]+_[0-9a-f]{16}")
"""How its roles are named. They are protected: AWS alone changes who may take one."""


class OperatorNotKnown(Problem):
    """A role's session bears a name that its user chose, and the account's root is nobody in particular."""

    slug = "operator-not-known"
    status = 403
    title = "Use credentials of IAM Identity Center, or of an IAM user of your own"


def person_behind(arn: str) -> str:
    """Whom the events name, the same for every session of one person.

    Args:
        arn: as sts:GetCallerIdentity tells it.

    Raises:
        OperatorNotKnown
    """
    _, _, service, _, account, resource = (arn.split(":", 5) + [""] * 6)[:6]
    kind, _, rest = resource.partition("/")
    if service == "iam" and kind == "user" and rest:
        # The path is where it is kept; the name is unique in the account, in any case of letters.
        return f"operator:{account}:user/{rest.rpartition('/')[2].casefold()}"
    role, _, session = rest.rpartition("/")
    if service == "sts" and kind == "assumed-role" and IDENTITY_CENTER.fullmatch(role) and session:
        return f"operator:{account}:person/{session.casefold()}"
    raise OperatorNotKnown
