"""One round through a remote folder: what is whole there is brought here, what was imported is put away there.

A row in the database says whose file it is. Its bytes come into a hidden part in the spool, which another round goes on
with after a cut; then the row says that they are here, then the part gets the file's name. From there on it is a
file that was dropped. Killed anywhere, the next round finishes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pipeline import files as disk
from pipeline.carrying.places import Emit, Stopped, alone, worded
from pipeline.carrying.settling import Settling
from pipeline.clock import Clock
from pipeline.errors import Environment
from pipeline.faults import point
from pipeline.jobs import ImportJob, Remote, fits, matches_any
from pipeline.remote import Changed, Far, Found, open_far
from pipeline.remote.model import shown
from pipeline.store.afar.model import Afar, FarFile
from pipeline.words import Message, message, printable

LEASE = timedelta(seconds=120)
RENEW_S = 30.0
SPARE = 16 << 20  # bytes of the disc that a file must leave free
PART = re.compile(r"\.([0-9]{1,18})\.part")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One round: how many files came, and in how many seconds another look tells more; None: as usual."""

    brought: int = 0
    again_s: float | None = None


@dataclass(slots=True)
class Fetcher:
    """Rounds through one folder, for the jobs that take its files. `stopping` is asked between two pieces."""

    remote: Remote
    jobs: Sequence[ImportJob]
    clock: Clock
    emit: Emit
    stopping: Callable[[], bool] = lambda: False
    connect: Callable[[Remote], Far] = open_far
    _settling: Settling = field(default_factory=Settling)

    @property
    def owner(self) -> str:
        """This spool of this machine: the lock on it says which process."""
        return f"{socket.gethostname()}:{self.remote.spool}"

    def round(self, rows: Afar) -> Fetched:
        """Raises Environment: it is tried again, and nothing is lost."""
        with worded(self.remote.spool), alone(self.remote):
            self._finish(rows)
            far = self.connect(self.remote)
            try:
                listing = [one for one in far.list() if self._wanted(one)]
                self._forsake(rows, listing)
                settle_s = 0.0 if far.instant else self.remote.settle_s
                ready, again_s = self._settling.look(listing, self.clock.now().mono, settle_s)
                brought = self._bring(far, rows, ready)
                self._put_away(far, rows, listing)
            finally:
                far.close()
            return Fetched(brought, again_s)

    def _wanted(self, found: Found) -> bool:
        name = os.fsdecode(found.name)
        return any(fits(name, job.patterns) or _accompanies(job, name) for job in self.jobs)

    # here -----------------------------------------------------------------------------------------------
    def _part(self, id: int) -> Path:
        return self.remote.spool / f".{id}.part"

    def _parts(self) -> dict[int, Path]:
        return {int(m[1]): p for p in self.remote.spool.iterdir() if (m := PART.fullmatch(p.name))}

    def _forsake(self, rows: Afar, listing: Sequence[Found]) -> None:
        """Parts of files that are gone there, or were written again."""
        parts = self._parts()
        there = {(one.key, one.mark) for one in listing}
        for row in rows.by_ids(sorted(parts)):
            if row.state == "taken" and (row.key, row.mark) not in there:
                parts[row.id].unlink(missing_ok=True)

    def _finish(self, rows: Afar) -> None:
        """What was noted as here, and has not got its name yet; parts that nobody goes on with go."""
        parts = self._parts()
        known = {row.id: row for row in rows.by_ids(sorted(parts))}
        for id, path in parts.items():
            row = known.get(id)
            if row is None or row.state == "settled" or (row.state == "here" and row.owner != self.owner):
                path.unlink(missing_ok=True)
            elif row.state == "here":
                self._appear(row)

    def _appear(self, row: FarFile) -> bool:
        """The part gets the file's name. False: an earlier file of this name has not been taken yet."""
        final = self.remote.spool / os.fsdecode(row.name)
        with contextlib.suppress(FileExistsError):
            disk.rename_noreplace(self._part(row.id), final)
            disk.sync_folder(self.remote.spool)
            point("fetch.brought")
            facts: dict[str, str | int] = {"from": shown(self.remote), "bytes": row.size or 0}
            self.emit("file.fetched", printable(os.fsdecode(row.name)), facts)
            return True
        return False

    # from there -----------------------------------------------------------------------------------------
    def _bring(self, far: Far, rows: Afar, ready: Sequence[Found]) -> int:
        known = rows.known(self.remote.url, [one.key for one in ready])
        brought, changed = 0, None
        for found in ready:
            row = known.get((found.key, found.mark))
            if row is not None and row.state == "here":
                continue
            if row is not None and row.state == "settled" and not self._again(found):
                continue
            try:
                brought += self._fetch(far, rows, found)
            except Changed as news:  # the others go on; the next listing tells more
                changed = news
        if changed is not None and not brought:
            raise changed
        return brought

    def _again(self, found: Found) -> bool:
        """Was it put there again, just as it was, after it had been put away?"""
        return self.remote.after != "keep" and self._settling.came_back(found.key)

    def _fetch(self, far: Far, rows: Afar, found: Found) -> bool:
        url, now = self.remote.url, self.clock.now()
        row = rows.take(
            url, found.key, found.mark, found.name, found.size, self.owner, now.wall + LEASE, now.wall
        )
        if row is None:
            return False
        point("fetch.taken")
        try:
            size, digest = self._download(far, rows, found, row)
        except Changed:
            self._part(row.id).unlink(missing_ok=True)  # of a file that is no more
            raise
        point("fetch.whole")
        if not rows.fetched(row.id, self.owner, digest, size, self.clock.now().wall):
            return False
        point("fetch.noted")
        return self._appear(rows.by_ids([row.id])[0])

    def _download(self, far: Far, rows: Afar, found: Found, row: FarFile) -> tuple[int, bytes]:
        """Into the part, from where an earlier round was cut off. Returns its size and SHA-256."""
        path, digest = self._part(row.id), hashlib.sha256()
        with path.open("ab+") as part:
            here = part.seek(0, os.SEEK_END)
            if found.size is not None and here > found.size:
                here = part.truncate(0)
            self._room(found, here)
            start, pieces = far.read(found, here)
            if start < here:
                part.truncate(start)
            part.seek(0)
            while piece := part.read(1 << 20):
                digest.update(piece)
            renewed, size = self.clock.now().mono, start
            with _ended(pieces):
                for piece in pieces:
                    part.write(piece)
                    digest.update(piece)
                    size += len(piece)
                    point("fetch.piece")
                    if self.stopping():
                        raise Stopped(message("remote.stopped", name=printable(os.fsdecode(found.name))))
                    now = self.clock.now()
                    if now.mono - renewed > RENEW_S:
                        renewed = now.mono
                        if not rows.renew(row.id, self.owner, now.wall + LEASE):
                            raise Changed(self._says("remote.elsewhere", found))
            part.flush()
            os.fsync(part.fileno())
        if found.size is not None and size != found.size:
            if size > found.size:
                path.unlink()
            raise Environment(self._says("remote.cut", found))
        return size, digest.digest()

    def _says(self, code: str, found: Found) -> Message:
        return Message(code, {"name": printable(os.fsdecode(found.name)), "url": shown(self.remote)})

    def _room(self, found: Found, here: int) -> None:
        """A disc that is too full is told before, not after gigabytes."""
        need = (found.size or 0) - here + SPARE
        if disk.free_bytes(self.remote.spool) < need:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.remote.spool))

    # and there ------------------------------------------------------------------------------------------
    def _put_away(self, far: Far, rows: Afar, listing: Sequence[Found]) -> None:
        """What is in the database is moved or deleted there as asked, and only if it is still the same. What carries
        several files, a mail, goes when all of them are."""
        done = {
            (one.key, one.mark): one for one in rows.committed(self.remote.url, [j.name for j in self.jobs])
        }
        if not done:
            return
        there = {(one.key, one.mark): one for one in listing}
        stays = {one.carrier for one in listing if (one.key, one.mark) not in done and one.whole}
        if stays:
            known = rows.known(self.remote.url, [one.key for one in listing if one.carrier in stays])
            settled = {where for where, one in known.items() if one.state == "settled"}
            stays = {
                o.carrier for o in listing if o.carrier in stays and (o.key, o.mark) not in {*done, *settled}
            }
        gone = set[str]()
        for where, row in done.items():
            found = there.get(where)
            if found is not None and self.remote.after != "keep":
                if found.carrier in stays:
                    continue
                if found.carrier not in gone:
                    self._away(far, found)
                    gone.add(found.carrier)
            point("fetch.archived")
            rows.settle([row.id], self.clock.now().wall)

    def _away(self, far: Far, found: Found) -> None:
        name = printable(os.fsdecode(found.name))
        with contextlib.suppress(Changed):  # then it is another file, which is fetched
            if self.remote.after == "delete":
                far.remove(found)
            else:
                far.move(found, self.remote.archive)
            self.emit("file.settled", name, {"from": shown(self.remote), "deed": self.remote.after})


@contextmanager
def _ended(pieces: Iterator[bytes]) -> Iterator[None]:
    """What is cut short lets go of its connection at once."""
    try:
        yield
    finally:
        if isinstance(pieces, Generator):
            pieces.close()


def _accompanies(job: ImportJob, name: str) -> bool:
    """Has it the form of the companions that the job's files wait for?"""
    form = job.ready.replace("{stem}", "*").replace("{name}", "*")
    return bool(form) and matches_any(name, (form,))
