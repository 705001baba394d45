"""The records of one block of text, with the text itself: each record can be given back in its own bytes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property

import polars as pl

from pipeline.formats.blocks import Parsed
from pipeline.formats.dialects import USUAL
from pipeline.formats.kinds import HARD, kind
from pipeline.formats.layout import SWAP, Layout
from pipeline.formats.model import LINE, Account, Damaged
from pipeline.formats.salvage import Marks, scan
from pipeline.formats.tail import Odd
from pipeline.formats.text import RESCUE, has_bad, rescued
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

_BAD = "[\U0010ff00-\U0010ffff]"


class TextBatch:
    """See `Batch`. `surplus`: line → cells that stand beyond the last column. `notes`: line → what was mended."""

    def __init__(
        self, block: bytes, first: int, parsed: Parsed, layout: Layout, options: ReadOptions
    ) -> None:
        self._block, self._first, self._layout, self._options = block, first, layout, options
        self._starts, self._windows = parsed.starts, parsed.windows  # where physical lines begin
        self._full = parsed.frame[LINE]
        others = [
            *(at for at, _ in parsed.refused),
            *(at for at, _ in parsed.ragged),
            *(at for at, _ in parsed.aside),
        ]
        self._records = sorted(others)  # lines where something else than a full record starts
        self._raws: dict[int, bytes] = {}  # of records from blocks before
        self._ragged = parsed.ragged
        self._aside = parsed.aside
        self.damaged: list[Damaged] = []
        self.surplus: dict[int, list[str]] = {}
        self.notes: dict[int, str] = dict.fromkeys(parsed.mended, "quote")
        frame = parsed.frame
        if layout.spare:
            frame = frame.with_columns(
                pl.col(pl.String).str.replace_all(layout.spare, layout.dialect.delimiter, literal=True)
            )
        if layout.swap:
            frame = frame.with_columns(pl.col(pl.String).str.replace_many(["\r", "\n"], ["\n", "\r"]))
        self._ragged = [(line, [self._own(cell) for cell in cells]) for line, cells in parsed.ragged]
        self.frame: pl.DataFrame = frame
        if layout.hidden:
            self._unhide()
        self.damaged = [Damaged(line, self.raw(line), said) for line, said in parsed.refused]
        if layout.encoding.errors == "pipeline.bad":
            self._rescue()

    def _own(self, cell: str) -> str:
        """A cell as it stands in the file, not in the parser."""
        if self._layout.spare:
            cell = cell.replace(self._layout.spare, self._layout.dialect.delimiter)
        return cell.translate({13: 10, 10: 13}) if self._layout.swap else cell

    def _unhide(self) -> None:
        """Drop the columns without a name; rows in which one is filled have surplus cells."""
        hidden = self.frame.columns[-self._layout.hidden :]
        filled = self.frame.select(pl.any_horizontal(pl.col(hidden).is_not_null())).to_series()
        if filled.any():
            for row in self.frame.filter(filled).iter_rows():
                self._ragged.append((row[0], [cell or "" for cell in row[1:]]))
            self._ragged.sort(key=lambda item: item[0])
            self.frame = self.frame.filter(~filled)
        self.frame = self.frame.drop(hidden)

    def _rescue(self) -> None:
        """Spoilt bytes: read as cp1252 where the rest is UTF-8, else the record is refused."""
        if not has_bad(self._block.decode("utf-8")):
            return
        bad = self.frame.select(
            pl.any_horizontal(pl.col(pl.String).str.contains(_BAD).fill_null(False))
        ).to_series()
        lines = self.frame[LINE].filter(bad).to_list()
        encoding = self._layout.encoding
        if encoding.damaged and encoding.rescue and self._options.repairs:
            self.frame = self.frame.with_columns(
                pl.col(pl.String).str.replace_many(list(RESCUE), list(RESCUE.values()))
            )
            self._ragged = [(line, [rescued(cell) for cell in cells]) for line, cells in self._ragged]
            self.notes.update(dict.fromkeys(lines, "bytes"))
        else:
            said = message("reading.bad_bytes")
            lines += [line for line, cells in self._ragged if any(map(has_bad, cells))]
            self._ragged = [(line, cells) for line, cells in self._ragged if line not in lines]
            self.damaged += [Damaged(line, self.raw(line), said) for line in lines]
            self.frame = self.frame.filter(~bad)

    @property
    def apart(self) -> list[int]:
        """Lines that follow a blank line or a line with one cell."""
        return [line + 1 for line, rule in self._aside if rule == "blank"] + [
            line + 1 for line, cells in self._ragged if len([c for c in cells if c.strip()]) == 1
        ]

    def drop(self, mask: pl.Series) -> int:
        """Leave these rows out → how many."""
        count = int(mask.sum())
        if count:
            self.frame = self.frame.filter(~mask)
        return count

    def drop_from(self, line: int) -> int:
        """Leave everything out from this line on, and a title right above it → how many."""
        while any(at == line - 1 and len([c for c in cells if c.strip()]) == 1 for at, cells in self._ragged):
            line -= 1
        count = self.drop(self.frame[LINE] >= line)
        return count + self.drop_ragged(lambda _: True, line)

    def drop_ragged(self, unwanted: Callable[[Sequence[str]], bool], line: int = 0) -> int:
        """Leave ragged records out → how many."""
        before = len(self._ragged)
        self._ragged = [(at, cells) for at, cells in self._ragged if at < line or not unwanted(cells)]
        return before - len(self._ragged)

    def take_tail(self) -> list[Odd]:
        """Take away the ragged records below the last full one: they may be no records."""
        ends = [self.frame[LINE][-1] if self.frame.height else 0, *(d.line for d in self.damaged)]
        last = max(ends)
        apart = set(self.apart)
        tail = [
            Odd(line, cells, self.raw(line), line in apart and (line - 1) in {at for at, _ in self._aside})
            for line, cells in self._ragged if line > last
        ]  # fmt: skip
        self._ragged = [(line, cells) for line, cells in self._ragged if line <= last]
        return tail

    def restore(self, odd: Sequence[Odd]) -> None:
        """Ragged records from before belong to this batch after all."""
        self._raws.update({row.line: row.raw for row in odd})
        self._ragged = sorted(
            [*((row.line, row.cells) for row in odd), *self._ragged], key=lambda item: item[0]
        )

    def refuse(self, row: Odd, said: object) -> None:
        """A record that cannot be read."""
        self.damaged.append(Damaged(row.line, row.raw, said))  # type: ignore[arg-type]

    def settle(self, account: Account) -> None:
        """Decide on the ragged records: kept with blank or surplus cells, or refused."""
        width = len(self._layout.dialect.columns)
        rows = []
        for line, cells in self._ragged:
            other = self._otherwise(cells) if self._options.repairs else None
            if other is not None:
                rows.append([line, *(cell or None for cell in other)])
                self.notes[line] = "delimiter"
                continue
            spare = cells[width:]
            empty = len(cells) > width and not any(cell.strip() for cell in spare)
            if self._options.repairs and (empty or self._options.ragged == "keep"):
                rows.append([line, *((c or None) for c in (cells + [""] * width)[:width])])
                self.notes[line] = "blank_end" if empty else "long" if spare else "short"
                if spare and not empty:
                    self.surplus[line] = spare
            else:
                found, expected = len(cells), self._layout.width
                said = message("reading.ragged", found=found, expected=expected)
                self.damaged.append(Damaged(line, self.raw(line), said))
        if rows:
            more = pl.DataFrame(rows, schema=self.frame.schema, orient="row")
            self.frame = pl.concat([self.frame, more]).sort(LINE)
        self.damaged.sort(key=lambda one: one.line)
        kept = set(self.frame[LINE].filter(self.frame[LINE].is_in(list(self.notes)))) if self.notes else set()
        self.notes = {line: what for line, what in self.notes.items() if line in kept}
        for what in self.notes.values():
            account.mend(what)

    def _otherwise(self, cells: list[str]) -> list[str] | None:
        """A line in which the delimiter does not stand, but another one does, exactly as often as it must, between
        figures and dates where the columns hold them."""
        width, hard = len(self._layout.dialect.columns), self._layout.hard
        if len(cells) != 1 or width < 3:
            return None
        fitting = [d for d in USUAL if d != self._layout.dialect.delimiter and cells[0].count(d) == width - 1]
        if len(fitting) != 1:
            return None
        other, _ = scan(cells[0], Marks(fitting[0], self._layout.dialect.quote))
        if other is None or len(other) != width:
            return None
        allowed = HARD | {"blank", "null"}
        return other if all(kind(c) in allowed for c, h in zip(other, hard, strict=False) if h) else None

    @cached_property
    def _numbers(self) -> list[int]:
        """The lines where full records start."""
        return self._full.to_list()

    def _start(self, line: int) -> int:
        """The byte of the block with which a physical line begins."""
        at = line - self._first
        return self._windows.start(self._block, at) if self._starts is None else self._starts[at]

    def raw(self, line: int) -> bytes:
        """The record that starts at this line, in the file's own bytes, without its line end."""
        if line in self._raws:
            return self._raws[line]
        place = bisect_right(self._records, line)
        here = bisect_right(self._numbers, line)
        known = (place and self._records[place - 1] == line) or (here and self._numbers[here - 1] == line)
        if not known:
            raise KeyError(line)
        following = [self._records[place]] if place < len(self._records) else []
        following += [self._numbers[here]] if here < len(self._numbers) else []
        stop = self._start(min(following)) if following else len(self._block)
        text = self._block[self._start(line) : stop]
        if text.endswith(b"\n"):
            text = text[:-1].removesuffix(b"\r")
        elif self._starts is not None:
            text = text.removesuffix(b"\r")
        if self._layout.spare:
            text = text.replace(self._layout.spare.encode(), self._layout.dialect.delimiter.encode())
        return self._layout.encoding.encode(text.translate(SWAP) if self._layout.swap else text)
