"""What people are told, and when it is over: one message for each trouble, never a storm. Pure, `now` is an argument.

A trouble has a key that is its own for ever. It is told when it is new, once; and when it has ended, once. Troubles
of one kind and job go into one message, and the next message about them comes `AGAIN` later at the earliest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.words import Message, message

AGAIN = timedelta(minutes=10)
NAMED = 10  # troubles that one message names; of more it says how many
GIVE_UP = timedelta(days=3)  # a message that could not be sent for so long is old news

Kind = Literal["failed", "held", "waiting", "late", "unlike"]


@dataclass(frozen=True, slots=True)
class Notify:
    """`[notify]`. `to`: each name and address; `link`: how the address of a file's page begins."""

    to: tuple[tuple[str, str], ...] = ()
    waiting_s: int = 1800  # a job that waits for longer is told of
    digest: time | None = None  # local time of the daily one
    link: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now. `lasting`: it ends some time, and the end is told too."""

    key: str
    kind: Kind
    job: str
    said: Message
    since: datetime
    file: int = 0  # its number, where it is about one
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """A trouble as it is remembered. `over`: how it ended."""

    trouble: Trouble
    told_at: datetime | None = None
    over: Message | None = None
    over_told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be sent. `tells`, `ends`: keys of troubles whose beginning or end it tells."""

    kind: str
    job: str
    title: Message
    lines: tuple[Message, ...]
    tells: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be remembered and sent, in one transaction."""

    begun: tuple[Trouble, ...] = ()
    over: tuple[tuple[str, Message], ...] = ()
    letters: tuple[Letter, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.begun or self.over or self.letters)


def decide(
    known: Mapping[str, Known],
    now_wrong: Sequence[Trouble],
    ended: Mapping[str, Message],
    last: Mapping[tuple[str, str], datetime],
    now: datetime,
    link: str = "",
) -> Step:
    """One round. `known`: troubles that are not over, or of which something is still to be told; `now_wrong`: all
    that is wrong; `ended`: which of the known ones have ended, and how; `last`: when a kind and job was last told
    of."""
    begun = tuple(t for t in now_wrong if t.key not in known)
    over = tuple((key, ended[key]) for key in ended if key in known and known[key].over is None)
    all_known = {**known, **{t.key: Known(t) for t in begun}}
    for key, said in over:
        all_known[key] = Known(known[key].trouble, known[key].told_at, said)
    letters = []
    for (kind, job), group in _groups(all_known.values()).items():
        if now - last.get((kind, job), now - AGAIN) < AGAIN:
            continue
        fresh = [k.trouble for k in group if k.told_at is None and k.over is None]
        done = [k for k in group if k.over is not None and k.told_at and not k.over_told_at]
        unsaid = [k.trouble.key for k in group if k.told_at is None and k.over is not None]  # came and went
        if fresh:
            letters.append(_told(kind, job, fresh, link))
        ends = tuple(k.trouble.key for k in done if k.trouble.lasting)
        if ends:
            letters.append(_ended(kind, job, [k for k in done if k.trouble.lasting]))
        silent = (*unsaid, *(k.trouble.key for k in done if not k.trouble.lasting))
        if silent:
            letters.append(Letter("", job, message("servers.title.none"), (), ends=tuple(silent)))
    return Step(begun, over, tuple(letters))


def _groups(known: Collection[Known]) -> dict[tuple[str, str], list[Known]]:
    found: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for each in sorted(known, key=lambda k: (k.trouble.since, k.trouble.key)):
        found[each.trouble.kind, each.trouble.job].append(each)
    return found


def _told(kind: str, job: str, troubles: Sequence[Trouble], link: str) -> Letter:
    title = Message(f"servers.title.{kind}", {"job": job, "count": len(troubles)})
    lines: list[Message] = []
    for trouble in troubles[:NAMED]:
        lines.append(trouble.said)
        if trouble.kind in ("failed", "held"):
            lines.append(Message(f"servers.do.{kind}", {"id": trouble.file}))
            if link:
                lines.append(message("servers.do.link", link=f"{link.rstrip('/')}/files/{trouble.file}"))
    if len(troubles) > NAMED:
        lines.append(message("servers.and_more", count=len(troubles) - NAMED, job=job))
    if kind not in ("failed", "held"):
        lines.append(Message(f"servers.do.{kind}", {"job": job}))
    return Letter(kind, job, title, tuple(lines), tells=tuple(t.key for t in troubles))


def _ended(kind: str, job: str, known: Sequence[Known]) -> Letter:
    lines = [each.over for each in known[:NAMED] if each.over is not None]
    if len(known) > NAMED:
        lines.append(message("servers.and_more", count=len(known) - NAMED, job=job))
    title = Message(f"servers.over.{kind}", {"job": job, "count": len(known)})
    return Letter(kind, job, title, tuple(lines), ends=tuple(each.trouble.key for each in known))


def digest_due(at: time, last: date | None, now: datetime, zone: str) -> date | None:
    """The local day whose digest is to be written now; None: not yet, or it was."""
    local = now.astimezone(ZoneInfo(zone))
    if local.time() < at or (last is not None and last >= local.date()):
        return None
    return local.date()


def retry_at(tries: int, now: datetime) -> datetime:
    """When a message that could not be sent is tried again: after a minute, two, four … an hour at most."""
    return now + min(timedelta(minutes=2 ** min(tries, 10)), timedelta(hours=1))
