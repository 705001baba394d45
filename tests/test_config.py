"""config.toml: the repository's own loads; mistakes come all at once; the switch keeps comments."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import load, load_mapping, read_active, set_active
from pipeline.errors import ConfigError
from pipeline.jobs import patterns_overlap

ROOT = Path(__file__).parent.parent


def test_own_config_loads():
    found = load(ROOT / "config.toml")
    assert [load_mapping(found, job.mapping).name for job in found.imports] == [
        "web-sales",
        "prices",
        "till-tickets",
    ]


def test_all_mistakes(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        'timezone = "Europe/Pari"\n[imports.a]\nmapping = "x"\ninbox = "i"\nprocessed = "i/p"\nevry = 3\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert [m.line for m in caught.value.mistakes] == [1, 3, 5, 6]


def test_switch(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("active = true  # the switch\n")
    set_active(path, False)
    assert read_active(path) is False
    assert "# the switch" in path.read_text()


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text("ab*?", max_size=5), st.text("ab*?", max_size=5), st.text("abc", max_size=5))
def test_overlap(a, b, name):
    if fnmatchcase(name, a) and fnmatchcase(name, b):
        assert patterns_overlap(a, b)
    assert not patterns_overlap("a*", "b*")
