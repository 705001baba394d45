"""The verbs of a replica as bytes: what goes over HTTP. A body is one line of JSON, then whatever bytes belong to it.

    POST /sync/v1/offer      {"peer": "shop", "since": 12, "last": "…"}
    200                      {"id": "…", "site": "office", …}

An error is {"error": KIND, "said": MESSAGE} with status 409, or 503 when trying again helps.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pipeline.errors import Environment, PipelineError
from pipeline.sync.replica import Batch, Hello, Page, Replica, SyncHeld, SyncRefused, SyncRejoin, from_plain
from pipeline.words import Message, message

PATH = "/sync/v1/"
MEDIA = "application/x-pipeline-sync"
MOST = 256 * 1024 * 1024  # bytes of a body, unpacked
SMALL = 1024  # bytes that are not worth packing
KINDS: tuple[tuple[str, type[PipelineError]], ...] = (
    ("rejoin", SyncRejoin), ("held", SyncHeld), ("refused", SyncRefused), ("away", Environment), ("failed", PipelineError),
)  # fmt: skip
T = TypeVar("T")
Args = Mapping[str, Any]


def body(line: object, data: bytes = b"") -> bytes:
    """One body."""
    text = json.dumps(line, default=_plain, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n" + data


def parted(content: bytes) -> tuple[Any, bytes]:
    """The line and the bytes of a body. Raises ValueError."""
    line, _, data = content.partition(b"\n")
    return json.loads(line.decode("utf-8", "surrogatepass")), data


def packed(content: bytes) -> tuple[bytes, bool]:
    """As it goes over the wire; is it gzip?"""
    return (content, False) if len(content) < SMALL else (gzip.compress(content, 2, mtime=0), True)


def unpacked(content: bytes) -> bytes:
    """What was packed. Raises ValueError for what is not gzip, or is more than anybody sends."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        whole = unpacker.decompress(content, MOST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("cut off, or too much")
    return whole


def answer(replica: Replica, verb: str, content: bytes) -> bytes:
    """Do what a peer asks. Raises what the replica raises, and SyncRefused for what is no question."""
    try:
        args, data = parted(content)
        if not isinstance(args, dict):
            raise ValueError("no arguments")
        deed = VERBS[verb](args, data)
    except (ValueError, KeyError, TypeError) as error:
        raise nonsense(str(error)) from error
    found = deed(replica)
    if isinstance(found, bytes):
        return body({}, found)
    if isinstance(found, Page):
        return body(asdict(replace(found, rows=b"")) | {"rows": None}, found.rows)
    return body(found)


def nonsense(why: str) -> SyncRefused:
    """What a peer sent cannot be understood."""
    return SyncRefused(message("syncing.nonsense", peer="…", why=why))


def fault(error: PipelineError) -> bytes:
    """The body of an answer that is an error."""
    kind = next(name for name, class_ in KINDS if isinstance(error, class_))
    return body({"error": kind, "said": json.loads(error.said.to_json())})


def raised(content: bytes) -> PipelineError:
    """The error that such a body tells. Raises ValueError."""
    told, _ = parted(content)
    if not isinstance(told, dict) or told.get("error") not in dict(KINDS):
        raise ValueError("no error")
    said = told.get("said")
    if (
        not isinstance(said, dict)
        or not isinstance(said.get("code"), str)
        or not isinstance(said.get("args"), dict)
    ):
        raise ValueError("no sentence")
    return dict(KINDS)[told["error"]](Message(said["code"], said["args"]))


def page_of(told: Any, data: bytes) -> Page:
    """A page, its rows beside it. Raises ValueError."""
    if not isinstance(told, dict):
        raise ValueError("no page")
    columns = told.get("columns")
    if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
        raise ValueError("no columns")
    return Page(_text(told, "table"), tuple(columns), data, _count(told, "count"), _text(told, "last"))


Deed = Callable[[Replica], object]


def _hello(args: Args, data: bytes) -> Deed:
    said = None if args["said"] is None else from_plain(Hello, args["said"])
    return lambda replica: replica.hello(said)


def _offer(args: Args, data: bytes) -> Deed:
    peer, since, last = _text(args, "peer"), _count(args, "since"), _text(args, "last")
    return lambda replica: replica.offer(peer, since, last)


def _part(args: Args, data: bytes) -> Deed:
    batch, n = _text(args, "batch"), _count(args, "n")
    return lambda replica: replica.part(batch, n)


def _missing(args: Args, data: bytes) -> Deed:
    batch = from_plain(Batch, args["batch"])
    return lambda replica: replica.missing(batch)


def _store(args: Args, data: bytes) -> Deed:
    batch, n = from_plain(Batch, args["batch"]), _count(args, "n")
    return lambda replica: replica.store(batch, n, data)


def _apply(args: Args, data: bytes) -> Deed:
    batch = from_plain(Batch, args["batch"])
    return lambda replica: replica.apply(batch)


def _page(args: Args, data: bytes) -> Deed:
    peer, table, after = _text(args, "peer"), _text(args, "table"), _text(args, "after")
    return lambda replica: replica.page(peer, table, after)


def _progress(args: Args, data: bytes) -> Deed:
    said = from_plain(Hello, args["said"])
    return lambda replica: replica.progress(said)


def _take(args: Args, data: bytes) -> Deed:
    peer, page = _text(args, "peer"), page_of(args["page"], data)
    return lambda replica: replica.take(peer, page)


def _settle(args: Args, data: bytes) -> Deed:
    said, since, seen = from_plain(Hello, args["said"]), _count(args, "since"), _count(args, "seen")
    return lambda replica: replica.settle(said, since, seen)


def _memory(args: Args, data: bytes) -> Deed:
    peer = _text(args, "peer")
    return lambda replica: replica.memory(peer)


def _sums(args: Args, data: bytes) -> Deed:
    table, buckets = _text(args, "table"), _count(args, "buckets")
    if not 0 < buckets <= 1 << 16 or buckets & (buckets - 1):
        raise ValueError("buckets")
    return lambda replica: replica.sums(table, buckets)


def _entries(args: Args, data: bytes) -> Deed:
    table, after = _text(args, "table"), _text(args, "after")
    by, buckets = args["by"], args["buckets"]
    if not isinstance(by, list) or not all(isinstance(one, str) for one in by):
        raise ValueError("by")
    if not isinstance(buckets, list) or not all(type(one) is int for one in buckets):
        raise ValueError("buckets")
    return lambda replica: replica.entries(table, tuple(by), after, frozenset(buckets))


def _about(args: Args, data: bytes) -> Deed:
    return lambda replica: replica.about()


VERBS: Mapping[str, Callable[[Args, bytes], Deed]] = {
    "hello": _hello, "offer": _offer, "part": _part, "missing": _missing, "store": _store, "apply": _apply,
    "page": _page, "progress": _progress, "take": _take, "settle": _settle, "memory": _memory, "sums": _sums,
    "entries": _entries, "about": _about,
}  # fmt: skip


def _text(args: Args, name: str) -> str:
    if not isinstance(args[name], str):
        raise ValueError(name)
    return str(args[name])


def _count(args: Args, name: str) -> int:
    if type(args[name]) is not int or args[name] < 0:
        raise ValueError(name)
    return int(args[name])


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
