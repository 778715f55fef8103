"""Fetching from the internet: bounded in time and size, never redirected, never from inside a network.

The addresses stand in certificates that strangers present, so they are a stranger's wish: a name is
resolved once, every address it has must be public, and the connection goes to the address that was
checked (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from chalicelib.errors import Unavailable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 3.0
IN_ALL_SECONDS: Final = 6.0
"""API Gateway waits 29 s for an answer of ours, and a path may take two of these for each certificate."""
PORTS: Final = {"http": 80, "https": 443}
_CHUNK: Final = 64 * 1024


class FetchFailed(Unavailable):
    """Nothing usable came: refused by us, not there, too slow or too large."""


def is_public(address: IPAddress, port: int) -> bool:
    """Whether an address is one of the open internet, at a port of the web."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    real = mapped or address
    return real.is_global and not real.is_multicast and port in PORTS.values()


class Fetcher(msgspec.Struct, frozen=True):
    """What fetches. `allowed` decides on every address before anything is sent to it."""

    allowed: Callable[[IPAddress, int], bool] = is_public

    def fetch(self, url: str, *, limit: int, body: bytes | None = None, content_type: str = "") -> bytes:
        """The content at an address: by GET, or by POST where there is a body.

        Raises:
            FetchFailed
        """
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + IN_ALL_SECONDS
        try:
            return self._fetch(urlsplit(url), limit, body, content_type, deadline)
        except (HTTPError, OSError, ValueError) as error:
            raise FetchFailed from error

    def _fetch(
        self, url: SplitResult, limit: int, body: bytes | None, content_type: str, deadline: float
    ) -> bytes:
        import urllib3

        host, scheme = url.hostname, url.scheme.lower()
        if scheme not in PORTS or not host or url.username is not None:
            raise FetchFailed
        port = url.port or PORTS[scheme]
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        address = self._address(host, port)
        with (
            urllib3.HTTPSConnectionPool(
                address, port, timeout=timeout, server_hostname=host, assert_hostname=host
            )
            if scheme == "https"
            else urllib3.HTTPConnectionPool(address, port, timeout=timeout)
        ) as pool:
            headers = {"Host": url.netloc, "Accept-Encoding": "identity", "User-Agent": "clavero"}
            if content_type:
                headers["Content-Type"] = content_type
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            response = pool.urlopen(
                "GET" if body is None else "POST",
                target,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                assert_same_host=False,
            )
            if response.status != 200:
                raise FetchFailed
            content = bytearray()
            while chunk := response.read1(_CHUNK):
                content += chunk
                if len(content) > limit or time.monotonic() > deadline:
                    raise FetchFailed
            return bytes(content)

    def _address(self, host: str, port: int) -> str:
        """The address to connect to. One forbidden address among several condemns the name."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses or not all(self.allowed(address, port) for address in addresses):
            raise FetchFailed
        return str(addresses[0])
