"""Which deployment a table belongs to: the last one made, whenever the table's module is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.aws.tables import Table, connection
from chalicelib.codes.tables import CodeRow
from chalicelib.settings import Settings


def a_cloud(stage: str) -> Cloud:
    return Cloud(Settings(stage=stage, region="eu-south-2"), InProcessFunctions({}))


@pytest.fixture(autouse=True)
def bindings() -> Iterator[None]:
    """As they were, for the tests that come after."""
    shared, deployment = Table._shared, Table._deployment
    yield
    Table._shared, Table._deployment = shared, deployment
    if deployment is not None:
        for table in Table.__subclasses__():
            table._bind(deployment)


def a_late_table() -> Any:
    class LateRow(Table):
        name = "late"
        id = UnicodeAttribute(hash_key=True)

    return LateRow


def test_a_table_that_is_imported_later_joins_the_deployment() -> None:
    a_cloud("dev")
    late = a_late_table()
    assert late.Meta.table_name == "clavero-dev-late"
    assert late._get_connection().table_name == "clavero-dev-late"
    assert late._get_connection().connection is connection()
    assert late.Meta.region == "eu-south-2"


def test_a_new_cloud_points_all_tables_at_itself() -> None:
    a_cloud("dev")
    late = a_late_table()
    late._get_connection()
    before = connection()
    a_cloud("prod")
    for table, name in ((late, "late"), (CodeRow, CodeRow.name)):
        assert table.Meta.table_name == table._get_connection().table_name == f"clavero-prod-{name}"
        assert table._get_connection().connection is connection() is not before


def test_rows_of_another_form_stay_with_their_table() -> None:
    a_cloud("dev")
    late = a_late_table()

    class OtherRow(late):  # type: ignore[misc,valid-type]
        more = UnicodeAttribute(null=True)

    assert OtherRow._get_connection().table_name == "clavero-dev-late"
    a_cloud("prod")
    assert OtherRow._get_connection().table_name == "clavero-prod-late"
    assert OtherRow._get_connection().connection is connection()


def test_a_table_without_a_cloud_is_unbound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "_deployment", None)
    assert a_late_table().Meta.table_name == "unbound"
