"""Each text of a mapping that was used is a version; a replay may ask for one, and a process that finds it obeys."""

from __future__ import annotations

from pipeline import files as disk
from pipeline.store.base import SqlStore
from tests.store.test_brake import put, rows
from tests.store.test_exam import NOW


def test_a_text_is_one_version_however_often_it_is_used(store: SqlStore) -> None:
    assert store.mapping_versions("sales") == []
    numbers = [store.note_mapping("sales", text, NOW).number for text in ("a", "b", "a", "é", "b")]
    assert numbers == [1, 2, 1, 3, 2]
    assert store.note_mapping("prices", "a", NOW).number == 1
    assert [(one.number, one.text) for one in store.mapping_versions("sales")][:2] == [(1, "a"), (2, "b")]
    assert store.mapping_versions("sales")[0].first_used == NOW


def test_a_replay_keeps_the_mapping_that_was_chosen(store: SqlStore) -> None:
    file = put(store, rows(2))
    chosen = store.note_mapping("sales", "text", NOW)
    plain, asked = disk.new_claim(NOW), disk.new_claim(NOW)
    store.begin_replay(plain, file.id, "ann", NOW)
    store.begin_replay(asked, file.id, "ann", NOW, chosen)
    store.begin_replay(asked, file.id, "bob", NOW)
    assert store.replay_mapping(plain) is None
    assert store.replay_mapping(asked) == chosen
    assert store.replay_mapping(disk.new_claim(NOW)) is None
