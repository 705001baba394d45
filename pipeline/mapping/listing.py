"""Value lists applied to cells."""

from __future__ import annotations

import polars as pl

from pipeline.mapping.model import ValueList


def _word(cell: pl.Expr) -> pl.Expr:
    return cell.str.strip_chars().str.to_lowercase()


def kept(cell: pl.Expr, values: ValueList | None) -> pl.Expr:
    """The text, blank where it is not in a list that empties what it does not know."""
    if values is None or values.other != "empty" or values.otherwise is not None:
        return cell
    return pl.when(_word(cell).is_in([word for word, _ in values.pairs])).then(cell)


def listed(cell: pl.Expr, values: ValueList | None) -> pl.Expr:
    """What the text means; null where the list does not say."""
    if values is None:
        return cell
    found = _word(cell).replace_strict(dict(values.pairs), default=None, return_dtype=pl.String)
    if values.otherwise is not None:
        return pl.when(cell.is_not_null()).then(found.fill_null(values.otherwise))
    return found.fill_null(cell) if values.other == "keep" else found


def meant(text: str, values: ValueList) -> str | None:
    """What one text means; None where the list does not say."""
    found = pl.select(listed(pl.lit(text), values)).item()
    return None if found is None else str(found)
