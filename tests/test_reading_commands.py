"""`pipeline inspect` and `pipeline read` as a person meets them: real processes, the exact keys of their JSON."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.mapping.model import ReadOptions
from pipeline.reading import rewrite, survey

TEXT = "Export du 12/03\n\nréf;nom;prix;ean\n001;Crème;12,50;3,01E+12\n002;Thé;3,00;4006381333931\n003;Short;1,00\n"


def pipeline(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIPELINE_")}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "prices.txt").write_bytes((TEXT + "004;Cut").encode("cp1252"))
    return tmp_path


def test_inspect_tells_everything_that_was_found(shop: Path) -> None:
    done = pipeline("inspect", "prices.txt", "--json", cwd=shop)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {k: found[k] for k in ("format", "encoding", "delimiter", "quote", "escape", "line_end", "header_row")} == {
        "format": "csv", "encoding": "cp1252", "delimiter": ";", "quote": "", "escape": "", "line_end": "\n",
        "header_row": 3,
    }  # fmt: skip
    assert (found["rows"], found["refused"], found["set_aside"]) == (3, 1, {"preamble": 1, "blank": 1})
    assert [c["name"] for c in found["columns"]] == ["réf", "nom", "prix", "ean"]
    assert [c["type"] for c in found["columns"]] == ["code", "text", "decimal", "text"]
    assert found["columns"][3]["nulls"] == 1
    assert any("3,01E+12" in warning for warning in found["warnings"])
    shown = pipeline("inspect", "prices.txt", cwd=shop)
    assert "cp1252" in shown.stdout


def test_read_writes_clean_csv_and_what_was_refused(shop: Path) -> None:
    (shop / "a.csv").write_bytes(b'id;nom\n1;a\n2;b;more\n3;x\0y\n4;"say ""hi""; ok"\n')
    done = pipeline("read", "a.csv", "--to", "out.csv", "--refused", "bad.csv", "--json", cwd=shop)
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert {k: told[k] for k in ("rows_read", "rows_written", "rows_refused", "rows_repaired", "set_aside")} == {
        "rows_read": 4, "rows_written": 3, "rows_refused": 1, "rows_repaired": 1, "set_aside": {},
    }  # fmt: skip
    assert rows(shop / "out.csv") == [
        ["id", "nom", "column_3"], ["1", "a", ""], ["2", "b", "more"], ["4", 'say "hi"; ok', ""],
    ]  # fmt: skip
    head, bad = rows(shop / "bad.csv")
    assert head == ["line", "reason", "text"]
    assert (bad[0], bad[2]) == ("4", "3;x\0y")
    strict = pipeline("read", "a.csv", "--to", "out.csv", "--strict", "--json", cwd=shop)
    told = json.loads(strict.stdout)
    assert [told[k] for k in ("rows_read", "rows_written", "rows_refused")] == [4, 2, 2]


def test_read_a_folder_one_result_a_file(shop: Path) -> None:
    folder = shop / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    (folder / "deep/b.csv").write_text("x,y\n1,2\n3,4\n", encoding="utf-16")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "link.csv").symlink_to(folder / "a.csv")
    os.mkfifo(folder / "pipe.csv")
    with zipfile.ZipFile(folder / "two.zip", "w") as archive:
        archive.writestr("one.csv", "x\n1\n")
        archive.writestr("two.csv", "x\n1\n2\n")
    done = pipeline("read", "in", "--to", "out", "--json", cwd=shop)
    assert done.returncode == 1
    told = {one["file"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert {name: one["rows_read"] for name, one in told.items()} == {
        "a.csv": 1, "deep/b.csv": 2, "empty.csv": 0, "two.zip/one.csv": 1, "two.zip/two.csv": 2,
    }  # fmt: skip
    assert "empty" in told["empty.csv"]["failed"]
    assert rows(shop / "out/deep/b.csv")[1:] == [["1", "2"], ["3", "4"]]
    assert (shop / "out/two.zip/two.csv").exists()
    for _ in range(2):
        inside = pipeline("read", "in/deep", "--to", "in/deep/clean", "--json", cwd=shop)
        assert [json.loads(line)["file"] for line in inside.stdout.splitlines()] == ["b.csv"]


def test_a_file_in_doubt_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id;nom\n1;Liêu\n".encode("cp850"))
    done = pipeline("inspect", "a.csv", "--json", cwd=tmp_path)
    assert (done.returncode, "Liêu" in json.loads(done.stdout)["failed"]) == (1, True)
    plain = pipeline("inspect", "a.csv", cwd=tmp_path)
    assert (plain.returncode, "Liêu" in plain.stderr, plain.stdout) == (1, True, "")
    known = pipeline("inspect", "a.csv", "--encoding", "cp850", "--json", cwd=tmp_path)
    assert json.loads(known.stdout)["columns"][1]["examples"] == ["Liêu"]


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    for words in (("inspect", "no.csv"), ("read", "no.csv", "--to", "x.csv")):
        done = pipeline(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert "no.csv" in done.stderr
        assert "Traceback" not in done.stderr


def test_cells_come_out_as_they_were_read(tmp_path: Path) -> None:
    cells = [["a b", " x ", "1\r2"], ['"', "", "l\n2"], ["=1+1", "\t", ","]]
    source = tmp_path / "s.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["p", "q", "r"], *cells])
    with source.open("rb") as file:
        done = rewrite(file, ReadOptions(), tmp_path / "out.csv")
    assert (done.rows_read, done.rows_refused) == (3, 0)
    assert rows(tmp_path / "out.csv") == [["p", "q", "r"], *cells]
    assert (tmp_path / "out.csv").read_bytes().count(b"\r\n") == 4
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_surplus_cells_widen_the_whole_table(tmp_path: Path) -> None:
    source = tmp_path / "s.csv"
    source.write_text(
        "a;b\n" + f"1;{'x' * 80}\n" * 60_000 + "3;4;5;6\n" + f"7;{'y' * 80}\n" * 60_000, encoding="utf-8"
    )
    with source.open("rb") as file:
        rewrite(file, ReadOptions(ragged="keep"), tmp_path / "out.csv")
    out = rows(tmp_path / "out.csv")
    assert out[0] == ["a", "b", "column_3", "column_4"]
    assert (len(out), out[60_001], {len(row) for row in out}) == (120_002, ["3", "4", "5", "6"], {4})


def test_types_and_counts_of_columns(tmp_path: Path) -> None:
    source = tmp_path / "s.csv"
    source.write_text(
        "n;d;t;b;z;e;m\n1;2026-01-02;08:30;oui;007;;Ã©tÃ©\n2;03/04/2026;9:15;non;012;;x\n2;;;;;;\n",
        encoding="utf-8",
    )
    with source.open("rb") as file:
        found = survey(file, ReadOptions())
    assert [c.type for c in found.columns] == ["integer", "date", "time", "boolean", "code", "empty", "text"]
    assert [c.nulls for c in found.columns] == [0, 1, 1, 1, 1, 3, 1]
    assert (found.columns[0].distinct, found.columns[0].examples) == (2, ["1", "2"])
    assert [said.code for said in found.warnings] == ["reading.double_encoded"]
