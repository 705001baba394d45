"""One message for each trouble, one when it is over, never a storm: for any course of events."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.notices import AGAIN, Known, Trouble, decide, digest_due, retry_at
from pipeline.words import message

UTC = timezone.utc  # noqa: UP017
NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OVER = message("servers.ended.waiting")


def trouble(n: int, kind: str = "failed", job: str = "sales") -> Trouble:
    return Trouble(f"{kind}:{job}:{n}", kind, job, message("servers.test"), NOW, n)  # type: ignore[arg-type]


class Memory:
    """What the database remembers, and what was sent."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.gone: set[str] = set()
        self.last: dict[tuple[str, str], datetime] = {}
        self.told: list[tuple[datetime, str, str]] = []  # moment, "tells" or "ends", key
        self.letters: list[tuple[datetime, str, str]] = []

    def round(self, now: datetime, wrong: list[Trouble], ended: set[str]) -> None:
        wrong = [t for t in wrong if t.key not in self.gone]
        step = decide(self.known, wrong, dict.fromkeys(ended, OVER), self.last, now)
        for each in step.begun:
            self.known[each.key] = Known(each)
        for key, said in step.over:
            self.known[key] = Known(self.known[key].trouble, self.known[key].told_at, said)
        for letter in step.letters:
            if letter.kind:
                self.letters.append((now, letter.kind, letter.job))
                self.last[letter.kind, letter.job] = now
            for key in letter.tells:
                self.told.append((now, "tells", key))
                self.known[key] = Known(self.known[key].trouble, now)
            for key in letter.ends:
                if letter.kind:
                    self.told.append((now, "ends", key))
                self.gone.add(key)
                del self.known[key]


def test_a_thousand_failed_files_are_two_messages() -> None:
    memory = Memory()
    memory.round(NOW, [trouble(1)], set())
    for second in range(1, 599, 5):
        memory.round(NOW + timedelta(seconds=second), [trouble(n) for n in range(1, 1001)], set())
    assert len(memory.letters) == 1
    memory.round(NOW + AGAIN, [trouble(n) for n in range(1, 1001)], set())
    assert len(memory.letters) == 2
    assert {key for _, _, key in memory.told} == {trouble(n).key for n in range(1, 1001)}
    memory.round(NOW + 10 * AGAIN, [trouble(n) for n in range(1, 1001)], set())
    assert len(memory.letters) == 2


def test_what_came_and_went_in_between_is_not_told() -> None:
    memory = Memory()
    memory.round(NOW, [trouble(1)], set())
    memory.round(NOW + MINUTE, [trouble(2)], set())
    memory.round(NOW + 2 * MINUTE, [], {trouble(2).key})
    memory.round(NOW + 2 * AGAIN, [], set())
    assert memory.told == [(NOW, "tells", trouble(1).key)]
    assert trouble(2).key in memory.gone


events = st.lists(
    st.tuples(st.integers(0, 700), st.sampled_from("be"), st.integers(1, 6), st.sampled_from(("a", "b"))),
    max_size=40,
)


@given(events)
@settings(max_examples=150, derandomize=True, deadline=None, database=None)
def test_each_is_told_once_and_its_end_once(course: list[tuple[int, str, int, str]]) -> None:
    memory, now = Memory(), NOW
    wrong: dict[str, Trouble] = {}
    past: set[str] = set()  # a key is its trouble's own for ever: what has ended does not begin again
    for seconds, what, n, job in course:
        now += timedelta(seconds=seconds)
        one = trouble(n, "late", job)
        ended = {one.key} if what == "e" and one.key in wrong else set()
        if what == "b" and one.key not in past:
            wrong[one.key] = one
        for key in ended:
            del wrong[key]
        past |= ended
        memory.round(now, list(wrong.values()), ended)
    now += AGAIN
    memory.round(now, list(wrong.values()), set())
    memory.round(now + AGAIN, list(wrong.values()), set())
    said = [(way, key) for _, way, key in memory.told]
    assert len(said) == len(set(said))
    ends = {key for way, key in said if way == "ends"}
    tells = {key for way, key in said if way == "tells"}
    assert ends <= tells
    assert set(wrong) <= tells
    assert not ends & set(wrong)
    for kind_job in {(kind, job) for _, kind, job in memory.letters}:
        moments = sorted({at for at, kind, job in memory.letters if (kind, job) == kind_job})
        assert all(b - a >= AGAIN for a, b in pairwise(moments))


def test_the_digest_is_of_each_local_day_once() -> None:
    at, zone = time(7), "Europe/Paris"
    assert digest_due(at, None, datetime(2026, 5, 4, 4, 59, tzinfo=UTC), zone) is None
    assert digest_due(at, None, datetime(2026, 5, 4, 5, tzinfo=UTC), zone) == date(2026, 5, 4)
    assert digest_due(at, date(2026, 5, 4), datetime(2026, 5, 4, 20, tzinfo=UTC), zone) is None
    assert digest_due(at, date(2026, 5, 4), datetime(2026, 5, 5, 5, tzinfo=UTC), zone) == date(2026, 5, 5)


def test_it_is_tried_later_and_later() -> None:
    waits = [retry_at(n, NOW) - NOW for n in range(9)]
    assert waits[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert waits[-1] == 60 * MINUTE
