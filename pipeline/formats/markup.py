"""XML as a stream through expat: no entity of the file's own is ever expanded, nothing outside it is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol
from xml.parsers import expat

from pipeline.errors import FileFailed
from pipeline.formats.limits import Limits
from pipeline.words import message

CHUNK = 1 << 18
DEPTH = 200


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


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]
