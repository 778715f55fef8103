"""Log-in and registration: AWS calls and CPU time, and what Argon2id costs at the parameters in force.

`login_pin` is one request with a PIN that waits, `login_password` one with the right password, `ask_pin` the
request that sends the PIN, `register_in_person` what an officer sends. They are measured as in operations.py.

`argon2id` is one hash by itself, on one processor: its median CPU and elapsed time. Lambda gives a function a
share of one virtual CPU in proportion to its memory, all of it at 1,769 MB (AWS Lambda Developer Guide,
"Configure Lambda function memory"). `lambda_ms_assumed` is the CPU time divided by the share that the memory
in .chalice/config.json gets. It assumes that a virtual CPU there is as fast as this machine's; it was not
measured.
"""

from __future__ import annotations

import json
import os
import statistics
import time

from app import create_app
from chalicelib.login import argon2
from chalicelib.web.app import Api
from infra.bench.authority import Authority, call, new_cloud
from infra.bench.citizens import CONTRAST, PASSWORD, Citizens
from infra.bench.meter import Meter
from infra.bench.operations import RUNS, Figures, steady_figures
from infra.local.cloud import PROJECT
from infra.local.seed import OFFICER, POINT

WHOLE_CPU_MB = 1_769
FUNCTION = "api_handler"


ARGON2_RUNS = 40


def citizens(meter: Meter) -> Citizens:
    """People of the measured authority."""
    cloud = new_cloud(meter.functions())
    return Citizens(cloud, create_app(cloud), OFFICER, POINT)


def measure(authority: Authority, meter: Meter) -> dict[str, Figures]:
    """The figures of each operation. Everybody logs in once; what they need for it is there beforehand."""
    people = citizens(meter)
    pins = iter(pins_that_wait(people, RUNS))
    asking = iter([people.registered() for _ in range(RUNS)])
    owner = people.with_password()
    coming = iter([people.stranger() for _ in range(RUNS)])

    def log_in_with_pin(app: Api) -> None:
        call(app, "POST", "/v1/sessions/pin", next(pins))

    def log_in_with_password(app: Api) -> None:
        call(app, "POST", "/v1/sessions/password", {"nif": owner.nif, "password": PASSWORD})

    def ask_pin(app: Api) -> None:
        asked = people.request("/v1/pins", {"nif": next(asking).nif, "contrast": CONTRAST})
        if (answer := app(asked, None))["statusCode"] != 202:
            raise RuntimeError(f"no PIN: {answer['statusCode']}")

    def register_in_person(app: Api) -> None:
        call(
            app,
            "POST",
            "/v1/registration-points/{point}/registrations",
            {"identification": (who := next(coming)).identification, "contrast": CONTRAST},
            headers={"Authorization": f"Bearer {authority.token}", "Idempotency-Key": f"bench-{who.nif}"},
            path={"point": POINT},
            certificate=authority.officer_certificate,
        )

    operations = {
        "login_pin": log_in_with_pin,
        "login_password": log_in_with_password,
        "ask_pin": ask_pin,
        "register_in_person": register_in_person,
    }
    figures = {name: steady_figures(meter, operation, RUNS) for name, operation in operations.items()}
    return figures | {"argon2id": argon2id()}


def pins_that_wait(people: Citizens, count: int) -> list[dict[str, str]]:
    """What so many people send to log in, each with a PIN that was sent and not used."""
    sent = []
    for person in people.pool("registered", count):
        asked = people.succeed("/v1/pins", {"nif": person.nif, "contrast": CONTRAST}).json
        sent.append({"request": asked["request"], "pin": people.code_sent(f"pin:{asked['request']}")})
    return sent


def argon2id() -> Figures:
    """One hash at today's cost, and what it would take where it runs."""
    cpu, wall = [], []
    for _ in range(ARGON2_RUNS):
        began, used = time.perf_counter(), time.process_time()
        argon2.hash_password(PASSWORD, os.urandom)
        cpu.append((time.process_time() - used) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    memory = config["lambda_functions"][FUNCTION]["lambda_memory_size"]
    cost = argon2.COST
    return {
        "cost": f"m={cost.kibibytes} KiB t={cost.passes} p={cost.lanes}",
        "cpu_ms": round(statistics.median(cpu), 1),
        "wall_ms": round(statistics.median(wall), 1),
        "lambda_mb": memory,
        "lambda_ms_assumed": round(statistics.median(cpu) / min(1, memory / WHOLE_CPU_MB), 1),
    }
