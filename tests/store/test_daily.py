"""The daily life of an inbox, as the database sees it: repeats, originals that stay, replays, pauses, big ledgers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.store.base import SqlStore
from pipeline.store.model import LedgerFile, Load, Query
from pipeline.words import message
from tests.amounts import times
from tests.store.test_exam import NOW, TEXT, arrival, connected, frame, load, plan, rows_of, sql

CONTENTS = {
    b"A": {"1": 10, "2": 20},
    b"B": {"1": 7},
    b"C": {"2": 21, "3": 30},
}  # what each content says of an order's amount
_NUMBERS = count(1)


@dataclass(frozen=True)
class Step:
    """A file arrives. `deed`: it is loaded, cannot be read, or a person asks for it again from the archive."""

    content: bytes
    repeat: Literal["skip", "apply"]
    deed: Literal["load", "fail", "replay"] = "load"


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(sorted(CONTENTS)),
        st.sampled_from(["skip", "apply"]),
        st.sampled_from(["load", "load", "load", "fail", "replay"]),
    ),
    min_size=1,
    max_size=8,
)


class Model:
    """What a person expects of the rows: a list of what was loaded, and the last word on each order."""

    def __init__(self) -> None:
        self.loaded: list[bytes] = []
        self.rows: dict[str, int] = {}

    def arrives(self, step: Step) -> str:
        if step.deed == "fail":
            return "failed"
        known = step.content in (self.loaded if step.repeat == "skip" else self.loaded[-1:])
        if known and step.deed == "load":
            return "duplicate"
        self.loaded.append(step.content)
        self.rows |= CONTENTS[step.content]
        return "committed"


def arrives(store: SqlStore, job: str, step: Step) -> LedgerFile:
    """As an import goes: look the content up, else load it."""
    mine = replace(arrival(step.content), job=job, repeat=step.repeat)
    if step.deed == "fail":
        return store.record_failed(mine, message("reading.empty"), NOW)
    if step.deed == "replay":
        mine = replace(mine, replay_of=1)
    known = store.record_duplicate(mine, NOW)
    if known is not None:
        return known
    fitted = plan(TEXT.replace("shop", job))
    rows = frame(*((n, str(amount), None) for n, amount in CONTENTS[step.content].items()))
    with store.staging(fitted) as staging:
        staging.add(rows.with_columns(source=pl.lit(job)))
        return store.commit([Load(mine, staging, fitted, rows.height, "{}")], NOW)[0]


def amounts(store: SqlStore, job: str) -> dict[object, int]:
    return {number: int(amount) for number, amount, *_ in rows_of(store, job)}  # type: ignore[call-overload]


@settings(
    derandomize=True,
    max_examples=times(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps)
def test_any_sequence_of_contents_ends_as_a_person_expects(store: SqlStore, sequence: list[Step]) -> None:
    job, model = f"job{next(_NUMBERS)}", Model()
    for step in sequence:
        assert arrives(store, job, step).state == model.arrives(step), step
        assert amounts(store, job) == model.rows
    states = [file.state for file in store.files(Query(job=job))]
    assert len(states) == len(sequence)
    assert states.count("committed") == store.count(job, "committed") == len(model.loaded)


def test_prices_a_promotion_and_the_prices_again_end_with_the_prices(store: SqlStore) -> None:
    done = [arrives(store, "prices", Step(content, "apply")) for content in (b"A", b"B", b"A", b"A")]
    assert [file.state for file in done] == ["committed", "committed", "committed", "duplicate"]
    assert amounts(store, "prices") == {"1": 10, "2": 20}
    assert [(f.inserted, f.updated, f.unchanged) for f in done[:3]] == [(2, 0, 0), (0, 1, 0), (0, 1, 1)]


def test_tickets_that_were_loaded_are_never_loaded_again(store: SqlStore) -> None:
    done = [arrives(store, "tickets", Step(content, "skip")) for content in (b"A", b"B", b"A", b"C")]
    assert [file.state for file in done] == ["committed", "committed", "duplicate", "committed"]
    said = done[2].reason
    assert said is not None
    assert (said.code, said.args["id"], said.args["when"]) == (
        "store.duplicate",
        done[0].id,
        "2026-11-24T08:00:00Z",
    )


def test_what_another_job_loaded_is_no_repeat(store: SqlStore) -> None:
    assert arrives(store, "one", Step(b"A", "skip")).state == "committed"
    assert arrives(store, "two", Step(b"A", "skip")).state == "committed"


def test_a_file_knows_the_one_of_its_name_with_other_content(store: SqlStore) -> None:
    def named(name: bytes, step: Step) -> LedgerFile:
        mine = replace(arrival(step.content), name=name, repeat=step.repeat)
        if step.deed == "fail":
            return store.record_failed(mine, message("reading.empty"), NOW)
        with store.staging(plan()) as staging:
            staging.add(frame(("1", "1", step.content.decode())))
            return store.commit([Load(mine, staging, plan(), 1, "{}")], NOW)[0]

    first = named(b"p.csv", Step(b"A", "apply"))
    named(b"q.csv", Step(b"C", "apply"))
    named(b"p.csv", Step(b"X", "apply", "fail"))
    second = named(b"p.csv", Step(b"B", "apply"))
    third = named(b"p.csv", Step(b"B", "skip"))
    assert (first.earlier, second.earlier) == (None, first.id)
    assert (third.state, third.earlier) == ("duplicate", first.id)
    assert store.by_id(second.id) == second


def test_originals_that_stay_are_known_by_their_last_state(store: SqlStore) -> None:
    def seen(folder: str, state: str, failed: bool = False) -> None:
        mine = replace(arrival(state.encode()), folder=folder, source_state=state)
        if failed:
            store.record_failed(mine, message("reading.empty"), NOW)
            return
        with store.staging(plan()) as staging:
            staging.add(frame((state, "1", "x")))
            store.commit([Load(mine, staging, plan(), 1, "{}")], NOW)

    load(store, b"a", frame(("1", "1", "x")))  # one that was moved has none
    assert store.sources("sales") == {}
    for state in ("1:1:10:1", "1:1:20:2"):
        seen("till", state)
    seen("kiosk", "1:2:5:1", failed=True)
    name = b"R\xe9.csv"
    assert store.sources("sales") == {("till", name): "1:1:20:2", ("kiosk", name): "1:2:5:1"}
    assert store.sources("other") == {}
    newest = store.files(Query(job="sales"))[1]
    assert (newest.folder, newest.source_state) == ("till", "1:1:20:2")


def test_a_replay_is_noted_before_its_file_is_there(store: SqlStore) -> None:
    first = load(store, b"a", frame(("1", "1", "x")))
    claim = disk.new_claim(NOW)
    assert store.replay_of(claim) is None
    store.begin_replay(claim, first.id, "ann", NOW)
    store.begin_replay(claim, first.id, "bob", NOW)
    assert store.replay_of(claim) == first.id
    sql(store, "UPDATE sales_order SET status = 'by hand'")
    mine = replace(arrival(b"a", claim), replay_of=first.id)
    assert store.record_duplicate(mine, NOW) is None
    with store.staging(plan()) as staging:
        staging.add(frame(("1", "1", "x")))
        again = store.commit([Load(mine, staging, plan(), 1, "{}")], NOW)[0]
    assert (again.state, again.replay_of, again.updated) == ("committed", first.id, 1)


def test_a_pause_says_who_and_why_and_ends_by_itself_or_by_hand(store: SqlStore) -> None:
    hour = timedelta(hours=1)
    paris = timezone(hour)
    assert store.pauses(NOW) == {}
    assert not store.resume("sales")
    store.pause("sales", "ann", "stock-taking", None, NOW)
    pause = store.pause("sales", "bob", "été", (NOW + hour).astimezone(paris), NOW)
    other = store.pause("prices", "ann", "", None, NOW)
    assert (pause.who, pause.why, pause.since, pause.until) == ("bob", "été", NOW, NOW + hour)
    assert store.pauses(NOW + hour / 2) == {"sales": pause, "prices": other}
    assert store.pauses(NOW + hour) == {"prices": other}
    assert store.resume("prices")
    assert store.pauses(NOW) == {"sales": pause}


def test_all_gates_at_once_are_those_asked_one_by_one(store: SqlStore) -> None:
    for job in ("a", "b", "c"):
        store.remember_gate(job, "every 30 s", NOW)
    for minutes in (1, 2):
        store.open("b", NOW + timedelta(minutes=minutes), NOW)
    store.open("c", NOW, NOW)
    store.close_opening("c", NOW, NOW, 1)
    assert store.gates() == {job: store.gate(job) for job in ("a", "b", "c")}
    unfinished = store.gates()["b"].unfinished
    assert unfinished is not None
    assert unfinished.opening == NOW + timedelta(minutes=2)


def test_pages_states_and_the_last_of_each_job(store: SqlStore) -> None:
    assert (store.files(Query()), store.last_files(), store.counts()) == ([], {}, {})
    made = [
        arrives(store, job, Step(content, "apply", deed))
        for job, content, deed in (
            ("a", b"A", "load"), ("a", b"A", "load"), ("b", b"A", "fail"), ("a", b"B", "load"), ("c", b"C", "load"),
        )
    ]  # fmt: skip
    ids = [file.id for file in reversed(made)]
    assert [f.id for f in store.files(Query(limit=2))] == ids[:2]
    assert [f.id for f in store.files(Query(limit=2, before=ids[1]))] == ids[2:4]
    asked = Query(states=("committed", "failed"), limit=3)
    assert [f.id for f in store.files(asked)] == [ids[0], ids[1], ids[2]]
    assert [f.id for f in store.files(replace(asked, job="a", limit=9))] == [ids[1], ids[4]]
    assert {job: file.id for job, file in store.last_files().items()} == {
        "a": ids[1],
        "b": ids[2],
        "c": ids[0],
    }
    assert store.counts() == {
        ("a", "committed"): 2, ("a", "duplicate"): 1, ("b", "failed"): 1, ("c", "committed"): 1,
    }  # fmt: skip


QUESTIONS: dict[str, Callable[[SqlStore], object]] = {
    "files of a job": lambda store: store.files(Query(job="j")),
    "failed files": lambda store: store.files(Query(states=("failed",))),
    "failed and repeated files of a job": lambda store: store.files(
        Query(job="j", states=("failed", "duplicate"), before=9)
    ),
    "files of a name": lambda store: store.files(Query(name=b"n")),
    "files of a content": lambda store: store.files(Query(fingerprint=b"f")),
    "files whose move was not noted": lambda store: store.files(Query(job="j", moved=False)),
    "count": lambda store: store.count("j", "failed"),
    "last of each job": lambda store: store.last_files(),
    "claim": lambda store: store.by_claim("c"),
    "originals": lambda store: store.sources("j"),
    "repeat": lambda store: store.record_duplicate(arrival(b"a"), NOW),
    "repeat ever": lambda store: store.record_duplicate(replace(arrival(b"a"), repeat="skip"), NOW),
    "arrival": lambda store: store.record_failed(
        replace(arrival(b"a"), source_state="s"), message("reading.empty"), NOW
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_the_whole_ledger(tmp_path: Path, question: str) -> None:
    """With a million rows each of these takes milliseconds because it runs along an index."""
    with connected(f"sqlite:///{tmp_path}/shop.db") as store:
        store.migrate()
        asked: list[tuple[str, Any]] = []

        @sa.event.listens_for(store._engine, "before_cursor_execute")
        def note(conn: object, cursor: object, statement: str, values: Any, *more: object) -> None:
            if not statement.startswith(("PRAGMA", "EXPLAIN")):
                asked.append((statement, values))

        QUESTIONS[question](store)
        assert asked
        for statement, values in asked[:]:
            with store._transaction(write=False) as conn:
                steps = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values).all()
            reads = [str(row[3]) for row in steps if "pipeline_" in str(row[3]) or " AS f" in str(row[3])]
            assert all(read.startswith("SEARCH") for read in reads), (statement, reads)
