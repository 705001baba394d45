"""JSON and NDJSON: records at a path, nested lists as rows, exact numbers, damage with its place."""

from __future__ import annotations

import json

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import Limits
from tests.formats.workbench import read


def failed(data: bytes, limits: Limits | None = None, **options: object) -> FileFailed:
    with pytest.raises(FileFailed) as fault:
        read(data, limits=limits, **options)
    return fault.value


def test_a_list_of_objects() -> None:
    text = '[{"sku": "007", "price": 12.50, "big": 12345678901234567890.10, "ok": true, "none": null},\n {"sku": "é"}]'
    reading, (batch,), rows = read(text.encode())
    assert reading.dialect.format == "json"
    assert reading.dialect.columns == ("sku", "price", "big", "ok", "none")
    assert rows == [
        (1, "007", "12.50", "12345678901234567890.10", "true", None),
        (2, "é", None, None, None, None),
    ]
    assert batch.raw(1) == b"007,12.50,12345678901234567890.10,true,"
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert read(text.encode(encoding))[2] == rows


ORDER = {
    "number": "A1",
    "customer": {"email": "x@y.fr", "tags": ["a", "b"]},
    "items": [{"sku": "s1", "qty": 2, "tax": [{"rate": 20}]}, {"sku": "s2", "qty": 1}],
    "payments": [{"amount": 10}],
}


def test_nested_lists_are_rows_of_their_object() -> None:
    data = json.dumps({"data": {"orders": [ORDER, {"number": "A2", "items": []}]}, "next": None}).encode()
    reading, _, rows = read(data, path="data.orders")
    assert reading.dialect.columns == (
        "$", "_record", "number", "customer.email", "customer.tags", "items[].sku", "items[].qty",
        "items[].tax[].rate", "payments[].amount", "items",
    )  # fmt: skip
    head = ("1", "items[].tax[]", "A1", "x@y.fr", "a,b")
    assert rows == [
        (1, *head, "s1", "2", "20", None, None),
        (2, "1", "items[]", *head[2:], "s2", "1", None, None, None),
        (3, "1", "payments[]", *head[2:], None, None, None, "10", None),
        (4, "2", "$", "A2", None, None, None, None, None, None, None),
    ]
    assert read(data)[2] == rows  # found without a path
    assert [n.args["path"] for n in read(data)[0].account.notes] == ["data.orders"]


def test_one_object_and_plain_values() -> None:
    assert read(b'{"a": 1, "b": {"c": [1, 2]}}')[2] == [(1, "1", "1,2")]
    assert read(b'["x", "y"]')[2] == [(1, "x"), (2, "y")]
    assert read(b'[{"t": ["a,b", "c"]}]')[2] == [(1, '["a,b", "c"]')]


def test_records_larger_than_the_window() -> None:
    records = [{"n": str(n), "text": "x" * 300_000} for n in range(4)]
    data = json.dumps({"meta": [1] * 100_000, "rows": records}, indent=1).encode()
    assert [row[1] for row in read(data)[2]] == ["0", "1", "2", "3"]
    assert failed(data, Limits(record_mb=0)).said.code == "reading.record_too_long"


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b'[{"a": 1},\n {"a": ]', "reading.json_damaged", 2),
        (b'[{"a": 1},\n {"a": 2}', "reading.json_damaged", 2),
        (b'[{"a": 1},\n\n {"a": 2}] x', "reading.json_damaged", 3),
        (b'[{"a": 1}, ' + b"[" * 100_000, "reading.json_damaged", 1),
        (b"[]", "reading.empty", None),
    ],
)
def test_damage_says_where(data: bytes, code: str, line: int | None) -> None:
    said = failed(data).said
    assert said.code == code
    assert said.args.get("line") == line


def test_a_path_that_is_not_there() -> None:
    assert failed(b'{"a": [{"b": 1}]}', path="a.c").said.code == "reading.json_no_path"
    assert failed(b'{"a": [{"b": 1}]}', path="x").said.code == "reading.json_no_path"
    wide = json.dumps([{f"k{n}": 1 for n in range(3000)}]).encode()
    assert failed(wide).said.code == "reading.too_many_columns"


def test_ndjson_a_bad_line_costs_itself() -> None:
    lines = b'{"a": 1.10, "b": "x"}\n\n{"a": 2,\n{"a": 3, "c": {"d": 1}}\r\n[1]\n{"a": 4}'
    reading, (batch,), rows = read(lines)
    assert reading.dialect.format == "ndjson"
    assert rows == [(1, "1.10", "x", None), (4, "3", None, "1"), (6, "4", None, None)]
    assert [(d.line, d.raw, d.said.code) for d in batch.damaged] == [
        (3, b'{"a": 2,', "reading.json_line"),
        (5, b"[1]", "reading.json_line"),
    ]
    assert reading.account.set_aside == {"blank": 1}


def test_nested_ndjson_keeps_its_lines_in_a_column() -> None:
    _, (batch,), rows = read(b'{"n": 1, "l": [{"q": 1}, {"q": 2}]}\nx\n{"n": 2}\n')
    assert rows == [(1, "1", "l[]", "1", "1"), (2, "1", "l[]", "1", "2"), (4, "3", "$", "2", None)]
    assert [d.line for d in batch.damaged] == [3]


@pytest.mark.parametrize(
    "text", ["{name};{town}\n{a};{b}\n", '"[x]",y\n1,2\n', "[section];b\n1;2\n", '["a";"b"]\n1;2\n']
)
def test_texts_that_only_begin_like_json(text: str) -> None:
    assert read(text.encode())[0].dialect.format == "csv"


def test_the_mapping_wins_over_what_is_found() -> None:
    assert read(b'{"a": 1}\n{"a": 2}\n', format="csv")[0].dialect.format == "csv"
    assert read(b'{"a": 1}\n', format="ndjson")[2] == [(1, "1")]
    assert failed(b"a;b\n1;2\n", format="json").said.code == "reading.json_damaged"


def test_json_in_another_encoding_and_with_spoilt_bytes() -> None:
    text = '[{"nom": "Été à Nîmes", "ville": "Orléans"}, {"nom": "crème brûlée", "ville": "Besançon"}]'
    reading, _, rows = read(text.encode("cp1252"))
    assert rows == [(1, "Été à Nîmes", "Orléans"), (2, "crème brûlée", "Besançon")]
    assert reading.dialect.codec == "cp1252"
    assert reading.dialect.encoding == "utf-8"
    spoilt = (text * 1)[:-1].encode() + b', {"nom": "caf\xe9", "ville": "\xc3\xa9t\xc3\xa9"}]'
    reading, _, rows = read(spoilt)
    assert rows[2] == (3, "café", "été")
    assert [n.code for n in reading.account.notes] == ["reading.bytes_mended"]
    lines = text[1:-1].replace("}, ", "}\n").encode() + b'\n{"nom": "caf\xe9"}\n'
    reading, _, rows = read(lines)
    assert rows[2] == (3, "café", None)
    assert reading.account.repaired == 1


def test_a_damaged_record_in_a_list_costs_itself() -> None:
    good = [{"sku": str(n), "qty": n, "items": [{"a": 1}, {"a": 2}]} for n in range(6)]
    texts = [json.dumps(one) for one in good]
    texts[2] = texts[2].replace('"sku": "2"', '"sku": "2')
    texts[4] = texts[4].replace(": 4,", ": 4;")
    data = ("[" + ",\n ".join(texts) + "]").encode()
    reading, (batch,), rows = read(data)
    assert sorted({row[1] for row in rows}) == ["1", "2", "4", "6"]
    assert [d.raw.decode() for d in batch.damaged] == [texts[2], texts[4]]
    assert batch.damaged[1].said.args["line"] == 5
    assert reading.account.damaged == 2
    texts[5] = texts[5].replace('"qty"', "qty")
    (batch,) = read(('{"rows": [' + ",\n ".join(texts) + "]}").encode())[1]
    assert [d.raw.decode() for d in batch.damaged] == [texts[2], texts[4] + ",\n " + texts[5]]
    big = ",\n".join([texts[0]] * 3000 + [texts[4]] + [texts[1]] * 30_000)
    _, batches, rows = read(("[" + big + "]").encode(), limits=Limits(record_mb=1))
    assert len(rows) == 66_000
    assert sum(len(b.damaged) for b in batches) == 1
    assert (
        failed(data[: len(data) // 2]).said.code == "reading.json_damaged"
    )  # cut short: how much is missing?


def test_a_list_of_lists_is_a_sheet() -> None:
    reading, _, rows = read(b'[["Code", "Qty"], ["007", 1.50], ["8", null, "more"], ["Total", 1.50, ["a"]]]')
    assert reading.dialect.columns == ("Code", "Qty", "column_3")
    assert rows[:2] == [(2, "007", "1.50", None), (3, "8", None, "more")]
    assert read(b'{"values": [["a", "b"], ["1", "2"]]}', path="values")[2] == [(2, "1", "2")]
