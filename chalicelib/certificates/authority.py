"""The `authority` function: the only one that may use a CA key, and no signing oracle.

It is told a code and a key, or a session and a key, never a name: what it certifies it reads from the
evidence that the code was granted on, or from the account of who is logged in, and checks again.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.certificates import cards
from chalicelib.certificates.decisions import decide_due
from chalicelib.certificates.emergency.another import another_code
from chalicelib.certificates.emergency.code import find_code, renew_code
from chalicelib.certificates.evidence import (
    KINDS,
    EvidenceRefused,
    EvidenceValue,
    Kind,
    decode,
    person_name,
    read_evidence,
    require_able,
    require_standing,
)
from chalicelib.certificates.grant import grant
from chalicelib.certificates.issued import answer, tell_holder
from chalicelib.certificates.online import issue_online
from chalicelib.certificates.origin import officer_behind
from chalicelib.certificates.superseding import supersede
from chalicelib.codes.kinds import EMAIL_CONFIRMATION, GENERATION
from chalicelib.codes.store import CodeExpired, CodeNotAccepted, CodeSpent, look_up, note_wrong, spend
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.login.proof_chain import proven_by
from chalicelib.pki import publication, responders
from chalicelib.pki.csr import CertificationRequest, read_request
from chalicelib.pki.issuance import Also, Application, Issued, finish, issue, profiles
from chalicelib.pki.names import natural_person_subject
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.video.proof import VideoEvidence

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.aws.functions import Handler

MOST_REPLACEMENTS = 3
"""PKCS#12 files made again because the answer was lost."""


class EmailCodeNotAccepted(Problem):
    """The code from the e-mail is wrong; the generation code was not used up."""

    slug = "email-code-not-accepted"
    status = 422
    title = "The code from the e-mail is not right; correct it, or leave it out"


class TooManyReplacements(Problem):
    """A lost PKCS#12 file was made again as often as it may be."""

    slug = "too-many-replacements"
    status = 409
    title = "The file was made again too often; identify yourself again"


def issue_certificate(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The operation `issue`: {code, csr, email_code, source, key_origin, request} -> the certificate.

    `request` names the caller's request. The code remembers which request spent it: the same one gets
    the same certificate, or for a PKCS#12, whose key is lost with the answer, a replacement.

    Raises:
        CodeNotAccepted, CodeExpired, CodeSpent, TooManyTries, EmailCodeNotAccepted: of the codes.
        KeyInUse, KeyCompromised, EvidenceRefused and the problems of `read_request`.
    """
    request = read_request(base64.b64decode(payload["csr"]))
    code, email_code = _codes(cloud, payload)
    by = payload["request"] or f"csr:{request.spki_sha256}"
    if _was_spent(cloud, code, by):
        return answer(cloud, _again(cloud, code, email_code, request, payload)) | _following(code)
    kind, value = _evidence(code)
    made = _Made(kind.profile, payload["key_origin"], tell_holder(cloud, value.email, value.language))
    return answer(cloud, _first(cloud, code, email_code, request, made, by)) | _following(code)


def load_card(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The operation `load_card`: {code, csr, email_code, source, card} -> the certificate for a card's key.

    `card` holds the card, its attestation and the officer's session: who faces the internet cannot say for
    itself that an officer is there. The same card and key again get the same certificate.

    Raises:
        CodeNotAccepted, CodeExpired, CodeSpent, TooManyTries, EmailCodeNotAccepted: of the codes.
        KeyInUse, KeyReused, KeyCompromised, EvidenceRefused and the problems of `read_request`.
        CardInUse, and what `cards.judge` raises.
    """
    request = read_request(base64.b64decode(payload["csr"]))
    order = cards.order_of(payload)
    code, email_code = _codes(cloud, payload)
    _, value = _evidence(code)
    if not isinstance(value, Evidence):
        raise EvidenceRefused
    officer = officer_behind(cloud, value, code.holder, order.session)
    by = order.fingerprint(request)
    told = tell_holder(cloud, value.email, value.language, f"{order.card.model} {order.card.serial}")
    if _was_spent(cloud, code, by):
        return answer(cloud, _finish(cloud, code, told)) | _following(code)
    judged = cards.judge(cloud, order, request, value, identification=code.subject, officer=officer)
    made = _Made(judged.profile, judged.key_origin, told, order.card.id, cards.add_loading(cloud, judged))
    return answer(cloud, _first(cloud, code, email_code, request, made, by)) | _following(code)


class _Made(msgspec.Struct, frozen=True):
    """How the key came to be, and so which certificate it gets and what else that changes."""

    profile: str
    key_origin: str
    storing: Also
    card: str | None = None
    recording: Also | None = None


def _was_spent(cloud: Cloud, code: CodeRow, by: str) -> bool:
    """Whether this very request spent the code before.

    Raises:
        CodeSpent, CodeExpired
    """
    if code.spent_at:
        if code.spent_by != by:
            raise CodeSpent
        return True
    if code.expires_at < cloud.now():
        raise CodeExpired
    return False


def _following(code: CodeRow) -> dict[str, str]:
    """What the caller has to see to: certificates that this identification made untrue."""
    _, value = _evidence(code)
    changed = isinstance(value, Evidence | VideoEvidence) and value.changes is not None
    return {"changed_by": str(code.subject).partition(":")[2]} if changed else {}


def _codes(cloud: Cloud, payload: dict[str, Any]) -> tuple[CodeRow, CodeRow | None]:
    typed = [(GENERATION, str(payload["code"]))]
    if payload.get("email_code"):
        typed.append((EMAIL_CONFIRMATION, str(payload["email_code"])))
    code, *rest = look_up(cloud, typed, payload["source"])
    if code is None or code.voided_at:
        note_wrong(cloud, GENERATION, payload["source"])
        raise CodeNotAccepted
    if not rest:
        return code, None
    email_code = rest[0]
    if email_code is None or email_code.voided_at or email_code.subject != code.subject:
        note_wrong(cloud, EMAIL_CONFIRMATION, payload["source"])
        raise EmailCodeNotAccepted
    return code, email_code


def _first(
    cloud: Cloud,
    code: CodeRow,
    email_code: CodeRow | None,
    request: CertificationRequest,
    made: _Made,
    by: str,
) -> Issued:
    now = cloud.now()

    def spend_codes(transaction: Transaction, row: CertificateRow) -> None:
        spend(transaction, "code", code, now, by=by, result=row.id)
        if email_code is not None:
            spend(transaction, "email code", email_code, now, by=by, result=row.id)
        if made.recording is not None:
            made.recording(transaction, row)

    return _issue(cloud, code, email_code, request, made, spend_codes)


def _again(
    cloud: Cloud,
    code: CodeRow,
    email_code: CodeRow | None,
    request: CertificationRequest,
    payload: dict[str, Any],
) -> Issued:
    """What the same request gets when it comes again."""
    kind, value = _evidence(code)
    if payload["key_origin"] == "holder":
        return _finish(cloud, code, tell_holder(cloud, value.email, value.language))
    made = _Made(kind.profile, payload["key_origin"], tell_holder(cloud, value.email, value.language))
    return _replace(cloud, code, _result(code), email_code, request, made)


def _finish(cloud: Cloud, code: CodeRow, told: Also) -> Issued:
    before = _result(code)
    if before.state != "issued":
        read_evidence(code.subject)  # it may have been withdrawn while the issuance was interrupted
    renew_code(cloud, before)
    return finish(cloud, before, storing=told)


def _result(code: CodeRow) -> CertificateRow:
    found = CertificateRow.find(code.result)
    if found is None:
        raise NotFound
    return found


def _replace(
    cloud: Cloud,
    code: CodeRow,
    before: CertificateRow,
    email_code: CodeRow | None,
    request: CertificationRequest,
    made: _Made,
) -> Issued:
    """Certify the new key, and revoke in the same transaction the certificate whose key was lost."""
    now = cloud.now()
    if not before.stands:
        # Ended or suspended by somebody, since a replacement would have moved the code on: it is not for the
        # code to undo.
        raise EvidenceRefused
    replacements = int(code.replacements or 0)
    if code.expires_at < now:
        raise CodeExpired
    if replacements >= MOST_REPLACEMENTS:
        raise TooManyReplacements

    def move_on(transaction: Transaction, row: CertificateRow) -> None:
        transaction.update(
            "code",
            code,
            [CodeRow.result.set(row.id), CodeRow.replacements.set(replacements + 1)],
            CodeRow.result == before.id,
        )
        supersede(cloud, transaction, before, row, now)

    return _issue(cloud, code, email_code, request, made, move_on)


def _issue(
    cloud: Cloud,
    code: CodeRow,
    email_code: CodeRow | None,
    request: CertificationRequest,
    made: _Made,
    code_changes: Also,
) -> Issued:
    kind, value = _evidence(code)
    # Of an officer's appointment nobody reads that it proves an identity, and its end is the supervisor's.
    proven = proven_by(value) if isinstance(value, Evidence | VideoEvidence) else None

    def recording(transaction: Transaction, row: CertificateRow) -> None:
        require_standing(transaction, kind, code.subject.partition(":")[2], code.evidence_digest)
        require_able(cloud, transaction, str(code.holder), value)
        code_changes(transaction, row)

    application = Application(
        profile=profiles(cloud)[made.profile],
        subject=natural_person_subject(person_name(value)),
        public_key=request.public_key,
        holder=code.holder,
        actor=code.holder,
        evidence=code.subject,
        evidence_digest=code.evidence_digest,
        key_origin=made.key_origin,
        email=value.email if email_code is not None else None,
        proof=proven.method if proven else "",
        proven_at=proven.at if proven else None,
        end_told=proven is not None,
        card=made.card,
        new_key=made.card is not None,
    )
    try:
        return issue(cloud, application, recording=recording, storing=made.storing)
    except ConditionFailed as failed:
        if failed.labels & {"evidence", "barred", "power", "proxy", "officer"}:
            raise EvidenceRefused from failed
        if "card" in failed.labels:
            raise cards.CardInUse from failed
        # Somebody spent the code between our read and our write: whether it was this same request,
        # sent twice, the next attempt will see.
        raise Conflict(retry_after=1) from failed


def _evidence(code: CodeRow) -> tuple[Kind, EvidenceValue]:
    kind = KINDS[code.subject.partition(":")[0]]
    return kind, decode(kind, code.evidence, code.evidence_digest)


OPERATIONS: Final[dict[str, Handler]] = {
    "grant": grant,
    "issue": issue_certificate,
    "issue_online": issue_online,
    "load_card": load_card,
    "emergency": find_code,
    "another_emergency_code": another_code,
    "decide_due": decide_due,
    "sign_crl": publication.sign_crl,
    "renew_responder": responders.renew_responder,
}


def handle(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """Run one operation of the authority.

    Raises:
        NotFound: there is no such operation.
    """
    operation = OPERATIONS.get(payload.get("operation", ""))
    if operation is None:
        raise NotFound
    return operation(cloud, payload)
