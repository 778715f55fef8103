"""A new activation code on line (C20, X09): for whoever has logged in with more than a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction
from chalicelib.login.changes import note_change
from chalicelib.login.citizens import AssuranceTooLow, Citizen, require_registered
from chalicelib.registry.cool_off import require_settled_telephone
from chalicelib.registry.receipts import Receipt, make_receipt
from chalicelib.registry.registrations import issue_activation_code
from chalicelib.registry.rights import BY_TELEPHONE, SERVICES

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

WAYS: Final = SERVICES["new-activation-code"].ways


def regenerate(cloud: Cloud, citizen: Citizen) -> Receipt:
    """A new activation code on a receipt; the one before, blocked or not, is worthless.

    Raises:
        AssuranceTooLow: logged in with a password alone.
        NumberWaits: logged in with a PIN to a number that is new or disputed.
        Conflict
    """
    registration = citizen.account.registration
    if citizen.session.way not in WAYS or registration is None:
        raise AssuranceTooLow
    if citizen.session.way in BY_TELEPHONE:
        require_settled_telephone(citizen.account, cloud.now())
    transaction = Transaction()
    require_registered(transaction, citizen.account)
    code = issue_activation_code(cloud, transaction, citizen.account)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="activation-code",
        holder=citizen.holder,
        nif=registration.nif,
        language=registration.language,
        activation_code=code,
    )
    note_change(cloud, transaction, citizen.account, "activation-code-issued")
    transaction.commit_or_conflict()
    return receipt
