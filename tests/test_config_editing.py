"""config.toml changed by the program: comments stay, mistakes and other people's changes are never written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load, mark, remove_section, save_section, section
from pipeline.errors import ConfigError

TEXT = """# Ours.
active = true    # the switch

[imports.prices]                  # from Durand
mapping   = "prices"
inbox     = "inbox/prices"        # drop here
processed = "processed/prices"
every     = 30                    # seconds
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT, "utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "prices.toml").write_text(
        'version = 1\ntable = "product_variant"\n[fields]\nsku = "SKU"\n', "utf-8"
    )
    return path


def test_a_section_is_changed_and_the_comments_stay(config: Path) -> None:
    save_section(
        config, "imports", "prices", {"every": None, "at": "03h00", "inbox": "inbox/prices"}, mark(config)
    )
    text = config.read_text("utf-8")
    assert 'at = "03h00"' in text
    assert "every" not in text
    for comment in ("# Ours.", "# the switch", "# from Durand", "# drop here"):
        assert comment in text
    assert section(config, "imports", "prices")["at"] == "03h00"


def test_a_new_section_beside_the_others(config: Path) -> None:
    values = {"mapping": "prices", "inbox": "inbox/b", "processed": "processed/b"}
    save_section(config, "imports", "b", values, "")
    assert [job.name for job in load(config).imports] == ["prices", "b"]
    remove_section(config, "imports", "b", mark(config))
    assert [job.name for job in load(config).imports] == ["prices"]


def test_a_mistake_is_named_by_its_field_and_nothing_is_written(config: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        save_section(config, "imports", "prices", {"every": "soon"}, mark(config))
    assert [mistake.path for mistake in caught.value.mistakes] == ["imports.prices.every"]
    assert caught.value.mistakes[0].file == "config.toml"
    assert config.read_text("utf-8") == TEXT
    assert [path.name for path in config.parent.iterdir() if path.name.startswith(".")] == []


def test_what_somebody_else_saved_meanwhile_stays(config: Path) -> None:
    seen = mark(config)
    config.write_text(TEXT.replace("30", "60"), "utf-8")
    with pytest.raises(ConfigError) as caught:
        save_section(config, "imports", "prices", {"every": 90}, seen)
    assert caught.value.said.code == "config.changed_meanwhile"
    assert section(config, "imports", "prices")["every"] == 60


def test_the_rights_of_the_file_stay(config: Path) -> None:
    config.chmod(0o640)
    save_section(config, "imports", "prices", {"every": 60}, "")
    assert config.stat().st_mode & 0o777 == 0o640
