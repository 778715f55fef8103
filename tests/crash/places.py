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
import sys
from collections import Counter
from pathlib import Path

from tests.crash.uncrossed import UNCROSSED
from tests.support import tally
from tests.support.faults import READS, ROOT, Crossed

ROOMS = ("chalicelib", "infra/commands")
AWS = "chalicelib/aws/"
CLIENTS = {"kms", "s3", "sns", "ses", "_client"}
METHODS = {"commit", "commit_or_conflict", "sign", "start", "invoke"}
"""What leaves a mark, whatever object it is called on."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """One file, with what its names mean."""

    def __init__(self, file: Path) -> None:
        self.path = file.relative_to(ROOT).as_posix()
        self.module = _module(self.path)
        self.calls: list[tuple[ast.Call, Function | None, str]] = []
        self.names: dict[str, str] = {}
        self.tree = ast.parse(file.read_text())
        self._read(self.tree, None, "")

    def _read(self, node: ast.AST, function: Function | None, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ImportFrom):
                self.names |= {
                    each.asname or each.name: f"{child.module}.{each.name}" for each in child.names
                }
            if isinstance(child, ast.Call):
                self.calls.append((child, function, name))
            inner = isinstance(child, Function | ast.ClassDef)
            within = f"{name}.{child.name}".lstrip(".") if inner else name  # type: ignore[attr-defined]
            if isinstance(child, Function) and not name:
                self.names[child.name] = f"{self.module}.{child.name}"
            self._read(child, child if isinstance(child, Function) else function, within)

    def target(self, call: ast.Call, name: str) -> str:
        """What a call calls, as far as names tell it."""
        called = call.func
        if isinstance(called, ast.Name):
            return self.names.get(called.id, "")
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if called.value.id == "self":
                return f"{self.module}.{name.split('.')[0]}.{called.attr}"
            return f"{self.names.get(called.value.id, '')}.{called.attr}"
        return ""


class Places:
    """All of them, by position; and the functions that write for their callers."""

    def __init__(self) -> None:
        sources = [Source(file) for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
        self._fillers = {"Transaction"} | {
            node.targets[0].id
            for source in sources
            for node in source.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and "Callable[" in ast.unparse(node.value)
            and "Transaction" in ast.unparse(node.value)
        }
        doors = {f"{s.module}.{name}" for s in sources for call, _, name in s.calls if _asks_aws(s, call)}
        ours = [source for source in sources if not source.path.startswith(AWS)]
        before = -1
        while before != len(
            doors
        ):  # whoever fills a transaction for a caller may do it for a caller's caller
            before = len(doors)
            doors |= {
                f"{source.module}.{name}"
                for source in ours
                for call, function, name in source.calls
                if function is not None and self._is_handed(function) and _writes(source, call, name, doors)
            }
        self.doors = doors
        self.at: dict[tuple[str, int, int], str] = {}
        """By file, and line and column where the call ends."""
        for source in ours:
            seen: Counter[str] = Counter()
            for call, _, name in source.calls:
                if f"{source.module}.{name}" in doors or not _writes(source, call, name, doors):
                    continue
                seen[name] += 1
                number = f"#{seen[name]}" if seen[name] > 1 else ""
                position = (source.path, call.end_lineno or 0, call.end_col_offset or 0)
                self.at[position] = f"{source.path}:{name}{number}"

    def _is_handed(self, function: Function) -> bool:
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        told = [ast.unparse(each.annotation) for each in given if each.annotation]
        told = [each for each in told if each != "Transaction | None"]  # without one, it writes for itself
        return any(filler in one for one in told for filler in self._fillers)

    def of(self, crossed: Crossed) -> str:
        """The place from which a call came: the innermost function of ours that writes for itself."""
        for path, name, line, column in crossed:
            if f"{_module(path)}.{name}" not in self.doors:
                return self.at.get((path, line, column), f"unknown: {path}:{line} in {name}")
        return ""  # a test's own


def told(kept: tally.Kept) -> tuple[list[str], str]:
    """What is wrong with the coverage of a run, and how much of it there is."""
    places = Places()
    crossed = {places.of(tuple(map(tuple, each))) for each in kept["crossed"]} - {""}
    known = set(places.at.values())
    wrong = [f"no operation of tests/crash breaks the write at {place}" for place in known - crossed]
    wrong = [line for line in wrong if line.rpartition(" ")[2] not in UNCROSSED]
    wrong += [
        f"crossed, so not for tests/crash/uncrossed.py: {place}" for place in crossed & UNCROSSED.keys()
    ]
    wrong += [f"tests/crash/places.py does not see that this writes: {place}" for place in crossed - known]
    return sorted(
        wrong
    ), f"places that write: {len(known & crossed)} of {len(known)} crossed by the crash suite"


def missing(kept: tally.Kept) -> list[str]:
    """What is wrong with the coverage of a run; nothing, if not every operation was tried."""
    from tests.crash import operations

    groups = (group for name, group in vars(operations).items() if name.isupper())
    if not {operation.name for group in groups for operation in group} <= kept["each"].keys():
        return []
    wrong, how_much = told(kept)
    print(f"\n{how_much}")
    return wrong


def _asks_aws(source: Source, call: ast.Call) -> bool:
    """Whether this is a call of an AWS client, in the rim, that leaves its mark."""
    called = call.func
    if not (source.path.startswith(AWS) and isinstance(called, ast.Attribute)):
        return False
    of = called.value
    operation = "".join(map(str.capitalize, called.attr.split("_")))
    asks = isinstance(of, ast.Attribute) and of.attr in CLIENTS and not operation.startswith(READS)
    changes_a_row = called.attr == "update" and isinstance(of, ast.Name) and of.id == "row"
    return (asks and not operation.startswith("GeneratePresigned")) or changes_a_row


def _writes(source: Source, call: ast.Call, name: str, doors: set[str]) -> bool:
    target = source.target(call, name)
    if target.startswith("chalicelib.") or not isinstance(call.func, ast.Attribute):
        return target in doors
    handed = any(isinstance(each, ast.Name) and each.id == "transaction" for each in call.args)
    if handed and call.func.attr in {door.rpartition(".")[2] for door in doors}:
        return True  # of a table of rules, which names do not tell
    return call.func.attr in METHODS


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


if __name__ == "__main__":
    WRONG, HOW_MUCH = told(tally.read("crash"))
    print(*WRONG, HOW_MUCH, sep="\n")
    sys.exit(bool(WRONG))
