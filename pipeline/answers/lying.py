"""What lies in the inboxes and the work folders at this moment: each folder is looked at once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from pipeline import config as configuration
from pipeline import files as disk
from pipeline.clock import Now
from pipeline.engine.inboxes import Inboxes, Waiting
from pipeline.engine.report import Known, running
from pipeline.errors import ConfigError, Environment, Mistake, PipelineError
from pipeline.jobs import ImportJob, Settings
from pipeline.mapping.model import ReadOptions
from pipeline.results import Reason, ServiceStatus
from pipeline.store.model import Store
from pipeline.words import Message

UTC = timezone.utc  # noqa: UP017


@dataclass(frozen=True, slots=True)
class Taken:
    """A file in a work folder, and the folder it was taken from."""

    folder: Path
    entry: disk.Entry


@dataclass(slots=True)
class Lying:
    """One look at everything. `unreachable`: folders that cannot be read; `mistakes`: of mappings, by their
    names; `taken` and `folders`: by job."""

    settings: Settings
    inboxes: Inboxes
    unreachable: dict[Path, Message] = field(default_factory=dict)
    mistakes: dict[str, tuple[Mistake, ...]] = field(default_factory=dict)
    taken: dict[str, list[Taken]] = field(default_factory=dict)
    folders: dict[str, list[Path]] = field(default_factory=dict)

    @classmethod
    def look(cls, settings: Settings, store: Store | None, now: Now) -> Lying:
        """Look at every folder of every job. What a job that copies has imported already is left out."""
        options, mistakes = _options(settings)
        inboxes = Inboxes(settings.imports, options, lambda folder, name, ino: False)
        found = cls(settings, inboxes, mistakes=mistakes)
        found.folders = {job.name: [] for job in settings.imports}
        if store is not None:
            for job in settings.imports:
                if job.take == "copy":
                    with contextlib.suppress(PipelineError):
                        inboxes.copied[job.name] = store.sources(job.name)
        for folder in inboxes.folders:
            try:
                inboxes.look(folder, now)
            except Environment as error:
                found.unreachable[folder] = error.said
            for job in inboxes.of_folder(folder):
                found.folders[job.name].append(folder)
                with contextlib.suppress(OSError):
                    here = [Taken(folder, entry) for entry in disk.entries(job.work_in(folder))]
                    found.taken.setdefault(job.name, []).extend(here)
        return found

    def oldest(self, job: ImportJob) -> datetime | None:
        """Since when the file lies there that waits longest, as the file system noted it."""
        came = [w.seen.ctime_ns for w in self.inboxes.of(job) if w.kind not in ("rejected", "companion")]
        return datetime.fromtimestamp(min(came) / 1e9, UTC) if came else None

    def place(self, path: Path) -> Path | None:
        """The folder that files are taken from and that this path names, also by another way to it."""
        if path in self.inboxes.folders:
            return path
        with contextlib.suppress(OSError):
            return next((f for f in self.inboxes.folders if f.samefile(path)), None)
        return None

    def waiting(self, folder: Path, name: bytes) -> Waiting | None:
        """What lies there under this name, when a job would take it."""
        for job in self.inboxes.of_folder(folder):
            for waiting in self.inboxes.of(job):
                if waiting.seen.name == name and waiting.folder == folder:
                    return waiting
        return None

    def copied(self, folder: Path, name: bytes) -> str | None:
        """The job that has imported the original that stays there."""
        for job in self.inboxes.of_folder(folder):
            if (str(folder), name) in self.inboxes.copied.get(job.name, {}):
                return job.name
        return None


def _options(settings: Settings) -> tuple[dict[str, ReadOptions], dict[str, tuple[Mistake, ...]]]:
    """How each job's files are written, as far as its mapping says, and the mistakes of mappings."""
    by_mapping: dict[str, ReadOptions] = {}
    mistakes: dict[str, tuple[Mistake, ...]] = {}
    for name in {job.mapping for job in settings.imports}:
        try:
            by_mapping[name] = configuration.load_mapping(settings, name).read
        except ConfigError as error:
            by_mapping[name], mistakes[name] = ReadOptions(), error.mistakes
    return {job.name: by_mapping[job.mapping] for job in settings.imports}, mistakes


@dataclass(frozen=True, slots=True)
class Services:
    """The services that run on this config, and what they say."""

    known: tuple[Known, ...]

    @classmethod
    def of(cls, root: Path) -> Services:
        return cls(tuple(running(root)))

    def status(self) -> tuple[ServiceStatus, ...]:
        """Each of them, as `pipeline status` shows it, also when the config cannot be read."""
        found = []
        for known in self.known:
            said, since = known.config or (None, None)
            waits = {job: Reason(wait, None, at) for job, (wait, at) in known.waiting.items()}
            found.append(ServiceStatus(known.pid, said, since, waits))
        return tuple(found)

    @property
    def waits(self) -> Mapping[str, tuple[Message, datetime]]:
        """What each job waits for and since when; "" is the database."""
        return {job: pair for known in self.known for job, pair in known.waiting.items()}

    @property
    def refused(self) -> tuple[Message, datetime] | None:
        """Why a service does not go by the config as it is now."""
        return next((known.config for known in self.known if known.config is not None), None)

    def noticing(self, folders: list[Path]) -> Message | None:
        """How new files of these folders are noticed, where the system does not tell of them."""
        for known in self.known:
            for folder in folders:
                said = known.noticing.get(str(folder))
                if said is not None and said.code not in ("watching.native", "watching.asked_native"):
                    return said
        return None
