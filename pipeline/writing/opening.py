"""Which writer a file gets: by what the mapping says, else by how its name ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from pipeline.mapping.outward.model import WriteOptions
from pipeline.words import Message, message

if TYPE_CHECKING:
    import polars as pl

ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson",
    ".xml": "xml", ".xlsx": "xlsx", ".parquet": "parquet",
}  # fmt: skip
COMPRESSED = (".gz", ".zst", ".zip")
TEXT = ("csv", "fixed")  # their values are written as texts


class Writer(Protocol):
    """Takes batches of rows; `close` ends the file (it does not close what it writes to)."""

    def add(self, frame: pl.DataFrame) -> None:
        """Write rows. Raises Unwritable for a value that the format cannot hold."""

    def close(self) -> None: ...


def format_of(name: str, options: WriteOptions) -> str:
    """The format of a file of this name."""
    if options.format is not None:
        return options.format
    bare = name.lower()
    for ending in COMPRESSED:
        bare = bare.removesuffix(ending)
    return ENDINGS.get(Path(bare).suffix, "csv")


def is_text(format: str) -> bool:
    """Are the values written as texts? Else they keep their types."""
    return format in TEXT or format == "xml"


def suits(format: str, options: WriteOptions, columns: Sequence[str]) -> Message | None:
    """Why a file of these columns cannot be written so; None: it can."""
    if format == "fixed":
        lacking = next((name for name in columns if name not in options.columns), None)
        if lacking is not None:
            return message("exports.no_positions", column=lacking)
    if format == "xml":
        from pipeline.writing.markup import sound_name

        strange = next((name for name in columns if not sound_name(name)), None)
        if strange is not None:
            return message("exports.xml_name", column=strange)
    return None


def open_writer(
    out: BinaryIO,
    name: str,
    format: str,
    options: WriteOptions,
    schema: pl.Schema,
    stack: ExitStack,
    scratch: Path,
) -> Writer:
    """The writer of one file. `out` takes the file's bytes; `stack` ends what lies between, when it is closed;
    `scratch`: a path beside it for what a format must collect first."""
    from pipeline.writing import streams

    bare = name
    for ending in COMPRESSED:
        if name.lower().endswith(ending) and format != "xlsx":
            bare = name[: -len(ending)]
            out = stack.enter_context(streams.packed(out, ending, bare))
    if format == "xlsx":
        from pipeline.writing.sheets import SheetWriter

        return SheetWriter(out, options, schema)
    if format == "parquet":
        from pipeline.writing.columnar import ParquetWriter

        return ParquetWriter(out, schema, scratch)
    text = cast("BinaryIO", stack.enter_context(streams.encoded(out, options)))
    makers: dict[str, Callable[[], Writer]] = {}
    from pipeline.writing.delimited import DelimitedWriter, FixedWriter
    from pipeline.writing.markup import XmlWriter
    from pipeline.writing.objects import JsonWriter

    makers = {
        "csv": lambda: DelimitedWriter(text, options, schema),
        "fixed": lambda: FixedWriter(text, options, schema),
        "xml": lambda: XmlWriter(text, options, schema),
        "json": lambda: JsonWriter(text, options, schema, lines=False),
        "ndjson": lambda: JsonWriter(text, options, schema, lines=True),
    }
    return makers[format]()
