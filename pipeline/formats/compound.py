"""The compound file in which an `.xls` lies: a small file system of sectors, of which one stream is wanted."""

from __future__ import annotations

import struct

FREE = 0xFFFFFFFA  # from here on a sector number is a mark, not a place
ENTRY = 128


class Damage(Exception):
    """It is not put together as it should be."""


def stream(data: bytes, *names: str) -> bytes:
    """The first stream of one of these names (upper or lower case is the same). Raises Damage."""
    try:
        return _stream(data, {name.lower() for name in names})
    except (struct.error, IndexError) as error:
        raise Damage(str(error)) from error


def _stream(data: bytes, names: set[str]) -> bytes:
    shift, small_shift = struct.unpack_from("<HH", data, 30)
    if not (7 <= shift <= 16 and small_shift < shift):
        raise Damage("sector size")
    folder_at, _, cutoff, small_at, _, more_at, _ = struct.unpack_from("<7I", data, 48)
    size = 1 << shift
    places = list(struct.unpack_from("<109I", data, 76))
    for _ in range(len(data) // size):
        if more_at >= FREE:
            break
        more = _numbers(_sector(data, more_at, size))
        places += more[:-1]
        more_at = more[-1]
    table = [n for place in places if place < FREE for n in _numbers(_sector(data, place, size))]

    def read(start: int) -> bytes:
        return b"".join(_sector(data, at, size) for at in _chain(table, start))

    folder = read(folder_at)
    entries = [folder[at : at + ENTRY] for at in range(0, len(folder) - ENTRY + 1, ENTRY)]
    for entry in entries:
        length = struct.unpack_from("<H", entry, 64)[0]
        if entry[66] == 2 and entry[: max(0, length - 2)].decode("utf-16-le", "replace").lower() in names:
            start, count = struct.unpack_from("<II", entry, 116)
            if count >= cutoff:
                return read(start)[:count]
            small, smalls = read(struct.unpack_from("<I", entries[0], 116)[0]), _numbers(read(small_at))
            step = 1 << small_shift
            return b"".join(small[at * step : (at + 1) * step] for at in _chain(smalls, start))[:count]
    raise Damage("no stream")


def _sector(data: bytes, place: int, size: int) -> bytes:
    return data[(place + 1) * size : (place + 2) * size]


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _chain(table: list[int], start: int) -> list[int]:
    """The sectors of one stream in order, never more than there are."""
    found: list[int] = []
    while start < FREE and len(found) <= len(table):
        found.append(start)
        start = table[start]
    return found
