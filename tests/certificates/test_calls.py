"""What an issuance and a renewal cost: five and six calls to AWS, from the request to the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.bench.meter import CountedFunctions, Meter
from tests.journeys.test_renewal import holder_of_one, logged_in, near_its_end, renew
from tests.support.moto_state import moto_cloud
from tests.support.world import World, another_person, make_world, new_csr


@pytest.fixture
def counted() -> Iterator[tuple[World, Meter]]:
    meter = Meter()
    with moto_cloud():
        functions: CountedFunctions = meter.functions()
        yield make_world(functions=functions), meter


def watch(world: World, meter: Meter) -> None:
    """Count on clients that are already open, in a container that is warm."""
    from chalicelib.aws.tables import connection

    for client in (connection().client, world.cloud.kms):
        client.meta.events.register("before-call.*.*", meter._note)


def test_a_renewal_takes_six_calls(counted: tuple[World, Meter]) -> None:
    """One between functions, two reads, two transactions, one signature."""
    world, meter = counted
    people = [another_person(number) for number in (1, 2)]
    certificates = [holder_of_one(world, **somebody) for somebody in people]
    near_its_end(world, certificates[0])
    assert renew(logged_in(world, certificates[0]), certificates[0]).status == 200
    client, csr = logged_in(world, certificates[1]), new_csr()
    watch(world, meter)
    reading = meter.measure(lambda: renew(client, certificates[1], csr))
    assert reading.calls == {
        "invoke authority": 1,
        "dynamodb.TransactGetItems": 1,
        "dynamodb.Query": 1,
        "dynamodb.TransactWriteItems": 2,
        "kms.Sign": 1,
    }
    assert reading.aws_calls == 6
    again = meter.measure(lambda: renew(client, certificates[1], csr))
    assert again.kms_sign == 0


def test_an_issuance_takes_five_calls_with_the_emergency_code_in_it(counted: tuple[World, Meter]) -> None:
    """The code is derived from a key that the container keeps, and its hash is in the last transaction."""
    world, meter = counted
    codes = [world.code_for(**another_person(number)) for number in (1, 2)]
    assert world.download(codes[0]).status == 200
    watch(world, meter)
    csr = new_csr()
    reading = meter.measure(lambda: world.download(codes[1], csr))
    assert reading.calls == {
        "invoke authority": 1,
        "dynamodb.BatchGetItem": 1,
        "dynamodb.TransactWriteItems": 2,
        "kms.Sign": 1,
    }
    assert reading.aws_calls == 5
