"""Citizens' log-in with a certificate of ours or of the trust list, over mutual TLS (G07, G11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.tables import Transaction
from chalicelib.errors import Problem
from chalicelib.login.citizens import add_citizen_session, require_registered
from chalicelib.login.pin import LoggedIn
from chalicelib.login.trust_list import identify_certificate
from chalicelib.registry.accounts import holder_of, read_account

if TYPE_CHECKING:
    from cryptography import x509

    from chalicelib.aws.cloud import Cloud


class NotRegistered(Problem):
    """C01: the certificate says who it is, and that person is not registered."""

    slug = "not-registered"
    status = 403
    title = "Register first; with this certificate you can do so on line"


def log_in_with_certificate(cloud: Cloud, certificate: x509.Certificate | None) -> LoggedIn:
    """Open a session for the holder of the certificate that the connection proved to have the key of.

    Raises:
        CertificateRequired, CertificateRefused, StatusUnknown, NotRegistered, Conflict
    """
    who = identify_certificate(cloud, certificate)
    account = read_account(holder_of(who.nif))
    if account.level == "none":
        raise NotRegistered
    transaction = Transaction()
    require_registered(transaction, account)
    token, expires_at = add_citizen_session(
        cloud,
        transaction,
        account,
        who.kind,
        certificate_id=who.certificate_id,
        proves_identity=who.proves_identity,
    )
    transaction.commit_or_conflict()
    return LoggedIn(account, who.kind, token, expires_at)
