"""What the service says of itself."""

from __future__ import annotations

from tests.support.world import World


def test_A33_who_has_a_question_finds_a_telephone_without_an_account(authority: World) -> None:
    """The authority's own, and that of each office."""
    told = authority.citizen.get("/").json
    assert told["help_phone"] == authority.cloud.settings.help_phone
    path = told["registration_points"].removeprefix(authority.cloud.settings.api_url)
    points = authority.citizen.get(path).json["points"]
    assert points
    assert all(point["phone"] for point in points)
