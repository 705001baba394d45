"""Writing files of rows: text, workbooks, JSON, XML, Parquet, packed or not, in any encoding. Streams batch by batch."""

from __future__ import annotations

from pipeline.writing.opening import COMPRESSED, Writer, format_of, is_text, open_writer, suits

__all__ = ["COMPRESSED", "Writer", "format_of", "is_text", "open_writer", "suits"]
