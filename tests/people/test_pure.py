"""Names, secrets and passwords, without a database."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.people.entering import network
from pipeline.people.keys import csrf_of, key_of, new_secret, new_token
from pipeline.people.passwords import Passwords, check
from pipeline.store.people.guessing import LONGEST_S, wait_s

CHEAP = Passwords(8, 1, 1)


@given(st.text(max_size=300))
def test_what_is_kept_does_not_give_the_secret_away(secret: str) -> None:
    assert len(key_of(secret)) == 64
    assert csrf_of(secret) not in key_of(secret)
    assert key_of(secret) != key_of(secret + "x")


def test_secrets_are_long_and_never_twice() -> None:
    made = {new_token() for _ in range(100)} | {new_secret() for _ in range(100)}
    assert len(made) == 200
    assert all(len(secret) >= 43 for secret in made)
    assert new_token().startswith("plt_")


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 300, "aaaaaaaaaaaa", "123456789012", "password1234", "Motdepasse2026!", "abcdefghijkl", "anna-anna-anna",
     "qwertyqwerty1", "Azerty123456", "210987654321"],
)  # fmt: skip
def test_a_password_that_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(PipelineError):
        check(password, "anna")


@pytest.mark.parametrize(
    "password", ["correct horse battery", "trois chats gris dorment", "x7Kq-pp2Lm_9", "my secret garden"]
)
def test_a_good_one_is_taken(password: str) -> None:
    check(password, "anna")


@given(st.text(min_size=12, max_size=256))
def test_any_text_is_judged(password: str) -> None:
    with suppress(PipelineError):
        check(password, "anna")


def test_argon2id() -> None:
    known = CHEAP.hash("correct horse battery")
    assert known.startswith("$argon2id$")
    assert CHEAP.verify("correct horse battery", known)
    assert not CHEAP.verify("correct horse batterY", known)
    assert not CHEAP.verify("x" * 300, known)
    assert not CHEAP.verify("nobody", None)
    assert Passwords() == Passwords(65_536, 3, 4)


def test_waits_grow_to_a_quarter_of_an_hour() -> None:
    assert [wait_s(n, 1) for n in range(1, 8)] == [0, 1, 2, 4, 8, 16, 32]
    assert wait_s(100_000, 1) == LONGEST_S


def test_one_line_is_one_guesser() -> None:
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("2001:db8::1") == network("2001:db8::ffff:1") == "2001:db8::/64"
    assert network("") == ""
