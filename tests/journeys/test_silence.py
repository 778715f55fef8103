"""What must never be written down: no code, password, key, name or number in logs, URLs or problems."""

from __future__ import annotations

import io
import logging

import pytest

from chalicelib.aws.log import log_failure
from tests.support.client import Client
from tests.support.world import World, new_csr, person


def test_a_whole_journey_leaves_nothing_personal_in_the_logs(
    authority: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything at DEBUG, all loggers: the happy path, refusals, and a failure on our side."""
    # A handler that another test gave to others' loggers would print what moto says; so all of them are heard
    # here, by name, and what is printed comes by our own.
    monkeypatch.setattr(logging.root, "handlers", [caplog.handler])
    caplog.set_level(logging.DEBUG)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] in {"chalicelib", "clavero", "app"}:
            logging.getLogger(name).setLevel(logging.DEBUG)
        elif isinstance(logger, logging.Logger):
            monkeypatch.setattr(logger, "handlers", [])
            monkeypatch.setattr(logger, "propagate", True)

    certificate = authority.certificate_of()
    code = authority.phone.generation_code()
    email_code = authority.phone.email_code()
    authority.download(code)  # spent
    file_code = authority.code_for()
    file = authority.citizen.post("/v1/certificates/pkcs12", {"code": file_code}, key="my-own-key-1").json
    authority.officer.post(f"{authority.point}/certificate-searches", {"nif": "12345678Z"})
    authority.revoke(
        certificate, identity={"channel": "phone", "birth_date": "1985-02-27", "mobile": "612345678"}
    )
    authority.revoke(certificate)
    authority.identify(nif="12345678A")
    Client(authority.app).post("/v1/certificates", {"code": "wrong" * 2, "csr": new_csr()})
    authority.cloud.functions = Broken()
    assert authority.download(code).status == 500

    told = capfd.readouterr()
    # moto stands where AWS is: what it writes about requests exists in no deployment.
    records = [record for record in caplog.records if not record.name.startswith("moto")]
    logs = {record.name: "" for record in records}
    for record in records:
        logs[record.name] += record.getMessage() + str(vars(record))
    logs["output"] = told.out + told.err
    assert "request" in logs["clavero"], "something was logged at all"
    secrets = [
        code,
        email_code,
        file_code,
        file["password"],
        file["pkcs12"][:60],
        authority.officer.token or "no token",
        "12345678",
        "612345678",
        "maria@example.org",
        "Núñez",
        "María",
        "1985-02-2",
        f"{certificate.serial_number:x}",
        person()["document"]["number"],
    ]
    assert [(name, secret) for name, text in logs.items() for secret in secrets if secret in text] == []


def test_a_handler_that_cannot_write_tells_nothing_of_what_failed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """`logging` would print the failure that is being told of, with its text, to standard error."""
    closed = io.StringIO()
    closed.close()
    logger = logging.getLogger("clavero")
    logger.addHandler(handler := logging.StreamHandler(closed))
    try:
        raise RuntimeError("the code Xy12")
    except RuntimeError as error:
        log_failure(error)
    finally:
        logger.removeHandler(handler)
    told = capfd.readouterr()
    assert "Xy12" not in told.out + told.err


class Broken:
    """A door that fails with an exception whose text quotes its input."""

    def invoke(self, cloud: object, function: str, payload: dict[str, object]) -> dict[str, object]:
        raise RuntimeError(f"cannot call {function} with {payload}")

    def start(self, cloud: object, function: str, detail: object = None) -> None:
        raise RuntimeError(function)


def test_no_address_has_room_for_a_person(authority: World) -> None:
    """Addresses are logged by everybody on the way: what names a person travels in bodies only."""
    document = authority.citizen.get("/openapi.json").json
    names = {
        part.strip("{}") for path in document["paths"] for part in path.split("/") if part.startswith("{")
    }
    assert names == {
        "slug", "point", "case", "app", "session", "identification", "issuer", "report", "file", "proxy",
        "calendar", "product", "payment", "outcome", "order",
    }  # fmt: skip
    queries = {
        parameter["name"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    assert queries == {"text", "province", "lang"}
