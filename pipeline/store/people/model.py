"""The seam for people: users, tokens, sessions, and the record of changes. Secrets come here as SHA-256 only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, from which address, and when."""

    who: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person. `password`: as argon2 keeps it."""

    id: int
    name: str
    role: str
    password: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in. `job`: the only one that it is for, "" all of them."""

    name: str
    scope: str
    job: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is logged in. `key`: the SHA-256 of what the browser brings; `user` "" came by a link."""

    key: str
    user: str
    role: str
    begun_at: datetime
    seen_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the audit. `before`, `after`: JSON, "" for nothing."""

    at: datetime
    who: str
    address: str
    what: str
    subject: str
    before: str
    after: str
    id: int = 0


class People(Protocol):
    """What a store remembers of people. A change and its row in the audit are ONE transaction. Raises as the
    store's verbs do."""

    # users ----------------------------------------------------------------------------------------------
    def users(self) -> list[User]: ...

    def user(self, name: str) -> User | None: ...

    def add_user(self, name: str, role: str, password: str, by: By) -> None:
        """Raises PipelineError when there is one of this name."""

    def set_role(self, name: str, role: str, by: By) -> None:
        """Raises PipelineError when there is nobody of this name, or nobody would be admin any more."""

    def set_password(self, name: str, password: str, by: By) -> None:
        """All sessions of the user end."""

    def remove_user(self, name: str, by: By) -> None:
        """With all sessions. Raises as `set_role`."""

    # tokens ---------------------------------------------------------------------------------------------
    def tokens(self) -> list[Token]: ...

    def token(self, key: str, now: datetime) -> Token | None:
        """The token of this SHA-256, unless it has run out."""

    def add_token(self, key: str, token: Token, by: By) -> None:
        """Raises PipelineError when there is one of this name."""

    def revoke(self, name: str, by: By) -> None:
        """Raises PipelineError when there is none of this name."""

    def anybody(self) -> bool:
        """Is there a user or a token?"""

    # sessions -------------------------------------------------------------------------------------------
    def sessions(self, now: datetime, idle: timedelta, longest: timedelta) -> list[Session]: ...

    def session(self, key: str) -> Session | None:
        """Also one that has ended by its age: who asks compares the times."""

    def begin_session(self, key: str, user: str, by: By, agent: str, before: str = "") -> None:
        """`user` "": by a link, as admin. `before`: the key of the session that this one takes the place of."""

    def end_session(self, key: str) -> None: ...

    def end_sessions(self, user: str, by: By) -> int:
        """All of a user; how many there were."""

    def seen(self, sessions: Sequence[str], tokens: Sequence[str], now: datetime) -> None:
        """These were used. Sessions that ended long ago are forgotten."""

    def add_link(self, key: str, until: datetime) -> None:
        """A link that lets in whoever opens it first, once."""

    def use_link(self, key: str, now: datetime) -> bool: ...

    # guessing -------------------------------------------------------------------------------------------
    def attempt(self, keys: Sequence[tuple[str, int]], now: datetime) -> datetime | None:
        """Note one more attempt for each key (its name, how many are free) before it is known whether it fails, or
        say until when none may be made."""

    def attempt_was_right(self, account: str, address: str) -> None:
        """The account's attempts are forgotten, and of the address this one."""

    # audit ----------------------------------------------------------------------------------------------
    def record(self, what: str, subject: str, before: str, after: str, by: By) -> None: ...

    def changes(self, before: int | None = None, limit: int = 100) -> list[Change]:
        """The newest first; `before`: only ids below this one."""
