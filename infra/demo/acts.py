"""Single acts of the story: what an officer, a citizen and a relying party do, each with its own software."""

from __future__ import annotations

import base64
import re
import secrets

from infra.demo.caller import Answer, fetch
from infra.demo.people import MARIA, Person
from infra.demo.stage import POINT, Stage

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.S)


def try_to_identify(stage: Stage, who: Person) -> Answer:
    """The officer sends an identification."""
    return stage.officer.post(f"{POINT}/identifications", who, Idempotency_Key=secrets.token_hex(12))


def identify(stage: Stage, who: Person) -> Answer:
    """An identification that must succeed."""
    answer = try_to_identify(stage, who)
    stage.narrator.check(f"the officer identifies {who['given_name']}", answer.status == 201, answer)
    return answer


def download(stage: Stage, code: str, csr: str) -> Answer:
    """The citizen sends a code, and a request for a key of one's own."""
    return stage.citizen.post("/v1/certificates", {"code": code, "csr": csr})


def expect_refusal(stage: Stage, what: str, answer: Answer, status: int, slug: str) -> None:
    """Something that must be refused, and as what."""
    refused = answer.status == status and answer.slug == slug
    stage.narrator.check(f"{what}: {answer.status} {answer.slug}", refused, answer)


def keep_chain(stage: Stage, name: str, chain: bytes) -> None:
    """Leave a downloaded certificate and its chain in files of their own."""
    first, *rest = _PEM.findall(chain)
    stage.keep(f"{name}.pem", first)
    stage.keep(f"{name}-chain.pem", b"".join(rest))


def revoke(stage: Stage, name: str, reason: str, who: Person = MARIA) -> Answer:
    """The officer revokes somebody's certificate, who is there with the own document."""
    issuer = stage.openssl.issuer_url(f"{name}.pem").rpartition("/")[2].removesuffix(".cer")
    request = {
        "nif": who["nif"],
        "issuer": issuer,
        "serial": serial_of(stage, name),
        "reason": reason,
        "identity": {"channel": "in-person", "document": who["document"]},
    }
    return stage.officer.post(f"{POINT}/revocations", request)


def serial_of(stage: Stage, name: str) -> str:
    """A certificate's serial number, hexadecimal, as the API writes it."""
    return stage.openssl.certificate_field(f"{name}.pem", "-serial").partition("=")[2].lower().lstrip("0")


def fetch_ca(stage: Stage, name: str) -> None:
    """Fetch the issuer's certificate from where a certificate says it is, into ca.pem."""
    octets = _fetched(stage.openssl.issuer_url(f"{name}.pem"))
    stage.openssl.must("x509", "-inform", "DER", "-in", stage.keep("ca.cer", octets), "-out", "ca.pem")


def fetch_crls(stage: Stage, name: str) -> None:
    """Fetch the CRLs of a certificate and of its issuer, each from where its certificate says it is."""
    for certificate, file in ((f"{name}.pem", f"{name}.crl"), ("ca.pem", "root.crl")):
        stage.keep(file, _fetched(stage.openssl.crl_url(certificate)))


def _fetched(url: str) -> bytes:
    answer = fetch(url)
    if answer.status != 200:
        raise RuntimeError(f"{url}: {answer}")
    return answer.body


def crl_number(stage: Stage, name: str) -> int:
    """The number of the CRL that was fetched."""
    said = stage.openssl.must("crl", "-inform", "DER", "-in", f"{name}.crl", "-noout", "-crlnumber")
    return int(said.partition("=")[2], 16)


def verify(stage: Stage, name: str) -> tuple[bool, str]:
    """Whether openssl accepts a certificate, with the chain and CRLs that were fetched, and what it says."""
    crls = b"".join(
        stage.openssl.must("crl", "-inform", "DER", "-in", file).encode() + b"\n"
        for file in (f"{name}.crl", "root.crl")
    )
    trust = ("-CAfile", "root.pem", "-untrusted", "ca.pem", "-CRLfile", stage.keep("crls.pem", crls))
    return stage.openssl.run("verify", *_at(stage), "-crl_check_all", *trust, f"{name}.pem")


def _at(stage: Stage) -> tuple[str, str]:
    """For openssl: to judge by the authority's clock."""
    return "-attime", str(int(stage.now().timestamp()))


def ocsp(stage: Stage, name: str) -> tuple[str, str]:
    """What openssl makes of the answer by POST: the status, and everything that it says."""
    url = stage.openssl.ocsp_url(f"{name}.pem")
    return _judged(stage, name, "-url", url, "-respout", f"{name}-ocsp.der")


def ocsp_by_get(stage: Stage, name: str) -> tuple[str, str]:
    """The same by GET (RFC 6960, appendix A.1), the request in the path; caches may keep the answer."""
    question = (
        "-issuer",
        "ca.pem",
        "-cert",
        f"{name}.pem",
        "-no_nonce",
        "-reqout",
        f"{name}-ocsp-request.der",
    )
    stage.openssl.must("ocsp", *question)
    encoded = base64.b64encode((stage.folder / f"{name}-ocsp-request.der").read_bytes()).decode()
    answer = fetch(f"{stage.openssl.ocsp_url(f'{name}.pem')}/{encoded}")
    if "max-age" not in answer.headers.get("cache-control", ""):
        return "not cacheable", str(answer.headers)
    return _judged(stage, name, "-respin", stage.keep(f"{name}-ocsp-by-get.der", answer.body))


def _judged(stage: Stage, name: str, *source: str) -> tuple[str, str]:
    file = f"{name}.pem"
    trust = ("-CAfile", "root.pem", "-verify_other", "ca.pem", "-no_nonce")
    # openssl asks the machine's clock alone if an answer is of today: let pass once ours is moved.
    ahead = stage.instance.clock.ahead
    late = (*_at(stage), "-validity_period", str(int(ahead.total_seconds()) + 300)) if ahead else ()
    _, said = stage.openssl.run("ocsp", "-issuer", "ca.pem", "-cert", file, *trust, *late, *source)
    found = re.search(rf"^{re.escape(file)}: (\w+)", said, re.M)
    return (found[1] if found and "Response verify OK" in said else "no valid answer"), said
