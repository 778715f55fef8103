"""What time does by itself: a block ends, and a session, a code and a letter do (X12, 2.7, C32).

The authority's clock is moved, which only a local one has.
"""

from __future__ import annotations

import time

from infra.demo import letter_story, papers
from infra.demo.acts import download, expect_refusal, identify, try_to_identify
from infra.demo.login_acts import logged_in, try_password
from infra.demo.narrator import CheckFailed
from infra.demo.password_story import FIRST
from infra.demo.people import BERTA, NEUS, PAU
from infra.demo.stage import PATIENCE, SMS_CODE, Stage
from infra.demo.story import P256


def tell(stage: Stage) -> None:
    """A quarter of an hour, and three months."""
    tell = stage.narrator
    tell.chapter("Time passes: the authority's clock is moved forward")
    still = try_password(stage, NEUS, FIRST)
    expect_refusal(stage, "Neus's password is blocked yet", still, 401, "log-in-refused")
    letter = _letter(stage)
    identify(stage, BERTA)
    code = stage.code_from(str(BERTA["mobile"]), SMS_CODE)
    stage.move_clock(minutes=15)
    logged_in(stage, try_password(stage, NEUS, FIRST))
    tell.say("A quarter of an hour later the block was over by itself: that was Neus, with the right one.")

    stage.move_clock(days=92)
    late = letter_story.register(stage, PAU, letter)
    expect_refusal(stage, "three months later Pau finds his letter", late, 422, "letter-not-accepted")
    late = download(stage, code, stage.openssl.key_and_request("berta", *P256))
    expect_refusal(stage, "Berta's code was good for a fortnight", late, 410, "code-expired")
    old = try_to_identify(stage, BERTA)
    expect_refusal(stage, "the officer's session, for half an hour", old, 401, "session-required")


def _letter(stage: Stage) -> str:
    """Pau asks for a letter; the code in it."""
    there = set(letter_story.HREF.findall(stage.citizen.get("/local/post").body.decode()))
    asked = letter_story.ask(stage, PAU)
    stage.narrator.check("Pau asks for a letter", asked.status == 202, asked)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        page = stage.citizen.get("/local/post").body.decode()
        if new := set(letter_story.HREF.findall(page)) - there:
            content = stage.citizen.get(new.pop()).body
            return papers.read(stage.folder / stage.keep("pau-letter.pdf", content)).verification_code()
        time.sleep(0.1)
    raise CheckFailed(f"Pau's letter within {PATIENCE} seconds")
