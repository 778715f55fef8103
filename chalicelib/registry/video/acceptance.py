"""What reviewers have accepted, as the purpose of a case is handed it."""

from __future__ import annotations

import msgspec

from chalicelib.registry.accounts import Account
from chalicelib.registry.civil_register import CivilRecord
from chalicelib.registry.officers import Officer
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video.proof import Reviewer


class Accepted(msgspec.Struct, frozen=True):
    """A case that enough officers accepted, in the transaction of the last one's decision."""

    row: VideoCaseRow
    officer: Officer
    """The last of them."""
    reviewers: tuple[Reviewer, ...]
    """All of them, in the order of their decisions."""
    found: CivilRecord
    holder: str
    account: Account
    new_name: bool = False
    """Whether they all said that certificates in force bear a name that is no longer the person's."""
