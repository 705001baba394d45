"""Places on the disc: renaming over nothing, writers, mounts, and what a folder can do."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pipeline.files.content import OPEN

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
# Beside these every fuse.*: what lies behind them a lease cannot see.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "davfs", "lustre", "beegfs"}
    | {"gpfs", "ocfs2", "gfs2", "orangefs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs"}
)


def rename_noreplace(src: Path, dst: Path) -> None:
    """Rename, never over something. Raises FileExistsError, FileNotFoundError, OSError (EXDEV across systems)."""
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(src), _AT_FDCWD, os.fsencode(dst), _RENAME_NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(code, os.strerror(code), str(src), None, str(dst))
    os.link(src, dst, follow_symlinks=False)  # without the flag (NFS): a link refuses to overwrite too
    os.unlink(src)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some mounts cannot sync a folder
            raise
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; the parent of each new one is synced. Raises OSError."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        if folder == folder.parent:
            break
        folder = folder.parent
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            one.mkdir()
        if not one.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(one))
        sync_folder(one.parent)


def same_file(fd: int, path: Path) -> bool:
    """Does this name still belong to the open file?"""
    try:
        there, here = path.lstat(), os.fstat(fd)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def ignore_sigio() -> None:
    """A writer that comes while we ask for a lease would kill this process otherwise."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)


def writer_free(path: Path) -> Literal["free", "busy", "unknown"]:
    """Does a local process hold this file open for writing? `unknown` where the system cannot say."""
    try:
        fd = os.open(path, OPEN)
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


def holders(path: Path) -> list[tuple[int, str]]:
    """(pid, program) of each process that has the file open for writing, as far as we may see. Linux only;
    walks all processes: for a person who asks, not for every scan."""
    try:
        wanted = path.stat()
    except OSError:
        return []
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or belongs to somebody else
            if any(_writes(process, fd.name, wanted) for fd in (process / "fd").iterdir()):
                found.append((int(process.name), (process / "comm").read_text("utf-8", "replace").strip()))
    return sorted(found)


def _writes(process: Path, fd: str, wanted: os.stat_result) -> bool:
    try:
        if not os.readlink(process / "fd" / fd).startswith("/"):
            return False
        there = (process / "fd" / fd).stat()
        if (there.st_dev, there.st_ino) != (wanted.st_dev, wanted.st_ino):
            return False
        flags = re.search(r"^flags:\s*([0-7]+)", (process / "fdinfo" / fd).read_text(), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY


@dataclass(frozen=True, slots=True)
class Mount:
    """What lies at a place: the mount's own folder and the kind of its file system."""

    place: str
    kind: str

    @property
    def network(self) -> bool:
        return self.kind in _NETWORK or self.kind.startswith("fuse.")


def mount_of(path: Path) -> Mount | None:
    """The mount that a folder or file lies on; None when it cannot be told."""
    try:
        return _mount(os.path.realpath(path), path.stat().st_dev)
    except OSError:
        return None


@lru_cache(maxsize=1024)  # asked for every file of a scan; another mount has another device number
def _mount(text: str, device: int) -> Mount:
    kind, longest = "", ""
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        left, _, right = line.partition(b" - ")
        place = os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), left.split()[4]))
        inside = text == place or text.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(longest):  # of two on one place the later one is on top
            kind, longest = right.split()[0].decode(), place
    return Mount(longest, kind)


def is_network(path: Path) -> bool:
    """Does this folder lie on a network file system? False when it cannot be told."""
    mount = mount_of(path)
    return mount is not None and mount.network


def same_device(a: Path, b: Path) -> bool:
    """Can a file be renamed from one folder to the other? Two mounts of one device do not count as one.
    Raises OSError."""
    return a.stat().st_dev == b.stat().st_dev and mount_of(a) == mount_of(b)


def free_bytes(path: Path) -> int:
    """How many bytes we may still write there. Raises OSError."""
    room = os.statvfs(path)
    return room.f_bavail * room.f_frsize


@contextlib.contextmanager
def probe(folder: Path) -> Iterator[Path]:
    """An empty hidden file in the folder, which services overlook, gone afterwards. Raises OSError."""
    path = folder / f".pipeline-probe-{secrets.token_hex(8)}.part"
    path.touch(exist_ok=False)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def case_sensitive(folder: Path) -> bool:
    """Are `a.csv` and `A.CSV` two files there? Asked by a hidden probe file. Raises OSError."""
    with probe(folder) as path:
        return not path.with_name(path.name.upper()).exists()


def clock_offset_s(folder: Path) -> float:
    """By how many seconds the clock that dates files there is ahead of ours. Asked by a hidden probe file.
    Raises OSError."""
    before = time.time()
    with probe(folder) as path:
        path.write_bytes(b".")
        there = path.stat().st_mtime
    after = time.time()
    return there - min(max(there, before), after)
