"""Status over HTTP, through the dispatcher and in the shape API Gateway gives and takes."""

from __future__ import annotations

import base64
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.pki.ocsp import Refusal
from chalicelib.pki.publication import publish_due
from chalicelib.pki.routes import OCSP_MAX_AGE, routes
from chalicelib.web.app import Api
from tests.pki.status_world import World

TYPE = "application/ocsp-request"


def call(world: World, method: str, resource: str, **event: Any) -> tuple[int, dict[str, str], bytes]:
    """One request as API Gateway hands it over."""

    def make() -> Api:
        api = Api(world.cloud)
        api.add(routes)
        return api

    api: Api = world.cloud.remember("api", make)
    context = {"resourcePath": resource, "httpMethod": method, "identity": {"sourceIp": "192.0.2.1"}}
    answer = api({"requestContext": context, "headers": {}} | event, None)
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return answer["statusCode"], headers, base64.b64decode(answer["body"])


def post(world: World, der: bytes, content_type: str = TYPE) -> tuple[int, dict[str, str], bytes]:
    body = base64.b64encode(der).decode()
    return call(
        world, "POST", "/ocsp", body=body, isBase64Encoded=True, headers={"Content-Type": content_type}
    )


def get(world: World, text: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return call(world, "GET", "/ocsp/{proxy+}", pathParameters={"proxy": text}, headers=headers)


def test_a_post_is_answered_and_not_cacheable(world: World) -> None:
    _, made = world.certificate()
    code, headers, body = post(world, world.request(made))
    assert code == 200
    assert headers["content-type"] == "application/ocsp-response"
    assert headers["cache-control"] == "no-store"
    assert load_der_ocsp_response(body).certificate_status is OCSPCertStatus.GOOD


@pytest.mark.parametrize("encode", [lambda text: text, lambda text: quote(text, safe="")])
def test_a_get_is_cacheable_for_less_than_a_minute(world: World, encode: Any) -> None:
    """RFC 9919, with a max-age far under the answer's life, so that a revocation is seen in time."""
    _, made = world.certificate()
    code, headers, body = get(world, encode(base64.b64encode(world.request(made)).decode()))
    told = load_der_ocsp_response(body)
    assert code == 200
    assert headers["cache-control"] == f"public, max-age={OCSP_MAX_AGE}, no-transform, must-revalidate"
    assert parsedate_to_datetime(headers["last-modified"]) == told.this_update_utc
    assert parsedate_to_datetime(headers["expires"]) == told.next_update_utc
    assert headers["etag"].startswith('"')


def test_a_cache_revalidates_without_a_body(world: World) -> None:
    row, made = world.certificate()
    text = base64.b64encode(world.request(made)).decode()
    _, headers, _ = get(world, text)
    code, _, body = get(world, text, **{"If-None-Match": f'"other", W/{headers["etag"]}'})
    assert (code, body) == (304, b"")
    world.revoke(row)
    assert get(world, text, **{"If-None-Match": headers["etag"]})[0] == 200


def test_max_age_ends_with_the_answer(world: World) -> None:
    _, made = world.certificate()
    responder = world.issuer.responder_certificate
    assert responder is not None
    world.clock.at = responder.not_valid_after_utc - timedelta(seconds=10)
    _, headers, _ = get(world, base64.b64encode(world.request(made)).decode())
    assert "max-age=10," in headers["cache-control"]


def test_refusals_and_unknown_are_never_cached(world: World) -> None:
    _, reserved = world.certificate(state="signing")
    for request, status in [
        (world.request(reserved), OCSPResponseStatus.SUCCESSFUL),
        (world.request(77), OCSPResponseStatus.UNAUTHORIZED),
        (b"\x30\x00", OCSPResponseStatus.MALFORMED_REQUEST),
    ]:
        code, headers, body = get(world, base64.b64encode(request).decode())
        assert (code, headers["cache-control"]) == (200, "no-store")
        assert load_der_ocsp_response(body).response_status is status


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300), st.binary(max_size=300))
def test_whatever_is_sent_ends_in_an_ocsp_response(world: World, path: str, body: bytes) -> None:
    for code, headers, answer in (get(world, path), post(world, body)):
        assert code == 200
        assert headers["content-type"] == "application/ocsp-response"
        assert answer == Refusal.MALFORMED.der()


def test_too_long_a_body_and_another_media_type_are_problems(world: World) -> None:
    assert post(world, bytes(5000))[0] == 413
    assert post(world, b"x", "text/plain")[0] == 415


def test_a_crl_is_served_where_certificates_say(world: World) -> None:
    publish_due(world.cloud)
    code, headers, body = call(
        world,
        "GET",
        "/crl/{issuer}/{file}",
        pathParameters={"issuer": world.issuer_id, "file": "003.crl"},
    )
    assert (code, headers["content-type"]) == (200, "application/pkix-crl")
    assert x509.load_der_x509_crl(body) == world.published(3)
    assert headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("file", ["004.crl", "3.crl", "003.pem", "000.crl/..", "..", "003.crl\n"])
def test_another_crl_is_not_found(world: World, file: str) -> None:
    publish_due(world.cloud)
    parameters = {"issuer": world.issuer_id, "file": file}
    assert call(world, "GET", "/crl/{issuer}/{file}", pathParameters=parameters)[0] == 404


def test_a_ca_certificate_is_served_where_certificates_say(world: World) -> None:
    _, made = world.certificate()
    access = made.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    (url,) = [
        entry.access_location.value
        for entry in access
        if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    ]
    file = url.rsplit("/", 1)[1]
    code, headers, body = call(world, "GET", "/ca/{file}", pathParameters={"file": file})
    assert (code, headers["content-type"]) == (200, "application/pkix-cert")
    assert x509.load_der_x509_certificate(body) == world.issuer.certificate
    assert call(world, "GET", "/ca/{file}", pathParameters={"file": "0" * 16 + ".cer"})[0] == 404
