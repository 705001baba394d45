"""What an installation is asked without changing it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import config as configuration
from pipeline.answers import Answers
from pipeline.app.checking import diagnose, known_to, mistakes
from pipeline.config import reversing
from pipeline.errors import Mistake
from pipeline.jobs import Settings, foreign
from pipeline.results import FileRow, FileStory, Finding, Status, Why
from pipeline.store import connect
from pipeline.store.model import Query, Store

if TYPE_CHECKING:
    from pipeline.guessing import Guess


class Facts:
    """The questions that `Pipeline` answers."""

    settings: Settings
    _answers: Answers

    def ledger(self) -> Store | None:
        """The database, or None while there is none."""
        raise NotImplementedError

    def check(self) -> list[Mistake]:
        """Every mistake in the mappings of the jobs, held against the tables they write to."""
        return mistakes(self.settings.path)

    def irreversible(self) -> list[Mistake]:
        """Where what an export writes would not be read back by its own mapping without a difference."""
        return reversing.notes(self.settings.path, known_to(self.settings.path))

    def guess(self, file: str | os.PathLike[str], table: str | None = None) -> tuple[Guess, ...]:
        """What each column of a file probably is, or of this `table`. Only a proposal. Raises FileFailed, ConfigError."""
        from pipeline import saved  # loads what reads files

        return saved.guess(self.settings, Path(file), table)

    def announce(self) -> list[str]:
        """A sentence for each trigger that an import will make on another program's table, in the language of
        the config. Raises Environment when its database is out of reach."""
        settings = self.settings
        if not foreign(settings.schema) or not settings.imports:
            return []
        mappings = [configuration.load_mapping(settings, job.mapping) for job in settings.imports]
        tables = {table for mapping in mappings for table in mapping.tables}
        store = connect(settings.database, settings.schema)
        try:
            return store.announce(sorted(tables), settings.language)
        finally:
            store.close()

    def status(self) -> Status:
        """The switch, and for each job its next opening, waiting and failed files, last result, and what a
        running service waits for."""
        return self._answers.status()

    def files(
        self, job: str | None = None, state: str | None = None, kind: str | None = None
    ) -> list[FileRow]:
        """What lies in the inboxes and work folders, then the ledger, newest first. `kind`: "import" or "export"."""
        return self._answers.files(job, state, kind)

    def lying(self, job: str | None = None) -> list[FileRow]:
        """What lies in the inboxes and work folders and is not in the ledger."""
        return self._answers.lying(job)

    def page(self, query: Query) -> list[FileRow]:
        """Files of the ledger, newest first: `query.limit` of them, `query.before` the last id of the page before."""
        return self._answers.page(query)

    def show(self, id: int) -> FileStory | None:
        """One file's whole story, with its refused rows; None when there is no such file."""
        return self._answers.show(id)

    def corrections(self, id: int, *, xlsx: bool = False, to: Path | None = None) -> Path:
        """Write the refused rows of a file as a file to mend and drop again, beside the failed ones of its job or
        `to` a new file. Raises PipelineError when it has none, or when `to` is there."""
        from pipeline.imports.corrections import write  # only for this

        return write(self.ledger(), self.settings, id, xlsx=xlsx, to=to)

    def why(self, file: str | os.PathLike[str]) -> Why:
        """In one sentence why this file is, or is not, in the database, and what would change that."""
        return self._answers.why(file)

    def doctor(self) -> list[Finding]:
        """Whether everything that imports need is there and works, tried out: each finding with its remedy."""
        return diagnose(self.settings.path)
