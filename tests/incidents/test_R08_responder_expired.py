"""R8: an answer that outlives the certificate of the responder that signed it, or comes after it."""

from __future__ import annotations

from datetime import timedelta

from cryptography.x509.ocsp import OCSPResponseStatus

from chalicelib.pki import jobs, responders
from tests.pki.status_world import World


def test_R08_no_answer_outlives_its_responder(world: World) -> None:
    """To the last minute of the responder's life, and after it none is signed."""
    _, made = world.certificate()
    responder = world.issuer.responder_certificate
    assert responder is not None
    end = responder.not_valid_after_utc
    for before in (timedelta(days=2), timedelta(hours=12), timedelta(hours=3), timedelta(minutes=1)):
        world.clock.at = end - before
        told = world.ask(made)
        assert told.next_update_utc is not None
        assert world.clock.at < told.next_update_utc <= end
    world.clock.at = end + timedelta(seconds=1)
    assert world.ask(made).response_status is OCSPResponseStatus.TRY_LATER


def test_R08_the_daily_job_never_lets_it_come_to_that(world: World) -> None:
    """A year of days: the certificate in use always has at least a third of its life before it."""
    _, made = world.certificate()
    seen = set()
    for _ in range(365):
        jobs.renew_responders(world.cloud)
        responder = world.issuer.responder_certificate
        assert responder is not None
        assert responder.not_valid_after_utc - world.clock.at > timedelta(days=29)
        seen.add(responder.serial_number)
        world.clock.turn(days=1)
    assert 5 <= len(seen) <= 8
    told = world.ask(made)
    assert told.certificates == [world.issuer.responder_certificate]


def test_R08_a_month_of_failed_renewals_is_survived(world: World) -> None:
    """The job fails daily, with an alarm, for 29 days: answers are still valid."""
    _, made = world.certificate()
    world.clock.turn(days=60)
    assert responders.due(world.cloud) == [world.issuer_id]
    world.clock.turn(days=28)
    told = world.ask(made)
    assert told.response_status is OCSPResponseStatus.SUCCESSFUL
