"""Registration by every channel that needs no review, its renewal, and the letters of the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509

from chalicelib.aws.fetch import Fetcher
from chalicelib.codes import bound
from chalicelib.codes.kinds import LETTER
from chalicelib.codes.tables import CodeRow
from chalicelib.notices import jobs as notices
from chalicelib.registry.accounts import holder_of
from tests.crash.operation import NIF, Case, Operation, acts, nothing, run, told
from tests.crash.people import (
    EMAIL,
    MOBILE,
    NEW_MOBILE,
    account,
    holds_the_live_code,
    mails_to,
    pem,
    registered,
    session,
    texts_to,
    verified,
)
from tests.journeys import test_letter as letters
from tests.journeys.test_account import BY_CERTIFICATE
from tests.support.citizens import CONTRAST
from tests.support.client import Answer, Client
from tests.support.issuers import Authority
from tests.support.world import START, another_person, person

WRONG_LETTER = "0000-0000-0000-0000"


def _proofs(*methods: str) -> None:
    """Exactly these, each with its events, and as many registrations."""
    assert [proof.method for proof in account().proofs] == list(methods)
    assert acts("identity.proven") == acts("person.registered") == len(methods)


def _at_the_office(**changes: object) -> dict[str, object]:
    return {"identification": person(**changes), "contrast": CONTRAST}


def _register_in_person(case: Case) -> Answer:
    path = f"{case.world.point}/registrations"
    return told(case.world.officer.post(path, _at_the_office(), key="one-registration"), 201)


def _registered(case: Case, answer: Answer) -> None:
    assert answer.json["level"] == account().level == "advanced"
    _proofs("in-person")
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "registration"
    assert len(texts_to(case)) == 1, "one welcome"
    other = _at_the_office(**another_person(5))
    again = case.world.officer.post(f"{case.world.point}/registrations", other, key="one-registration")
    assert again.slug == "idempotency-key-reused"


def _registered_before(case: Case) -> None:
    registered(case)
    case.world.clock.turn(minutes=1)


def _renew_at_the_office(case: Case) -> Answer:
    body = _at_the_office(mobile=NEW_MOBILE)
    path = f"{case.world.point}/registrations"
    return told(case.world.officer.post(path, body, key="a-renewal"), 201)


def _renewed_at_the_office(case: Case, answer: Answer) -> None:
    _proofs("in-person", "in-person")
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "renewal"
    assert len(texts_to(case, NEW_MOBILE)) == 1, "one welcome"
    assert len(texts_to(case)) == 2, "the first welcome, and that the number is another"
    assert len(mails_to(case)) == 1


# By letter


def _known(case: Case) -> None:
    letters.enter(case.world)


def _ask_for_a_letter(nif: str) -> Callable[[Case], Answer]:
    def ask(case: Case) -> Answer:
        return told(letters.ask(case.world, nif=nif), 202)

    return ask


def _one_letter(case: Case, _: object) -> None:
    """One sheet lies ready, and the code on it is the one that counts."""
    (sheet,) = letters.letters(case.world)
    code = letters.code_in(sheet)
    case.secrets += [code, code.replace("-", "")]
    holder = holder_of(NIF)
    row = CodeRow.get(bound.row_id(LETTER, holder))
    assert row.digest == bound.digest(case.world.cloud, LETTER, holder, code.replace("-", ""))
    assert acts("letter.queued") == 1


def _no_letter(case: Case, _: Answer) -> None:
    assert letters.letters(case.world) == []
    assert acts("letter.queued") == 0


def _asked_before(case: Case) -> None:
    _known(case)
    assert letters.ask(case.world).status == 202
    case.world.clock.turn(minutes=2)


def _send_letters(case: Case) -> None:
    run("send_outbox", lambda: notices.send_outbox(case.world.cloud))
    case.world.clock.turn(minutes=2)  # and what failed is tried again


def _letter_before(case: Case) -> str:
    _known(case)
    assert letters.ask(case.world).status == 202
    (sheet,) = letters.letters(case.world)
    return letters.code_in(sheet)


def _register_by_letter(case: Case) -> Answer:
    return told(letters.register(case.world, case.kept), 201)


def _registered_by_letter(case: Case, answer: Answer) -> None:
    assert answer.json["level"] == account().level == "basic"
    _proofs("letter")
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "registration"
    assert len(texts_to(case)) == 1, "one welcome"
    other = letters.register(case.world, case.kept, mobile=NEW_MOBILE)
    assert other.slug == "letter-not-accepted", "a letter is good for one registration"


def _four_wrong_before(case: Case) -> str:
    code = _letter_before(case)
    for _ in range(4):
        assert letters.register(case.world, WRONG_LETTER).slug == "letter-not-accepted"
    return code


def _wrong_letter(case: Case) -> Answer:
    return told(letters.register(case.world, WRONG_LETTER), 422, "letter-not-accepted")


def _letter_void(case: Case, _: Answer) -> None:
    assert letters.register(case.world, case.kept).slug == "letter-not-accepted"
    assert acts("letter.voided") == 1
    assert account().registration is None


# By certificate


def _register_by_certificate(case: Case) -> Answer:
    client = Client(case.world.app, certificate=pem(case.kept))
    return told(client.post("/v1/registrations/certificate", BY_CERTIFICATE), 201)


def _registered_by_certificate(case: Case, answer: Answer) -> None:
    assert answer.json["level"] == account().level == "advanced"
    _proofs("certificate")
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "registration"
    assert len([text for text in texts_to(case) if "#" not in text]) == 1, "one welcome"


class Answers(Fetcher, frozen=True):
    """The internet, as far as a card's issuer answers in it."""

    by_path: tuple[tuple[str, bytes], ...] = ()

    def fetch(self, url: str, *, limit: int, body: bytes | None = None, content_type: str = "") -> bytes:
        return next(content for path, content in self.by_path if url.endswith(path))


def card_of_the_citizen(case: Case) -> x509.Certificate:
    """An electronic identity card of the standard person, from an issuer on the trust list."""
    issuer = Authority(START, "http://status.example.org")
    file = Path(mkdtemp(), "trust.toml")
    file.write_text(issuer.trust(kind="e-id", name="DNIe"))
    card = issuer.person()
    cloud = case.world.cloud
    cloud.settings = replace(cloud.settings, trust_list=str(file))
    cloud.fetcher = Answers(by_path=(("/root.crl", issuer.crl(root=True)), ("/ocsp", issuer.answer(card))))
    cloud.memory.clear()
    return card


def _card_before(case: Case) -> Client:
    registered(case)
    client = session(case, "e-id")
    client.certificate = pem(card_of_the_citizen(case))
    return client


def _renew(case: Case) -> Answer:
    return told(case.kept.post("/v1/me/renewals", {"mobile": MOBILE, "email": EMAIL}), 201)


def _renewed(case: Case, answer: Answer) -> None:
    _proofs("in-person", "e-id")
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "renewal"
    until = account().strong_until
    assert until is not None
    assert answer.json["renewed_until"] == until.isoformat().replace("+00:00", "Z")
    assert len(texts_to(case)) == 2, "a welcome for each proof"


OPERATIONS = (
    Operation("register in person", nothing, _register_in_person, _registered),
    Operation(
        "renew at the office", _registered_before, _renew_at_the_office, _renewed_at_the_office, reads=False
    ),
    Operation("ask for a letter", _known, _ask_for_a_letter(NIF), _one_letter),
    Operation(
        "ask for a letter, a stranger's", _known, _ask_for_a_letter(letters.STRANGER), _no_letter, reads=False
    ),
    Operation("send a letter", _asked_before, _send_letters, _one_letter),
    Operation("register by letter", _letter_before, _register_by_letter, _registered_by_letter),
    Operation("a fifth wrong letter", _four_wrong_before, _wrong_letter, _letter_void, reads=False),
    Operation(
        "register by certificate",
        lambda case: case.world.certificate_of(),
        _register_by_certificate,
        _registered_by_certificate,
    ),
    Operation("renew with an e-ID", _card_before, _renew, _renewed, reads=False),
)
