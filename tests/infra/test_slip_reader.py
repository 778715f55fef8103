"""Our reader of our own PDFs reads all of them, whatever octet their streams end with."""

from __future__ import annotations

import zlib

from infra.demo.slip_reader import texts


def test_a_stream_that_ends_with_a_carriage_return_is_read_too() -> None:
    """One in 256: the check sum's last octet looks like the end of a line."""
    drawing = next(
        packed
        for number in range(10_000)
        if (packed := zlib.compress(f"/F1 12.00 Tf (code {number}) Tj".encode())).endswith(b"\r")
    )
    ((size, text),) = texts(b"stream\n" + drawing + b"\nendstream")
    assert (size, text[:5]) == (12.0, "code ")
