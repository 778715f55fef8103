"""The writes that no operation of the crash suite breaks, each with the reason why it need not."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

THROW_AWAY: Final = "signs with a key of this process, and calls nobody"

UNCROSSED: Final = MappingProxyType(
    {
        "chalicelib/certificates/jobs.py:find_due": "starts the next run a day early: "
        "tests/certificates/test_deadlines.py has runs that stop anywhere, and the schedule goes on",
        "chalicelib/certificates/pkcs12.py:make_pair": THROW_AWAY,
        "chalicelib/pki/certificate.py:unsigned": THROW_AWAY,
    }
)
