"""The databases' own refusals, in words that say what to do."""

from __future__ import annotations

import pytest

from pipeline.store.base import SqlStore
from pipeline.store.failures import RowsRefused
from pipeline.words import render
from tests.store.test_exam import sql


@pytest.mark.parametrize(
    ("value", "code", "only"),
    [
        ("'a', 1, 1", "store.row_breaks_rule", ""),
        ("NULL, 7, 1", "store.row_lacks", ""),
        ("'a', 7, 99999999999", "store.row_too_big", "postgresql"),
        ("'abcdef', 7, 1", "store.row_too_long", "postgresql"),
    ],
)
def test_what_a_row_is_refused_for(store: SqlStore, value: str, code: str, only: str) -> None:
    if only not in ("", store.kind):
        pytest.skip("SQLite takes any length")
    sql(store, "CREATE TABLE theirs (name varchar(3) NOT NULL, age integer, size integer,"
               " CONSTRAINT of_age CHECK (age > 5))")  # fmt: skip
    with pytest.raises(RowsRefused) as caught:
        sql(store, f"INSERT INTO theirs VALUES ({value})")
    said = caught.value.said
    assert said.code == code
    assert "INSERT" not in render(said) + render(said, "fr")
    if code == "store.row_breaks_rule":
        assert "of_age" in render(said)
