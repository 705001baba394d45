"""The verbs of `People` on a store's connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.store.ledger import utc
from pipeline.store.people.guessing import Guessing
from pipeline.store.people.model import By, Change, Session, Token, User
from pipeline.store.people.tables import AuditRow, LinkRow, SessionRow, TokenRow, UserRow
from pipeline.words import message

users: sa.Table = UserRow.__table__  # type: ignore[attr-defined]
tokens: sa.Table = TokenRow.__table__  # type: ignore[attr-defined]
sessions: sa.Table = SessionRow.__table__  # type: ignore[attr-defined]
links: sa.Table = LinkRow.__table__  # type: ignore[attr-defined]
audit: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]
LOCK = "people"
FORGOTTEN = timedelta(days=1)  # sessions that are older than any may live
_SESSIONS = sa.select(
    sessions,
    sa.func.coalesce(users.c.name, "").label("name"),
    sa.func.coalesce(users.c.role, "admin").label("role"),
).outerjoin(users, users.c.id == sessions.c.user_id)


class SqlPeople(Guessing):
    """Users, tokens, sessions and the audit."""

    # users ----------------------------------------------------------------------------------------------
    def users(self) -> list[User]:
        return [_user(row) for row in self._session._read(sa.select(users).order_by(users.c.name))]

    def user(self, name: str) -> User | None:
        rows = self._session._read(sa.select(users).where(users.c.name == name))
        return _user(rows[0]) if rows else None

    def add_user(self, name: str, role: str, password: str, by: By) -> None:
        with self._changing() as conn:
            if _one(conn, users, users.c.name == name) is not None:
                raise PipelineError(message("people.user_there", name=name))
            row = {
                "name": name,
                "role": role,
                "password": password,
                "created_at": by.at,
                "created_by": by.who,
            }
            conn.execute(users.insert().values(**row))
            _note(conn, "user.add", name, None, {"role": role}, by)

    def set_role(self, name: str, role: str, by: By) -> None:
        with self._changing() as conn:
            user = _known(conn, name)
            if role != "admin":
                _keep_an_admin(conn, user)
            conn.execute(users.update().where(users.c.id == user["id"]).values(role=role))
            _note(conn, "user.role", name, {"role": user["role"]}, {"role": role}, by)

    def set_password(self, name: str, password: str, by: By) -> None:
        with self._changing() as conn:
            user = _known(conn, name)
            conn.execute(users.update().where(users.c.id == user["id"]).values(password=password))
            conn.execute(sessions.delete().where(sessions.c.user_id == user["id"]))
            _note(conn, "user.password", name, None, None, by)

    def remove_user(self, name: str, by: By) -> None:
        with self._changing() as conn:
            user = _known(conn, name)
            _keep_an_admin(conn, user)
            conn.execute(sessions.delete().where(sessions.c.user_id == user["id"]))
            conn.execute(users.delete().where(users.c.id == user["id"]))
            _note(conn, "user.remove", name, {"role": user["role"]}, None, by)

    # tokens ---------------------------------------------------------------------------------------------
    def tokens(self) -> list[Token]:
        return [_token(row) for row in self._session._read(sa.select(tokens).order_by(tokens.c.name))]

    def token(self, key: str, now: datetime) -> Token | None:
        rows = self._session._read(sa.select(tokens).where(tokens.c.key == key))
        found = _token(rows[0]) if rows else None
        return None if found is None or (found.expires_at and found.expires_at <= now) else found

    def add_token(self, key: str, token: Token, by: By) -> None:
        with self._changing() as conn:
            if _one(conn, tokens, tokens.c.name == token.name) is not None:
                raise PipelineError(message("people.token_there", name=token.name))
            row = {
                "key": key, "name": token.name, "scope": token.scope, "job": token.job, "created_at": by.at,
                "created_by": by.who, "expires_at": token.expires_at,
            }  # fmt: skip
            conn.execute(tokens.insert().values(**row))
            _note(conn, "token.create", token.name, None, _of_token(token), by)

    def revoke(self, name: str, by: By) -> None:
        with self._changing() as conn:
            row = _one(conn, tokens, tokens.c.name == name)
            if row is None:
                raise PipelineError(message("people.no_token", name=name))
            conn.execute(tokens.delete().where(tokens.c.name == name))
            _note(conn, "token.revoke", name, _of_token(_token(row)), None, by)

    def anybody(self) -> bool:
        found = sa.union_all(sa.select(users.c.name), sa.select(tokens.c.name)).limit(1)
        return bool(self._session._read(found))

    # sessions -------------------------------------------------------------------------------------------
    def sessions(self, now: datetime, idle: timedelta, longest: timedelta) -> list[Session]:
        alive = (sessions.c.seen_at > now - idle, sessions.c.begun_at > now - longest)
        return [
            _session(row)
            for row in self._session._read(_SESSIONS.where(*alive).order_by(sessions.c.seen_at.desc()))
        ]

    def session(self, key: str) -> Session | None:
        rows = self._session._read(_SESSIONS.where(sessions.c.key == key))
        return _session(rows[0]) if rows else None

    def begin_session(self, key: str, user: str, by: By, agent: str, before: str = "") -> None:
        with self._changing() as conn:
            id = _known(conn, user)["id"] if user else None
            conn.execute(sessions.delete().where(sessions.c.key == before))
            row = {"key": key, "user_id": id, "begun_at": by.at, "seen_at": by.at, "address": by.address}
            conn.execute(sessions.insert().values(agent=agent, **row))
            _note(conn, "session.begin", user or by.who, None, None, by)

    def end_session(self, key: str) -> None:
        with self._session._transaction() as conn:
            conn.execute(sessions.delete().where(sessions.c.key == key))

    def end_sessions(self, user: str, by: By) -> int:
        with self._changing() as conn:
            id = _known(conn, user)["id"] if user else None
            mine = sessions.c.user_id.is_(None) if id is None else sessions.c.user_id == id
            ended = conn.execute(sessions.delete().where(mine)).rowcount
            _note(conn, "session.end", user, {"sessions": ended}, None, by)
        return ended

    def seen(self, sessions_: Sequence[str], tokens_: Sequence[str], now: datetime) -> None:
        with self._session._transaction() as conn:
            if sessions_:
                conn.execute(sessions.update().where(sessions.c.key.in_(sessions_)).values(seen_at=now))
            if tokens_:
                conn.execute(tokens.update().where(tokens.c.key.in_(tokens_)).values(used_at=now))
            conn.execute(sessions.delete().where(sessions.c.begun_at < now - FORGOTTEN))

    def add_link(self, key: str, until: datetime) -> None:
        with self._session._transaction() as conn:
            conn.execute(links.delete())  # the newest only
            conn.execute(links.insert().values(key=key, until=until))

    def use_link(self, key: str, now: datetime) -> bool:
        with self._session._transaction() as conn:
            return conn.execute(links.delete().where(links.c.key == key, links.c.until > now)).rowcount == 1

    # audit ----------------------------------------------------------------------------------------------
    def record(self, what: str, subject: str, before: str, after: str, by: By) -> None:
        with self._session._transaction() as conn:
            _record(conn, what, subject, before, after, by)

    def changes(self, before: int | None = None, limit: int = 100) -> list[Change]:
        asked = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            asked = asked.where(audit.c.id < before)
        return [Change(**{**row, "at": utc(row["at"])}) for row in self._session._read(asked)]


def _record(conn: sa.Connection, what: str, subject: str, before: str, after: str, by: By) -> None:
    row = {"what": what, "subject": subject, "before": before, "after": after}
    conn.execute(audit.insert().values(at=by.at, who=by.who, address=by.address, **row))


def _note(conn: sa.Connection, what: str, subject: str, before: Any, after: Any, by: By) -> None:
    texts = ["" if value is None else json.dumps(value, ensure_ascii=False) for value in (before, after)]
    _record(conn, what, subject, texts[0], texts[1], by)


def _one(conn: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> Any:
    return conn.execute(sa.select(table).where(which)).mappings().first()


def _known(conn: sa.Connection, name: str) -> Any:
    row = _one(conn, users, users.c.name == name)
    if row is None:
        raise PipelineError(message("people.no_user", name=name))
    return row


def _keep_an_admin(conn: sa.Connection, user: Any) -> None:
    """The last admin stays one: nobody could make another."""
    others = sa.select(sa.func.count()).where(users.c.role == "admin", users.c.id != user["id"])
    if user["role"] == "admin" and conn.execute(others).scalar_one() == 0:
        raise PipelineError(message("people.last_admin", name=user["name"]))


def _user(row: Any) -> User:
    return User(**{**row, "created_at": utc(row["created_at"])})


def _token(row: Any) -> Token:
    times = {
        name: None if row[name] is None else utc(row[name])
        for name in ("created_at", "expires_at", "used_at")
    }
    return Token(**{**{name: row[name] for name in ("name", "scope", "job", "created_by")}, **times})


def _of_token(token: Token) -> dict[str, str | None]:
    expires = token.expires_at.isoformat() if token.expires_at else None
    return {"scope": token.scope, "job": token.job, "expires": expires}


def _session(row: Any) -> Session:
    return Session(
        row["key"], row["name"], row["role"], utc(row["begun_at"]), utc(row["seen_at"]), row["address"], row["agent"]
    )  # fmt: skip
