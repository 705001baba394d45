"""The merge is the same in every order, twice or once, and forgets nothing without a word."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sync.merge import ALL, REVIVED, Clock, State, merge, revive

COLUMNS = ("a", "b", "c")
clocks = st.builds(Clock, st.integers(1, 6), st.sampled_from(["s1", "s2", "hub"]))


@st.composite
def written(draw: st.DrawFn) -> list[State]:
    """Versions of one row that sites could have: each value belongs to its clock."""

    def value(column: str, clock: Clock) -> str:
        return f"{column}{clock.hlc}{clock.site}"

    made = []
    for _ in range(draw(st.integers(2, 3))):
        every = draw(clocks)
        state = State({n: value(n, every) for n in COLUMNS}, {ALL: every})
        for name in draw(st.sets(st.sampled_from(COLUMNS))):
            later = Clock(every.hlc + draw(st.integers(1, 3)), draw(st.sampled_from(["s1", "s2", "hub"])))
            assert state.values is not None
            state.values[name], state.clocks[name] = value(name, later), later
        if draw(st.booleans()):
            state.died = draw(clocks)
        if draw(st.booleans()) and state.died is not None:
            revive(state)
        made.append(state)
    return made


def joined(states: list[State]) -> State:
    state = states[0].copy()
    for other in states[1:]:
        state = merge(state, other, seen=0, new=None, columns=COLUMNS).state
    return state


def told(state: State) -> tuple[object, ...]:
    return state.values, {n: state.at(n).time for n in COLUMNS}, state.died and state.died.time, state.alive


@given(written())
@settings(max_examples=300, deadline=None)
def test_every_order_comes_to_the_same(states: list[State]) -> None:
    assert len({str(told(joined(list(order)))) for order in permutations(states)}) == 1


@given(written())
@settings(max_examples=200, deadline=None)
def test_what_is_known_changes_nothing(states: list[State]) -> None:
    whole = joined(states)
    for state in states:
        again = merge(whole, state, seen=0, new=None, columns=COLUMNS)
        assert not again.changed
        assert told(again.state) == told(whole)


@given(written())
@settings(max_examples=200, deadline=None)
def test_a_value_is_there_or_recorded_or_was_seen(states: list[State]) -> None:
    mine, theirs = states[0], states[1]
    mine.clocks = {n: c._replace(mark=5) for n, c in mine.clocks.items()}  # nobody has seen it
    done = merge(mine, theirs, seen=0, new=None, columns=COLUMNS)
    if mine.alive and theirs.alive and mine.values and theirs.values:
        lost = {loss.lost for loss in done.losses}
        for name in COLUMNS:
            for value in (mine.values[name], theirs.values[name]):
                assert value in lost or (done.state.values or {}).get(name) == value


def test_what_the_sender_had_seen_is_no_conflict() -> None:
    mine = State({"a": 1, "b": 1, "c": 1}, {ALL: Clock(1, "hub", 3)})
    theirs = State({"a": 2, "b": 1, "c": 1}, {ALL: Clock(1, "hub"), "a": Clock(2, "s1")})
    assert merge(mine, theirs, seen=3, new=["a"], columns=COLUMNS).losses == []
    assert [loss.lost for loss in merge(mine, theirs, seen=2, new=["a"], columns=COLUMNS).losses] == [1]


def test_a_revival_is_just_after_the_death_on_every_side() -> None:
    one = State({"a": 1, "b": 1, "c": 1}, {ALL: Clock(1, "s1")}, Clock(4, "s2"))
    other = one.copy()
    assert not one.alive
    revive(one)
    revive(other)
    assert one.alive
    assert one.clocks[REVIVED] == other.clocks[REVIVED]
    assert not merge(one, State(None, {}, Clock(5, "hub")), seen=0, new=None, columns=COLUMNS).state.alive
