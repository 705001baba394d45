"""A mapping is edited on a copy: it takes its place whole and without a mistake, or everything is as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.saved import edit
from pipeline.store.catalogue import catalogue
from tests.flow.conftest import MAPPING


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sales.toml").write_text(MAPPING)
    (tmp_path / "sales.toml").chmod(0o640)
    return tmp_path


def writes(*texts: str) -> Callable[[Path], None]:
    left = list(texts)
    return lambda draft: draft.write_text(left.pop(0)) and None  # type: ignore[func-returns-value]


def test_a_mistake_is_shown_and_mended_before_it_counts(folder: Path) -> None:
    shown: list[int] = []
    wrong, right = MAPPING.replace("gross_amount", "gros_amount"), MAPPING.replace('"Total"', '"Sum"')
    said = edit(
        folder, "sales", catalogue(), writes(wrong, right), lambda found: not shown.append(len(found))
    )
    assert (said.code, shown) == ("versions.saved", [1])
    assert (folder / "sales.toml").read_text() == right
    assert (folder / "sales.toml").stat().st_mode & 0o777 == 0o640
    assert [p.name for p in folder.iterdir()] == ["sales.toml"]


def test_the_old_one_stays_and_what_was_written_is_kept(folder: Path) -> None:
    with pytest.raises(ConfigError) as kept:
        edit(folder, "sales", catalogue(), writes("version = 1\n"), lambda found: False)
    assert kept.value.said.code == "versions.kept_old"
    assert Path(str(kept.value.said.args["draft"])).read_text() == "version = 1\n"
    assert (folder / "sales.toml").read_text() == MAPPING
    assert (
        edit(folder, "sales", catalogue(), lambda draft: None, lambda found: False).code
        == "versions.unchanged"
    )


def test_what_somebody_else_saved_meanwhile_is_not_lost(folder: Path) -> None:
    theirs = MAPPING + "# theirs\n"

    def both(draft: Path) -> None:
        draft.write_text(MAPPING + "# mine\n")
        (folder / "sales.toml").write_text(theirs)

    with pytest.raises(ConfigError) as lost:
        edit(folder, "sales", catalogue(), both, lambda found: False)
    assert lost.value.said.code == "versions.meanwhile"
    assert (folder / "sales.toml").read_text() == theirs
