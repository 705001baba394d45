"""What people were told: the troubles, and the letters that are still to be sent. Both survive a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.expecting import Came
from pipeline.notices import Known, Step, Trouble, retry_at
from pipeline.store.arrivals import files
from pipeline.store.ledger import BIG, _index, instant, ledger_file, utc
from pipeline.store.model import LedgerFile
from pipeline.store.session import Session
from pipeline.words import Message, message, printable

LEASE = timedelta(minutes=2)  # while one process sends a letter, no other does
KEPT = timedelta(days=40)  # letters that were sent
COUNT_AS_COME = ("committed", "archived", "held", "approved", "failed", "undone")
LAG = 2000  # numbers of files may become visible in another order, but not that far apart
MANY = 500  # files that are looked at in one round

_OPEN = "over_told_at IS NULL"
_UNSENT = "sent_at IS NULL"


class NoticeRow(SQLModel, table=True):
    """A trouble: when it was told, how it ended, when that was told. The row `begun` says since when files count."""

    __tablename__ = "pipeline_notice"
    __table_args__ = (_index("ix_pipeline_notice_open", ("key",), _OPEN),)
    key: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    kind: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    said: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    since: datetime = Field(sa_column=instant())
    file: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    lasting: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    told_at: datetime | None = Field(default=None, sa_column=instant(True))
    over: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    over_told_at: datetime | None = Field(default=None, sa_column=instant(True))


class LetterRow(SQLModel, table=True):
    """A message to one address, as it is to be read."""

    __tablename__ = "pipeline_letter"
    __table_args__ = (
        _index("ix_pipeline_letter_unsent", ("next_at",), _UNSENT),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    kind: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    title: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    body: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    made_at: datetime = Field(sa_column=instant())
    next_at: datetime = Field(sa_column=instant())
    tries: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=instant(True))


class Forgotten(SQLModel, table=True):
    """That somebody was forgotten: when, by whom, and how many rows; of whom, only a digest."""

    __tablename__ = "pipeline_forgotten"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    at: datetime = Field(sa_column=instant())
    who: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    party: str = Field(sa_column=sa.Column(sa.String(64), nullable=False))
    did: str = Field(sa_column=sa.Column(sa.Text, nullable=False))


notices: sa.Table = NoticeRow.__table__  # type: ignore[attr-defined]
letters: sa.Table = LetterRow.__table__  # type: ignore[attr-defined]
BEGUN, DIGEST = "begun", "digest"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a round goes by. `fresh`: files that failed or are held and are not known as troubles yet; `ended`: how
    troubles of files have ended; `last`: when each kind and job was last told of; `begun`: since when this is kept;
    `digest`: the day of the last one."""

    begun: datetime
    known: dict[str, Known]
    fresh: tuple[LedgerFile, ...]
    ended: dict[str, Message]
    last: dict[tuple[str, str], datetime]
    digest: str = ""
    up_to: int = 0  # files up to this number need not be looked at again


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to be sent now."""

    id: int
    name: str
    title: str
    body: str
    tries: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    """What came for one job: files, rows read, rows refused, files that failed and that are held."""

    job: str
    files: int
    rows: int
    refused: int
    failed: int
    held: int


class Notices(Session):
    """The rows of `pipeline_notice` and `pipeline_letter`."""

    def notices(self) -> Notices:
        return self

    def begun(self) -> datetime | None:
        """Since when troubles are kept."""
        rows = self._read(sa.select(notices.c.since).where(notices.c.key == BEGUN))
        return utc(rows[0]["since"]) if rows else None

    def noted(self, keys: Sequence[str]) -> set[str]:
        """Those of these troubles that are remembered, also when they are over."""
        if not keys:
            return set()
        return {row["key"] for row in self._read(sa.select(notices.c.key).where(notices.c.key.in_(keys)))}

    def remembered(self, now: datetime) -> Remembered:
        """What is known, as of now. The first time, everything that lies in the past counts as told."""
        with self._transaction(write=False) as conn:
            found = self._remembered(conn, now)
        if found is not None:
            return found
        with self._transaction() as conn:
            self._lock_job(conn, "notices")
            if _row(conn, BEGUN) is None:
                last = conn.execute(sa.select(sa.func.max(files.c.id))).scalar() or 0
                conn.execute(notices.insert(), _plain(BEGUN, now, int(last)))
            found = self._remembered(conn, now)
        assert found is not None
        return found

    def _remembered(self, conn: sa.Connection, now: datetime) -> Remembered | None:
        begun = _row(conn, BEGUN)
        if begun is None:
            return None
        rows = conn.execute(sa.select(notices).where(sa.text(_OPEN), notices.c.kind.notin_((BEGUN, DIGEST))))
        known = {row["key"]: _known(row) for row in rows.mappings()}
        # the number up to which files were looked at stands in the row's `file`; troubles go by their keys
        new = sa.select(files).where(files.c.id > begun["file"], files.c.state.in_(("failed", "held")))
        new = new.where((files.c.state + ":" + sa.cast(files.c.id, sa.Text)).notin_(sa.select(notices.c.key)))
        fresh = [ledger_file(row) for row in conn.execute(new.order_by(files.c.id).limit(MANY)).mappings()]
        up_to = int(conn.execute(sa.select(sa.func.max(files.c.id))).scalar() or 0) - LAG
        up_to = up_to if len(fresh) < MANY else min(up_to, fresh[-1].id)
        told = sa.select(letters.c.kind, letters.c.job, sa.func.max(letters.c.made_at).label("at"))
        recent = told.where(letters.c.made_at > now - timedelta(days=1)).group_by(
            letters.c.kind, letters.c.job
        )
        last = {(row["kind"], row["job"]): utc(_moment(row["at"])) for row in conn.execute(recent).mappings()}
        digest = _row(conn, DIGEST)
        ended = self._ended(conn, known)
        return Remembered(
            utc(begun["since"]), known, tuple(fresh), ended, last, digest["said"] if digest else "", up_to
        )

    def _ended(self, conn: sa.Connection, known: dict[str, Known]) -> dict[str, Message]:
        """Files that failed and have come right since, and questions that were answered."""
        mine = {k.trouble.file: k.trouble for k in known.values() if k.over is None and k.trouble.file}
        mine = {id: trouble for id, trouble in mine.items() if trouble.kind in ("failed", "held")}
        if not mine:
            return {}
        later = files.alias("later")
        good = later.c.state.in_(("committed", "archived"))
        same = sa.and_(later.c.job == files.c.job, later.c.name == files.c.name, later.c.id > files.c.id)
        put_right = sa.exists().where(good, sa.or_(same, later.c.replay_of == files.c.id))
        asked = sa.select(files.c.id, files.c.name, files.c.state, put_right.label("right"))
        ended = {}
        for row in conn.execute(asked.where(files.c.id.in_(mine))).mappings():
            trouble, name = mine[row["id"]], printable(bytes(row["name"]).decode("utf-8", "surrogateescape"))
            if trouble.kind == "held" and row["state"] != "held":
                code = "rejected" if row["state"] == "rejected" else "approved"
                ended[trouble.key] = Message(f"servers.ended.{code}", {"name": name})
            elif row["right"]:
                ended[trouble.key] = message("servers.ended.failed", name=name)
        return ended

    def note(
        self,
        step: Step,
        texts: Sequence[tuple[str, str, str, str, str]],
        now: datetime,
        up_to: int = 0,
        digest: str = "",
    ) -> bool:
        """ONE transaction: what has begun, what is over, and the letters about it. `texts`: name, kind, job, title,
        body of each letter; `up_to`: files up to this number were looked at; `digest`: its day. False, and nothing
        done: another process was faster."""
        with self._transaction() as conn:
            self._lock_job(conn, "notices")
            keys = [trouble.key for trouble in step.begun]
            if keys and conn.execute(sa.select(notices.c.key).where(notices.c.key.in_(keys))).first():
                return False
            if digest and not _next_digest(conn, digest, now):
                return False
            if step.begun:
                conn.execute(notices.insert(), [_new(trouble) for trouble in step.begun])
            for key, said in step.over:
                conn.execute(notices.update().where(notices.c.key == key).values(over=said.to_json()))
            for letter in step.letters:
                for keys_of, column in ((letter.tells, "told_at"), (letter.ends, "over_told_at")):
                    mine = notices.update().where(notices.c.key.in_(keys_of), notices.c[column].is_(None))
                    if keys_of and conn.execute(mine.values(**{column: now})).rowcount < len(set(keys_of)):
                        conn.rollback()
                        return False
            if up_to:
                begun = notices.update().where(notices.c.key == BEGUN, notices.c.file < up_to)
                conn.execute(begun.values(file=up_to))
            if texts:
                conn.execute(letters.insert(), [_letter(text, now) for text in texts])
                conn.execute(letters.delete().where(letters.c.sent_at < now - KEPT))
            return True

    def due_letters(self, now: datetime, most: int = 20) -> list[Due]:
        """Take letters to send: for two minutes nobody else gets them."""
        with self._transaction(write=False) as conn:
            if conn.execute(_due(now).limit(1)).first() is None:
                return []
        with self._transaction() as conn:
            self._lock_job(conn, "notices")
            rows = conn.execute(_due(now).limit(most)).mappings().all()
            mine = letters.update().where(letters.c.id.in_([row["id"] for row in rows]))
            conn.execute(mine.values(next_at=now + LEASE))
        return [Due(r["id"], r["name"], r["title"], r["body"], r["tries"], utc(r["made_at"])) for r in rows]

    def letter_sent(self, id: int, now: datetime) -> None:
        """It went out, or nobody wants it any more."""
        with self._transaction() as conn:
            conn.execute(letters.update().where(letters.c.id == id).values(sent_at=now))

    def letter_unsent(self, id: int, tries: int, now: datetime) -> None:
        """It did not; it is tried again later."""
        with self._transaction() as conn:
            again = {"tries": tries + 1, "next_at": retry_at(tries, now)}
            conn.execute(letters.update().where(letters.c.id == id).values(**again))

    def came(self, job: str, since: datetime) -> list[Came]:
        """The files of a job that were seen since this moment; repeats of a content do not count."""
        mine = sa.select(files.c.id, files.c.name, files.c.seen_at, files.c.state, files.c.rows_read)
        # from the newest back to the first that is too old: the whole history is not read
        old = sa.select(files.c.id).where(files.c.job == job, files.c.seen_at < since)
        old = old.order_by(files.c.id.desc()).limit(1)
        mine = mine.where(files.c.id > sa.func.coalesce(old.scalar_subquery(), 0))
        mine = mine.where(files.c.job == job, files.c.seen_at >= since, files.c.replay_of.is_(None))
        mine = mine.where(files.c.state.in_(COUNT_AS_COME), files.c.undo_of.is_(None)).order_by(files.c.id)
        found = []
        for row in self._read(mine):
            name = printable(bytes(row["name"]).decode("utf-8", "surrogateescape"))
            rows = row["rows_read"] if row["state"] in ("committed", "archived") else None
            found.append(Came(row["id"], name, utc(row["seen_at"]), rows))
        return found

    def first_seen(self, jobs: Sequence[str]) -> dict[str, datetime]:
        """Since when each of these jobs is known."""
        from pipeline.store.ledger import JobMemory

        memory: sa.Table = JobMemory.__table__  # type: ignore[attr-defined]
        found = {}
        for job in jobs:
            mine = sa.select(files.c.seen_at).where(files.c.job == job).order_by(files.c.id).limit(1)
            for row in self._read(mine):
                found[job] = utc(row["seen_at"])
        for row in self._read(sa.select(memory.c.job, memory.c.last_opening).where(memory.c.job.in_(jobs))):
            at = utc(row["last_opening"])
            found[row["job"]] = min(at, found.get(row["job"], at))
        return found

    def day_counts(self, since: datetime, until: datetime) -> list[DayCount]:
        """What came between two moments, by job."""
        state = files.c.state
        one = {name: sa.func.sum(sa.case((state == name, 1), else_=0)) for name in ("failed", "held")}
        asked = sa.select(
            files.c.job, sa.func.count().label("files"), sa.func.sum(files.c.rows_read).label("rows"),
            sa.func.sum(files.c.refused).label("refused"), *(column.label(name) for name, column in one.items()),
        )  # fmt: skip
        asked = asked.where(
            files.c.committed_at >= since, files.c.committed_at < until, files.c.kind == "import"
        )
        rows = self._read(asked.group_by(files.c.job).order_by(files.c.job))
        return [
            DayCount(r["job"], *(int(r[k] or 0) for k in ("files", "rows", "refused", "failed", "held")))
            for r in rows
        ]


def _due(now: datetime) -> sa.Select[Any]:
    return sa.select(letters).where(sa.text(_UNSENT), letters.c.next_at <= now).order_by(letters.c.id)


def _row(conn: sa.Connection, key: str) -> Any:
    return conn.execute(sa.select(notices).where(notices.c.key == key)).mappings().first()


def _next_digest(conn: sa.Connection, day: str, now: datetime) -> bool:
    """Note the day of a digest. False: it was written."""
    row = _row(conn, DIGEST)
    if row is None:
        conn.execute(notices.insert(), {**_plain(DIGEST, now, 0), "said": day})
        return True
    if row["said"] >= day:
        return False
    conn.execute(notices.update().where(notices.c.key == DIGEST).values(said=day))
    return True


def _plain(key: str, now: datetime, file: int) -> dict[str, Any]:
    return {
        "key": key, "kind": key, "job": "", "said": "", "since": now, "file": file, "lasting": True,
        "told_at": None, "over": None, "over_told_at": None,
    }  # fmt: skip


def _new(trouble: Trouble) -> dict[str, Any]:
    return {
        **_plain(trouble.key, trouble.since, trouble.file), "kind": trouble.kind, "job": trouble.job,
        "said": trouble.said.to_json(), "lasting": trouble.lasting,
    }  # fmt: skip


def _known(row: Any) -> Known:
    trouble = Trouble(
        row["key"], row["kind"], row["job"], Message.from_json(row["said"]), utc(row["since"]), row["file"],
        bool(row["lasting"]),
    )  # fmt: skip
    told = None if row["told_at"] is None else utc(row["told_at"])
    return Known(trouble, told, None if row["over"] is None else Message.from_json(row["over"]))


def _letter(text: tuple[str, str, str, str, str], now: datetime) -> dict[str, Any]:
    name, kind, job, title, body = text
    return {
        "name": name, "kind": kind, "job": job, "title": title, "body": body, "made_at": now, "next_at": now,
        "tries": 0, "sent_at": None,
    }  # fmt: skip


def _moment(value: Any) -> datetime:
    """An aggregate of moments comes from SQLite as a text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
