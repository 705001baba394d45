"""Moving files to their last place, over nothing, and finding them there again. Each step is safe to repeat."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pipeline.faults import point
from pipeline.files.claiming import free_place
from pipeline.files.content import fingerprint, open_regular
from pipeline.files.names import candidates, hidden_name, parse_companion_name, parse_work_name
from pipeline.files.packing import ENDING, is_packed, open_unpacked, pack
from pipeline.files.places import rename_noreplace, sync_folder

LOOKED_AT = 50  # names at which a file that was archived before is looked for


def archive(src: Path, folder: Path, name: bytes, *, compress: bool = False, sync: bool = True) -> Path:
    """Move into a folder, over nothing: `name`, else `stem~1.ext`, `stem~2.ext` … Both folders are synced, unless
    the caller does it. `compress`: as `name.gz`, unless the content is compressed already."""
    point("archive.before")
    if compress and not is_packed(src):
        place = _pack_across(src, folder, name)
    else:
        try:
            place = free_place(folder, name, src)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            place = _copy_across(src, folder, name)
    if sync:
        sync_folder(folder)
        sync_folder(src.parent)
    point("archive.after")
    return place


def find(folder: Path, name: bytes, content: bytes, original: bytes | None = None) -> Path | None:
    """Where a file with this SHA-256 lies in the folder, under its name or one that `archive` would give it,
    packed or not. `original`: the name it came with, when that is another."""
    for one in (name, name + ENDING):
        for place in islice(candidates(folder, one), LOOKED_AT):
            if place.exists() and _holds(place, original or name, content):
                return place
    return None


def _holds(place: Path, original: bytes, content: bytes) -> bool:
    with contextlib.suppress(OSError), open_unpacked(place, original) as file:
        return fingerprint(file) == content
    return False


def _copy_across(src: Path, folder: Path, name: bytes) -> Path:
    """Another file system: copy under a hidden name, sync, rename, then let the source go. A copy that an
    earlier attempt finished is found by its content."""
    with open_regular(src) as file:
        wanted, size = fingerprint(file), file.tell()
    done = next((p for p in islice(candidates(folder, name), LOOKED_AT) if is_same(p, wanted, size)), None)
    if done is None:
        hidden = _copy_hidden(src, folder, lambda source, target: shutil.copyfileobj(source, target, 1 << 20))
        point("archive.copied")
        done = free_place(folder, name, hidden)
        sync_folder(folder)
    os.unlink(src)
    return done


def _pack_across(src: Path, folder: Path, name: bytes) -> Path:
    """As `_copy_across`, packed: what an earlier attempt finished has the same bytes."""
    hidden = _copy_hidden(src, folder, pack)
    point("compress.written")
    there = [p for p in islice(candidates(folder, name + ENDING), LOOKED_AT) if os.path.lexists(p)]
    done = None
    if there:
        with open_regular(hidden) as file:
            wanted, size = fingerprint(file), file.tell()
        done = next((p for p in there if is_same(p, wanted, size)), None)
    if done is None:
        done = free_place(folder, name + ENDING, hidden)
        sync_folder(folder)
    else:
        hidden.unlink()
    point("compress.placed")
    os.unlink(src)
    return done


def _copy_hidden(src: Path, folder: Path, write: Callable[[BinaryIO, BinaryIO], None]) -> Path:
    """A synced copy under a name that a second attempt finds and writes anew, so that none is left over."""
    entry = os.fsencode(src.name)
    parsed = parse_work_name(entry) or parse_companion_name(entry)
    hidden = folder / hidden_name(parsed[0] if parsed else secrets.token_hex(16))
    try:
        with open_regular(src) as source, hidden.open("wb") as target:
            write(source, target)
            with contextlib.suppress(OSError):  # times and rights are a courtesy; some mounts refuse them
                shutil.copystat(src, hidden)
            target.flush()
            os.fsync(target.fileno())
    except OSError:
        hidden.unlink(missing_ok=True)  # a full disc gets its room back
        raise
    return hidden


def is_same(path: Path, wanted: bytes, size: int) -> bool:
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
    for place in candidates(folder, name):
        if os.path.lexists(place):
            if is_same(place, wanted, len(content)):
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
        sync_folder(folder)
        return place
    raise OSError(errno.EEXIST, "no free name", str(folder))


def holds(place: Path, original: bytes, content: bytes) -> bool:
    """Has this archived file, packed or not, the content with this SHA-256? `original`: the name it came with."""
    return _holds(place, original, content)


def pack_beside(src: Path) -> Path:
    """Write a packed copy beside an archived file, over nothing; the file stays. What an earlier attempt finished is
    found. Returns where it is."""
    folder, name = src.parent, os.fsencode(src.name) + ENDING
    hidden = _copy_hidden(src, folder, pack)
    with open_regular(hidden) as file:
        wanted, size = fingerprint(file), file.tell()
    there = (p for p in islice(candidates(folder, name), LOOKED_AT) if os.path.lexists(p))
    done = next((p for p in there if is_same(p, wanted, size)), None)
    if done is None:
        done = free_place(folder, name, hidden)
        sync_folder(folder)
    else:
        hidden.unlink()
    return done
