"""Every state of a registration and of a credential, and every move between them: one table each.

Code changes a state only through `move`, and a test walks the tables: there is no way from less proof to
more rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeVar

from chalicelib.errors import Problem
from chalicelib.registry.assurance import METHODS

NumberState = Literal["settled", "cooling", "held"]

UNREGISTERED: Final = "unregistered"
REGISTERED: Final = "registered"
RENOUNCED: Final = "renounced"
BARRED: Final = "barred"
STATES: Final = (UNREGISTERED, REGISTERED, RENOUNCED, BARRED)

REGISTRATION_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        # A first registration, by any method; a further proof, which may raise the level.
        **{(UNREGISTERED, f"proven:{method}"): REGISTERED for method in METHODS},
        **{(REGISTERED, f"proven:{method}"): REGISTERED for method in METHODS},
        # Back after renouncing: only by what proves strongly enough (2.17).
        **{
            (RENOUNCED, f"proven:{method.name}"): REGISTERED
            for method in METHODS.values()
            if method.may_return
        },
        (REGISTERED, "contact-changed"): REGISTERED,
        (REGISTERED, "renounced"): RENOUNCED,
        # Its only proof was a machine's, and people who looked did not agree (2.2): as before that proof.
        (REGISTERED, "unproven"): UNREGISTERED,
        # Nothing leads out of BARRED: it covers the state that was, until the reports behind it are lifted.
    }
)

FREE: Final = "free"
BAR_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        # A report of death or incapacity takes effect; a second one stands beside the first.
        (FREE, "barred"): BARRED,
        (BARRED, "barred"): BARRED,
        # One of several was a mistake, or the only one.
        (BARRED, "one-lifted"): BARRED,
        (BARRED, "last-lifted"): FREE,
    }
)
"""Whether anything is done for a person at all."""

UNWRITTEN: Final = "unwritten"
AWAITING: Final = "awaiting"
CARRYING_OUT: Final = "carrying-out"
DONE: Final = "done"
CLOSED: Final = "closed"
REJECTED: Final = "rejected"
LIFTED: Final = "lifted"
REPORT_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (UNWRITTEN, "reported"): CARRYING_OUT,
        # Where policy asks for two people nothing happens on the word of one.
        (UNWRITTEN, "reported-for-decision"): AWAITING,
        (AWAITING, "confirmed"): CARRYING_OUT,
        (AWAITING, "rejected"): REJECTED,
        # What follows is many writes; the report says which are done, and whoever comes goes on from there.
        (CARRYING_OUT, "carried-out"): DONE,
        # The next morning somebody looks again: an index may have shown a certificate too late.
        (DONE, "looked-again"): CLOSED,
        # A report of a mistake is carried out with its confirmation, in one write.
        (AWAITING, "mistake-confirmed"): CLOSED,
        # Which undoes the bar, and no revocation.
        (DONE, "lifted"): LIFTED,
        (CLOSED, "lifted"): LIFTED,
    }
)
"""What becomes of a report of death, incapacity, or a mistake in one of them."""

ABSENT: Final = "absent"
ACTIVE: Final = "active"
BLOCKED: Final = "blocked"
PENDING: Final = "pending"
CREDENTIAL_STATES: Final = (ABSENT, PENDING, ACTIVE, BLOCKED)

ACTIVATION_CODE_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        # Printed in the proof of registration (C19); regenerated on line after a log-in (C20, X09).
        (ABSENT, "issued"): ACTIVE,
        (ACTIVE, "issued"): ACTIVE,
        (BLOCKED, "issued"): ACTIVE,
        # It opens the password's activation and its recovery, as often as it is needed (C31).
        (ACTIVE, "used"): ACTIVE,
        (ACTIVE, "fifth-failure"): BLOCKED,
        (ACTIVE, "removed"): ABSENT,
        (BLOCKED, "removed"): ABSENT,
        (ABSENT, "removed"): ABSENT,
    }
)

PASSWORD_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (ABSENT, "activated"): ACTIVE,
        (ACTIVE, "changed"): ACTIVE,
        (ACTIVE, "recovered"): ACTIVE,
        (BLOCKED, "recovered"): ACTIVE,
        (ACTIVE, "fifth-failure"): BLOCKED,
        # The block ends by itself after a growing time, so that a stranger cannot lock anybody out for good.
        (BLOCKED, "waited"): ACTIVE,
        (ACTIVE, "removed"): ABSENT,
        (BLOCKED, "removed"): ABSENT,
        (ABSENT, "removed"): ABSENT,
    }
)


AUTHENTICATOR_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        # A secret was shown, and counts from the first code that was made with it.
        (ABSENT, "begun"): PENDING,
        (PENDING, "begun"): PENDING,
        (PENDING, "confirmed"): ACTIVE,
        # Another one takes its place only after it was removed: nobody slips one in beside it.
        (ACTIVE, "fifth-failure"): BLOCKED,
        (BLOCKED, "waited"): ACTIVE,
        (ABSENT, "removed"): ABSENT,
        (PENDING, "removed"): ABSENT,
        (ACTIVE, "removed"): ABSENT,
        (BLOCKED, "removed"): ABSENT,
    }
)

ENDED: Final = "ended"
APP_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (ABSENT, "enrolled"): ACTIVE,
        # For good: the same key never comes back, whoever has it.
        (ACTIVE, "removed"): ENDED,
    }
)

SETTLED: Final[NumberState] = "settled"
COOLING: Final[NumberState] = "cooling"
HELD: Final[NumberState] = "held"
NUMBER_MOVES: Final[Mapping[tuple[str, str], NumberState]] = MappingProxyType(
    {
        # A number that took the place of another one cools for a day (F14).
        (SETTLED, "changed"): COOLING,
        (COOLING, "changed"): COOLING,
        (COOLING, "waited"): SETTLED,
        # "This was not me": by the code that went to the old addresses, for some days after the change.
        (COOLING, "stopped"): HELD,
        (SETTLED, "stopped"): HELD,
        # Only before an officer: the same number again, or another one.
        (HELD, "confirmed-in-person"): SETTLED,
        (HELD, "changed-in-person"): COOLING,
    }
)
"""How far the mobile number of a registration is trusted; computed from two dates, never stored."""

CREDENTIALS: Final[Mapping[str, Mapping[tuple[str, str], str]]] = MappingProxyType(
    {
        "credential#activation": ACTIVATION_CODE_MOVES,
        "credential#password": PASSWORD_MOVES,
        "credential#totp": AUTHENTICATOR_MOVES,
    }
)
"""What is kept in an account, and its moves; renouncing removes all of it."""


class MoveNotAllowed(Problem):
    """The person's registration or credential is in a state from which this cannot be done."""

    slug = "not-possible-now"
    status = 409
    title = "This cannot be done in the present state"


_State = TypeVar("_State", bound=str)


def move(moves: Mapping[tuple[str, str], _State], state: str, event: str) -> _State:
    """The state that an event leads to.

    Raises:
        MoveNotAllowed
    """
    following = moves.get((state, event))
    if following is None:
        raise MoveNotAllowed
    return following
