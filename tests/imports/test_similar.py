"""A key nearly the same as a known one is a question, not a second customer; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.imports.test_sections import asked, fitted, load

CUSTOMERS = """
version = 1
[tables.customer]
table = "party"
key = ["code"]
[tables.customer.fields]
code = "Code"
name = "Name"
"""
SHOW = "SELECT code, name FROM party ORDER BY code, name"


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("all", "all", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(CUSTOMERS))


def test_a_key_nearly_the_same_is_asked_about(bench: Desk) -> None:
    first = load(bench, "Code,Name\n00123,Ann\nDUPONT,Bob\nÉté 1,Cid\n0,Nil\n".encode(), b"a.csv")
    assert (first.inserted, first.refused) == (4, 0)
    done = load(bench, b"Code,Name\n123,x\ndupont,x\nete 1,x\n00123 ,x\n124,New\nDUPONT,Bo\n", b"b.csv")
    assert (done.inserted, done.updated, done.refused) == (1, 1, 4)
    said = render(bench.store.refused(done.id)[0].said)
    assert "00123" in said
    assert 'similar = "new"' in said
    assert [row.value for row in bench.store.refused(done.id)] == ["123", "dupont", "ete 1", "00123 "]


def test_it_is_the_same_or_another_when_the_mapping_says_so(bench: Desk) -> None:
    load(bench, b"Code,Name\n00123,Ann\nDUPONT,Bob\n", b"a.csv")
    bench.plan = fitted(CUSTOMERS.replace("[tables.customer]\n", '[tables.customer]\nsimilar = "same"\n'))
    done = load(bench, b"Code,Name\n123,x\ndupont,y\n0123,z\n7,N\n", b"b.csv")
    assert (done.inserted, done.updated, done.refused) == (1, 2, 0)
    assert asked(bench, SHOW) == [("00123", "z"), ("7", "N"), ("DUPONT", "y")]
    bench.plan = fitted(CUSTOMERS.replace("[tables.customer]\n", '[tables.customer]\nsimilar = "new"\n'))
    done = load(bench, b"Code,Name\n123,x\n", b"c.csv")
    assert (done.inserted, done.refused) == (1, 0)


def test_a_first_file_is_never_asked_about_and_other_sources_are_others(bench: Desk) -> None:
    text = CUSTOMERS.replace('["code"]', '["source", "external_id"]').replace(
        'code = "Code"', 'source = "From"\nexternal_id = "Code"'
    )
    bench.plan = fitted(text)
    done = load(bench, b"From,Code,Name\na,1,x\na,01,x\nb,1,x\n", b"a.csv")
    assert (done.inserted, done.refused) == (3, 0)
    done = load(bench, b"From,Code,Name\nb,01,x\nc,01,x\na,01,y\n", b"b.csv")
    assert [(row.line, row.value) for row in bench.store.refused(done.id)] == [(2, "01")]
    assert (done.inserted, done.updated) == (1, 1)


def test_an_address_in_capitals_keeps_no_order_out_unless_it_is_asked(bench: Desk) -> None:
    text = CUSTOMERS.replace('["code"]', '["source", "email"]').replace(
        'code = "Code"', 'source = { value = "s" }\nemail = "Code"'
    )
    bench.plan = fitted(text)
    load(bench, b"Code,Name\nann@x.org,Ann\n", b"a.csv")
    assert load(bench, b"Code,Name\nAnn@x.org,Ann\n", b"b.csv").refused == 0
    bench.plan = fitted(text.replace("[tables.customer]\n", '[tables.customer]\nsimilar = "refuse"\n'))
    assert load(bench, b"Code,Name\nANN@x.org,Ann\n", b"c.csv").refused == 1
