"""Messages that really go out: over HTTP and SMTP to servers of the test, from troubles that stand in a real database."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, timezone
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiosmtpd.controller import Controller
from anyio import to_thread

from pipeline import files as disk
from pipeline import post
from pipeline.clock import Now
from pipeline.engine import desk
from pipeline.engine.inboxes import Inboxes
from pipeline.engine.telling import ROUND_S, SETTLED_S, Telling
from pipeline.events import Event
from pipeline.expecting import Expect
from pipeline.jobs import ImportJob, Settings
from pipeline.notices import Notify
from pipeline.store.base import SqlStore
from pipeline.store.model import Arrival
from pipeline.words import Message, message

UTC = timezone.utc  # noqa: UP017
pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr':DeprecationWarning"
)  # of the standard library, used by apprise
MONDAY = datetime(2026, 5, 4, 6, tzinfo=UTC)  # eight o'clock in Paris


@dataclass
class Web:
    """A server that takes what is posted; `refuses` makes it answer 500."""

    port: int = 0
    took: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False
    asked: int = 0


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked += 1
            if not made.refuses:
                made.took.append(json.loads(body))
            self.send_response(500 if made.refuses else 200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class World:
    """A service's messages without the rest of it: a clock, a store, and the troubles it is told of."""

    root: Path
    store: SqlStore
    port: int
    wall: datetime = MONDAY
    mono: float = 1000.0
    expect: Expect | None = None
    notify: Notify = field(default_factory=Notify)
    language: str = "en"
    heard: list[Event] = field(default_factory=list)
    troubles: dict[str, desk.Trouble] = field(default_factory=dict)
    away: bool = False

    def __post_init__(self) -> None:
        self.start()

    def now(self) -> Now:
        return Now(self.wall, self.mono)

    def start(self) -> None:
        """The service starts (again)."""
        (self.root / "in").mkdir(exist_ok=True)
        job = ImportJob(
            "sales", "sales", self.root / "in", self.root / "p", self.root / "f", expect=self.expect
        )
        notify = replace(self.notify, to=(("me", f"json://127.0.0.1:{self.port}/"),))
        settings = Settings(
            self.root / "config.toml", self.root, True, "", "Europe/Paris", self.language,  # type: ignore[arg-type]
            (job,), self.root, notify=notify,
        )  # fmt: skip
        setup = desk.Setup(settings, {"sales": desk.MappingText("", None)})  # type: ignore[arg-type]
        inboxes = Inboxes([job], {}, lambda folder, name, ino: False)
        self.telling = Telling(setup, desk.Announcer(self.heard.append, self), inboxes)  # type: ignore[arg-type]

    def round(self, seconds: float = ROUND_S) -> None:
        """So much time goes by, then one round, to the end of what it sends."""
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds

        async def call(function: Any, *args: Any) -> Any:
            return await to_thread.run_sync(partial(function, *args))

        async def step() -> None:
            async with anyio.create_task_group() as tasks:
                store = None if self.away else self.store
                await self.telling.step(self.now(), tasks, call, store, self.troubles)

        anyio.run(step)

    def file(self, name: str, state: str, said: Message | None = None, rows: int = 0) -> int:
        """A file comes, and this becomes of it."""
        arrival = Arrival(
            disk.new_claim(self.wall),
            "sales",
            name.encode(),
            10,
            name.encode().ljust(32, b"x"),
            self.wall,
            self.wall,
        )
        with self.store._transaction() as conn:
            return self.store._insert(conn, arrival, state, self.wall, said, rows_read=rows).id

    def names(self) -> list[str]:
        return [event.name for event in self.heard]


@pytest.fixture
def world(store: SqlStore, tmp_path: Path, web: Web) -> World:
    made = World(tmp_path, store, web.port)
    made.round()
    assert web.took == []
    return made


def test_a_failed_file_is_told_once_and_when_it_came_right(world: World, web: Web) -> None:
    first = world.file("a.csv", "failed", message("servers.test"))
    world.file("b.csv", "failed", message("servers.test"))
    world.round()
    (told,) = web.took
    assert told["title"] == "Pipeline, sales: 2 file(s) could not be imported"
    assert f"pipeline show {first}" in told["message"]
    assert "a.csv: Messages of Pipeline" in told["message"]
    world.round()
    world.start()  # a restart knows of it
    world.round()
    assert len(web.took) == 1
    world.file("a.csv", "archived")
    world.round(700)
    assert [each["title"] for each in web.took[1:]] == ["Pipeline, sales: 1 file(s) imported after all"]
    world.start()
    world.round(700)
    assert len(web.took) == 2
    assert world.names() == ["notice.sent"] * 2


def test_what_happened_before_anybody_was_told_is_the_past(store: SqlStore, tmp_path: Path, web: Web) -> None:
    world = World(tmp_path, store, web.port)
    world.file("old.csv", "failed", message("servers.test"))
    world.round()
    world.round()
    assert web.took == []


def test_a_question_comes_with_its_figures_and_the_command(world: World, web: Web) -> None:
    world.language, world.notify = "fr", Notify(link="https://shop.example/")
    world.start()
    said = message("servers.too_small", name="a.csv", rows=3, least=50, most=5000)
    id = world.file("a.csv", "held", said)
    world.round()
    (told,) = web.took
    assert told["title"] == "Pipeline, sales : votre accord est demandé pour 1 fichier(s)"
    assert "3 lignes ; entre 50 et 5000" in told["message"]
    assert f"pipeline approve {id}. Pour l'écarter : pipeline reject {id}" in told["message"]
    assert f"https://shop.example/files/{id}" in told["message"]
    world.store.reject(id, "me", world.wall)
    world.round(700)
    assert web.took[1]["message"] == "a.csv : il a été écarté."


def test_what_cannot_be_sent_is_sent_later(world: World, web: Web) -> None:
    web.refuses = True
    world.file("a.csv", "failed", message("servers.test"))
    world.round()
    assert (web.asked, world.names()) == (1, ["notice.failed"])
    world.round()
    assert web.asked == 1  # not again at once
    world.start()
    web.refuses = False
    world.round(61)
    assert len(web.took) == 1
    world.round(700)
    assert len(web.took) == 1


def test_a_job_that_waits_for_long_is_told_once_over_restarts(world: World, web: Web) -> None:
    def waits() -> None:
        since = world.wall
        world.troubles["sales"] = desk.Trouble(message("files.no_worker", why="x"), since, 1, 0.0)

    waits()
    world.round(1700)
    assert web.took == []
    world.round(200)
    assert web.took[0]["title"] == "Pipeline: sales waits"
    world.start()
    world.troubles.clear()
    world.round(20)  # it has not been tried yet
    waits()
    world.round(1900)
    world.round(1900)
    assert len(web.took) == 1
    world.troubles.clear()
    world.round(SETTLED_S)
    assert [each["title"] for each in web.took] == ["Pipeline: sales waits", "Pipeline: sales goes on"]


def test_a_database_that_is_away_is_told_without_it(world: World, web: Web) -> None:
    world.troubles[""] = desk.Trouble(message("store.unreachable", where="x", why="y"), world.wall, 1, 0.0)
    world.away = True
    world.round(1900)
    world.round(1900)
    assert len(web.took) == 1
    assert "Everything has been waiting since 2026-05-04 08:00" in web.took[0]["message"]
    world.troubles, world.away = {}, False
    world.round()
    assert len(web.took) == 2


def test_a_file_that_does_not_come_is_told_once_and_when_it_comes(world: World, web: Web) -> None:
    world.expect = Expect(time(8, 15), "Europe/Paris", rows=(50, 5000))
    world.start()
    world.round(14 * 60)
    assert web.took == []
    world.round(2 * 60)
    assert web.took[0]["title"] == "Pipeline, sales: a file has not come"
    assert web.took[0]["message"].startswith("Late on 2026-05-04: 0 of 1 files had come by 08:15.")
    world.start()
    world.round(700)
    assert len(web.took) == 1
    world.file("a.csv", "archived", rows=4)
    world.round(700)
    assert [each["title"] for each in web.took[1:]] == [
        "Pipeline, sales: the file has come",
        "Pipeline, sales: 1 file(s) smaller or larger than usual",
    ]
    for _ in range(4):
        world.round(700)
    assert len(web.took) == 3
    assert [name for name in world.names() if name != "notice.sent"] == ["job.late", "file.unlike"]


def test_a_digest_each_day(world: World, web: Web) -> None:
    world.notify = Notify(digest=time(7))
    world.start()
    world.file("a.csv", "archived", rows=12)
    world.round()
    assert web.took == []  # its hour was before it was set
    world.round(23 * 3600)
    world.start()
    world.round()
    (told,) = web.took
    assert told["title"] == "Pipeline: the day until 2026-05-05"
    assert told["message"].startswith("sales: 1 files, 12 rows, 0 rows refused")


def test_two_services_on_one_database_tell_once(world: World, web: Web) -> None:
    other = World(world.root, world.store, world.port, world.wall, world.mono)
    for n in range(5):
        world.file(f"{n}.csv", "failed", message("servers.test"))
        other.wall, other.mono = world.wall, world.mono
        world.round(700)
        other.round(701)
    assert len(web.took) == 5


def test_by_e_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over SMTP, to a server that listens."""
    took: list[Any] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
            took.append(envelope)
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), "127.0.0.1", port, ready_timeout=30)
    controller.start()
    try:
        address = f"mailto://127.0.0.1:{port}?from=pipeline@shop.example&to=anne@shop.example"
        assert post.send(address, "Accents é", "Ligne 1\nLigne 2")
    finally:
        controller.stop()
    assert took[0].rcpt_tos == ["anne@shop.example"]
    assert b"Accents" in took[0].content
    assert not post.send(f"mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example", "x", "y")
