"""Files that belong together: read one after the other, in one transaction, with one end for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.errors import Environment, FileFailed, MappingUnfit
from pipeline.imports.work import Changed, Outcome, Taken, Work
from pipeline.words import Message, message, printable, render

Together = Callable[[Work], list[Outcome]]
Fail = Callable[[Work, Taken, Message], Outcome]


def deliver(
    work: Work, together: Together, fail: Fail, at: Callable[[], Taken | None], patience_s: float
) -> list[Outcome]:
    """Import a whole delivery, or none of it. `at`: the file that was being read. Never raises for a file's or the
    world's fault."""
    tries = Retrying(
        retry=retry_if_exception_type(Environment),
        stop=stop_after_delay(patience_s),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    try:
        return tries(together, work)
    except Environment as trouble:
        return [Outcome(taken.claim, "environment", trouble.said) for taken in work.files]
    except OSError as error:
        place = str(error.filename or work.files[0].path)
        said = message("files.environment", path=place, why=error.strerror or str(error))
        return [Outcome(taken.claim, "environment", said) for taken in work.files]
    except MappingUnfit as unfit:
        return [Outcome(taken.claim, "paused", unfit.said) for taken in work.files]
    except Changed:
        return [Outcome(taken.claim, "changed") for taken in work.files]
    except FileFailed as fault:
        culprit = at()
        return [fail(work, taken, _why(work, taken, culprit, fault.said)) for taken in work.files]


def _why(work: Work, taken: Taken, culprit: Taken | None, said: Message) -> Message:
    """The file at fault says what is wrong with it, the others which one that is."""
    if culprit is None or taken is culprit:
        return said
    name = printable(os.fsdecode(culprit.name))
    return message("sections.delivery_failed", file=name, why=render(said, work.language))
