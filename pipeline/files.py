"""Taking, hashing and moving files: the primitives, each safe to repeat. Names are bytes inside."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.faults import point

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Beside these every fuse.*: what lies behind them a lease cannot see.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "davfs", "lustre", "beegfs"}
    | {"gpfs", "ocfs2", "gfs2", "orangefs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs"}
)
_WORK_NAME = re.compile(rb"([0-9a-f]{32})\.(\d+)@(.+)", re.DOTALL)
NAME_MAX = 255


def new_claim(now: datetime) -> str:
    """A UUIDv7 as 32 hex digits: unique for ever, ordered by time."""
    ms = int((now - _EPOCH) / timedelta(milliseconds=1))
    tail = secrets.randbits(62) | (0b10 << 62)
    return f"{ms:012x}7{secrets.randbits(12):03x}{tail:016x}"


def claimed_at(claim: str) -> datetime:
    """The moment that a claim carries, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=int(claim[:12], 16))


def work_name(claim: str, attempt: int, name: bytes) -> bytes:
    """The name of a taken file: `<claim>.<attempt>@<name>`, its end shortened when too long for a folder."""
    head = f"{claim}.{attempt}@".encode()
    return head + _cut(name, NAME_MAX - len(head))


def _cut(name: bytes, length: int) -> bytes:
    """At most so many bytes, never ending inside a UTF-8 character: some file systems refuse such a name."""
    if len(name) <= length:
        return name
    while length and name[length] & 0xC0 == 0x80:
        length -= 1
    return name[:length]


def parse_work_name(entry: bytes) -> tuple[str, int, bytes] | None:
    """Claim, attempt and name of a taken file; None for anything else."""
    found = _WORK_NAME.fullmatch(entry)
    return (found[1].decode(), int(found[2]), found[3]) if found else None


def rename_noreplace(src: Path, dst: Path) -> None:
    """Rename, never over something. Raises FileExistsError, FileNotFoundError, OSError (EXDEV across systems)."""
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(src), _AT_FDCWD, os.fsencode(dst), _RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(code, os.strerror(code), str(src), None, str(dst))
    os.link(src, dst, follow_symlinks=False)  # without the flag (NFS): a link refuses to overwrite too
    os.unlink(src)


@dataclass(slots=True)
class Claimed:
    """A taken file. The lock on its inode lasts until `release`, or until this process dies."""

    claim: str
    attempt: int
    name: bytes
    path: Path
    lock: int

    def release(self) -> None:
        """Let go of the lock. Safe twice."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def claim(inbox: Path, name: bytes, work: Path, now: datetime) -> Claimed | None:
    """Take a file: lock its inode, then rename it into the work folder. None: it vanished or another was faster."""
    point("claim.before")
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = inbox / os.fsdecode(name)
    lock = _lock(source)
    if lock is None:
        return None
    number = new_claim(now)
    place = work / os.fsdecode(work_name(number, 1, name))
    try:
        rename_noreplace(source, place)
    except FileNotFoundError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise
    if not _same(lock, place):  # the name was given to another file between lock and rename: put that back
        os.close(lock)
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            rename_noreplace(place, source)
        return None
    point("claim.after")
    return Claimed(number, 1, name, place, lock)


def abandoned(work: Path) -> list[Claimed]:
    """Taken files whose owner is dead: nobody alive holds their lock. Ordered by claim; each is ours now."""
    try:
        entries = sorted(os.listdir(os.fsencode(work)))
    except FileNotFoundError:
        return []
    found: list[Claimed] = []
    for entry in entries:
        parsed = parse_work_name(entry)
        if parsed is None:
            continue
        path = work / os.fsdecode(entry)
        try:
            lock = _lock(path)
        except OSError:
            for taken in found:
                taken.release()
            raise
        if lock is None:
            continue
        if not _same(lock, path):
            os.close(lock)
            continue
        found.append(Claimed(*parsed, path, lock))
    return found


def bump_attempt(taken: Claimed) -> Claimed:
    """Count one more attempt, in the name, so that it is still counted after a restart."""
    place = taken.path.with_name(os.fsdecode(work_name(taken.claim, taken.attempt + 1, taken.name)))
    rename_noreplace(taken.path, place)
    return Claimed(taken.claim, taken.attempt + 1, taken.name, place, taken.lock)


def unclaim(taken: Claimed, inbox: Path) -> Path:
    """Back into the inbox, over nothing; the lock is let go."""
    place = _free_place(inbox, taken.name, taken.path)
    taken.release()
    return place


def _lock(path: Path) -> int | None:
    try:
        fd = os.open(path, _OPEN)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd


def _same(fd: int, path: Path) -> bool:
    try:
        there, here = path.lstat(), os.fstat(fd)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def open_regular(path: Path) -> BinaryIO:
    """Open for reading, never following a link nor waiting on a pipe. Raises OSError."""
    fd = os.open(path, _OPEN)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(fd, "rb")


def fingerprint(file: BinaryIO) -> bytes:
    """SHA-256 of the whole file, 32 bytes. Leaves the position at the end."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.digest()


def archive(src: Path, folder: Path, name: bytes) -> Path:
    """Move into a folder, over nothing: `name`, else `stem~1.ext`, `stem~2.ext` … Both folders are synced."""
    point("archive.before")
    try:
        place = _free_place(folder, name, src)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        place = _copy_across(src, folder, name)
    _sync_folder(folder)
    _sync_folder(src.parent)
    point("archive.after")
    return place


def _candidates(folder: Path, name: bytes) -> Iterator[Path]:
    """The name, then `stem~1.ext`, `stem~2.ext` …, each short enough for a folder."""
    yield folder / os.fsdecode(_fit(name, b""))
    for n in range(1, 100_000):
        yield folder / os.fsdecode(_fit(name, b"~%d" % n))


def _fit(name: bytes, mark: bytes) -> bytes:
    """The name with a mark before its endings; when too long, the middle goes and the end stays."""
    stem, dot, suffix = name.partition(b".")
    if not stem:
        stem, dot, suffix = name, b"", b""
    ending = dot + suffix
    if len(stem) + len(mark) + len(ending) <= NAME_MAX:
        return stem + mark + ending
    start = max(0, len(name) - 40)
    while start < len(name) and name[start] & 0xC0 == 0x80:
        start += 1
    ending = name[start:]
    return _cut(name, NAME_MAX - len(mark) - len(ending)) + mark + ending


def _free_place(folder: Path, name: bytes, src: Path) -> Path:
    for place in _candidates(folder, name):
        try:
            rename_noreplace(src, place)
        except FileExistsError:
            continue
        return place
    raise OSError(errno.EEXIST, "no free name", str(folder))


def find(folder: Path, name: bytes, content: bytes) -> Path | None:
    """Where a file with this SHA-256 lies in the folder, under its name or one that `archive` would give it."""
    for place in islice(_candidates(folder, name), 50):
        if not place.exists():
            continue
        with contextlib.suppress(OSError), open_regular(place) as file:
            if fingerprint(file) == content:
                return place
    return None


def _copy_across(src: Path, folder: Path, name: bytes) -> Path:
    """Another file system: copy under a hidden name, sync, rename, then let the source go. A copy that an
    earlier attempt finished is found by its content."""
    with open_regular(src) as file:
        wanted = fingerprint(file)
    tried = islice(_candidates(folder, name), 50)
    done = next((p for p in tried if _is(p, wanted, src.stat().st_size)), None)
    if done is None:
        hidden = _copy_hidden(src, folder)
        point("archive.copied")
        done = _free_place(folder, name, hidden)
        _sync_folder(folder)
    os.unlink(src)
    return done


def _copy_hidden(src: Path, folder: Path) -> Path:
    """A synced copy under a name that a second attempt finds and writes anew, so that none is left over."""
    parsed = parse_work_name(os.fsencode(src.name))
    hidden = folder / f".{parsed[0] if parsed else secrets.token_hex(16)}.part"
    try:
        with open_regular(src) as source, hidden.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            with contextlib.suppress(OSError):  # times and rights are a courtesy; some mounts refuse them
                shutil.copystat(src, hidden)
            target.flush()
            os.fsync(target.fileno())
    except OSError:
        hidden.unlink(missing_ok=True)  # a full disc gets its room back
        raise
    return hidden


def _is(path: Path, wanted: bytes, size: int) -> bool:
    """Is this a file of that size and content?"""
    try:
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode) or there.st_size != size:
            return False
        with open_regular(path) as file:
            return fingerprint(file) == wanted
    except (FileNotFoundError, PermissionError):
        return False


def write_beside(folder: Path, name: bytes, content: bytes) -> Path:
    """Write a small file whole or not at all, over nothing; a file of this content under this name is left."""
    wanted = hashlib.sha256(content).digest()
    hidden = folder / f".{secrets.token_hex(8)}.part"
    for place in _candidates(folder, name):
        if os.path.lexists(place):
            if _is(place, wanted, len(content)):
                return place
            continue
        try:
            with hidden.open("xb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            rename_noreplace(hidden, place)
        except FileExistsError:
            hidden.unlink()
            continue
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        _sync_folder(folder)
        return place
    raise OSError(errno.EEXIST, "no free name", str(folder))


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some mounts cannot sync a folder
            raise
    finally:
        os.close(fd)


def ignore_sigio() -> None:
    """A writer that comes while we ask for a lease would kill this process otherwise."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)


def writer_free(path: Path) -> Literal["free", "busy", "unknown"]:
    """Does a local process hold this file open for writing? `unknown` where the system cannot say."""
    try:
        fd = os.open(path, _OPEN)
    except OSError:
        return "unknown"
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return "busy"
    except OSError:
        return "unknown"
    finally:
        os.close(fd)
    return "free"


def is_network(path: Path) -> bool:
    """Does this folder lie on a network file system? False when it cannot be told."""
    try:
        return _device_is_network(os.path.realpath(path), path.stat().st_dev)
    except OSError:
        return False


@lru_cache(maxsize=1024)  # asked for every file of a scan; another mount has another device number
def _device_is_network(text: str, device: int) -> bool:
    kind, longest = "", -1
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        left, _, right = line.partition(b" - ")
        place = os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), left.split()[4]))
        inside = text == place or text.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= longest:  # of two on one place the later one is on top
            kind, longest = right.split()[0].decode(), len(place)
    return kind in _NETWORK or kind.startswith("fuse.")
