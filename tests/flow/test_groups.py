"""Small files that wait together: few transactions, each file its own ledger row, counts and *who*, in order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

from pipeline import files as disk
from tests.flow.conftest import Installation
from tests.flow.running import away, running

HEAD = b"Order No,Total,State\n"


def content(n: int) -> bytes:
    """Its own order, and one that every file writes with its own amount."""
    return HEAD + b"%04d,%d.00,paid\nshared,%d.00,paid\n" % (n, n, n)


def drop(box: Installation, numbers: list[int], bad: dict[int, bytes] | None = None) -> list[int]:
    """Files under names that tell nothing of their order. Gives the numbers in the order of arrival, as the file
    system noted it."""
    chance, came = random.Random(7), dict[int, Path]()
    for n in numbers:
        came[n] = box.drop(f"{chance.randrange(10**9)}-{n}.csv", (bad or {}).get(n) or content(n))
    return sorted(came, key=lambda n: (came[n].stat().st_ctime_ns, came[n].stat().st_mtime_ns, came[n].name))


def amount(box: Installation) -> int:
    ((found,),) = box.sql("SELECT gross_amount / 1000000 FROM sales_order WHERE number = 'shared'")
    assert isinstance(found, int)
    return found


def test_many_small_files_go_in_with_few_transactions(installation: Installation) -> None:
    box = installation
    order = drop(box, list(range(1, 301)))
    result = box.once()
    assert [f.state for f in result.files] == ["archived"] * 300
    found = box.sql("SELECT id, name, rows_read, inserted, updated FROM pipeline_file ORDER BY id")
    assert [int(str(name).split("-")[1].split(".")[0]) for _, name, *_ in found] == order
    assert [counts for _, _, *counts in found] == [[2, 2, 0], *[[2, 1, 1]] * 299]
    ((transactions,),) = box.sql("SELECT count(DISTINCT committed_at) FROM pipeline_file")
    assert isinstance(transactions, int)
    assert transactions <= 6
    assert amount(box) == order[-1]
    # each change tells by which file it was made
    inserted = box.sql(
        "SELECT o.gross_amount / 1000000, c.who FROM pipeline_change c JOIN sales_order o ON o.id = c.row_id"
        " WHERE c.op = 'I' AND o.number <> 'shared'"
    )
    ids = {n: id for n, (id, *_) in zip(order, found, strict=True)}
    assert sorted(inserted) == sorted((n, f"file:{ids[n]}") for n in order)
    updates = box.sql("SELECT who FROM pipeline_change WHERE op = 'U' ORDER BY seq")
    assert updates == [(f"file:{ids[n]}",) for n in order[1:]]
    places = [Path(str(p)) for (p,) in box.sql("SELECT archived_as FROM pipeline_file ORDER BY id")]
    assert [p.read_bytes() for p in places] == [content(n) for n in order]


def test_bad_files_take_no_other_with_them(installation: Installation) -> None:
    box = installation
    bad = {
        3: b"Number,Total,State\n1,2,x\n",  # another header
        11: content(11) + b"0999,9.9O,paid\n",  # a row that is refused
        17: content(17) + b"0998,1,2,3,4\n",
        29: b"\x00\x01\x02\x03,\n",
    }
    order = drop(box, list(range(1, 41)), bad)
    result = box.once()
    states = {int(f.name.split("-")[1].split(".")[0]): (f.state, f.refused) for f in result.files}
    failed, refused = ("failed", 0), ("archived", 1)
    special = {3: failed, 11: refused, 17: refused, 29: failed}
    assert states == {n: special.get(n, ("archived", 0)) for n in order}
    good = [n for n in order if special.get(n) != failed]
    assert amount(box) == good[-1]
    loaded = box.sql("SELECT name FROM pipeline_file WHERE state = 'archived' ORDER BY id")
    assert [int(str(name).split("-")[1].split(".")[0]) for (name,) in loaded] == good


def test_the_order_of_arrival_holds_after_an_outage(installation: Installation) -> None:
    """Those that were taken when the database went, and those that came while it was away."""
    box = installation
    with running(box) as service:
        with away(service):
            order = drop(box, list(range(1, 61)))
            service.hears("job.waiting", job="sales")
            order += drop(box, list(range(61, 71)))
        for _ in order:
            service.hears("file.archived")
    loaded = box.sql("SELECT name FROM pipeline_file ORDER BY id")
    assert [int(str(name).split("-")[1].split(".")[0]) for (name,) in loaded] == order
    assert amount(box) == order[-1]


def test_claims_are_in_the_order_in_which_they_were_made() -> None:
    """Many are made within one millisecond, and what is taken up again goes by them. A clock that is set back by
    a moment changes nothing; one that is set back by days is believed."""
    start = datetime(2026, 11, 24, 8, tzinfo=timezone.utc)  # noqa: UP017
    moments = [start + timedelta(microseconds=n // 40 * 100) for n in range(9000)]
    claims = [disk.new_claim(at) for at in moments]
    assert claims == sorted(set(claims))
    late = [abs(disk.claimed_at(c) - at) for c, at in zip(claims, moments, strict=True)]
    assert max(late) < timedelta(milliseconds=2)
    assert disk.new_claim(moments[-1] - timedelta(milliseconds=400)) > claims[-1]
    before = start - timedelta(days=2)
    assert disk.claimed_at(disk.new_claim(before)) == before
