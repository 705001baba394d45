"""XML as a stream through expat: no entity of the file's own is ever expanded, nothing outside it is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import BinaryIO, Protocol
from xml.parsers import expat

from pipeline.errors import FileFailed
from pipeline.formats.limits import Limits
from pipeline.words import message

CHUNK = 1 << 18
DEPTH = 200
LONGEST = 40  # bytes of the name of a sign
_AND = re.compile(rb"&(?:((?:#[0-9]+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)|([A-Za-z][A-Za-z0-9]{1,31};)?)")


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Markup:
    """One XML text. Set `start(name, attributes)`, `end(name)`, `data(text)`, then iterate: each step is a
    part of the text parsed. `encoding` wins over what the text says of itself. FileFailed for damage, entities, depth and endless texts, with line and column."""

    def __init__(self, stream: Readable, limits: Limits, encoding: str | None = None) -> None:
        self._stream, self._limits = stream, limits
        self._depth = self._size = 0
        self.start: Callable[[str, dict[str, str]], object] | None = None
        self.end: Callable[[str], object] | None = None
        self.data: Callable[[str], object] | None = None
        self.parser = expat.ParserCreate(encoding)
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.EntityDeclHandler = self._entity

    def __iter__(self) -> Iterator[None]:
        parser = self.parser
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        since = 0  # bytes since the last tag: an endless text or tag shows there
        try:
            while piece := self._stream.read(CHUNK):
                parser.Parse(piece, False)
                since = 0 if b">" in piece else since + len(piece)
                if since > self._limits.record:
                    raise FileFailed(message("reading.record_too_long", limit=self._limits.record_mb))
                yield
            parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            said = message("reading.markup_damaged", line=error.lineno, column=error.offset + 1, why=why)
            raise FileFailed(said) from error
        except (LookupError, ValueError) as error:
            raise FileFailed(message("reading.unknown_encoding", encoding=str(error))) from error

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def _entity(self, name: str, *_: object) -> None:
        raise FileFailed(message("reading.entities", name=name))

    def run(self) -> None:
        """Parse it to the end."""
        for _ in self:
            pass


class Mended:
    """A text in which a bare `&` is written as it should be, and what only HTML names (`&nbsp;`) as its number."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._rest = b""
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        data = self._rest + piece
        cut = data.rfind(b"&", max(0, len(data) - LONGEST)) if piece else -1
        data, self._rest = (data[:cut], data[cut:]) if cut >= 0 else (data, b"")
        mended = _AND.sub(self._mend, data)
        return mended if mended or not piece else self.read(size)

    def _mend(self, found: re.Match[bytes]) -> bytes:
        if found[1]:
            return found[0]
        self.count += 1
        name = (found[2] or b"").decode("ascii")
        signs = html5.get(name)
        return "".join(f"&#{ord(c)};" for c in signs).encode() if signs else b"&amp;" + name.encode()


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]
