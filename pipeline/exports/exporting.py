"""One export from beginning to end: recovered, looked, written, recorded, published. Killed anywhere, it goes on.

Nothing is visible before its row is recorded, and what is recorded appears under its name with its bytes, whatever
happens in between. The row, the next number and the mark up to which changes are written are one transaction.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.errors import ConfigError, Environment
from pipeline.exports import outbox
from pipeline.exports.filling import Filled, Source, check_file, fill, needs, write_manifest
from pipeline.exports.naming import companion_name, file_name, name_mistake
from pipeline.exports.periods import Period, last_period
from pipeline.exports.work import Done, Emit, ExportWork, Shown
from pipeline.faults import point
from pipeline.jobs import ExportJob
from pipeline.store.exporting.model import ExportFile, ExportState, NewFile, Which
from pipeline.store.model import Store
from pipeline.words import Message, message

SHOWN = 10
OLD = 500  # copies that are deleted at once
LATE_S = 60  # changes that an open transaction holds back for longer are told


@dataclass(frozen=True, slots=True)
class _Part:
    """A file to be written: its name, whose rows; `optional`: not when it has none."""

    name: str
    source: Source
    optional: bool = False


class Exporter:
    """Makes exports of one store. Raises Environment and OSError when the world is at fault, FileFailed for a value
    that cannot be written, ConfigError and MappingUnfit when a person must mend config, mapping or database; then
    nothing has appeared."""

    def __init__(self, store: Store, clock: Clock, emit: Emit) -> None:
        self._store, self._exports, self._clock, self._emit = store, store.exports(), clock, emit

    def run(self, work: ExportWork) -> Done:
        """Finish what was cut off, then make this export, once for its opening."""
        job = work.job
        needs(work.plan, job.what if work.period is None else "period", job.deletions)
        with _worded(job.to), outbox.alone(job.kept, job.name):
            state = self._exports.state(job.name)
            place = outbox.ready(job.to, state.place)
            earlier = self._finish(work, self._exports.unpublished(job.name), sure=False)
            outbox.sweep(job.to, job.name, ())
            if work.opening is not None and self._exports.of_opening(job.name, work.opening):
                return Done("exported" if earlier else "nothing", earlier)
            moment = self._exports.begin(job.name, work.opening, place, self._clock.now().wall)
            point("export.begun")
            done = self._export(work, state, moment)
            said = self._let_go(job) or done.said
            return replace(done, ids=(*earlier, *done.ids), said=said)

    def attempt(self, work: ExportWork) -> list[Shown]:
        """What an export would write; nothing is written anywhere."""
        needs(work.plan, work.job.what, work.job.deletions)
        state = self._exports.state(work.job.name)
        found, parts = [], list(self._parts(work, state, self._clock.now().wall))
        with self._exports.look(state.mark) as look:
            for part in parts:
                rows, first = 0, list[tuple[str | None, ...]]()
                for frame in part.source.frames(look, "csv"):
                    first += frame.head(SHOWN - len(first)).rows()
                    rows += frame.height
                if rows or not part.optional:
                    columns, equal = tuple(part.source.schema("csv")), part.source.file.equal
                    only = tuple(f"{'.'.join(one.path)} = {text}" for one, text in equal if text)
                    found.append(Shown(part.name, rows, columns, tuple(first), only))
        return found

    # writing --------------------------------------------------------------------------------------------
    def _export(self, work: ExportWork, state: ExportState, moment: datetime) -> Done:
        job, written = work.job, dict[str, Filled]()
        hidden, parts = list[Path](), list(self._parts(work, state, moment))
        try:
            with self._exports.look(state.mark) as look:
                point("export.looked")
                for part in parts:
                    self._free(job.to / part.name)
                    path = outbox.hidden_path(job.to, job.name, state.sequence, len(hidden))
                    hidden.append(path)
                    filled = fill(part.source, look, path, part.name)
                    if part.optional and not filled.rows:
                        hidden.pop().unlink()
                        continue
                    written[part.name] = filled
                mark, waits = look.mark, look.waits_s
            late = message("exports.waits_for", seconds=waits) if waits >= LATE_S else None
            point("export.written")
            changed, revision = self._revised(work, moment, hidden, written)
            empty = not any(filled.rows for filled in written.values())
            if (empty or not changed) and job.empty == "skip":
                for path in hidden:
                    path.unlink()
                self._exports.skip(job.name, state.sequence, state.mark, mark)
                return Done("nothing", (), late)
            if work.plan.manifest:
                self._manifest(work, state, moment, hidden, written)
            disk.sync_folder(job.to)
            files = self._kept(work, state, hidden, written, revision)
            point("export.kept")
            rows = self._exports.record(
                job.name,
                job.mapping,
                files,
                state.sequence,
                work.opening,
                state.mark,
                mark,
                self._clock.now().wall,
            )
        except BaseException:
            for path in hidden:
                if not _recorded(self._exports.unpublished, job.name, path):
                    path.unlink(missing_ok=True)
            raise
        point("export.recorded")
        ours = {row.id for row in rows}
        news = [one for one in self._exports.unpublished(job.name) if one.file.id in ours]
        ids = self._finish(work, news, sure=True)
        for row, one in zip(rows, files, strict=True):
            facts = {"rows": one.rows, "number": state.sequence, "bytes": row.size}
            self._emit("export.written", os.fsdecode(row.name), self._difference(revision), facts)
        return Done("exported", ids, late)

    def _parts(self, work: ExportWork, state: ExportState, moment: datetime) -> Iterator[_Part]:
        """The files of this export, each under its own name."""
        job, plan = work.job, work.plan
        period = self._period(work, moment)
        changes: dict[str, Which] = {"changes": "changed", "new": "new"}
        which: Which = changes.get(job.what if work.period is None else "period", "all")
        facts = {
            "job": job.name,
            "mapping": job.mapping,
            "station": work.station,
            "period": period.label if period else "",
        }
        revision = self._next_revision(work, period)
        several, names = len(plan.files) > 1, set[str]()
        for file in plan.files:
            template = job.template
            if several and "{file}" not in template:
                template = _before_ending(template, "-{file}")
            told = {**facts, "file": file.name or plan.mapping}
            local = moment.astimezone(ZoneInfo(work.zone))
            name = file_name(template, local=local, sequence=state.sequence, revision=revision, facts=told)
            mistake = name_mistake(name)
            if mistake is not None or name in names:
                raise ConfigError(mistake or message("exports.name_taken", path=name))
            names.add(name)
            check_file(plan, file, name)
            marked = job.deletions == "mark"
            source = Source(plan, file, self._store.readable(), work.zone, told, which, marked, period)
            yield _Part(name, source)
            if job.deletions == "file":
                yield _Part(_before_ending(name, "-deleted"), replace(source, which="deleted"), optional=True)

    def _period(self, work: ExportWork, moment: datetime) -> Period | None:
        if work.period is not None or work.job.what != "period":
            return work.period
        return last_period(work.job.period, moment.astimezone(ZoneInfo(work.zone)).date())

    def _free(self, final: Path) -> None:
        if os.path.lexists(final):
            raise Environment(message("exports.name_taken", path=str(final)))

    def _manifest(
        self,
        work: ExportWork,
        state: ExportState,
        moment: datetime,
        hidden: list[Path],
        written: dict[str, Filled],
    ) -> None:
        job, local = work.job, moment.astimezone(ZoneInfo(work.zone))
        facts = {
            "job": job.name,
            "mapping": job.mapping,
            "station": work.station,
            "period": "",
            "file": "manifest",
        }
        name = file_name(work.plan.manifest, local=local, sequence=state.sequence, facts=facts)
        self._free(job.to / name)
        path = outbox.hidden_path(job.to, job.name, state.sequence, len(hidden))
        hidden.append(path)
        written[name] = write_manifest(path, job.name, state.sequence, written)

    def _kept(
        self, work: ExportWork, state: ExportState, hidden: Sequence[Path], written: Mapping[str, Filled],
        revision: _Revision | None,
    ) -> list[NewFile]:  # fmt: skip
        files = []
        now = self._clock.now().wall
        for path, (name, filled) in zip(hidden, written.items(), strict=True):
            kept = work.job.kept / f"{state.sequence:06d}-{name}"
            outbox.keep(path, kept)
            one = NewFile(
                disk.new_claim(now), os.fsencode(name), str(work.job.to), filled.size, filled.digest, filled.rows,
                str(path), str(kept),
            )  # fmt: skip
            if revision is not None:
                one = replace(
                    one,
                    period=revision.period,
                    revision=revision.number,
                    added=revision.added,
                    gone=revision.gone,
                )
            files.append(one)
        return files

    # revisions of a period ------------------------------------------------------------------------------
    def _next_revision(self, work: ExportWork, period: Period | None) -> int:
        before = None if period is None else self._exports.of_period(work.job.name, period.label)
        return 0 if period is None else 1 if before is None else before.revision + 1

    def _revised(
        self, work: ExportWork, moment: datetime, hidden: Sequence[Path], written: Mapping[str, Filled]
    ) -> tuple[bool, _Revision | None]:
        """Is there something that the revision before did not say, and what?"""
        period = self._period(work, moment)
        if period is None:
            return True, None
        before = self._exports.of_period(work.job.name, period.label)
        if before is None:
            return True, _Revision(period.label, 1, None, None)
        added, gone = _compared(Path(before.kept), hidden[0])
        same = next(iter(written.values())).digest == before.file.fingerprint
        return not same, _Revision(period.label, before.revision + 1, added, gone)

    def _difference(self, revision: _Revision | None) -> Message | None:
        if revision is None or revision.added is None or revision.gone is None:
            return None
        return message(
            "exports.revision", revision=revision.number, period=revision.period, added=revision.added,
            gone=revision.gone, before=revision.number - 1,
        )  # fmt: skip

    # publishing -----------------------------------------------------------------------------------------
    def _finish(self, work: ExportWork, files: Sequence[ExportFile], *, sure: bool) -> tuple[int, ...]:
        """What is recorded appears. Each step may be repeated."""
        if not files:
            return ()
        finals = []
        for one in files:
            final = Path(one.file.folder) / os.fsdecode(one.file.name)
            finals.append(final)
            outbox.place(
                Path(one.hidden),
                final,
                Path(one.kept),
                one.file.fingerprint,
                sure=sure,
                sequence=one.sequence,
            )
        for folder in {final.parent for final in finals}:
            disk.sync_folder(folder)
        point("export.renamed")
        for one, final in zip(files, finals, strict=True):
            for template in work.job.ready:
                if os.path.lexists(final):  # a reader that took it waits for nothing more
                    name = companion_name(template, final.name)
                    text = (
                        f"{one.file.fingerprint.hex()}  {final.name}\n"
                        if name.endswith((".sha256", ".sha256sum"))
                        else ""
                    )
                    outbox.companion(final.parent, name, text)
        for folder in {final.parent for final in finals}:
            disk.sync_folder(folder)
        point("export.ready")
        places = [(one.file.id, str(final)) for one, final in zip(files, finals, strict=True)]
        self._exports.published(places, self._clock.now().wall)
        point("export.noted")
        return tuple(id for id, _ in places)

    # old copies -----------------------------------------------------------------------------------------
    def _let_go(self, job: ExportJob) -> Message | None:
        """Copies that are older than the job keeps them are deleted. What stands in the way is no fault of the
        export: it is told."""
        if job.keep_days is None:
            return None
        before = self._clock.now().wall - timedelta(days=job.keep_days)
        old = self._exports.old(job.name, before, OLD)
        try:
            for one in old:
                Path(one.kept).unlink(missing_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
            return message("exports.not_deleted", path=one.kept, why=why)
        if old:
            self._exports.let_go([one.file.id for one in old])
        return None


@dataclass(frozen=True, slots=True)
class _Revision:
    """A revision of a period, against the one before."""

    period: str
    number: int
    added: int | None
    gone: int | None


def _recorded(unpublished: object, job: str, path: Path) -> bool:
    """Was this file recorded before something failed? Then it stays, and appears later."""
    assert callable(unpublished)
    try:
        return any(one.hidden == str(path) for one in unpublished(job))
    except Environment:
        return True  # nobody knows: what was not recorded is swept at the next start


def _before_ending(name: str, mark: str) -> str:
    stem, dot, rest = name.partition(".") if "{" not in name else name.rpartition(".")
    return stem + mark + dot + rest if stem and dot else name + mark


def _compared(before: Path, after: Path) -> tuple[int | None, int | None]:
    """How many lines are in the one and not in the other."""
    try:
        old, new = (Counter(_lines(path)) for path in (before, after))
    except OSError:
        return None, None
    return (new - old).total(), (old - new).total()


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield blake2b(line, digest_size=8).digest()


@contextmanager
def _worded(folder: Path) -> Iterator[None]:
    """An error of the disc in words, with where and why."""
    try:
        yield
    except OSError as error:
        path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(folder)
        why = error.strerror or str(error)
        raise Environment(message("files.environment", path=path, why=why)) from error
