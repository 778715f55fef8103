"""Rooms by the paths that are theirs, so that a room is imported when it is first asked for something."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from chalicelib.web.routes import Route, Routes


class Room(msgspec.Struct, frozen=True):
    """A module with `routes`, and the beginnings of their paths. Iterating over its routes imports it."""

    module: str
    paths: tuple[str, ...]
    """Each stands for itself and all below it, unless a longer one names another room."""
    describes_all: bool = False
    """Whether its answers are about everything there is, which has to be imported before it answers."""

    def __iter__(self) -> Iterator[Route]:
        return iter(cast(Routes, importlib.import_module(self.module).routes))


def by_path(rooms: Iterable[Room]) -> dict[str, Room]:
    """Which room each beginning of a path names.

    Raises:
        ValueError: two rooms name the same.
    """
    found: dict[str, Room] = {}
    for room in rooms:
        for path in room.paths:
            if path in found:
                raise ValueError(f"{path} is of {found[path].module} and of {room.module}")
            found[path] = room
    return found


def room_of(path: str, rooms: dict[str, Room]) -> Room | None:
    """The room of a route's path (as declared, so `{point}` is compared as it is written)."""
    while path:
        if room := rooms.get(path):
            return room
        path = path.rpartition("/")[0]
    return None
