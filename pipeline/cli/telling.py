"""Answers as lines for people: a story, a reason, what a file changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.cli import plain

if TYPE_CHECKING:
    from pipeline.cli.output import Voice
    from pipeline.results import FileStory, Reason, Why


def since(voice: Voice, text: str, at: datetime | None, zone: str) -> str:
    """A sentence with the moment from which on it holds."""
    return text if at is None else f"{text} {voice.word('cli.since', at=plain.local(at, zone))}"


def reason(voice: Voice, found: Reason, zone: str) -> str:
    """A reason and its remedy on one line."""
    text = since(voice, voice.text(found.said), found.since, zone)
    return f"{text} {voice.text(found.remedy)}" if found.remedy else text


def why_lines(voice: Voice, found: Why, zone: str) -> list[str]:
    """The answer of `why`: what holds the file back, what would next, and the same name elsewhere."""
    text, file = voice.text(found.said), found.file
    if file is not None and file.name not in text:
        text = f"{plain.called(file)} ({file.job}): {text}"
    lines = [since(voice, text, found.since, zone)]
    if found.remedy is not None:
        lines.append(f"→ {voice.text(found.remedy)}")
    lines += [f"{voice.word('cli.besides')} {reason(voice, besides, zone)}" for besides in found.besides]
    if found.others:
        lines += ["", voice.word("cli.same_name")]
    for other in found.others:
        at = "" if other.file is None else f"{other.file.job}: "
        said = since(voice, voice.text(other.said), other.since, zone)
        lines.append(f"  {at}{said}")
        if other.remedy is not None:
            lines.append(f"  → {voice.text(other.remedy)}")
    return lines


def story(voice: Voice, found: FileStory, zone: str) -> list[str]:
    """One file's story, a line for each thing there is to know."""
    file = found.file
    names = ("rows", "new", "changed", "same", "refused", "repeats", *plain.MORE)
    values = (file.rows_read, file.inserted, file.updated, file.unchanged, file.refused, file.duplicates)
    more = [str(n) if n else "" for n in (file.deleted, file.stale, file.absent)]
    state = voice.word(f"cli.state.{file.state}")
    told = [
        ("id", f"{file.id}"),
        ("name", plain.called(file)),
        ("job", file.job),
        ("state", f"{state}. {voice.text(file.reason)}" if file.reason else state),
        ("came", plain.local(file.seen_at, zone)),
        ("when", plain.local(file.committed_at, zone)),
        *zip(names, [*map(str, values), *more], strict=True),
        ("waiting", str(file.waiting or "")),
        ("replay_of", "" if file.replay_of is None else str(file.replay_of)),
        ("undo_of", "" if file.undo_of is None else str(file.undo_of)),
        ("correction_of", "" if file.correction_of is None else str(file.correction_of)),
        ("mapping", file.mapping + (f"@{file.mapping_version}" if file.mapping_version else "")),
        ("place", file.archived_as),
        ("read", plain.read_as(voice, found.dialect) if found.dialect else ""),
    ]
    heads = {name: voice.word(f"cli.head.{name}") for name, _ in told}
    width = max(map(len, heads.values()))
    lines = [f"{heads[name]:<{width}}  {value}" for name, value in told if value]
    for one in found.corrections:
        counts = {"rows": one.rows_read, "refused": one.refused}
        lines.append(voice.word("versions.corrected_by", id=one.id or 0, name=one.name, **counts))
    return lines + _changes(voice, found, zone)


def _changes(voice: Voice, found: FileStory, zone: str) -> list[str]:
    """What it changed against the earlier file of its name."""
    earlier, changes = found.earlier, found.changes
    if earlier is None or earlier.id is None:
        return []
    when = plain.local(earlier.committed_at, zone)
    lines = ["", voice.word("cli.against", name=plain.called(earlier), when=when, id=earlier.id)]
    if changes is None:
        return [*lines, voice.text(found.uncompared)]
    lines.append(voice.word("cli.changes", new=changes.new, gone=changes.gone, same=changes.same))
    lines += [f"  + {line}" for line in changes.new_lines]
    if changes.new > len(changes.new_lines):
        lines.append("  + …")
    lines += [f"  - {line}" for line in changes.gone_lines]
    if changes.gone > len(changes.gone_lines):
        lines.append("  - …")
    return lines
