"""What both databases remember of people: who, until when, and what they changed."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.people import entering
from pipeline.people.entering import IDLE, LONGEST, Login
from pipeline.people.keys import key_of
from pipeline.people.passwords import Passwords
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.people.model import By
from tests.store.test_exam import NOW

CHEAP = Passwords(8, 1, 1)
GOOD = "correct horse battery"


def by(at: datetime = NOW, address: str = "192.0.2.7") -> By:
    return By("root@shop", address, at)


def code(told: pytest.ExceptionInfo[PipelineError]) -> str:
    return told.value.said.code


def test_users(store: SqlStore) -> None:
    people = store.people()
    assert not people.anybody()
    entering.add_user(people, CHEAP, "anna", "admin", GOOD, by())
    entering.add_user(people, CHEAP, "bob", "viewer", GOOD, by())
    assert people.anybody()
    assert [(user.name, user.role, user.created_at) for user in people.users()] == [
        ("anna", "admin", NOW), ("bob", "viewer", NOW),
    ]  # fmt: skip
    with pytest.raises(PipelineError) as told:
        entering.add_user(people, CHEAP, "anna", "viewer", GOOD, by())
    assert code(told) == "people.user_there"
    for verb in (lambda: people.set_role("anna", "viewer", by()), lambda: people.remove_user("anna", by())):
        with pytest.raises(PipelineError) as told:
            verb()
        assert code(told) == "people.last_admin"
    people.set_role("bob", "admin", by())
    people.remove_user("anna", by())
    with pytest.raises(PipelineError) as told:
        people.set_role("anna", "admin", by())
    assert code(told) == "people.no_user"
    for bad in ("", "a" * 65, "../x", "a b", "\x1b[31m", "-x"):
        with pytest.raises(PipelineError) as told:
            entering.add_user(people, CHEAP, bad, "viewer", GOOD, by())
        assert code(told) == "people.name"
    with pytest.raises(PipelineError) as told:
        entering.add_user(people, CHEAP, "carl", "root", GOOD, by())
    assert code(told) == "people.role"


def test_tokens(store: SqlStore) -> None:
    people = store.people()
    token = entering.create_token(people, "till", "drop", by(), job="sales", days=2)
    found = people.token(key_of(token), NOW)
    assert found is not None
    assert (found.name, found.scope, found.job) == ("till", "drop", "sales")
    assert people.token(key_of(token), NOW + timedelta(days=2)) is None
    assert people.token(key_of(token + "x"), NOW) is None
    people.seen((), [key_of(token)], NOW + timedelta(hours=1))
    assert people.tokens()[0].used_at == NOW + timedelta(hours=1)
    with pytest.raises(PipelineError) as told:
        entering.create_token(people, "till", "read", by())
    assert code(told) == "people.token_there"
    with pytest.raises(PipelineError) as told:
        entering.create_token(people, "other", "everything", by())
    assert code(told) == "people.scope"
    with pytest.raises(PipelineError) as told:
        entering.create_token(people, "other", "admin", by(), job="sales")
    assert code(told) == "people.job_scope"
    people.revoke("till", by())
    assert people.token(key_of(token), NOW) is None
    with pytest.raises(PipelineError) as told:
        people.revoke("till", by())
    assert code(told) == "people.no_token"
    assert entering.create_token(people, "till", "read", by())  # the name is free again


def test_no_secret_stands_in_the_database(store: SqlStore) -> None:
    people = store.people()
    token = entering.create_token(people, "till", "admin", by())
    entering.add_user(people, CHEAP, "anna", "admin", GOOD, by())
    done = entering.log_in(people, CHEAP, "anna", GOOD, by(), "Firefox")
    link = entering.new_link(people, NOW)
    names = ("user", "token", "session", "link", "attempt", "audit")
    rows = [row for name in names for row in people._session._read(sa.text(f"SELECT * FROM pipeline_{name}"))]
    everything = repr([dict(row) for row in rows])
    for secret in (token, GOOD, done.secret, link):
        assert secret
        assert secret not in everything
    assert key_of(token) in everything


def test_a_login_begins_a_new_session_and_ends_the_one_before(store: SqlStore) -> None:
    people = store.people()
    entering.add_user(people, CHEAP, "anna", "operator", GOOD, by())
    first = entering.log_in(people, CHEAP, "anna", GOOD, by(), "Firefox " * 100)
    second = entering.log_in(people, CHEAP, "anna", GOOD, by(NOW + timedelta(minutes=1)), "x", first.secret)
    assert second.secret not in ("", first.secret)
    assert people.session(key_of(first.secret)) is None
    found = people.session(key_of(second.secret))
    assert found is not None
    assert (found.user, found.role, found.address) == ("anna", "operator", "192.0.2.7")
    people.set_role("anna", "viewer", by())
    changed = people.session(key_of(second.secret))
    assert changed is not None
    assert changed.role == "viewer"  # at once, not at the next login
    later = NOW + timedelta(minutes=20)
    people.seen([key_of(second.secret)], (), later)
    assert [s.seen_at for s in people.sessions(later, IDLE, LONGEST)] == [later]
    assert people.sessions(later + IDLE, IDLE, LONGEST) == []
    assert people.end_sessions("anna", by()) == 1
    assert people.session(key_of(second.secret)) is None
    third = entering.log_in(people, CHEAP, "anna", GOOD, by(), "x")
    entering.set_password(people, CHEAP, "anna", GOOD + "!", by())
    assert people.session(key_of(third.secret)) is None
    fourth = entering.log_in(people, CHEAP, "anna", GOOD + "!", by(), "x")
    people.end_session(key_of(fourth.secret))
    assert people.session(key_of(fourth.secret)) is None


def test_a_link_lets_in_once_and_not_for_long(store: SqlStore) -> None:
    people = store.people()
    link = entering.new_link(people, NOW)
    assert entering.use_link(people, "", by(), "x") == ""
    assert entering.use_link(people, link, by(NOW + timedelta(minutes=15)), "x") == ""
    session = entering.use_link(people, link, by(), "x")
    assert session
    found = people.session(key_of(session))
    assert found is not None
    assert (found.user, found.role) == ("", "admin")
    assert entering.use_link(people, link, by(), "x") == ""
    old, new = entering.new_link(people, NOW), entering.new_link(people, NOW)
    assert entering.use_link(people, old, by(), "x") == ""
    assert entering.use_link(people, new, by(), "x")
    assert people.end_sessions("", by()) == 2


def test_guessing_takes_longer_and_longer_also_after_a_restart(store: SqlStore) -> None:
    people = store.people()
    entering.add_user(people, CHEAP, "anna", "viewer", GOOD, by())
    now, waits = NOW, list[float]()
    while len(waits) < 12:
        done = entering.log_in(
            people, CHEAP, "anna", "wrong wrong wrong", by(now, f"10.0.0.{len(waits)}"), "x"
        )
        assert not done.secret
        if done.until is not None:
            waits.append((done.until - now).total_seconds())
            now = done.until
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert entering.log_in(people, CHEAP, "anna", "wrong wrong wrong", by(now, "10.0.1.1"), "x") == Login()
    again = connect(store._engine.url.render_as_string(hide_password=False))
    try:
        kept = entering.log_in(again.people(), CHEAP, "anna", GOOD, by(now + timedelta(seconds=899)), "x")
        assert kept.until is not None
        assert entering.log_in(
            again.people(), CHEAP, "anna", GOOD, by(now + timedelta(seconds=900)), "x"
        ).secret
    finally:
        again.close()


def test_an_address_that_guesses_many_names_is_held_off(store: SqlStore) -> None:
    people = store.people()
    entering.add_user(people, CHEAP, "anna", "viewer", GOOD, by())
    for n in range(11):
        assert entering.log_in(people, CHEAP, f"user{n}", GOOD, by(), "x").until is None
    assert entering.log_in(people, CHEAP, "anna", GOOD, by(), "x").until is not None
    assert entering.log_in(people, CHEAP, "anna", GOOD, by(address="198.51.100.1"), "x").secret
    tomorrow = NOW + timedelta(days=2)
    assert entering.log_in(people, CHEAP, "anna", GOOD, by(tomorrow), "x").secret


def test_many_guesses_at_once_gain_nothing(store: SqlStore) -> None:
    url = store._engine.url.render_as_string(hide_password=False)
    let, stores = list[datetime | None](), [connect(url) for _ in range(4)]

    def guess(mine: object) -> None:
        assert isinstance(mine, SqlStore)
        let.append(mine.people().attempt([("name:anna", 0)], NOW))

    threads = [threading.Thread(target=guess, args=(mine,)) for mine in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()
    assert let.count(None) == 1


def test_every_change_is_recorded_with_before_and_after(store: SqlStore) -> None:
    people = store.people()
    entering.add_user(people, CHEAP, "anna", "admin", GOOD, by())
    entering.add_user(people, CHEAP, "bob", "viewer", GOOD, by())
    people.set_role("bob", "operator", by())
    entering.create_token(people, "till", "drop", by(), job="sales")
    people.revoke("till", by())
    entering.set_password(people, CHEAP, "bob", GOOD + "!", by())
    people.remove_user("bob", by())
    people.record("switch", "", "true", "false", by())
    found = people.changes()
    assert [(c.what, c.subject) for c in reversed(found)] == [
        ("user.add", "anna"), ("user.add", "bob"), ("user.role", "bob"), ("token.create", "till"),
        ("token.revoke", "till"), ("user.password", "bob"), ("user.remove", "bob"), ("switch", ""),
    ]  # fmt: skip
    role = next(c for c in found if c.what == "user.role")
    assert (json.loads(role.before), json.loads(role.after)) == ({"role": "viewer"}, {"role": "operator"})
    assert (role.who, role.address, role.at) == ("root@shop", "192.0.2.7", NOW)
    page = people.changes(limit=3)
    assert [c.id for c in page + people.changes(before=page[-1].id)] == [c.id for c in found]
