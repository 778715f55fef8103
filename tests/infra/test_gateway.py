"""The local gateway gives the app what API Gateway would, and answers what API Gateway answers itself."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.web.problems import RouteNotFound
from infra.local.gateway import BODY_LIMIT, Gateway, match_route

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Echo:
    """An app that answers with the event it got."""

    def __init__(self, *routes: str) -> None:
        self.routes = {route: {"GET": None, "POST": None} for route in routes}

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}


def _call(
    app: Any, uri: str, method: str = "GET", body: bytes = b"", **environ: Any
) -> tuple[int, dict[str, str], bytes]:
    gateway = Gateway(app, "http://localhost:8000", clock=lambda: NOW, request_id=lambda: "id-1")
    answer: list[Any] = []
    path, _, query = uri.partition("?")
    base = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "192.0.2.7",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    content = b"".join(gateway({**base, **environ}, lambda status, headers: answer.extend([status, headers])))
    return int(answer[0].split()[0]), dict(answer[1]), content


def _event(*routes: str, uri: str, **more: Any) -> dict[str, Any]:
    status, _, content = _call(Echo(*routes), uri, **more)
    assert status == 200, content
    event: dict[str, Any] = json.loads(content)
    return event


def test_path_parameters_are_decoded_after_splitting() -> None:
    """An encoded slash is part of the value."""
    event = _event("/echo/{name}/x", uri="/echo/a%2Fb%20c%C3%B1+/x")
    assert event["pathParameters"] == {"name": "a/b cñ+"}
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/echo/{name}/x"


def test_a_greedy_parameter_takes_the_rest() -> None:
    """OCSP over GET is base64 in the path, with slashes encoded or not (RFC 6960 appendix A.1)."""
    event = _event("/ocsp/{proxy+}", uri="/ocsp/MFAw/TjBM%2FMEo%3D%2B")
    assert event["pathParameters"] == {"proxy": "MFAw/TjBM/MEo=+"}


def test_a_greedy_parameter_keeps_an_empty_segment() -> None:
    """Base64 may hold two slashes together, or end with one."""
    assert match_route(["/ocsp/{proxy+}"], "/ocsp/MF//AA/")[1] == {"proxy": "MF//AA/"}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/a/b", "/a/b"),
        ("/a/c", "/a/{x}"),
        ("/a/c/d", "/{proxy+}"),
        ("/a/b/d", "/a/b/{x}"),
        ("/", "/"),
        ("/z", "/{proxy+}"),
        ("/a/b/", "/a/b"),
    ],
)
def test_the_most_specific_route_answers(path: str, route: str) -> None:
    assert match_route(["/{proxy+}", "/a/{x}", "/a/b", "/a/b/{x}", "/"], path)[0] == route


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/b/c/d", "/A/x"])
def test_what_no_route_matches_is_not_found(path: str) -> None:
    with pytest.raises(RouteNotFound):
        match_route(["/a/{x}", "/b/{x}"], path)


def test_queries_and_headers_have_one_value_and_all_values() -> None:
    event = _event("/q", uri="/q?a=1&a=2%263&b=&c=x%20y+z", HTTP_X_TEST="v", CONTENT_TYPE="text/plain")
    assert event["queryStringParameters"] == {"a": "2&3", "b": "", "c": "x y z"}
    assert event["multiValueQueryStringParameters"]["a"] == ["1", "2&3"]
    assert (event["headers"]["X-Test"], event["multiValueHeaders"]["X-Test"]) == ("v", ["v"])
    assert event["headers"]["Content-Type"] == "text/plain"


def test_no_query_is_null() -> None:
    event = _event("/q", uri="/q")
    assert event["queryStringParameters"] is event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is event["body"] is None


def test_a_body_is_base64() -> None:
    event = _event("/b", uri="/b", method="POST", body=b"\x00\xff")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff", True)


def test_the_source_address_is_the_connections() -> None:
    """A client may send X-Forwarded-For, and is not believed."""
    event = _event("/s", uri="/s", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.7"
    assert event["headers"]["X-Forwarded-For"] == "198.51.100.1, 192.0.2.7"


def test_an_absolute_request_target_is_its_path() -> None:
    assert _event("/s", uri="http://localhost:8000/s")["path"] == "/s"


def _certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "ES"), x509.NameAttribute(NameOID.COMMON_NAME, "A, B")]
    )
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(0xA1B2).not_valid_before(datetime(2026, 5, 3, 1, 2, 3, tzinfo=UTC))
    return builder.not_valid_after(NOW + timedelta(days=9)).sign(key, hashes.SHA256())


def test_a_client_certificate_has_the_five_fields_of_aws() -> None:
    pem = _certificate().public_bytes(serialization.Encoding.PEM).decode()
    event = _event("/c", uri="/c", SSL_CLIENT_CERT=pem.strip())
    assert event["requestContext"]["identity"]["clientCert"] == {
        "clientCertPem": pem,
        "subjectDN": "CN=A\\, B,C=ES",
        "issuerDN": "CN=A\\, B,C=ES",
        "serialNumber": "a1:b2",
        "validity": {"notBefore": "May  3 01:02:03 2026 GMT", "notAfter": "Dec  1 12:00:00 2026 GMT"},
    }


@pytest.mark.parametrize(
    "header", ["SSL_CLIENT_CERT", "X_SSL_CLIENT_CERT", "X_AMZN_MTLS_CLIENTCERT", "CLIENT_CERT"]
)
def test_a_header_is_never_a_client_certificate(header: str) -> None:
    event = _event("/c", uri="/c", **{f"HTTP_{header}": "-----BEGIN CERTIFICATE-----"})
    assert "clientCert" not in event["requestContext"]["identity"]


def _slug(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    assert answer[1]["Content-Type"] == "application/problem+json"
    problem = json.loads(answer[2])
    assert problem["type"] == f"http://localhost:8000/problems/{problem['slug']}"
    return answer[0], problem["slug"]


def test_unknown_routes_methods_and_failures_are_problems() -> None:
    def failing(event: Any, context: Any) -> Any:
        raise RuntimeError("secret")

    failing.routes = {"/f": {"GET": None}}  # type: ignore[attr-defined]
    assert _slug(_call(Echo("/a"), "/b")) == (404, "route-not-found")
    assert _slug(_call(Echo("/a"), "/a", "DELETE")) == (405, "method-not-allowed")
    answer = _call(failing, "/f")
    assert _slug(answer) == (500, "internal-error")
    assert b"secret" not in answer[2]


def test_a_body_over_ten_megabytes_is_refused_unread() -> None:
    huge: dict[str, Any] = {"CONTENT_LENGTH": str(BODY_LIMIT + 1), "wsgi.input": None}
    assert _slug(_call(Echo("/a"), "/a", "POST", **huge)) == (413, "body-too-large")


def test_a_chunked_body_is_read_and_bounded() -> None:
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    event = _event("/a", uri="/a", method="POST", **chunked, **{"wsgi.input": io.BytesIO(b"abc")})
    assert base64.b64decode(event["body"]) == b"abc"
    endless = {**chunked, "wsgi.input": io.BytesIO(bytes(BODY_LIMIT + 1))}
    assert _slug(_call(Echo("/a"), "/a", "POST", **endless)) == (413, "body-too-large")


def test_answers_carry_binary_bodies_and_repeated_headers() -> None:
    class App:
        routes = {"/r": {"GET": None}}  # noqa: RUF012

        def __call__(self, event: Any, context: Any) -> dict[str, Any]:
            return {
                "statusCode": 299,
                "headers": {"Content-Type": "application/pkix-crl"},
                "multiValueHeaders": {"Set-Cookie": ["a=1"]},
                "body": base64.b64encode(b"\x30\x00").decode(),
                "isBase64Encoded": True,
            }

    status, headers, body = _call(App(), "/r")
    assert (status, headers["Set-Cookie"], body, headers["Content-Length"]) == (299, "a=1", b"\x30\x00", "2")
    assert _call(App(), "/r", "HEAD")[1:] == (headers, b"")
