"""An export from beginning to end, on both databases: rows, numbers, names, changes, and what goes wrong."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, Environment, FileFailed, PipelineError
from pipeline.exports.periods import named_period
from pipeline.exports.single import again
from tests.exports.conftest import NOON, ORDERS, Shop, table

HEAD = "Order No;Total;State;When\n"
WHEN = "2026-01-01T12:00:00Z"


def test_the_rows_of_a_mapping_are_written_as_it_reads_them(shop: Shop) -> None:
    shop.order("001")
    shop.order("002", None, None)
    shop.order("003", "-0.05", "open")
    shop.order("004", source="another")  # the mapping speaks of source "shop"
    done = shop.export()
    assert done.deed == "exported"
    assert shop.files() == {
        "orders-0001.csv": f"{HEAD}001;12,5;Paid;{WHEN}\n002;;;{WHEN}\n003;-0,05;Open;{WHEN}\n"
    }
    assert shop.hidden() == []
    row = shop.store.by_id(done.ids[0])
    assert row is not None
    assert (row.kind, row.rows_read, row.state) == ("export", 3, "archived")


def test_what_chooses_the_rows_is_told(shop: Shop) -> None:
    shop.order("001", source="another")
    (shown,) = shop.exporter().attempt(shop.work())
    assert (shown.rows, shown.only) == (0, ("source = shop",))


def test_numbers_go_up_by_one_and_nothing_is_written_twice(shop: Shop) -> None:
    shop.order("001")
    opening = NOON + timedelta(days=1)
    assert shop.export(opening=opening).deed == "exported"
    assert shop.export(opening=opening).deed == "nothing"  # its opening has its file
    assert shop.export(opening=opening + timedelta(days=1)).deed == "exported"
    assert list(shop.files()) == ["orders-0001.csv", "orders-0002.csv"]


def test_only_what_changed_since_the_last_time(shop: Shop) -> None:
    for number in ("001", "002", "003"):
        shop.order(number)
    shop.export(what="changes")
    assert shop.export(what="changes").deed == "nothing"
    orders = table("sales_order").c
    shop.change("sales_order", orders.number == "002", status="open")
    shop.change("sales_order", orders.number == "002", gross_amount=7)
    shop.order("004")
    shop.export(what="changes")
    assert shop.files()["orders-0002.csv"] == f"{HEAD}002;7;Open;{WHEN}\n004;12,5;Paid;{WHEN}\n"


def test_new_rows_only(shop: Shop) -> None:
    shop.order("001")
    shop.export(what="new")
    shop.change("sales_order", table("sales_order").c.number == "001", status="open")
    shop.order("002")
    shop.export(what="new")
    assert shop.files()["orders-0002.csv"] == f"{HEAD}002;12,5;Paid;{WHEN}\n"


@pytest.mark.parametrize("soft", [False, True])
def test_rows_that_are_gone_come_with_a_mark_or_in_a_file_of_their_own(shop: Shop, soft: bool) -> None:
    mapping = ORDERS + '[export]\nmark = "Gone"\n'
    for number in ("001", "002"):
        shop.order(number)
    shop.export(mapping, what="changes", deletions="mark")
    here = table("sales_order").c.number == "001"
    if soft:
        shop.change("sales_order", here, deleted_at=NOON)
    else:
        shop.remove("sales_order", here)
    shop.order("003")
    shop.remove("sales_order", table("sales_order").c.number == "003")  # nobody ever saw it
    shop.export(mapping, what="changes", deletions="mark")
    assert shop.files()["orders-0002.csv"] == f"Order No;Total;State;When;Gone\n001;12,5;Paid;{WHEN};true\n"
    shop.remove("sales_order", table("sales_order").c.number == "002")
    shop.export(mapping, what="changes", deletions="file")
    found = {name: text for name, text in shop.files().items() if "0003" in name}
    assert found == {"orders-0003.csv": HEAD, "orders-0003-deleted.csv": f"{HEAD}002;12,5;Paid;{WHEN}\n"}


def test_an_empty_export_is_left_out_or_written(shop: Shop) -> None:
    assert shop.export().deed == "nothing"
    assert shop.export(empty="write").deed == "exported"
    assert shop.files() == {"orders-0001.csv": HEAD}


def test_companions_come_last_and_a_manifest_lists_the_delivery(shop: Shop) -> None:
    mapping = """
version = 1
[export]
manifest = "manifest-{sequence:04}.json"
[export.files.orders]
table = "sales_order"
[export.files.orders.columns]
"No" = "number"
[export.files.lines]
table = "sales_order_line"
order = ["line_no"]
[export.files.lines.columns]
"No" = "order.number"
"Line" = "line_no"
"Net" = "net_amount"
"Shop" = { value = "{station}" }
"""
    order = shop.order("001")
    for n in (2, 1):
        shop.add("sales_order_line", order=order, line_no=n, net_amount=n)
    shop.export(mapping, ready=("{name}.sha256", "{stem}.done"))
    files = shop.files()
    assert files["orders-0001-lines.csv"] == "No,Line,Net,Shop\n001,1,1,lyon\n001,2,2,lyon\n"
    listed = json.loads(files["manifest-0001.json"])["files"]
    assert [(f["name"], f["rows"]) for f in listed] == [
        ("orders-0001-orders.csv", 1),
        ("orders-0001-lines.csv", 2),
    ]
    digest = listed[0]["sha256"]
    assert files["orders-0001-orders.csv.sha256"] == f"{digest}  orders-0001-orders.csv\n"
    assert "manifest-0001.done" in files


def test_totals_lines_and_expressions_along_references(shop: Shop) -> None:
    mapping = """
version = 1
[write]
decimals = 2
[export]
table = "sales_order"
where = '"party.name" IS NOT NULL'
order = ["-number"]
[export.columns]
"No" = "number"
"Customer" = "party.name"
"Sum" = { sum = "sales_order_line.net_amount" }
"Count" = { count = "sales_order_line" }
"Twice" = { sql = '"gross_amount" * 2' }
"Lines" = { lines = "sales_order_line", columns = { n = "line_no", net = "net_amount" } }
"""
    ada = shop.add("party", name="Ada")
    first, _ = shop.order("001", party=ada), shop.order("002", party=ada)
    shop.order("003")
    for n in (1, 2):
        shop.add("sales_order_line", order=first, line_no=n, net_amount=n * 2)
    shop.export(mapping, what="changes")
    text = shop.files()["orders-0001.csv"].replace('" : ', '":').replace("}, {", "},{").replace(', ""', ',""')
    assert text.replace(": ", ":").replace(" :", ":").splitlines() == [
        "No,Customer,Sum,Count,Twice,Lines",
        "002,Ada,,0,25.00,[]",
        '001,Ada,6.00,2,25.00,"[{""n"":1,""net"":2},{""n"":2,""net"":4}]"',
    ]
    shop.change("party", table("party").c.name == "Ada", name="Bea")
    shop.remove("sales_order_line", table("sales_order_line").c.line_no == 2)
    shop.export(mapping, what="changes")
    lines = shop.files()["orders-0002.csv"].splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["002", "Bea", "", "0"],
        ["001", "Bea", "2.00", "1"],
    ]


def test_a_period_has_revisions_that_say_what_differs(shop: Shop) -> None:
    mapping = ORDERS + '[export]\ndate = "ordered_at"\n'
    period = named_period(NOON.date(), NOON.date())
    shop.order("001")
    shop.order("002", ordered_at=NOON + timedelta(days=1))
    template = "{period}-r{revision}.csv"
    shop.export(mapping, what="period", template=template, period=period)
    assert shop.export(mapping, what="period", template=template, period=period).deed == "nothing"
    shop.order("003")
    shop.change("sales_order", table("sales_order").c.number == "001", status="open")
    shop.export(mapping, what="period", template=template, period=period)
    assert list(shop.files()) == ["20260101-20260101-r1.csv", "20260101-20260101-r2.csv"]
    found = shop.store.exports().of_period("out", period.label)
    assert found is not None
    assert (found.revision, found.added, found.gone) == (2, 2, 1)


def test_written_again_byte_for_byte(shop: Shop) -> None:
    shop.order("001")
    done = shop.export()
    whole = shop.root / "outbox" / "orders-0001.csv"
    before = whole.read_bytes()
    whole.unlink()
    shop.change("sales_order", table("sales_order").c.number == "001", status="open")
    assert again(shop.store, done.ids[0]).read_bytes() == before
    assert shop.hidden() == []
    (shop.root / "kept" / "000001-orders-0001.csv").write_text("other")
    with pytest.raises(PipelineError, match="kept copy"):
        again(shop.store, done.ids[0])


def test_old_copies_are_deleted_but_not_what_is_still_needed(shop: Shop) -> None:
    """Not the last one's, nor a file's that has not appeared, nor that of a period's newest revision."""
    shop.order("001")
    ids = [id for _ in range(3) for id in shop.export().ids]
    files = table("pipeline_file")
    with shop.store._transaction() as conn:
        conn.execute(files.update().values(archived_at=NOON))
        conn.execute(files.update().where(files.c.id == ids[1]).values(archived_at=None))  # has not appeared
    kept = shop.root / "kept"
    shop.export(keep_days=2)
    found = sorted(p.name for p in kept.iterdir() if p.name != ".lock")
    assert found == ["000002-orders-0002.csv", "000004-orders-0004.csv"]
    with pytest.raises(PipelineError, match="keep_days"):
        again(shop.store, ids[0])
    assert again(shop.store, ids[1]).exists()


def test_the_newest_revision_of_a_period_is_kept_however_old(shop: Shop) -> None:
    mapping = ORDERS + '[export]\ndate = "ordered_at"\n'
    january, february = (
        named_period(NOON.date() + timedelta(days=n), NOON.date() + timedelta(days=n)) for n in (0, 1)
    )
    for number, day in (("001", 0), ("002", 1), ("003", 0)):
        shop.order(number, ordered_at=NOON + timedelta(days=day))
        period = february if day else january
        shop.export(mapping, what="period", template="{period}-r{revision}.csv", period=period)
    files = table("pipeline_file")
    with shop.store._transaction() as conn:
        conn.execute(files.update().values(archived_at=NOON))
    shop.export(
        mapping,
        what="period",
        template="{period}-r{revision}.csv",
        period=february,
        keep_days=1,
        empty="write",
    )
    names = sorted(p.name for p in (shop.root / "kept").iterdir() if p.name != ".lock")
    assert names == [
        "000003-20260101-20260101-r2.csv", "000004-20260102-20260102-r2.csv",
    ]  # fmt: skip


# what goes wrong: nothing half-written, and the next time works ------------------------------------------
def test_a_name_that_is_taken_is_never_written_over(shop: Shop) -> None:
    shop.order("001")
    (shop.root / "outbox").mkdir()
    taken = shop.root / "outbox" / "orders-0001.csv"
    taken.write_text("mine")
    with pytest.raises(Environment, match="is there already"):
        shop.export()
    assert (shop.files(), shop.hidden()) == ({"orders-0001.csv": "mine"}, [])
    taken.unlink()
    assert shop.export().deed == "exported"
    assert list(shop.files()) == ["orders-0001.csv"]


def test_a_folder_that_is_gone_is_told_and_not_made_again(shop: Shop) -> None:
    shop.order("001")
    shop.export()
    (shop.root / "outbox").rename(shop.root / "away")
    with pytest.raises(Environment, match="is not there"):
        shop.export()
    (shop.root / "away").rename(shop.root / "outbox")
    shop.export()
    assert list(shop.files()) == ["orders-0001.csv", "orders-0002.csv"]


def test_a_folder_whose_mount_is_gone_is_told(shop: Shop) -> None:
    shop.order("001")
    shop.export()
    with shop.store._transaction() as conn:
        mounted = f"{shop.root / 'outbox'}|{shop.root / 'outbox'}"
        conn.execute(table("pipeline_export_job").update().values(place=mounted))
    with pytest.raises(Environment, match="not mounted"):
        shop.export()


@pytest.mark.skipif(os.geteuid() != 0, reason="a full disc of our own needs root")
def test_a_full_disc_leaves_nothing(shop: Shop) -> None:
    import subprocess

    for n in range(2000):
        shop.order(f"{n:05d}", None, None, notes="x") if n < 300 else None
    outbox = shop.root / "outbox"
    outbox.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(outbox)], capture_output=True
    ).returncode:
        pytest.skip("needs the right to mount")
    try:
        with pytest.raises(Environment):
            shop.export()
        assert list(outbox.iterdir()) == []
    finally:
        subprocess.run(["umount", str(outbox)], check=True)


def test_a_value_that_cannot_be_written_names_itself_and_nothing_appears(shop: Shop) -> None:
    shop.order("001")
    shop.order("002", status="lost")
    with pytest.raises(FileFailed, match="State holds lost"):
        shop.export()
    assert (shop.files(), shop.hidden()) == ({}, [])
    shop.change("sales_order", table("sales_order").c.number == "002", status="open")
    shop.export()
    assert list(shop.files()) == ["orders-0001.csv"]


def test_a_letter_that_the_encoding_has_not(shop: Shop) -> None:
    shop.order("N° 1 – œuf")
    latin = ORDERS + '[write]\nencoding = "latin-1"\n'
    with pytest.raises(FileFailed, match=r"EN DASH|LIGATURE OE"):
        shop.export(latin)
    assert (shop.files(), shop.hidden()) == ({}, [])
    shop.export(latin + 'unencodable = "transliterate"\n')
    text = (shop.root / "outbox" / "orders-0001.csv").read_bytes().decode("latin-1")
    assert text.startswith(f"{HEAD}N° 1 - oeuf;")


def test_what_a_mapping_lacks_for_its_job_is_told(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="date"):
        shop.export(what="period")
    with pytest.raises(ConfigError, match="mark"):
        shop.export(what="changes", deletions="mark")


def test_a_reader_never_sees_a_part(shop: Shop) -> None:
    """Each look at the folder, at every point of the work, finds whole files only."""
    from pipeline import faults
    from pipeline.exports import exporting

    shop.order("001")
    seen: list[tuple[str, list[str]]] = []

    def look(name: str) -> None:
        folder = shop.root / "outbox"
        seen.append((name, [p.name for p in folder.iterdir() if not p.name.startswith(".")]))

    exporting.point, before = look, exporting.point  # type: ignore[assignment]
    try:
        shop.export(ready=("{name}.done",))
    finally:
        exporting.point = before
    assert [name for name, _ in seen] == list(faults.EXPORT_POINTS)
    assert [names for _, names in seen][:6] == [[]] * 5 + [["orders-0001.csv"]]


def test_a_probe_that_was_left_by_somebody_killed_goes_when_it_is_old(shop: Shop) -> None:
    shop.order("001")
    (shop.root / "outbox").mkdir()
    old, fresh = (shop.root / "outbox" / f".pipeline-probe-{name}.part" for name in ("old", "fresh"))
    for path in (old, fresh):
        path.touch()
    os.utime(old, (NOON.timestamp() - 1e8, NOON.timestamp() - 1e8))
    shop.export()
    assert shop.hidden() == [fresh.name]


def test_the_folder_of_another_job_is_left_alone(shop: Shop) -> None:
    shop.order("001")
    (shop.root / "outbox").mkdir()
    other = shop.root / "outbox" / ".pipeline-out-more-1-0.part"
    mine = shop.root / "outbox" / ".pipeline-out-9-0.part"
    Path(other).touch()
    Path(mine).touch()
    shop.export()
    assert shop.hidden() == [".pipeline-out-more-1-0.part"]
