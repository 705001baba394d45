"""How much a file may ask for: what is beyond is refused with a sentence, before it costs the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in MB (2**20 bytes), times in seconds; all counted while reading, never taken from headers."""

    unpacked_mb: int = 2048  # all that comes out of one archive
    ratio: int = 200  # unpacked : packed, looked at after the first 10 MB
    members: int = 100  # files in one archive
    columns: int = 2000
    cells: int = 100_000_000  # of one sheet, from its first to its last filled cell
    record_mb: int = 16  # one JSON object, one XML record, one cell
    memory_mb: int = 2048  # address space of the reading process
    silence_s: float = 120.0  # the reading process must say something within so long
    cpu_s: int = 900  # computing time for one file

    @property
    def unpacked(self) -> int:
        return self.unpacked_mb << 20

    @property
    def record(self) -> int:
        return self.record_mb << 20


LIMITS = Limits()
