"""A real server of each protocol, and a store beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.carrying import Fetched, Fetcher
from pipeline.clock import Now
from pipeline.jobs import ImportJob, Remote
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.model import Store
from tests.databases import ready_sqlite
from tests.flow.conftest import installation as installation
from tests.remote import imap_place
from tests.remote.places import Place

UTC = timezone.utc  # noqa: UP017
PLACES = {
    "sftp": "sftp_place.SftpPlace", "https": "https_place.HttpsPlace", "s3": "s3_place.S3Place",
    "ftps": "ftp_place.FtpPlace", "ftp": "ftp_place.PlainFtpPlace",
    "imaps": "imap_place.ImapPlace",
}  # fmt: skip


def make(kind: str, root: Path) -> Place:
    module, name = PLACES[kind].split(".")
    place: Place = getattr(import_module(f"tests.remote.{module}"), name)(root)
    return place


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "imaps" and not imap_place.available():
        pytest.skip("needs dovecot, as root")
    made = make(request.param, tmp_path)
    yield made
    made.stop()


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Place]:
    made = make("sftp", tmp_path)
    yield made
    made.stop()


@dataclass
class Hands:
    """Rounds by hand, with the clock as an argument."""

    root: Path
    place: Place
    store: Store
    mono: float = 1000.0
    events: list[tuple[str, str]] = field(default_factory=list)
    job: ImportJob = field(init=False)
    fetcher: Fetcher = field(init=False)

    def __post_init__(self) -> None:
        self.use()

    def use(self, **changes: object) -> None:
        """Another process, or other settings: nothing is remembered but on disc and in the database."""
        self.again(self.place.remote(self.root, **changes))

    def again(self, remote: Remote) -> None:
        spool = remote.spool
        self.job = ImportJob("sales", "sales", spool, self.root / "done", self.root / "bad", ("*.csv",))
        self.fetcher = Fetcher(
            remote, [self.job], self, lambda event, file, facts: self.events.append((event, file))
        )  # type: ignore[arg-type]

    def now(self) -> Now:
        return Now(datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=self.mono), self.mono)

    def round(self) -> Fetched:
        return self.fetcher.round(self.store.afar())

    @property
    def spool(self) -> Path:
        return self.fetcher.remote.spool

    def here(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in self.spool.iterdir() if p.is_file() and p.name[0] != "."}

    def parts(self) -> dict[str, int]:
        return {p.name: p.stat().st_size for p in self.spool.iterdir() if p.name.endswith(".part")}


@pytest.fixture
def hands(tmp_path: Path, place: Place) -> Iterator[Hands]:
    path = tmp_path / "hands.db"
    path.write_bytes(ready_sqlite())
    store = connect(f"sqlite:///{path}")
    assert isinstance(store, SqlStore)
    yield Hands(tmp_path, place, store)
    store.close()
