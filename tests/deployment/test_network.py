"""What stands before the functions: firewall and limits for what costs much, and the four names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from app import app
from chalicelib.certificates.emergency import key_reports
from chalicelib.codes import kinds
from chalicelib.login import password, sending
from chalicelib.registry.channels import letter
from chalicelib.registry.video import opening
from infra.package import template
from tests.journeys.test_account import BY_CERTIFICATE
from tests.support.client import Client
from tests.support.world import World

RESOURCES = template.extras()["Resources"]
WINDOW = 300
SMS_A_SECOND = 20
"""What SNS sends at first (docs/costs.md)."""

COSTLY = {
    "/v1/certificates": ("Certificates", "a signature of KMS, and a code that could be guessed"),
    "/v1/certificates/pkcs12": ("KeysMadeHere", "the key is made here: seconds of processor for RSA"),
    "/v1/pins": ("TextMessages", "seven cents"),
    "/v1/passwords/activations": ("TextMessages", "seven cents"),
    "/v1/passwords/recoveries": ("TextMessages", "seven cents"),
    "/v1/sessions/password": ("LogIns", "Argon2id: 46 MiB, and 61 ms of a processor"),
    "/v1/passwords": ("LogIns", "Argon2id"),
    "/v1/sessions/certificate": ("LogIns", "another issuer is asked while the function waits"),
    "/v1/registrations/certificate": ("Registrations", "the same"),
    "/v1/letters": ("Registrations", "a letter is printed and posted"),
    "/v1/video-cases": ("Videos", "room for 70 MiB"),
    "/v1/video-cases/{case}/submission": ("Videos", "70 MiB are read"),
    "/v1/video-cases/{case}/payments": ("Videos", "the same, before somebody pays"),
}
GUESSABLE = {
    "/v1/sessions/pin": "LogIns",
    "/v1/officer-sessions": "LogIns",
    "/v1/registrations/letter": "Registrations",
    "/v1/contact-changes/stops": "Registrations",
    "/v1/certificates/emergency-revocations": "Certificates",
    "/v1/certificates/emergency-suspensions": "Certificates",
    "/v1/key-compromise-reports": "Registrations",
    "/v1/receipts/verifications": "Registrations",
    "/v1/receipts": "Registrations",
    "/v1/video-cases/{case}/appeals": "Videos",
    "/v1/video-cases/{case}/receipts": "Videos",
    "/v1/video-cases/{case}/payments/receipts": "Videos",
}
CHEAP = {
    "/ocsp": "status; comes through the network's addresses, and costs one read",
    "/v1/officer-sessions/current": "a session's own end",
    "/v1/redsys-notifications": "the gateway's servers; nothing is read before its signature is right",
    "/v1/apps/{app}/messages": "two reads, and a signature of the app's key before the second",
    "/v1/video-cases/{case}/state": "one read, asked for again and again while somebody waits",
}


def rules() -> dict[str, dict[str, Any]]:
    """The rate rules, by name."""
    return {
        each["Name"]: each["Statement"]["RateBasedStatement"]
        for each in RESOURCES["Firewall"]["Properties"]["Rules"]
        if "RateBasedStatement" in each["Statement"]
    }


TRANSFORM: dict[str, Callable[[str], str]] = {"URL_DECODE": unquote, "NORMALIZE_PATH": posixpath.normpath}


def matches(statement: dict[str, Any], path: str) -> bool:
    """Whether a statement speaks of a path (the part of the firewall's language that we use)."""
    ((kind, told),) = statement.items()
    if kind == "NotStatement":
        return not matches(told["Statement"], path)
    assert (kind, told["FieldToMatch"]) == ("RegexMatchStatement", {"UriPath": {}})
    for each in sorted(told["TextTransformations"], key=lambda one: one["Priority"]):
        path = TRANSFORM[each["Type"]](path)
    return re.search(told["RegexString"], path) is not None


def counted_by(path: str) -> set[str]:
    """The rules that count a request to this path."""
    return {name for name, rule in rules().items() if matches(rule["ScopeDownStatement"], path)}


def an_address_of(route: str) -> str:
    return re.sub(r"\{[^}]+\}", "0a1b", route)


def test_every_public_route_that_changes_something_was_judged() -> None:
    public = {
        path
        for path, methods in app.table.items()
        for method, route in methods.items()
        if route.caller is None and method != "GET"
    }
    assert public == COSTLY.keys() | GUESSABLE.keys() | CHEAP.keys()


@pytest.mark.parametrize("route", sorted(COSTLY.keys() | GUESSABLE.keys()))
def test_a_source_has_a_limit_for_what_is_costly(route: str) -> None:
    """However the path is written: with a slash at the end, encoded, with the stage before it."""
    rule = COSTLY[route][0] if route in COSTLY else GUESSABLE[route]
    path = an_address_of(route)
    encoded = path.replace("v1", "%761").replace("s", "%73")
    for written in (path, path + "/", encoded, "/live" + path, "/v1/x/.." + path.removeprefix("/v1")):
        assert {rule, "AnyOneAddress"} <= counted_by(written), written


@pytest.mark.parametrize("route", sorted(CHEAP))
def test_no_other_rule_counts_what_is_cheap(route: str) -> None:
    assert counted_by(an_address_of(route)) <= {"AnyOneAddress"}


def test_status_is_not_counted_at_all() -> None:
    """It comes from the addresses of the network before it."""
    for path in ("/ocsp", "/ocsp/MEQw", "/crl/0a/000.crl", "/ca/0a.cer"):
        assert not counted_by(path)
    for path in ("/ocspx", "/v1/ocsp", "/", "/v1/registration-points"):
        assert counted_by(path) == {"AnyOneAddress"}


@pytest.mark.parametrize(
    ("rule", "answered"),
    [
        (
            "Certificates",
            kinds.GENERATION.per_source.tries
            + kinds.EMAIL_CONFIRMATION.per_source.tries
            + kinds.EMERGENCY.per_source.tries,
        ),
        ("KeysMadeHere", kinds.GENERATION.per_source.tries),
        ("TextMessages", sending.PER_SOURCE[0].most),
        (
            "LogIns",
            password.GUESSING.per_source.tries + kinds.PIN.per_source.tries + kinds.SMS_OTP.per_source.tries,
        ),
        (
            "Registrations",
            letter.PER_SOURCE.most
            + kinds.LETTER.per_source.tries
            + kinds.STOP.per_source.tries
            + key_reports.PER_SOURCE.most,
        ),
        ("Videos", 3 * opening.PER_SOURCE.most),
    ],
)
def test_the_firewall_lets_through_what_the_code_would_answer(rule: str, answered: int) -> None:
    """Even if a whole window's tries come at once; and not many times as much."""
    assert rules()[rule]["EvaluationWindowSec"] == WINDOW
    assert answered <= rules()[rule]["Limit"] <= 3 * answered


def limits() -> dict[str, tuple[float, float]]:
    """The limits for all callers together, by route."""
    (_, *single) = RESOURCES["RestAPI"]["Properties"]["MethodSettings"]
    assert {each["HttpMethod"] for each in single} == {"POST"}
    return {
        # "/resource/subresource must be encoded as /~1resource~1subresource" (AWS::ApiGateway::Stage)
        each["ResourcePath"].removeprefix("/").replace("~1", "/"): (
            each["ThrottlingRateLimit"],
            each["ThrottlingBurstLimit"],
        )
        for each in single
    }


def test_what_is_costly_has_a_limit_for_all_together() -> None:
    assert limits().keys() == COSTLY.keys()
    (common, *single) = RESOURCES["RestAPI"]["Properties"]["MethodSettings"]
    for each in single:
        assert each["ThrottlingRateLimit"] < common["ThrottlingRateLimit"]
        assert re.fullmatch(r"/(~1[a-z0-9{}-]+)+", each["ResourcePath"]), "slashes within it are ~1"
    messages = [path for path, (rule, _) in COSTLY.items() if rule == "TextMessages"]
    assert sum(limits()[path][0] for path in messages) <= SMS_A_SECOND


NAMES = {name: each for name, each in RESOURCES.items() if each.get("Type") == "AWS::ApiGateway::DomainName"}
MUTUAL = {"OfficersName": "trust/officers.pem", "CitizensName": "trust/citizens.pem"}


def test_only_our_names_lead_in() -> None:
    """Or the firewall's rules by name, and mutual TLS, could be walked around by the API's own address."""
    assert RESOURCES["RestAPI"]["Properties"]["DisableExecuteApiEndpoint"] is True
    assert NAMES.keys() == {"ApiName", *MUTUAL}
    mappings = {
        each["Properties"]["DomainName"]["Ref"]: each
        for each in RESOURCES.values()
        if each.get("Type") == "AWS::ApiGateway::BasePathMapping"
    }
    assert mappings.keys() == NAMES.keys()
    for name, each in NAMES.items():
        assert each["Properties"]["SecurityPolicy"] == "TLS_1_2"
        mapping = mappings[name]
        assert mapping["Properties"]["RestApiId"] == {"Ref": "RestAPI"}
        assert "BasePath" not in mapping["Properties"], "paths begin where the app's do"
        assert mapping.get("Condition") == each.get("Condition")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_certificates_are_asked_for_where_they_are_needed(name: str) -> None:
    told = NAMES[name]["Properties"].get("MutualTlsAuthentication")
    if name not in MUTUAL:
        assert told is None
        return
    assert told["TruststoreUri"] == {"Fn::Sub": "s3://${StatusBucket}/" + MUTUAL[name]}
    parameter = told["TruststoreVersion"]["Ref"]
    template_ = template.extras()
    assert template_["Parameters"][parameter]["Default"] == "", "no name before there is a list"
    condition = template_["Conditions"][NAMES[name]["Condition"]]
    assert {"Ref": parameter} in _leaves(condition)


def _leaves(value: Any) -> list[Any]:
    """Every reference in a condition."""
    if isinstance(value, dict) and "Ref" in value:
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [leaf for each in inner for leaf in _leaves(each)]


def test_a_list_of_trusted_issuers_is_versioned_locked_and_not_served() -> None:
    bucket = RESOURCES["StatusBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    for each in RESOURCES["StatusBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        if each["Effect"] == "Allow":
            assert each["Resource"] == {"Fn::Sub": "${StatusBucket.Arn}/crl/*"}


@pytest.mark.parametrize(
    "header",
    [
        "X-Amzn-Mtls-Clientcert",
        "X-Client-Cert",
        "X-Forwarded-Client-Cert",
        "X-SSL-Client-Cert",
        "Client-Cert",
    ],
)
def test_a_certificate_in_a_header_is_none(authority: World, header: str) -> None:
    """Only the gateway says which certificate the handshake proved; on the plain name it says none."""
    certificate = authority.officer.certificate
    assert certificate is not None
    stranger = Client(authority.app)
    asked: dict[str, dict[str, Any] | None] = {
        "/v1/officer-sessions": None,
        "/v1/sessions/certificate": None,
        "/v1/registrations/certificate": BY_CERTIFICATE,
    }
    for value in (certificate.replace("\n", " "), certificate.replace("\n", "%0A"), certificate):
        for path, body in asked.items():
            assert stranger.post(path, body, headers={header: value}).slug == "client-certificate-required"
