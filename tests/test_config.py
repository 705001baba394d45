"""config.toml: the repository's own loads; mistakes come all at once; the switch keeps comments."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import Pipeline
from pipeline.app import mistakes
from pipeline.config import load, load_mapping, mapping_text, read_active, set_active
from pipeline.errors import ConfigError
from pipeline.jobs import patterns_overlap
from pipeline.schedule import describe

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


JOB = '[imports.{name}]\nmapping = "m"\ninbox = "in/{inbox}"\nprocessed = "done/{name}"\n'


def written(folder, *lines, mapping='version = 1\ntable = "sales_order"\n[fields]\nnumber = "N"\n'):
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "m.toml").write_text(mapping)
    path = folder / "config.toml"
    path.write_text("\n".join(lines))
    return path


def codes(path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [m.said.code for m in caught.value.mistakes]


@pytest.mark.parametrize(
    ("line", "schedule"),
    [
        ('at = "03h00"', "at 03:00 Europe/Paris"),
        ('at = "3h"', "at 03:00 Europe/Paris"),
        ('at = "8:05"', "at 08:05 Europe/Paris"),
        ('at = ["20:00", "08:00"]', "at 08:00, 20:00 Europe/Paris"),
        ("every = 30", "every 30 s"),
        ("", "always"),
    ],
)
def test_a_schedule_in_each_of_its_forms(tmp_path, line, schedule):
    path = written(tmp_path, 'timezone = "Europe/Paris"', JOB.format(name="a", inbox="a") + line)
    assert describe(load(path).imports[0].schedule) == schedule


@pytest.mark.parametrize("line", ['at = "25:00"', "every = 0", 'every = -1\nat = "3h"', 'at = ["3h", "x"]'])
def test_a_schedule_that_is_none_is_refused(tmp_path, line):
    assert codes(written(tmp_path, JOB.format(name="a", inbox="a") + line))


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{nom}/{id}", "files.template_unknown"),
        ("../{id}", "files.template_parts"),
        ("{year}", "files.template_same"),
    ],
)
def test_a_template_of_the_archive_that_cannot_be_filled_in_is_refused(tmp_path, template, code):
    assert codes(written(tmp_path, JOB.format(name="a", inbox="a") + f'archive = "{template}"')) == [code]


def test_two_jobs_that_could_take_the_same_file_are_refused(tmp_path):
    two = [JOB.format(name=n, inbox="x") for n in ("a", "b")]
    assert codes(written(tmp_path, two[0] + 'pattern = "*.csv"', two[1] + 'pattern = "sales*"')) == [
        "config.overlap"
    ]
    apart = written(tmp_path, two[0] + 'pattern = "*.csv"', two[1] + 'pattern = ["*.txt", "*.tsv"]')
    assert len(load(apart).imports) == 2


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_DB", "postgresql://me@host/shop")
    assert load(written(tmp_path, 'database = "env:SHOP_DB"')).database.endswith("me@host/shop")
    (tmp_path / "secret").write_text("sqlite:///data.db\n")
    assert load(written(tmp_path, 'database = "file:secret"')).database == f"sqlite:///{tmp_path}/data.db"
    assert codes(written(tmp_path, 'database = "env:NOT_THERE"'))


def test_what_is_not_toml_names_its_line(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "active = true", "oops"))
    assert [m.line for m in caught.value.mistakes] == [2]


def test_mistakes_of_config_and_mappings_are_told_in_one_go(tmp_path):
    mapping = 'version = 1\ntabel = "x"\ntable = "sales_ordr"\n[fields]\nnumber = "N"\n'
    path = written(tmp_path, "activ = true", JOB.format(name="a", inbox="a"), mapping=mapping)
    found = [(m.file, m.line, m.near) for m in mistakes(path)]
    assert found == [
        ("config.toml", 1, "active"),
        ("mappings/m.toml", 2, "table"),
        ("mappings/m.toml", 3, "sales_order"),
    ]
    with pytest.raises(ConfigError) as caught:
        Pipeline(path)
    assert len(caught.value.mistakes) == 3


def test_a_missing_database_is_an_empty_ledger(tmp_path):
    path = written(tmp_path, 'database = "sqlite:///x.db"', JOB.format(name="a", inbox="a") + 'at = "3h"')
    with Pipeline(path) as pipeline:
        (job,) = pipeline.status().jobs
        assert job.next_opening is not None
        assert pipeline.files() == []
        assert not pipeline.why("nothing.csv").imported
    assert not (tmp_path / "x.db").exists()


def test_a_mapping_that_goes_while_it_is_read_is_a_sentence(tmp_path):
    written(tmp_path, JOB.format(name="a", inbox="a"))
    (tmp_path / "mappings" / "m.toml").unlink()
    with pytest.raises(ConfigError) as caught:
        mapping_text(tmp_path / "config.toml", "m")
    assert caught.value.said.code == "config.unreadable"
