"""The worker process: its pipe, its limits, its death.

Forked from its service, or started as `python -P -m pipeline.worker PARENT_PID MEMORY_MB`. Frames both ways: four
bytes of length, then JSON. Its first frame is `hello`; then for each work order events as they happen and one
outcome. `{"warm": true}` has it load what an order will need. A worker that dies takes its transaction with it; the
service lives.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NoReturn, TypedDict, cast

from pipeline import faults
from pipeline.brake import from_order
from pipeline.clock import Clock
from pipeline.errors import ConfigError, Environment, MappingUnfit, PipelineError
from pipeline.jobs import ImportJob, Limits, foreign
from pipeline.mapping.unfit import difference
from pipeline.words import Language, Message, message

if TYPE_CHECKING:
    from pipeline.exports.orders import ExportOrder
    from pipeline.imports import Importer, Outcome, Taken, Work
    from pipeline.mapping.model import Plan
    from pipeline.store.model import MappingVersion, Store
    from pipeline.sync.ends import SyncOrder

PR_SET_PDEATHSIG = 1
LENGTH = struct.Struct(">I")
GC_OBJECTS = (
    100_000  # looking for garbage while libraries are loaded, which make none, takes a fifth of each start
)


class FileOrder(TypedDict):
    claim: str
    name: str  # file system encoding with surrogates
    path: str
    seen_at: str
    folder: str  # where it came from
    below: str  # that folder's path below the job's inbox
    source_state: str
    companion: str | None  # path
    fresh: bool  # taken just now: the ledger cannot know it yet


class Order(TypedDict):
    """A work order as it goes over the pipe."""

    database: str
    schema: str
    job: str
    inbox: str
    processed: str
    failed: str
    max_rows: int | None
    max_percent: float | None
    repeat: Literal["", "skip", "apply"]
    take: Literal["move", "copy"]
    ready: str
    trailer: str
    archive: str
    compress: Literal["", "gzip"]
    receipts: str  # a folder, "" for none
    brake: dict[str, object] | None  # a Brake
    closed_until: str | None  # a date
    mapping: str
    mapping_text: str
    limits: dict[str, int]
    zone: str
    language: Language
    files: list[FileOrder]
    give_up: str | None  # a Message as JSON: do not load, fail the files for this reason
    attempt: bool  # only say what an import of the one file would do


def send(pipe: BinaryIO, frame: Mapping[str, object]) -> None:
    """Write one frame."""
    body = json.dumps(frame, ensure_ascii=True).encode()
    pipe.write(LENGTH.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: BinaryIO) -> dict[str, object] | None:
    """Read one frame; None at the end of the pipe."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    frame: dict[str, object] = json.loads(pipe.read(LENGTH.unpack(head)[0]))
    return frame


def main() -> None:
    """Serve work orders until the pipe ends: the worker in an interpreter of its own."""
    _serve(int(sys.argv[1]), int(sys.argv[2]))


def live(line: int, parent: int, memory_mb: int) -> NoReturn:
    """Be the worker from here on, in a process that was just forked: `line` is all that it keeps, besides stderr."""
    try:
        os.setsid()
        os.chdir("/")
        os.dup2(line, 0)
        os.dup2(line, 1)
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2:
                with contextlib.suppress(OSError):  # the listing's own
                    os.close(int(name))
        _serve(parent, memory_mb)
    finally:
        traceback.print_exc()
        os._exit(1)


def _serve(parent: int, memory_mb: int) -> NoReturn:
    _die_with(parent)
    _limit(memory_mb)
    faults.be("worker")
    gc.set_threshold(GC_OBJECTS)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to the log, never into the frames
    inp = os.fdopen(os.dup(0), "rb")
    desk = _Desk(out)
    send(out, {"hello": os.getpid()})
    while (frame := receive(inp)) is not None:
        _load()
        if "order" in frame:
            send(out, {"outcomes": desk.serve(frame["order"])})  # type: ignore[arg-type]
    desk.close()
    os._exit(0)  # nothing is left to do, and tearing down a big process takes a while


def _load() -> None:
    """Everything that an order needs, at the first frame and not before: a worker that is never asked is small."""
    if "pipeline.imports.importing" in sys.modules:
        return
    import pipeline.imports.importing
    import pipeline.store.sqlite  # noqa: F401

    gc.freeze()


class _Desk:
    """Keeps the connection and the compiled mapping between orders."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._stores: dict[tuple[str, str], Store] = {}
        self._plans: dict[tuple[str, str, str], Plan] = {}
        self._noted: dict[tuple[str, str, str, str], MappingVersion] = {}

    def serve(self, order: Order | ExportOrder | SyncOrder) -> list[dict[str, object]]:
        if "sync" in order:
            from pipeline.sync.running import serve as synchronise

            outcome = synchronise(cast("SyncOrder", order), self._store, lambda frame: send(self._out, frame))
            if outcome["deed"] == "environment":
                self.close()
            return [outcome]
        if "export" in order:
            from pipeline.exports.serving import serve

            outcome = serve(cast("ExportOrder", order), self._store, lambda frame: send(self._out, frame))
            if outcome["deed"] == "environment":
                self.close()
            return [outcome]
        try:
            return self._run(order)
        except ConfigError as unfit:
            said = difference(order["mapping"], unfit.mistakes) if unfit.mistakes else unfit.said
            return [_outcome(f["claim"], "paused", said) for f in order["files"]]
        except MappingUnfit as unfit:
            return [_outcome(f["claim"], "paused", unfit.said) for f in order["files"]]
        except Environment as trouble:
            self.close()
            return [_outcome(f["claim"], "environment", trouble.said) for f in order["files"]]
        except MemoryError:
            return [_outcome(f["claim"], "failed", message("files.too_much_memory")) for f in order["files"]]
        except PipelineError as trouble:
            return [_outcome(f["claim"], "paused", trouble.said) for f in order["files"]]

    def _run(self, order: Order) -> list[dict[str, object]]:
        from pipeline.formats.limits import Limits as ReadingLimits
        from pipeline.imports import Importer, Taken, Work

        job = ImportJob(
            name=order["job"],
            mapping=order["mapping"],
            inbox=Path(order["inbox"]),
            processed=Path(order["processed"]),
            failed=Path(order["failed"]),
            errors=Limits(order["max_rows"], order["max_percent"]),
            repeat=order["repeat"],
            take=order["take"],
            ready=order["ready"],
            receipts=Path(order["receipts"]) if order["receipts"] else None,
            trailer=order["trailer"],
            archive=order["archive"],
            compress=order["compress"],
            brake=from_order(order["brake"]),
            closed_until=date.fromisoformat(order["closed_until"]) if order["closed_until"] else None,
        )

        def emit(name: str, taken: Taken, said: Message | None, facts: dict[str, int]) -> None:
            send(
                self._out,
                {
                    "event": name,
                    "claim": taken.claim,
                    "file": os.fsdecode(taken.name),
                    "said": None if said is None else said.to_json(),
                    "facts": facts,
                },
            )

        files = tuple(
            Taken(
                f["claim"],
                os.fsencode(f["name"]),
                Path(f["path"]),
                datetime.fromisoformat(f["seen_at"]),
                f["folder"],
                f["below"],
                f["source_state"],
                Path(f["companion"]) if f["companion"] else None,
                f["fresh"],
            )
            for f in order["files"]
        )
        limits = ReadingLimits(**order["limits"])
        store = self._store(order["database"], order["schema"])
        importer = Importer(store, Clock(), emit)
        if order["attempt"]:
            plan = self._plan(order, order["mapping"], order["mapping_text"], store)
            return [_attempted(importer, Work(job, plan, files, order["zone"], order["language"], limits))]
        give_up = order["give_up"]
        outcomes: list[Outcome] = []
        for version, some in self._versions(order, files, store):
            plan = self._plan(order, version.name, version.text, store)
            work = Work(job, plan, some, order["zone"], order["language"], limits, version.number)
            outcomes += importer.fail(work, Message.from_json(give_up)) if give_up else importer.run(work)
        return [_outcome(o.claim, o.deed, o.said, o.id) for o in outcomes]

    def _versions(
        self, order: Order, files: tuple[Taken, ...], store: Store
    ) -> Iterator[tuple[MappingVersion, tuple[Taken, ...]]]:
        """The files with the mapping that each goes by: the job's, or what a person chose for its replay."""
        known = (order["database"], order["schema"], order["mapping"], order["mapping_text"])
        if known not in self._noted:
            self._noted[known] = store.note_mapping(known[2], known[3], Clock().now().wall)
        chosen = {f.claim: store.replay_mapping(f.claim) for f in files if not f.fresh}
        for version, some in groupby(files, lambda file: chosen.get(file.claim) or self._noted[known]):
            yield version, tuple(some)

    def _plan(self, order: Order, name: str, text: str, store: Store) -> Plan:
        """The mapping fitted to the tables; kept, but for those that others may alter any time."""
        from pipeline.mapping import examine
        from pipeline.store.catalogue import catalogue

        known = (name, text, order["schema"])
        if known in self._plans:
            return self._plans[known]
        tables = store.catalogue()
        plan, mistakes = examine(name, text, f"mappings/{name}.toml", tables)
        if plan is None:
            raise ConfigError(message("mapping.unusable", mapping=name), mistakes)
        if not foreign(order["schema"]) and all(tables[name] is catalogue().get(name) for name in plan.reads):
            self._plans[known] = plan
        return plan

    def _store(self, database: str, schema: str) -> Store:
        from pipeline.store import connect

        if (database, schema) not in self._stores:
            store = connect(database, schema)
            store.migrate()
            self._stores[database, schema] = store
        return self._stores[database, schema]

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self._stores.clear()
        self._noted.clear()


def _outcome(claim: str, deed: str, said: Message | None, id: int | None = None) -> dict[str, object]:
    return {"claim": claim, "deed": deed, "said": None if said is None else said.to_json(), "id": id}


def _attempted(importer: Importer, work: Work) -> dict[str, object]:
    """What an import would do, as data (see `pipeline.results.Attempted`)."""
    from pipeline.errors import FileFailed

    claim = work.files[0].claim
    try:
        tried = importer.attempt(work)
    except FileFailed as fault:
        return _outcome(claim, "failed", fault.said)
    except OSError as error:
        said = message("files.environment", path=str(work.files[0].path), why=error.strerror or str(error))
        return _outcome(claim, "environment", said)
    file = tried.file
    counts = (
        "rows_read",
        "inserted",
        "updated",
        "unchanged",
        "deleted",
        "refused",
        "duplicates",
        "stale",
        "absent",
    )
    told: dict[str, object] = {
        "state": file.state,
        "counts": {name: getattr(file, name) for name in counts},
        "tables": {name: list(numbers) for name, numbers in tried.tables.items()},
        "columns": [[table, column, number] for (table, column), number in tried.columns.items()],
        "rows": [[row.table, dict(row.values)] for row in tried.rows],
        "changes": [[c.table, c.row, c.column, c.old, c.new] for c in tried.changes],
        "refused": [[r.line, r.column, r.value, r.said.to_json(), r.raw.hex()] for r in tried.refused],
    }
    return {**_outcome(claim, "tried", file.reason), "tried": told}


def _die_with(parent: int) -> None:
    """Without this an orphan commits after its service was killed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # a writer that comes while we ask for a lease
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(
            "500"
        )  # short of memory, the worker goes, not the service


def _limit(memory_mb: int) -> None:
    os.environ.setdefault("POLARS_MAX_THREADS", str(min(4, os.cpu_count() or 1)))
    if memory_mb:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = memory_mb * 1024 * 1024
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    main()
