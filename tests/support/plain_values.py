"""moto's answers for DynamoDB, written more directly: a third of the time of tests went into it.

moto looks for each of the ten kinds of an AttributeValue under several names. What it keeps is `{"S": "x"}`
already, which is what the protocol wants too.
"""

from __future__ import annotations

from typing import Any

from moto.core.serialize import BaseJSONSerializer

_looked_for = BaseJSONSerializer._serialize_type_structure
TEXT = frozenset({"S", "N"})
TRUTH = frozenset({"BOOL", "NULL"})


def write_plain_values() -> None:
    """Write texts, numbers and truths as they are; all else as moto does."""
    BaseJSONSerializer._serialize_type_structure = _as_it_is  # type: ignore[method-assign]


def _as_it_is(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if key and shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
        ((kind, held),) = value.items()
        if (kind in TEXT and type(held) is str) or (kind in TRUTH and type(held) is bool):
            self._default_serialize(serialized, {kind: held}, shape, key)
            return
    _looked_for(self, serialized, value, shape, key)
