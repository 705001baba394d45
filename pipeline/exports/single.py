"""One file at a place that a person names, and an earlier file once more, byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.exports import outbox
from pipeline.exports.filling import Source, check_file, fill, needs
from pipeline.exports.work import ExportWork
from pipeline.store.model import Store
from pipeline.words import message


def one_file(store: Store, work: ExportWork, target: Path) -> int:
    """Write what a mapping says, all of it, at this path; nothing is noted. Returns how many rows. Raises
    PipelineError when the path is taken or a value cannot be written."""
    if len(work.plan.files) != 1:
        raise ConfigError(message("exports.several_files", mapping=work.plan.mapping))
    if os.path.lexists(target):
        raise PipelineError(message("exports.exists", path=str(target)))
    if work.period is not None:
        needs(work.plan, "period", "skip")
    file, exports = work.plan.files[0], store.exports()
    check_file(work.plan, file, target.name)
    told = {"job": "", "mapping": work.plan.mapping, "station": work.station, "period": "", "file": ""}
    source = Source(work.plan, file, store.readable(), work.zone, told, period=work.period)
    hidden = target.parent / f".{disk.new_claim(Clock().now().wall)}.part"
    try:
        with exports.look("") as look:
            filled = fill(source, look, hidden, target.name)
        disk.rename_noreplace(hidden, target)
        disk.sync_folder(target.parent)
    except FileExistsError:
        raise PipelineError(message("exports.exists", path=str(target))) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise Environment(message("exports.not_written", path=str(target), why=why)) from error
    finally:
        hidden.unlink(missing_ok=True)
    return filled.rows


def again(store: Store, id: int) -> Path:
    """Put a file of an earlier export into its folder once more, from the copy that was kept; beside the first one,
    if that is still there. Raises PipelineError when the copy is gone or was changed."""
    found = store.exports().find(id)
    if found is None:
        raise PipelineError(message("cli.no_file", id=id))
    if not found.kept:
        raise PipelineError(message("exports.kept_over", name=os.fsdecode(found.file.name), id=id))
    kept, folder = Path(found.kept), Path(found.file.folder)
    if outbox.digest_of(kept) != found.file.fingerprint:
        raise PipelineError(message("exports.kept_gone", path=str(kept), id=id))
    if not folder.is_dir():
        raise Environment(message("exports.outbox_gone", path=str(folder)))
    hidden = folder / f".pipeline-replay-{id}.part"
    final = folder / os.fsdecode(found.file.name)
    try:
        shutil.copyfile(kept, hidden)
        with hidden.open("rb") as copy:
            os.fsync(copy.fileno())
        for n in range(100):
            final = folder / (
                os.fsdecode(found.file.name) if n == 0 else _marked(os.fsdecode(found.file.name), n)
            )
            try:
                disk.rename_noreplace(hidden, final)
            except FileExistsError:
                if outbox.digest_of(final) == found.file.fingerprint:
                    break  # it is there still
                continue
            break
        disk.sync_folder(folder)
    except OSError as error:
        why = error.strerror or str(error)
        raise Environment(message("exports.not_written", path=str(final), why=why)) from error
    finally:
        hidden.unlink(missing_ok=True)
    return final


def _marked(name: str, n: int) -> str:
    stem, dot, rest = name.partition(".")
    return f"{stem}~{n}{dot}{rest}"
