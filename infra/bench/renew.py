"""A renewal on line: AWS calls and CPU time, from the event to the answer.

People are identified and get certificates today; then the clock stands thirty days before their expiry, each
logs in with the certificate, and renews. The first renewal is of a cold container; every later one must make
the same calls. What is counted is said in operations.py and meter.py beside this; a log-in is not in it.
"""

from __future__ import annotations

import json
import statistics
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app import create_app
from chalicelib.aws.cloud import utc_now
from chalicelib.web.app import Api
from infra.bench.authority import Authority, call, new_cloud, new_csr
from infra.bench.meter import Meter, Reading

RUNS = 20
BEFORE_THE_END = timedelta(days=30)


def measure(authority: Authority, meter: Meter, runs: int = RUNS) -> dict[str, Any]:
    """The figures of `renew`."""
    holders = [_holder(code, person) for code, person in authority.codes(runs)]
    then = x509.load_pem_x509_certificates(holders[0])[0].not_valid_after_utc - BEFORE_THE_END
    # Each container opens sessions of its own, and the measured one answers nothing but renewals.
    desk, app = _app(then), _app(then, meter)
    requests = [(_log_in(desk, holder), holder, new_csr()) for holder in holders]
    cold, *steady = [_reading(meter, app, *request) for request in requests]
    if any(reading.calls != steady[0].calls for reading in steady):
        raise RuntimeError(f"not steady: {[dict(reading.calls) for reading in steady]}")
    return {
        "aws_calls": steady[0].aws_calls,
        "aws_calls_cold": cold.aws_calls,
        "calls": ", ".join(f"{count} {name}" for name, count in steady[0].calls.items()),
        "kms_sign": steady[0].kms_sign,
        "cpu_ms": round(statistics.median(reading.cpu_ms for reading in steady), 3),
        "sdk_cpu_ms": round(statistics.median(reading.sdk_cpu_ms for reading in steady), 3),
    }


def _app(then: datetime | None = None, meter: Meter | None = None) -> Api:
    cloud = new_cloud(meter.functions() if meter else None, meter)
    cloud.clock = (lambda: then) if then else utc_now
    return create_app(cloud)


def _holder(code: str, person: dict[str, Any]) -> bytes:
    """Somebody registered with a certificate obtained in person: its chain."""
    app = _app()
    chain = call(app, "POST", "/v1/certificates", {"code": code, "csr": new_csr()})
    wanted = {
        "contrast": {"valid_until": person["document"]["expires_on"]},
        "mobile": f"+346{person['nif'][:8]}",
        "email": person["email"],
        "language": person["language"],
        "conditions_accepted": person["conditions_accepted"],
        "birth_date": person["birth_date"],
    }
    call(app, "POST", "/v1/registrations/certificate", wanted, certificate=_first(chain))
    return chain


def _log_in(app: Api, chain: bytes) -> str:
    answer = call(app, "POST", "/v1/sessions/certificate", certificate=_first(chain))
    return str(json.loads(answer)["token"])


def _reading(meter: Meter, app: Api, token: str, chain: bytes, csr: str) -> Reading:
    old, issuer = x509.load_pem_x509_certificates(chain)
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    body = {"csr": csr, "renews": {"issuer": identifier[:8].hex(), "serial": f"{old.serial_number:x}"}}
    headers = {"Authorization": f"Bearer {token}"}
    return meter.measure(lambda: call(app, "POST", "/v1/me/certificates", body, headers=headers))


def _first(chain: bytes) -> str:
    return x509.load_pem_x509_certificates(chain)[0].public_bytes(Encoding.PEM).decode()
