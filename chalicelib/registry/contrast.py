"""Contrast data (2.4): what only somebody who has the document in hand reads on it.

It is asked before anything about a person is told, so that knowing a number opens nothing. It is no
authentication: whoever finds a wallet has it too.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from chalicelib.aws.kms import mac
from chalicelib.codes.bound import KEY
from chalicelib.errors import Problem
from chalicelib.registry.documents import PERMANENT

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

SUPPORT_NUMBER = re.compile(r"[A-Z]{1,3}[0-9]{6,9}")


class ContrastInvalid(Problem):
    """A DNI is contrasted by a date on it, an NIE by its support number (2.4)."""

    slug = "contrast-invalid"
    status = 422
    title = "Give the date, or for an NIE the support number, that is on the document"


class Contrast(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The one datum of the document that is asked for; which one, depends on the document."""

    valid_until: Annotated[date, Meta(description="DNI: last day of validity.")] | None = None
    issued_on: Annotated[date, Meta(description="Permanent DNI: day of issue.")] | None = None
    support_number: (
        Annotated[str, Meta(max_length=20, description="NIE: the number of the card or paper.")] | None
    ) = None


def contrast_text(nif: str, contrast: Contrast) -> str:
    """The datum in one spelling.

    Raises:
        ContrastInvalid: not exactly the one that this kind of number is contrasted by.
    """
    given = [value for value in (contrast.valid_until, contrast.issued_on, contrast.support_number) if value]
    if len(given) != 1:
        raise ContrastInvalid
    if nif[0] in "XYZ":
        number = re.sub(r"[\s-]", "", contrast.support_number or "").upper()
        if not SUPPORT_NUMBER.fullmatch(number):
            raise ContrastInvalid(field="contrast.support_number")
        return f"support:{number}"
    if contrast.valid_until is not None and contrast.valid_until != PERMANENT:
        return f"valid-until:{contrast.valid_until.isoformat()}"
    if contrast.issued_on is not None:
        return f"issued-on:{contrast.issued_on.isoformat()}"
    raise ContrastInvalid


def contrast_digest(cloud: Cloud, nif: str, contrast: Contrast) -> str:
    """The keyed hash by which it is kept and compared; one call to KMS."""
    return mac(cloud, KEY, f"contrast\n{nif}\n{contrast_text(nif, contrast)}")
