"""Reads a printed slip as its holder does: the largest text on the sheet is the code.

A reader for the PDFs that we make and no others: strings in the standard fonts, in compressed streams.
"""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
_FONT_OR_TEXT = re.compile(r"/F\d+ ([\d.]+) Tf|\(((?:\\.|[^\\)])*)\) Tj")


def texts(pdf: bytes) -> list[tuple[float, str]]:
    """Every string on the pages, with its size in points."""
    found: list[tuple[float, str]] = []
    for stream in _STREAM.findall(pdf):
        try:
            # Of a stream whose last octet is a carriage return, the expression above takes one too few.
            drawing = zlib.decompressobj().decompress(stream).decode("cp1252")
        except (zlib.error, UnicodeDecodeError):
            continue
        size = 0.0
        for match in _FONT_OR_TEXT.finditer(drawing):
            if match[1]:
                size = float(match[1])
            else:
                found.append((size, re.sub(r"\\(.)", r"\1", match[2])))
    return found


def code_on(pdf: bytes) -> str:
    """The code, in groups as it is printed."""
    return max(texts(pdf))[1]
