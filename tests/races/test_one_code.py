"""One generation code and many who have it: exactly one certificate (the threat model's parallel redeem)."""

from __future__ import annotations

import base64
import json
from collections import Counter
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import PersonRow
from tests.support import tally
from tests.support.cards import TestCard, loading
from tests.support.invariants import check_accounts, valid_certificates
from tests.support.races import CALLERS, Arena, at_once, until_done
from tests.support.world import new_csr

PASSWORD = "a long pass phrase, 16+"


def certificates_of(nif: str) -> list[CertificateRow]:
    holder = str(PersonRow.get(nif).id)
    return [row for row in CertificateRow.scan(consistent_read=True) if row.holder == holder]


def test_of_sixteen_with_one_code_and_different_keys_exactly_one_gets_a_certificate(arena: Arena) -> None:
    """Fifty rounds. The others are told that the code is spent, or to ask again and then that it is."""
    for _ in range(50):
        somebody = arena.somebody()
        code = arena.code_of(somebody)
        csrs = [new_csr() for _ in range(CALLERS)]
        bodies = [{"code": code, "csr": csr} for csr in csrs]
        calls = [partial(arena.citizen(n).post, "/v1/certificates", body) for n, body in enumerate(bodies)]
        told = at_once(calls)
        assert Counter(answer.status for answer in told)[200] == 1, [
            answer.slug for answer in told if answer.status != 200
        ]
        lost = {answer.slug for answer in told if answer.status != 200}
        assert lost <= {"code-spent", "conflict"}
        again = [until_done(call) for call in calls]
        assert [answer.status for answer in again] == [answer.status for answer in told]
        assert {answer.slug for answer in again if answer.status != 200} == {"code-spent"}
        (row,) = certificates_of(somebody["nif"])
        assert row.state == "issued"
        tally.add("races", "16 callers, one code", 1)


def test_sixteen_with_one_code_and_the_same_key_get_the_same_certificate(arena: Arena) -> None:
    """A browser that sends a request again while the first still runs: whoever is answered has the one."""
    for _ in range(12):
        somebody = arena.somebody()
        body = {"code": arena.code_of(somebody), "csr": new_csr()}
        calls = [partial(arena.citizen(n).post, "/v1/certificates", body) for n in range(CALLERS)]
        told = at_once(calls)
        assert {answer.status for answer in told} <= {200, 409, 503}
        done = {until_done(call).body for call in calls}
        assert len(done | {answer.body for answer in told if answer.status == 200}) == 1
        (row,) = certificates_of(somebody["nif"])
        assert row.state == "issued"
        tally.add("races", "16 callers, one code and key", 1)


def test_a_code_that_is_replaced_and_used_at_once_buys_one_certificate(arena: Arena) -> None:
    """F05: whichever comes first; of all the codes that were drawn meanwhile at most one is good."""
    for _ in range(6):
        somebody = arena.somebody()
        drawn = len(arena.faults.codes)
        code = arena.code_of(somebody)
        shown = {"nif": somebody["nif"], "document": somebody["document"]}
        path = f"{arena.world.point}/generation-code-rescues"
        calls = [partial(arena.officer().post, path, shown) for _ in range(2)]
        calls.append(partial(arena.citizen().post, "/v1/certificates", {"code": code, "csr": new_csr()}))
        told = at_once(calls)
        replaced, used = [answer.status == 201 for answer in told[:2]], told[2].status == 200
        assert used or any(replaced) or "conflict" in {answer.slug for answer in told}
        bought = [
            arena.citizen().post("/v1/certificates", {"code": each, "csr": new_csr()}).status == 200
            for each in arena.faults.codes[drawn:]
        ]
        assert sum(bought) + used == 1
        assert len(certificates_of(somebody["nif"])) == 1
        arena.world.clock.turn(minutes=16)  # wrong codes make their source wait
        arena.world.officer.token = arena.world.officer.post("/v1/officer-sessions").json["token"]
        tally.add("races", "2 rescues, 1 download", 1)


def test_a_file_asked_for_many_times_at_once_leaves_one_valid_certificate(arena: Arena) -> None:
    """PKCS#12 under one idempotency key: each answer replaces the one before, the last one counts."""
    for _ in range(12):
        somebody = arena.somebody()
        body = {"code": arena.code_of(somebody), "password": PASSWORD}
        told = at_once(
            [
                partial(arena.citizen(n).post, "/v1/certificates/pkcs12", body, key="one-idempotency-key")
                for n in range(4)
            ]
        )
        assert {answer.slug for answer in told if answer.status != 200} <= {
            "conflict",
            "too-many-replacements",
        }
        rows = certificates_of(somebody["nif"])
        (valid,) = valid_certificates(rows)[rows[0].holder]
        assert {row.reason for row in rows if row.id != valid.id} <= {"superseded"}
        files = [answer.json for answer in told if answer.status == 200]
        assert f"{valid.serial:x}" in {file["serial"] for file in files}
        for file in files:
            key, certificate, _ = pkcs12.load_key_and_certificates(
                base64.b64decode(file["pkcs12"]), PASSWORD.encode()
            )
            assert key is not None
            assert certificate is not None
            assert key.public_key() == certificate.public_key()
        tally.add("races", "PKCS#12, one idempotency key", 1)


def test_R19_one_key_sent_by_two_persons_at_once_is_certified_for_one(arena: Arena) -> None:
    """Two holders with one key could sign as each other, as Estonian cards could (Parsovs, 2020)."""
    for _ in range(10):
        people = [arena.somebody() for _ in range(2)]
        csr = new_csr(ec.generate_private_key(ec.SECP256R1()))
        bodies = [{"code": arena.code_of(somebody), "csr": csr} for somebody in people]
        told = at_once(
            [partial(arena.citizen(n).post, "/v1/certificates", body) for n, body in enumerate(bodies)]
        )
        told = [until_done(partial(arena.citizen().post, "/v1/certificates", body)) for body in bodies]
        assert sorted(answer.status for answer in told) == [200, 409]
        assert {answer.slug for answer in told if answer.status == 409} == {"key-in-use"}
        assert sum(len(certificates_of(somebody["nif"])) for somebody in people) == 1
        tally.add("races", "one key, two persons", 1)


def test_A23_two_workstations_with_one_code_load_one_card(arena: Arena) -> None:
    """Each with a blank card of its own, and each sends its request twice: one certificate, one answer."""
    for number in range(3):
        somebody = arena.somebody()
        code = arena.code_of(somebody)
        bodies = [loading(code, card=TestCard(f"{number}-{each}"), attested=False) for each in range(2)]
        calls = [partial(arena.officer().post, f"{arena.world.point}/card-loadings", body) for body in bodies]
        told = at_once([*calls, *calls])
        assert {answer.slug for answer in told if answer.status != 200} <= {"code-spent", "conflict"}
        done = [until_done(call) for call in calls]
        assert sorted(answer.status for answer in done) == [200, 409]
        assert {answer.slug for answer in done if answer.status == 409} == {"code-spent"}
        (got,) = {answer.body for answer in (*told, *done) if answer.status == 200}
        (row,) = certificates_of(somebody["nif"])
        assert (row.state, row.key_origin) == ("issued", "card")
        assert row.serial == int(json.loads(got)["serial"], 16)
        tally.add("races", "two workstations, one code", 1)


def test_A23_one_card_for_two_persons_at_once_goes_to_one(arena: Arena) -> None:
    for number in range(2):
        people = [arena.somebody() for _ in range(2)]
        bodies = [
            loading(arena.code_of(somebody), card=TestCard(f"shared-{number}"), attested=False)
            for somebody in people
        ]
        calls = [partial(arena.officer().post, f"{arena.world.point}/card-loadings", body) for body in bodies]
        at_once(calls)
        told = [until_done(call) for call in calls]
        assert sorted(answer.status for answer in told) == [200, 409]
        assert {answer.slug for answer in told if answer.status == 409} == {"card-in-use"}
        tally.add("races", "one card, two persons", 1)


def test_the_accounts_balance_after_all_races(arena: Arena) -> None:
    """Signatures, records, events, counters and messages, over everything that ran in this file."""
    arena.settle()
    check_accounts(arena.world, arena.faults.signed)
