"""XML as records: the element that repeats, or the one the mapping names; its parts as `customer.email`,
its attributes as `customer.@id`, what repeats in it as `items.item[].sku`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.encodings import find_encoding, invalid_utf8_at
from pipeline.formats.flatten import OWN, Json, Record, table_of
from pipeline.formats.limits import Limits
from pipeline.formats.markup import DEPTH, Markup, Mended, Readable, local
from pipeline.formats.model import Account
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

_SAID = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w-]+)")
MENDABLE = ("not well-formed (invalid token)", "undefined entity")
Path = tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """What was seen of all elements at one path."""

    children: dict[str, _Node] = field(default_factory=dict)
    count: int = 0
    repeats: bool = False  # twice or more below one parent
    attributes: bool = False


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """`record` names the element (`order`, `orders.order`); else the shallowest one that repeats."""
    encoding = spoken(file, options.encoding)
    source = _whole(file)
    try:
        root = _survey(source(), limits, encoding)
    except FileFailed as fault:
        if fault.said.args.get("why") not in MENDABLE or not options.repairs or _has(file, b"<![CDATA["):
            raise
        source = _mended(file)
        try:
            root = _survey(source(), limits, encoding)
        except FileFailed:
            raise fault from None
    stated = options.record or options.path
    node = _stated(root, stated) if stated else _repeating(root)
    stream = source()
    table = table_of("xml", enumerate(_records(stream, root, node, limits, encoding), 1), limits, Account())
    if isinstance(stream, Mended):
        table.account.note(message("reading.xml_mended", count=stream.count))
    if encoding is not None and options.encoding is None:
        table.account.note(message("reading.xml_encoding", encoding=encoding))
    table.encoding = encoding or table.encoding
    check_columns(table.columns, [(name,) for name in required])
    return table


def _whole(file: BinaryIO) -> Callable[[], Readable]:
    def begin() -> Readable:
        file.seek(0)
        return file

    return begin


def _mended(file: BinaryIO) -> Callable[[], Readable]:
    return lambda: Mended(file)


def _has(file: BinaryIO, wanted: bytes) -> bool:
    file.seek(0)
    rest = b""
    while piece := file.read(1 << 20):
        if wanted in rest + piece:
            return True
        rest = piece[-len(wanted) :]
    return False


def spoken(file: BinaryIO, stated: str | None) -> str | None:
    """The encoding to read it in: the stated one, one that is found where the text is not in the UTF-8 that it
    says, or None: as it says itself."""
    file.seek(0)
    head = file.read(256)
    said = _SAID.search(head.replace(b"\0", b""))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and said is not None:  # .NET writes UTF-16 that says UTF-8
        return None if said[1].lower().startswith(b"utf-16") else "utf-16"
    plain = b"\0" not in head
    wrong = (
        plain
        and (said is None or said[1].lower() in (b"utf-8", b"utf8"))
        and invalid_utf8_at(file) is not None
    )
    found = find_encoding(file, stated).name if stated is not None or wrong else None
    file.seek(0)
    return found


def _survey(stream: Readable, limits: Limits, encoding: str | None) -> _Node:
    """The shape of the whole text."""
    markup = Markup(stream, limits, encoding)
    root = _Node()
    nodes: list[_Node] = [root]
    seen: list[set[str]] = [set()]
    kinds = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal kinds
        name = local(name)
        above = nodes[-1]
        node = above.children.get(name)
        if node is None:
            node = above.children[name] = _Node()
            kinds += 1
            if kinds > 4 * limits.columns or len(nodes) > DEPTH:
                raise FileFailed(message("reading.too_many_columns", found=kinds, limit=limits.columns))
        node.count += 1
        node.repeats = node.repeats or name in seen[-1]
        node.attributes = node.attributes or bool(attributes)
        seen[-1].add(name)
        nodes.append(node)
        seen.append(set())

    def end(_: str) -> None:
        nodes.pop()
        seen.pop()

    markup.start, markup.end = start, end
    markup.run()
    return root


def _walk(root: _Node) -> Iterator[tuple[Path, _Node]]:
    """Every path, the shallow ones first."""
    level: list[tuple[Path, _Node]] = [((), root)]
    while level:
        level = [((*path, name), child) for path, node in level for name, child in node.children.items()]
        yield from level


def _stated(root: _Node, stated: str) -> _Node:
    wanted = tuple(local(part) for part in stated.strip("/.").replace("/", ".").split("."))
    for path, node in _walk(root):
        if path[-len(wanted) :] == wanted:
            return node
    names = ", ".join(dict.fromkeys(path[-1] for path, node in _walk(root) if node.children))
    raise FileFailed(message("reading.no_record", record=stated, found=names[:300]))


def _repeating(root: _Node) -> _Node:
    """The shallowest element with parts that repeats; of a root with one kind of child with parts, that one."""
    best: tuple[Path, _Node] | None = None
    for path, node in _walk(root):
        structured = bool(node.children) or node.attributes
        if len(path) == 2 and structured and len(root.children[path[0]].children) == 1:
            return node
        better = best is None or (len(path) == len(best[0]) and node.count > best[1].count)
        if node.repeats and structured and better:
            best = path, node
    if best is not None:
        return best[1]
    return next(iter(_walk(root)))[1]


def _records(
    stream: Readable, root: _Node, record: _Node, limits: Limits, encoding: str | None
) -> Iterator[Record]:
    markup = Markup(stream, limits, encoding)
    builder = _Builder(markup, root, record)
    for _ in markup:
        yield from builder.done
        builder.done.clear()


class _Builder:
    """The handlers: `done` gathers the records as their elements are closed."""

    def __init__(self, markup: Markup, root: _Node, record: _Node) -> None:
        self.done: list[Record] = []
        self._record = record
        self._nodes = [root]  # down to where we are
        self._open: list[Record] = []  # the record and its parts, down to where we are
        self._text: list[list[str]] = []
        self._names: dict[str, str] = {}
        markup.start, markup.end, markup.data = self._start, self._end, self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        plain = self._names.get(name) or self._names.setdefault(name, local(name))
        node = self._nodes[-1].children[plain]
        self._nodes.append(node)
        if self._open or node is self._record:
            part: Record = {}
            if attributes:
                part = {"@" + local(k): v for k, v in attributes.items() if not k.startswith("xmlns")}
            self._open.append(part)
            self._text.append([])

    def _data(self, text: str) -> None:
        if self._open:
            self._text[-1].append(text)

    def _end(self, name: str) -> None:
        node = self._nodes.pop()
        if not self._open:
            return
        part, text = self._open.pop(), "".join(self._text.pop())
        value: Json = part
        if not part and self._open:
            value = text or None
        elif text and not text.isspace():
            part[OWN] = text
        if not self._open:
            self.done.append(part)
        elif not node.repeats:
            self._open[-1][self._names[name]] = value
        else:
            others = self._open[-1].setdefault(self._names[name], [])
            assert isinstance(others, list)
            others.append(value)
