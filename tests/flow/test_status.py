"""`status` and `show` on a real installation: who paused, why a job waits, what lies longest, what a file changed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.answers import comparing
from pipeline.cli.main import app
from pipeline.cli.plain import age
from pipeline.results import JobStatus
from tests.flow.conftest import CONFIG, MAPPING, Installation

UTC = timezone.utc  # noqa: UP017
MORE = """
[imports.till]
mapping = "sales"
inbox = "inbox/till"
processed = "processed/till"
take = "copy"

[imports.stations]
mapping = "sales"
inbox = "inbox/stations/*"
processed = "processed/stations"
compress = "gzip"
"""
HEAD = b"Order No,Total,State\n"
FIRST = HEAD + b"1,1.00,paid\n2,2.00,paid\n2,2.00,paid\n3,3.00,paid\n"
SECOND = HEAD + b"1,1.00,paid\r\n2,2.50,paid\r\n2,2.00,paid\r\n4,4.00,paid\r\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """After two passes, the second with another version of the same file."""
    root = tmp_path_factory.mktemp("status")
    (root / "config.toml").write_text(CONFIG + MORE)
    (root / "mappings").mkdir()
    (root / "mappings/sales.toml").write_text(MAPPING)
    for name in ("sales", "nightly", "till", "stations/north"):
        (root / "inbox" / name).mkdir(parents=True)
    box = Installation(root)
    box.drop("day.csv", FIRST, "stations/north")
    box.drop("stays.csv", FIRST, "till")
    box.drop(b"R\xe9g.csv", FIRST)
    assert len(box.once().files) == 3
    box.drop("day.csv", SECOND, "stations/north")
    box.drop(b"R\xe9g.csv", FIRST.replace(b"3,3.00", b"3,9.00"))
    assert len(box.once().files) == 2
    return box


def status(box: Installation) -> dict[str, JobStatus]:
    with Pipeline(box.config) as pipeline:
        return {job.name: job for job in pipeline.status().jobs}


def command(box: Installation, *words: str) -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--config", str(box.config), *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_original_that_was_copied_waits_for_nothing(box: Installation) -> None:
    assert (box.root / "inbox/till/stays.csv").exists()
    job = status(box)["till"]
    assert (job.waiting, job.oldest) == (0, None)
    with Pipeline(box.config) as pipeline:
        assert [f.state for f in pipeline.files("till")] == ["archived"]


def test_what_waits_and_was_taken_is_counted_in_every_folder(box: Installation) -> None:
    north = box.root / "inbox/stations/north"
    places = [box.drop(name, FIRST, "stations/north") for name in ("waits.csv", "taken.csv")]
    taken = disk.claim(north, b"taken.csv", north / ".pipeline/stations", datetime.now(UTC))
    assert taken is not None
    try:
        job = status(box)["stations"]
        assert job.waiting == 2
        assert job.oldest is not None
        assert timedelta() <= datetime.now(UTC) - job.oldest < timedelta(seconds=30)
        with Pipeline(box.config) as pipeline:
            rows = {(f.folder, f.name, f.state) for f in pipeline.files("stations") if f.id is None}
        assert rows == {("north", "waits.csv", "waiting"), ("north", "taken.csv", "claimed")}
        assert "north/waits.csv" in command(box, "files", "--job", "stations")
    finally:
        places[0].unlink()
        taken.path.unlink()
        taken.release()


def test_a_pause_is_told_with_who_and_why(box: Installation) -> None:
    with Pipeline(box.config) as pipeline:
        pipeline.pause("nightly", why="inventory")
        pause = {job.name: job for job in pipeline.status().jobs}["nightly"].pause
        try:
            assert pause is not None
            told = command(box, "status")
            job = next(
                j for j in json.loads(command(box, "status", "--json"))["jobs"] if j["name"] == "nightly"
            )
        finally:
            pipeline.resume("nightly")
    assert "inventory" in told
    assert pause.who in told
    assert "pipeline resume nightly" in told
    assert job["paused"]["why"] == "inventory"


def test_an_inbox_that_is_not_there_is_told_without_a_service(box: Installation) -> None:
    place = box.root / "inbox/nightly"
    place.rmdir()
    try:
        trouble = status(box)["nightly"].trouble
    finally:
        place.mkdir()
    assert trouble is not None
    assert trouble.code == "files.inbox_unreachable"


def test_a_mapping_with_a_mistake_is_told_and_the_rest_as_well(box: Installation) -> None:
    mapping = box.root / "mappings/sales.toml"
    mapping.write_text(MAPPING.replace("key =", "kee ="))
    try:
        result = CliRunner().invoke(app, ["--config", str(box.config), "status", "--json"])
    finally:
        mapping.write_text(MAPPING)
    found = json.loads(result.stdout)
    assert len(found["jobs"]) == 4
    assert any("kee" in mistake for mistake in found["mistakes"])
    assert result.exit_code != 0


def test_a_story_tells_what_changed_whatever_the_line_ends_and_packed(box: Installation) -> None:
    with Pipeline(box.config) as pipeline:
        (new, old) = pipeline.files("stations")
        assert new.id is not None
        assert new.archived_as.endswith(".gz")
        story = pipeline.show(new.id)
        assert story is not None
        assert story.earlier == old
        found = story.changes
        assert found is not None
        assert (found.new, found.gone, found.same) == (2, 2, 3)
        assert found.new_lines == ("2,2.50,paid", "4,4.00,paid")
        assert found.gone_lines == ("2,2.00,paid", "3,3.00,paid")
        assert pipeline.show(old.id or 0).earlier is None  # type: ignore[union-attr]
    told = command(box, "show", str(new.id))
    assert "2 lines new, 2 gone, 3 the same" in told
    assert "+ 4,4.00,paid" in told
    assert "- 3,3.00,paid" in told


def test_a_story_of_a_file_whose_name_is_not_utf_8(box: Installation) -> None:
    with Pipeline(box.config) as pipeline:
        new = pipeline.files("sales")[0]
        story = pipeline.show(new.id or 0)
    assert story is not None
    assert story.changes is not None
    assert (story.changes.new, story.changes.gone) == (1, 1)


def test_a_story_without_its_archive_or_too_big_says_so(
    box: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Pipeline(box.config) as pipeline:
        new, old = pipeline.files("stations")
        monkeypatch.setattr(comparing, "COMPARED_BYTES", 10)
        big = pipeline.show(new.id or 0)
        monkeypatch.undo()
        kept = Path(old.archived_as)
        kept.rename(kept.with_name(".away"))
        try:
            gone = pipeline.show(new.id or 0)
        finally:
            kept.with_name(".away").rename(kept)
    assert big is not None
    assert big.uncompared is not None
    assert (big.uncompared.code, big.uncompared.args["rows"], big.uncompared.args["before"]) == (
        "states.too_big_to_compare", 4, 4,
    )  # fmt: skip
    assert gone is not None
    assert gone.uncompared is not None
    assert gone.uncompared.code == "states.archive_gone"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (11520, "3 h 12 min"), (190000, "2 d 4 h")],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(seconds) == text
