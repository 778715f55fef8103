"""What botocore and moto do again for each session, key and request, done once in a process.

A run of the tests begins hundreds of clouds, each with sessions and keys of its own. Half of what they cost
was the same megabytes of JSON parsed again, and RSA keys that nobody ever signs with. Nothing here changes an
answer: clients of one session share these same descriptions already.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from moto.core import responses
from moto.core.loaders import Loader as MotosLoader
from moto.core.utils import method_names_from_class
from moto.kms import models as kms
from moto.kms.utils import KeySpec, generate_private_key

_load_file = JSONFileLoader.load_file
_list_services = Loader.list_available_services


def do_once() -> None:
    """Remember, for the life of the process."""
    MotosLoader.FILE_LOADER_CLASS = _ReadAgain
    JSONFileLoader.load_file = _read_once  # type: ignore[method-assign, assignment]
    Loader.list_available_services = _listed_once  # type: ignore[method-assign, assignment]
    kms.generate_private_key = _private_key  # type: ignore[attr-defined, assignment]
    responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]


class _ReadAgain(JSONFileLoader):
    """For moto, which merges operations of its own into what it has read, and keeps that itself."""

    def load_file(self, file_path: str) -> Any:
        return _load_file(self, file_path)


descriptions: dict[str, Any] = {}
"""The files that botocore has read and leaves as they are, by path."""
FILLED_IN = "endpoints"
"""The one into which it writes what it has found out for a region."""


def _read_once(loader: JSONFileLoader, path: str) -> Any:
    if path.rpartition("/")[2] == FILLED_IN:
        return _load_file(loader, path)
    if path not in descriptions:
        descriptions[path] = _load_file(loader, path)
    return descriptions[path]


_services: dict[tuple[str, ...], list[str]] = {}


def _listed_once(loader: Loader, type_name: str) -> list[str]:
    """By the folders that are looked through: boto3 adds one of its own."""
    looked_through = (type_name, *loader.search_paths)
    if looked_through not in _services:
        _services[looked_through] = _list_services(loader, type_name)
    return list(_services[looked_through])


_NEVER_SIGN = frozenset({KeySpec.SYMMETRIC_DEFAULT.value, *KeySpec.hmac_key_specs()})


def _private_key(spec: str) -> Any:
    """A new one for a key that signs. moto makes one, of RSA, for those that encrypt or make MACs too."""
    return _unused_key(spec) if spec in _NEVER_SIGN else generate_private_key(spec)


_unused_key = cache(generate_private_key)
