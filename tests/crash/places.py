"""Every place that writes, read from the source, and whether the crash suite broke a call there.

A place is a call, in our code and outside `chalicelib/aws`, of something that leaves its mark: a commit, a
change of a row, an object, a message, a signature, another function. A function that is handed a transaction,
or what fills one, writes for its caller, and the caller's call is the place. When all operations have run,
a place that none of them crossed fails the run (tests/conftest.py), unless `uncrossed.py` says why.
The ceremony is broken at every write by a test of its own (tests/infra/test_ceremony.py).

    python -m tests.crash.places        what the last run did not cross
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path

from tests.crash.uncrossed import UNCROSSED
from tests.support import tally
from tests.support.faults import READS, ROOT, Crossed

ROOMS = ("chalicelib", "infra/commands")
AWS = "chalicelib/aws/"
CLIENTS = {"kms", "s3", "sns", "ses", "lambda_", "_client"}
METHODS = {"commit", "commit_or_conflict", "sign", "start", "invoke"}
"""What leaves a mark, whatever object it is called on."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """One file, with what its names mean."""

    def __init__(self, file: Path) -> None:
        self.path = file.relative_to(ROOT).as_posix()
        self.module = _module(self.path)
        self.calls: list[tuple[ast.Call, Function | None, str]] = []
        """Each with the function that it is in."""
        self.names: dict[str, str] = {}
        self.tree = ast.parse(file.read_text())
        self._read(self.tree, None, "")

    def _read(self, node: ast.AST, function: Function | None, within: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner, name = function, within
            if isinstance(child, ast.ImportFrom):
                self.names |= {it.asname or it.name: f"{child.module}.{it.name}" for it in child.names}
            elif isinstance(child, ast.Call):
                self.calls.append((child, function, within))
            elif isinstance(child, Function | ast.ClassDef):
                name = f"{within}.{child.name}".lstrip(".")
                self.names |= {} if within else {name: f"{self.module}.{name}"}
                inner = child if isinstance(child, Function) else function
            self._read(child, inner, name)

    def target(self, call: ast.Call, within: str) -> str:
        """What a call calls, as far as names tell it."""
        called = call.func
        if isinstance(called, ast.Name):
            return self.names.get(called.id, "")
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            of = called.value.id
            mine = f"{self.module}.{within.partition('.')[0]}"
            return f"{mine if of == 'self' else self.names.get(of, '')}.{called.attr}"
        return ""


class Places:
    """All of them, by position; and the functions that write for their callers."""

    def __init__(self) -> None:
        sources = [Source(file) for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
        rim = [source for source in sources if source.path.startswith(AWS)]
        ours = [source for source in sources if source not in rim]
        self.doors = {f"{s.module}.{name}" for s in rim for call, _, name in s.calls if _asks_aws(call)}
        self._last_names: set[str] = set()
        fillers = {"Transaction"}.union(*(_aliases(source.tree) for source in ours))
        handed = [
            (source, call, name)
            for source in ours
            for call, function, name in source.calls
            if function is not None and _is_handed(function, fillers)
        ]
        while True:  # who fills a transaction for a caller may do it for a caller's caller
            found = {f"{s.module}.{name}" for s, call, name in handed if self._writes(s, call, name)}
            if found <= self.doors:
                break
            self.doors |= found
            self._last_names = {door.rpartition(".")[2] for door in self.doors}
        self.at: dict[tuple[str, int, int], str] = {}
        """By file, and line and column where the call ends."""
        seen: Counter[str] = Counter()
        for source in ours:
            for call, _, name in source.calls:
                if f"{source.module}.{name}" not in self.doors and self._writes(source, call, name):
                    place = f"{source.path}:{name}"
                    seen[place] += 1
                    number = f"#{seen[place]}" if seen[place] > 1 else ""
                    self.at[source.path, call.end_lineno or 0, call.end_col_offset or 0] = place + number

    def _writes(self, source: Source, call: ast.Call, within: str) -> bool:
        target, called = source.target(call, within), call.func
        if target.startswith("chalicelib.") or not isinstance(called, ast.Attribute):
            return target in self.doors
        if called.attr in self._last_names and any(ast.unparse(each) == "transaction" for each in call.args):
            return True  # of a table of rules, which names do not tell
        return called.attr in METHODS or _asks_aws(call)

    def of(self, crossed: Crossed) -> str:
        """The place from which a call came: the innermost function of ours that writes for itself."""
        for path, name, line, column in crossed:
            if f"{_module(path)}.{name}" not in self.doors:
                return self.at.get((path, line, column), f"unknown: {path}:{line} in {name}")
        return ""  # a test's own


@cache
def all_places() -> Places:
    """Read once: it takes a second."""
    return Places()


def told(kept: tally.Kept) -> tuple[list[str], str]:
    """What is wrong with the coverage of a run, and how much of it there is."""
    places = all_places()
    crossed = {places.of(json.loads(each)) for each in kept["crossed"]} - {""}
    known, left_out = set(places.at.values()), set(UNCROSSED)
    wrong = [f"no operation of tests/crash breaks the write at {it}" for it in known - crossed - left_out]
    wrong += [f"tests/crash/uncrossed.py need not leave out {it}" for it in crossed & left_out]
    wrong += [f"tests/crash/places.py does not see that this writes: {it}" for it in crossed - known]
    return sorted(wrong), f"places that write: {len(known)}, {len(known & crossed)} broken by the crash suite"


def told_of_all(kept: tally.Kept) -> tuple[list[str], str]:
    """The same; nothing, where not every operation was tried."""
    from tests.crash import operations

    groups = (group for name, group in vars(operations).items() if name.isupper())
    tried = {operation.name for group in groups for operation in group} <= kept["each"].keys()
    return told(kept) if tried else ([], "")


def _asks_aws(call: ast.Call) -> bool:
    """Whether a client of AWS, or pynamodb for one row, is asked for something that leaves its mark."""
    if not isinstance(call.func, ast.Attribute):
        return False
    of, operation = call.func.value, call.func.attr.title().replace("_", "")
    if isinstance(of, ast.Attribute) and of.attr in CLIENTS:
        return not operation.startswith((*READS, "GeneratePresigned"))
    return operation in {"Update", "Save", "Delete"} and ast.unparse(of) in {"row", "item"}


def _aliases(tree: ast.Module) -> set[str]:
    """Names of the kinds of functions that are given a transaction to fill."""
    given = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {
        ast.unparse(node.targets[0])
        for node in given
        if {"Callable", "Transaction"} <= {it.id for it in ast.walk(node.value) if isinstance(it, ast.Name)}
    }


def _is_handed(function: Function, fillers: set[str]) -> bool:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    told = [ast.unparse(each.annotation) for each in given if each.annotation]
    # Where it may be left out, the function writes for itself then.
    return any(filler in each for each in told if each != "Transaction | None" for filler in fillers)


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


if __name__ == "__main__":
    WRONG, HOW_MUCH = told(tally.read("crash"))
    print(*WRONG, HOW_MUCH, sep="\n")
    sys.exit(bool(WRONG))
