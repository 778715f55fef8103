"""Proofs that carry nothing any longer (F01, R25): what an account loses with them, and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.registry import states
from chalicelib.registry.account_tables import ProofItem, RegistrationItem
from chalicelib.registry.accounts import Account
from chalicelib.registry.assurance import level
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.renunciation import add_ending

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def withdraw_proofs(cloud: Cloud, transaction: Transaction, account: Account, evidence: str) -> bool:
    """Let what an account has on this evidence carry nothing, end every session, and tell the person.

    Returns:
        Whether there was such a proof.
    """
    known = account.registration
    if not _add_withdrawals(cloud, transaction, account, evidence):
        return False
    if known is not None:
        _end_sessions(cloud, transaction, known)
        if account.registered:
            tell(cloud, transaction, known, "proof-withdrawn", channels=("email",))
    return True


def take_back_proofs(cloud: Cloud, transaction: Transaction, account: Account, evidence: str) -> None:
    """Take back what was granted before people had looked: the person is what the other proofs make (Q20).

    Without another proof the registration ends as if it had never begun: its number and its credentials were
    perhaps a stranger's. The notice of the rejection tells of it.
    """
    known = account.registration
    if not _add_withdrawals(cloud, transaction, account, evidence) or known is None:
        return
    rest = [proof for proof in account.evidence if proof.evidence != evidence]
    if level(rest) != "none" or not account.registered:
        _end_sessions(cloud, transaction, known)
        return
    state = states.move(states.REGISTRATION_MOVES, account.state, "unproven")
    add_ending(transaction, account, state, cloud.now())
    ended = Event("person.unregistered", account.holder, "system", cloud.now(), evidence=evidence)
    record(transaction, ended, cloud.entropy(12))


def _add_withdrawals(cloud: Cloud, transaction: Transaction, account: Account, evidence: str) -> bool:
    resting = [proof for proof in account.proofs if proof.evidence == evidence and proof.withdrawn_at is None]
    stands = ProofItem.withdrawn_at.does_not_exist()
    for proof in resting:
        transaction.update("proof", proof, [ProofItem.withdrawn_at.set(cloud.now())], stands)
    return bool(resting)


def _end_sessions(cloud: Cloud, transaction: Transaction, known: RegistrationItem) -> None:
    ended = [
        RegistrationItem.logged_out_at.set(cloud.now()),
        RegistrationItem.log_outs.add(1),
        RegistrationItem.version.add(1),
    ]
    transaction.update("registration", known, ended, RegistrationItem.version == int(known.version))
