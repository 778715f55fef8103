"""What the bench understands of wrk's report."""

from __future__ import annotations

from infra.bench.load import read_report

SAID = """Running 5s test @ http://127.0.0.1:1/ocsp
  Latency Distribution
     50%    1.90ms
     75%    2.40ms
     90%    3.00ms
     99%  12.00us
  4003 requests in 5.00s, 1.2MB read
  Non-2xx or 3xx responses: 7
Requests/sec:    800.60
"""


def test_rates_latencies_and_other_answers_are_read() -> None:
    assert read_report(SAID) == {
        "requests": 4003,
        "per_second": 800.6,
        "p50_ms": 1.9,
        "p99_ms": 0.01,
        "other_answers": 7,
    }
