"""The attachments of a mail, read from what IMAP calls its BODYSTRUCTURE. Pure: text in, parts out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import collapse_rfc2231_value, decode_params

TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))', re.DOTALL)
DEEPEST = 40
Tree = str | None | list["Tree"]


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment: its number as IMAP counts, `2.1`; its name, "" without one."""

    number: str
    kind: str  # text/csv
    name: str
    encoding: str  # lower case


def parts_of(text: bytes) -> list[Part]:
    """Every attachment, also of a mail that is attached itself. A description that cannot be read has none."""
    tree = _tree(text)
    return list(_walk(tree, "", 0)) if isinstance(tree, list) else []


def _tree(text: bytes) -> Tree:
    """The first bracket as nested lists; None: it does not close."""
    stack: list[list[Tree]] = []
    for found in TOKEN.finditer(text):
        if found[1]:
            stack.append([])
        elif found[2]:
            if not stack:
                return None
            closed = stack.pop()
            if not stack:
                return closed
            stack[-1].append(closed)
        elif not stack:
            return None
        elif found[3] is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[3]).decode("utf-8", "replace"))
        else:
            atom = found[4].decode("ascii", "replace")
            stack[-1].append(None if atom.upper() == "NIL" else atom)
    return None


def _walk(tree: list[Tree], number: str, depth: int) -> Iterator[Part]:
    if depth > DEEPEST or not tree:
        return
    if isinstance(tree[0], list):  # several parts
        for at, child in enumerate((c for c in tree if isinstance(c, list)), 1):
            if at > len(_leading(tree)):
                return
            yield from _walk(child, f"{number}.{at}" if number else str(at), depth + 1)
        return
    kind = f"{tree[0]}/{tree[1] if len(tree) > 1 else ''}".lower()
    here = number or "1"
    if kind == "message/rfc822" and len(tree) > 8 and isinstance(tree[8], list):
        inner = tree[8]
        several = bool(inner) and isinstance(inner[0], list)
        yield from _walk(inner, here if several else f"{here}.1", depth + 1)
        return
    dispositions = [one for one in tree[8:] if isinstance(one, list) and one and isinstance(one[0], str)]
    shown = next((one for one in dispositions if str(one[0]).lower() in ("attachment", "inline")), None)
    name = _name(shown[1] if shown is not None and len(shown) > 1 else None, "filename")
    name = name or _name(tree[2] if len(tree) > 2 else None, "name")
    attached = shown is not None and str(shown[0]).lower() == "attachment"
    if name or attached or kind.startswith("application/"):
        yield Part(here, kind, name, str(tree[5] if len(tree) > 5 else "").lower())


def _leading(tree: list[Tree]) -> list[Tree]:
    """The parts; what follows them are facts about all."""
    count = next((n for n, one in enumerate(tree) if not isinstance(one, list)), len(tree))
    return tree[:count]


def _name(params: Tree, wanted: str) -> str:
    """A parameter's value: plain, in several pieces, or encoded in one of the two ways that mails have."""
    if not isinstance(params, list):
        return ""
    pairs = [(str(key), str(value)) for key, value in zip(params[::2], params[1::2], strict=False)]
    for key, value in decode_params([("", ""), *((key.lower(), value) for key, value in pairs)]):
        if key == wanted:
            text = collapse_rfc2231_value(value).strip('"')
            try:
                return str(make_header(decode_header(text)))
            except (HeaderParseError, LookupError, UnicodeError, ValueError):
                return text
    return ""
