"""GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1): whether a text fits one short message."""

from __future__ import annotations

from typing import Final

ONE_PART: Final = 160
"""Septets in one part: 140 octets. One sign outside the alphabet turns all to UCS-2, 70 characters a part."""

BASIC: Final = frozenset(
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5"
    "\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\u00c6\u00e6\u00df\u00c9"
    " !\"#\u00a4%&'()*+,-./0123456789:;<=>?"
    "\u00a1ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bfabcdefghijklmnopqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|\u20ac")
"""Behind an escape, so each of them takes two septets."""


def foreign_signs(text: str) -> set[str]:
    """The characters of `text` that the alphabet lacks."""
    return set(text) - BASIC - EXTENSION


def septets(text: str) -> int:
    """How many septets `text` takes; ValueError if it cannot be written in the alphabet."""
    if foreign := foreign_signs(text):
        # The code points, not the text: a message may hold a code.
        raise ValueError("not in GSM 03.38: " + ", ".join(sorted(f"U+{ord(sign):04X}" for sign in foreign)))
    return sum(2 if sign in EXTENSION else 1 for sign in text)
