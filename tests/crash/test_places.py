"""What the list of places sees of the source, and what it says of a run."""

from __future__ import annotations

import json

import pytest

from tests.crash.places import Places, all_places, told
from tests.crash.uncrossed import UNCROSSED


@pytest.fixture
def places() -> Places:
    return all_places()


def test_what_is_left_out_is_there_and_says_why(places: Places) -> None:
    assert UNCROSSED.keys() <= set(places.at.values())
    assert all(len(reason) > 20 for reason in UNCROSSED.values())


@pytest.mark.parametrize(
    "place",
    [
        "chalicelib/registry/powers.py:enter_power",  # a commit of its own
        "chalicelib/registry/video/review.py:decide#3",  # through a table of rules
        "chalicelib/registry/video/routes.py:submit_video_case",  # hands over what settles the fee
        "chalicelib/certificates/mass/plans.py:resume#2",  # starts a function, after its commit
        "chalicelib/certificates/mass/work.py:_PartWork._keep",  # changes a row
        "chalicelib/notices/outbox.py:_by_post",  # an object
        "chalicelib/notices/outbox.py:_by_sms",  # a message
        "chalicelib/pki/crl.py:sign",  # a signature
        "chalicelib/certificates/authority.py:_first",  # fills the transaction of an issuance
        "infra/commands/ends.py:_remember",
    ],
)
def test_every_kind_of_write_is_seen(places: Places, place: str) -> None:
    assert place in places.at.values()


def test_a_function_that_is_handed_a_transaction_writes_for_its_caller(places: Places) -> None:
    of = {place: position for position, place in places.at.items()}
    path, line, column = of["chalicelib/certificates/authority.py:_first"]
    inner = ("chalicelib/pki/issuance.py", "issue", 1, 1)
    assert places.of((inner, (path, "_first", line, column))) == "chalicelib/certificates/authority.py:_first"
    assert places.of((inner,)) == "", "a test called it"


def test_what_nothing_crosses_is_told(places: Places) -> None:
    """One that was forgotten; one that is left out and need not be; one that the list does not know."""
    crossed = {
        place: [(position[0], place.rpartition(":")[2].partition("#")[0], *position[1:])]
        for position, place in places.at.items()
    }
    forgotten = next(place for place in crossed if place not in UNCROSSED)
    some = [crossed[place] for place in crossed if place not in {forgotten, *UNCROSSED}]
    wrong, how_much = told({"crossed": [*map(json.dumps, some)]})
    assert wrong == [f"no operation of tests/crash breaks the write at {forgotten}"]
    assert how_much == f"places that write: {len(crossed)}, {len(some)} broken by the crash suite"
    new = [("chalicelib/pki/states.py", "new", 1, 1)]
    wrong, _ = told({"crossed": [*map(json.dumps, [*crossed.values(), new])]})
    assert [line for line in wrong if line.endswith(f"leave out {next(iter(UNCROSSED))}")]
    assert wrong[0].endswith("unknown: chalicelib/pki/states.py:1 in new")
