"""What a case can be opened for: the rules and the effects of each purpose, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.notices.catalogue import Value
from chalicelib.registry.accounts import Account
from chalicelib.registry.civil_register import CivilRecord
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import certifying, registering
from chalicelib.registry.video.acceptance import Accepted
from chalicelib.registry.video.case import CERTIFICATE, CODELESS, REGISTRATION

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class Rules(msgspec.Struct, frozen=True):
    """What differs by purpose."""

    admits: Callable[[VideoCaseRow, CivilRecord, Account, datetime], bool]
    """Whether a case with right files can lead anywhere."""
    accept: Callable[[Cloud, Transaction, Accepted], None]
    """Commits the transaction of the last acceptance, with what it gives."""
    reject: Callable[[Cloud, Transaction, VideoCaseRow], None]
    """Adds to the transaction of a rejection what it takes back."""
    names: Callable[[VideoCaseRow, CivilRecord, datetime], list[str]]
    """Other names that this one takes the place of: an acceptance has to say that it is new."""
    accepted: str
    """The notice of an acceptance, and what it says beside where to go."""
    says: Callable[[datetime], Mapping[str, Value]]
    rejected: str
    queue: str | None
    """Where an accepted case still waits for something."""


def _nothing_to_take_back(_: Cloud, __: Transaction, ___: VideoCaseRow) -> None:
    """Before the acceptance nothing was given."""


def _no_names(_: VideoCaseRow, __: CivilRecord, ___: datetime) -> list[str]:
    """A registration certifies nothing: certificates stay as they are."""
    return []


PURPOSES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        REGISTRATION: Rules(
            admits=registering.may_register,
            accept=registering.accept,
            reject=registering.take_back,
            names=_no_names,
            accepted="video-accepted",
            says=lambda _: {},
            rejected="video-rejected",
            queue=None,
        ),
        CERTIFICATE: Rules(
            admits=certifying.may_have_certificate,
            accept=certifying.accept,
            reject=_nothing_to_take_back,
            names=certifying.names_before,
            accepted="video-certificate-accepted",
            says=lambda now: {"expires": expires_at(GENERATION, now)},
            rejected="video-certificate-rejected",
            queue=CODELESS,
        ),
    }
)


def purpose_of(row: VideoCaseRow) -> Rules:
    """The rules of a case."""
    return PURPOSES[str(row.purpose)]
