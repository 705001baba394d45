"""A mapping changed by a person in their own editor: on a copy, which takes its place only without a mistake."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import ConfigError, Mistake
from pipeline.mapping import examine
from pipeline.mapping.model import Catalogue
from pipeline.saved.shelf import text_of
from pipeline.words import Message, message

Open = Callable[[Path], None]
Again = Callable[[Sequence[Mistake]], bool]


def edit(folder: Path, name: str, known: Catalogue, open_in_editor: Open, again: Again) -> Message:
    """What became of it. `open_in_editor` returns when the person has finished; `again` shows the mistakes and asks
    whether to go on. The mapping is replaced whole, and only if nobody else changed it meanwhile.

    Raises ConfigError when there is no such mapping, when mistakes stay or when somebody else changed it: then it
    is as it was, and what was written is kept where the error says."""
    before = text_of(folder, name)
    drafts = Path(tempfile.mkdtemp(prefix="pipeline-edit-"))
    draft = drafts / f"{name}.toml"
    draft.write_text(before, "utf-8")
    while True:
        open_in_editor(draft)
        text = draft.read_text("utf-8", "replace")
        if text == before:
            draft.unlink()
            drafts.rmdir()
            return message("versions.unchanged", name=name)
        plan, mistakes = examine(name, text, f"mappings/{name}.toml", known)
        if plan is not None:
            break
        if not again(mistakes):
            raise ConfigError(message("versions.kept_old", name=name, draft=str(draft)))
    if text_of(folder, name) != before:
        raise ConfigError(message("versions.meanwhile", name=name, draft=str(draft)))
    put(folder / f"{name}.toml", text)
    draft.unlink()
    drafts.rmdir()
    return message("versions.saved", name=name)


def put(path: Path, text: str) -> None:
    """The whole file or the old one, with the rights that it had."""
    handle, hidden = tempfile.mkstemp(prefix=f".{path.stem[:60]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(hidden).chmod(path.stat().st_mode & 0o777)
        os.replace(hidden, path.resolve())
    finally:
        Path(hidden).unlink(missing_ok=True)
