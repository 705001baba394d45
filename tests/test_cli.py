"""The command line as a person meets it: real processes on a real folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.demo import demo
from pipeline.cli.start import make
from pipeline.errors import ConfigError

ROOT = Path(__file__).parent.parent


def pipeline(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIPELINE_")}
    environment["LC_ALL"] = "C.UTF-8"  # English, whatever the terminal of the one who tests
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo, run once for all tests that only look."""
    top = tmp_path_factory.mktemp("demo")
    result = pipeline("demo", cwd=top)
    return top / "pipeline-demo", result


def test_demo_shows_rows_and_the_refused_line(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, result = done
    assert result.returncode == 0, result.stderr
    assert "48210.55" in result.stdout
    assert "000417" in result.stdout
    assert "Hélène" in result.stdout
    assert "31/02/2026" in result.stdout
    assert "pipeline run" in result.stderr
    assert (folder / "failed/web-sales/orders-2026-05-12.csv.refused.csv").exists()


def test_files_and_show_as_json(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    files = json.loads(pipeline("files", "--job", "web-sales", "--json", cwd=done[0]).stdout)
    assert [(f["name"], f["state"], f["rows_read"], f["inserted"], f["refused"]) for f in files] == [
        ("orders-2026-05-12.csv", "archived", 4, 3, 1)
    ]
    story = json.loads(pipeline("show", str(files[0]["id"]), "--json", cwd=done[0]).stdout)
    assert [(r["line"], r["column"], r["text"]) for r in story["refused_rows"]] == [
        (4, "Date", "W-1003;31/02/2026 11:30;75,00;open")
    ]


def test_an_unknown_number_exits_1(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    result = pipeline("show", "999", cwd=done[0])
    assert result.returncode == 1
    assert "999" in result.stderr


def test_an_unknown_state_exits_2(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    result = pipeline("files", "--state", "faild", cwd=done[0])
    assert result.returncode == 2
    assert "failed" in result.stderr


def test_schedules_are_words_in_both_languages(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    english = pipeline("status", cwd=done[0]).stdout
    config = done[0] / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace('language = "en"', 'language = "fr"'), "utf-8")
    french = pipeline("status", cwd=done[0]).stdout
    config.write_text(text, "utf-8")
    for shown, words in (
        (english, ("as files come", "every 30 s", "daily at 03:00")),
        (french, ("dès qu'un fichier arrive", "toutes les 30 s", "chaque jour à 03:00")),
    ):
        assert all(word in shown for word in words), shown


def test_why_says_that_it_is_imported(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    found = json.loads(pipeline("why", "tickets-2026-05-12.csv", "--json", cwd=done[0]).stdout)
    assert found["imported"]


def test_status_names_the_jobs(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    found = json.loads(pipeline("status", "--json", cwd=done[0]).stdout)
    assert found["active"]
    assert [job["name"] for job in found["jobs"]] == ["web-sales", "prices", "till"]


def test_once_with_a_refused_row_exits_3(tmp_path: Path) -> None:
    make(tmp_path)
    text = "Order No;Date;Total;State\n1;01/02/2026 08:00;2,50;\n2;30/02/2026 08:00;2,50;\n"
    hidden = tmp_path / "inbox/web-sales/.a.part"
    hidden.write_text(text)
    hidden.rename(tmp_path / "inbox/web-sales/a.csv")
    result = pipeline("once", "--json", cwd=tmp_path)
    assert result.returncode == 3, result.stderr
    assert json.loads(result.stdout)["files"][0]["refused"] == 1


def test_a_wrong_job_names_the_nearest(tmp_path: Path) -> None:
    make(tmp_path)
    result = pipeline("once", "web-sale", cwd=tmp_path)
    assert result.returncode == 2
    assert "web-sales?" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_config_is_a_sentence(tmp_path: Path) -> None:
    result = pipeline("status", cwd=tmp_path)
    assert result.returncode == 2
    assert "config.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_mistake_in_the_language_of_the_config(tmp_path: Path) -> None:
    make(tmp_path)
    config = tmp_path / "config.toml"
    text = config.read_text().replace('language = "en"', 'language = "fr"').replace("every ", "evry ")
    config.write_text(text.replace("at        =", "att       ="))
    result = pipeline("check", cwd=tmp_path)
    assert result.returncode == 2
    assert "Vouliez-vous dire every ?" in result.stdout
    assert "Vouliez-vous dire at ?" in result.stdout


def test_off_and_on_keep_the_comments(tmp_path: Path) -> None:
    make(tmp_path)
    before = (tmp_path / "config.toml").read_text()
    assert pipeline("off", cwd=tmp_path).returncode == 0
    assert "# master switch" in (tmp_path / "config.toml").read_text()
    assert not json.loads(pipeline("status", "--json", cwd=tmp_path).stdout)["active"]
    assert pipeline("on", cwd=tmp_path).returncode == 0
    assert (tmp_path / "config.toml").read_text().split() == before.split()


def test_init_replaces_nothing(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "config.toml").write_text("mine")
    with pytest.raises(ConfigError):
        make(tmp_path)
    assert (tmp_path / "config.toml").read_text() == "mine"


def test_the_template_is_the_repository_s_own() -> None:
    template = ROOT / "pipeline/cli/template"
    assert (template / "config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()
    ours = {p.name: p.read_bytes() for p in (ROOT / "mappings").iterdir()}
    assert {p.name: p.read_bytes() for p in (ROOT / "pipeline/saved/examples").iterdir()} == ours


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['pipeline', '--help']\n"
        "from pipeline.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'polars', 'sqlmodel', 'sqlalchemy', 'pydantic', 'anyio'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stderr.strip() == "[]"
    assert demo.__name__ in result.stdout


def test_a_writer_that_comes_while_a_command_looks_does_not_end_it(tmp_path: Path) -> None:
    make(tmp_path)
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from pipeline.cli.output import Voice\n"
        "with Voice(Path('config.toml')).pipeline():\n"
        "    os.kill(os.getpid(), signal.SIGIO)\n"
        "print('alive')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (0, "alive\n")
