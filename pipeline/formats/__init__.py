"""Reading delimited text: any dialect and encoding, streaming, every record accounted for."""

from pipeline.formats.complete import completeness
from pipeline.formats.columns import check_columns, match_column
from pipeline.formats.reader import open_reading

__all__ = ["check_columns", "completeness", "match_column", "open_reading"]
