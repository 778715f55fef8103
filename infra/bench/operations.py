"""AWS calls and CPU time of one operation, from the event of API Gateway to the answer.

Each operation runs in a fresh cloud object, as in a new container. Its first run gives `aws_calls_cold`; the
second, when issuers and subkeys are in memory, `aws_calls` and `kms_sign`, which every later run must repeat.
`cpu_ms` is the median CPU time of the runs outside the AWS SDK (infra/bench/meter.py). `floor_cpu_ms` is the
median of doing only what cannot be spared, with the same libraries and a key in memory: building and signing
the certificate (for PKCS#12 also making the key and writing the file); reading the request and finding the
answer in a dictionary (OCSP).

`per_second` of OCSP is how many cached answers one thread of the app gives, the read of the row included.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app import create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.certificates import pkcs12
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.certificate import IssuerInfo, StatusUrls, certificate_builder, throw_away_key
from chalicelib.pki.csr import read_request
from chalicelib.pki.issuance import profiles
from chalicelib.pki.issuers import issuers
from chalicelib.pki.names import NaturalPersonName, natural_person_subject
from chalicelib.pki.serials import new_serial
from chalicelib.web.app import Api
from infra.bench.authority import Authority, call, new_cloud, new_csr
from infra.bench.meter import Meter, Reading
from infra.local.seed import POINT

RUNS = 60
SECONDS = 3.0

Figures = dict[str, Any]
Operation = Callable[[Api], object]


def measure(authority: Authority, meter: Meter) -> dict[str, Figures]:
    """The figures of each operation."""
    certificates: list[tuple[x509.Certificate, x509.Certificate, dict[str, Any]]] = []
    requests = iter([(code, person, new_csr()) for code, person in authority.codes(RUNS)])

    def issue(app: Api) -> None:
        code, person, csr = next(requests)
        answer = call(app, "POST", "/v1/certificates", {"code": code, "csr": csr})
        certificate, issuer = x509.load_pem_x509_certificates(answer)
        certificates.append((certificate, issuer, person))

    figures = {"issue_from_csr": steady_figures(meter, issue, RUNS)}
    files = iter(authority.codes(RUNS // 2))

    def issue_file(app: Api) -> None:
        key = {"Idempotency-Key": secrets.token_hex(12)}
        call(app, "POST", "/v1/certificates/pkcs12", {"code": next(files)[0]}, headers=key)

    figures["issue_pkcs12"] = steady_figures(meter, issue_file, RUNS // 2)

    asked = _ocsp_request(*certificates[0][:2])

    def ask(app: Api) -> None:
        call(app, "POST", "/ocsp", asked, content_type="application/ocsp-request")

    figures["ocsp_cached"] = steady_figures(meter, ask, 20 * RUNS)
    figures["ocsp_cached"]["per_second"] = _rate(meter, ask)

    revocable = iter(certificates)

    def revoke(app: Api) -> None:
        certificate, issuer, person = next(revocable)
        call(
            app,
            "POST",
            "/v1/registration-points/{point}/revocations",
            _revocation(certificate, issuer, person),
            headers={"Authorization": f"Bearer {authority.token}"},
            path={"point": POINT},
            certificate=authority.officer_certificate,
        )

    figures["revoke"] = steady_figures(meter, revoke, RUNS)
    _floors(figures, asked)
    return figures


def _app(meter: Meter) -> Api:
    return create_app(new_cloud(meter.functions(), meter))


def steady_figures(meter: Meter, operation: Operation, runs: int) -> Figures:
    """Calls and CPU time of an operation that is run so often, in what is a new container at first."""
    app = _app(meter)
    cold, *steady = (meter.measure(lambda: operation(app)) for _ in range(runs))
    if any(reading.calls != steady[0].calls for reading in steady):
        raise RuntimeError(f"not steady: {[dict(reading.calls) for reading in steady]}")
    return {
        "aws_calls": steady[0].aws_calls,
        "aws_calls_cold": cold.aws_calls,
        "calls": _listed(steady[0]),
        "kms_sign": steady[0].kms_sign,
        "cpu_ms": round(statistics.median(reading.cpu_ms for reading in steady), 3),
        "sdk_cpu_ms": round(statistics.median(reading.sdk_cpu_ms for reading in steady), 3),
    }


def _listed(reading: Reading) -> str:
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in reading.calls.items())


def _rate(meter: Meter, operation: Operation) -> float:
    app = _app(meter)
    operation(app)
    began, done = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < SECONDS:
        operation(app)
        done += 1
    return round(done / took, 1)


def _ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def _revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, person: dict[str, Any]
) -> dict[str, Any]:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return {
        "nif": person["nif"],
        "issuer": identifier[:8].hex(),
        "serial": f"{certificate.serial_number:x}",
        "reason": "cessationOfOperation",
        "identity": {"channel": "in-person", "document": person["document"]},
    }


def _floors(figures: dict[str, Figures], asked: bytes) -> None:
    cloud = new_cloud()
    key, password = throw_away_key("secp256r1"), "a password that is long enough"
    request = read_request(new_csr().encode())

    def certify(public_key: Any) -> x509.Certificate:
        return _builder(cloud, public_key).sign(key, hashes.SHA256())

    def certify_file() -> None:
        pair = pkcs12.make_pair("ec-p256")
        certificate = certify(pair.key.public_key())
        pkcs12.write(pair, certificate, [certificate], password)

    answers = {ocsp.load_der_ocsp_request(asked).serial_number: asked}
    floors: dict[str, Callable[[], object]] = {
        "issue_from_csr": lambda: certify(request.public_key),
        "issue_pkcs12": certify_file,
        "ocsp_cached": lambda: answers[ocsp.load_der_ocsp_request(asked).serial_number],
    }
    for name, floor in floors.items():
        figures[name]["floor_cpu_ms"] = round(_median_cpu(floor), 3)


def _median_cpu(operation: Callable[[], object], runs: int = 200) -> float:
    times = []
    for _ in range(runs):
        began = time.process_time()
        operation()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def _builder(cloud: Cloud, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    issuer = issuers(cloud).active(CITIZEN_SOFTWARE, now)
    return certificate_builder(
        profiles(cloud)[CITIZEN_SOFTWARE],
        subject=natural_person_subject(NaturalPersonName("María José", "Núñez", "Peña", "12345678Z")),
        public_key=public_key,
        issuer=IssuerInfo(issuer.id, issuer.certificate, issuer.crl_shards),
        serial=new_serial(cloud.entropy),
        not_before=now,
        urls=StatusUrls(cloud.settings.status_url),
    )
