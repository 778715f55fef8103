"""A name that changes, and a death: certificates that end because they are no longer true, or nobody's."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from infra.demo.acts import download, expect_refusal, identify, keep_chain, ocsp, try_to_identify
from infra.demo.people import BLANCA, Person
from infra.demo.stage import POINT, SMS_CODE, Stage
from infra.demo.story import P256


def tell(stage: Stage) -> None:
    """Blanca, who takes another surname and dies."""
    _name(stage)
    _death(stage)


def _certificate(stage: Stage, name: str, who: Person) -> None:
    identify(stage, who)
    code = stage.code_from(str(who["mobile"]), SMS_CODE)
    answer = download(stage, code, stage.openssl.key_and_request(name, *P256))
    stage.narrator.check("she downloads her certificate", answer.status == 200, answer)
    keep_chain(stage, name, answer.body)


def _name(stage: Stage) -> None:
    tell = stage.narrator
    tell.chapter("Blanca takes another surname")
    _certificate(stage, "blanca", BLANCA)
    renamed: dict[str, Any] = BLANCA | {"surname1": "Lledó", "surname2": "Torres"}
    slip = try_to_identify(stage, renamed)
    expect_refusal(stage, "another name, and nobody says that it changed", slip, 422, "name-differs")
    changed = renamed | {"changes": {"name_document": "Civil Registry, València 77/2026"}}
    _certificate(stage, "blanca-renamed", changed)
    subject = stage.openssl.certificate_field("blanca-renamed.pem", "-subject")
    tell.check(f"it names her anew: {subject.removeprefix('subject=')}", "Lledó Torres" in subject, subject)
    status, said = ocsp(stage, "blanca")
    ended = status == "revoked" and "affiliationChanged" in said
    tell.check("OCSP says of the old one: revoked, affiliationChanged", ended, said)
    status, said = ocsp(stage, "blanca-renamed")
    tell.check("and of the new one: good", status == "good", said)


def _death(stage: Stage) -> None:
    tell = stage.narrator
    tell.chapter("Blanca dies, and her son brings the extract of the Civil Registry")
    today = datetime.now(UTC).date().isoformat()
    report = {
        "nif": BLANCA["nif"],
        "kind": "death",
        "document": {"kind": "civil-registry-extract", "reference": "RC 46/250-1", "issued_on": today},
        "happened_on": today,
    }
    key = secrets.token_hex(12)
    answer = stage.officer.post(f"{POINT}/reports", report, Idempotency_Key=key)
    done = answer.status == 201 and answer.json["state"] == "done"
    tell.check("the officer reports it, and it is carried out at once", done, answer)
    again = stage.officer.post(f"{POINT}/reports", report, Idempotency_Key=key)
    tell.check("reported again, it is the same report", again.json == answer.json, again)
    status, said = ocsp(stage, "blanca-renamed")
    ended = status == "revoked" and "cessationOfOperation" in said
    tell.check("OCSP says: revoked, cessationOfOperation", ended, said)
    renamed = BLANCA | {"surname1": "Lledó", "surname2": "Torres"}
    expect_refusal(stage, "anything more in her name", try_to_identify(stage, renamed), 409, "person-barred")
