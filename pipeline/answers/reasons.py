"""Everything that keeps a file that lies in its inbox from the database: what a person must end comes first."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from pipeline import files as disk
from pipeline.answers.facts import Facts
from pipeline.engine.inboxes import Waiting
from pipeline.jobs import ImportJob
from pipeline.readiness import QUIET_NETWORK_S, QUIET_S, STILL_S, UNFINISHED_S
from pipeline.results import Reason
from pipeline.schedule import Always, closes
from pipeline.turns import turn as place_in
from pipeline.words import Message, message, printable

UTC = timezone.utc  # noqa: UP017
STILL = {
    "reading.no_final_newline": STILL_S,
    "reading.empty": STILL_S,
    "reading.unfinished": UNFINISHED_S,
}  # seconds after which it is taken as it is


def reasons(facts: Facts, job: ImportJob, waiting: Waiting) -> list[Reason]:
    """Why this file was not taken yet, never empty: the last one says when it will be."""
    if waiting.kind == "rejected":
        return [_own(job, waiting)]
    name, said = _name(waiting), waiting.said
    found = [*_stopped(facts, job, name)]
    soon = _soon(waiting)
    if not soon:
        found.append(_own(job, waiting))
    found += [*_troubles(facts, job), *_hour(facts, job, waiting)]
    if soon and said is not None:
        found += _settling(facts, waiting)
    if not facts.services.known:
        found.append(Reason(message("states.no_service"), message("states.no_service_remedy", job=job.name)))
    if waiting.kind == "queued" or not found:  # of a heap of files the turn is told besides all else
        found.append(_next(facts, job, waiting))
    return found


def _name(waiting: Waiting) -> str:
    return printable(os.fsdecode(waiting.seen.name))


def _stopped(facts: Facts, job: ImportJob, name: str) -> list[Reason]:
    """What a person stopped."""
    found = []
    if not facts.active:
        remedy = message("states.switch_off_remedy")
        found.append(Reason(message("states.switch_off", name=name), remedy))
    pause = facts.pauses.get(job.name)
    if pause is not None:
        told = {"job": job.name, "who": pause.who, "why": pause.why or "–", "name": name}
        remedy = message("states.paused_remedy", job=job.name)
        if pause.until is None:
            found.append(Reason(message("states.paused", **told), remedy, pause.since))
        else:
            until = facts.local(pause.until)
            found.append(Reason(message("states.paused_until", until=until, **told), remedy, pause.since))
    return found


def _own(job: ImportJob, waiting: Waiting) -> Reason:
    """What the file itself lacks."""
    said = waiting.said
    assert said is not None
    if said.code == "files.busy":
        by = disk.holders(waiting.folder / os.fsdecode(waiting.seen.name))
        who = ", ".join(f"{program} ({pid})" for pid, program in by)
        told = message("states.open_by", name=_name(waiting), who=who) if who else said
        return Reason(told, message("states.open_remedy"))
    if said.code == "files.no_companion":
        return Reason(said, message("states.companion_remedy", job=job.name))
    if said.code == "files.no_trailer":
        return Reason(said, message("states.trailer_remedy", trailer=job.trailer, job=job.name))
    if said.code.startswith("turns."):
        return Reason(said, _turn_remedy(job, said))
    return Reason(said, message("states.incomplete_remedy") if said.code.startswith("reading.") else None)


def _turn_remedy(job: ImportJob, said: Message) -> Message | None:
    """What a person can do about a file that is not in its turn."""
    if "other" in said.args:
        other = said.args["other"]
        if said.code == "turns.after_paused":
            return message("turns.paused_remedy", job=job.name, other=other)
        return message("turns.after_remedy", job=job.name, other=other)
    if said.code == "turns.delivery":
        return message("turns.delivery_remedy")
    return message("turns.gap_remedy", job=job.name) if "missing" in said.args else None


def _troubles(facts: Facts, job: ImportJob) -> list[Reason]:
    """What the world, the config or the mapping lacks."""
    found = []
    waits = facts.services.waits
    if "" in waits:
        said, since = waits[""]
        found.append(Reason(said, message("states.database_remedy"), since))
    elif facts.away is not None:
        found.append(Reason(facts.away, message("states.database_remedy")))
    if job.name in waits:
        said, since = waits[job.name]
        found.append(Reason(said, message("states.trouble_remedy"), since))
    if job.mapping in facts.lying.mistakes:
        told = message("states.mapping_wrong", mapping=job.mapping, job=job.name)
        found.append(Reason(told, message("states.check_remedy")))
    if facts.services.refused is not None:
        said, since = facts.services.refused
        found.append(Reason(said, message("states.check_remedy"), since))
    return found


def _hour(facts: Facts, job: ImportJob, waiting: Waiting) -> list[Reason]:
    """The job's hour has not come."""
    if isinstance(job.schedule, Always) or _at_work(facts, job, waiting) is not None:
        return []
    name, opening = _name(waiting), facts.next_opening(job)
    if opening is None:
        told = message("schedule.passed", name=name, job=job.name)
        return [Reason(told, message("states.passed_remedy", job=job.name))]
    if opening <= facts.now.wall:
        return []
    told = message("states.not_yet", name=name, job=job.name, opening=facts.local(opening))
    return [Reason(told, message("states.not_yet_remedy", job=job.name))]


def _at_work(facts: Facts, job: ImportJob, waiting: Waiting) -> datetime | None:
    """The moment from which on the job is at work on what it found, this file with it."""
    memory = facts.memory(job)
    if memory is None or memory.unfinished is None:
        return None
    until = closes(job.schedule, memory.unfinished.opening)
    came = datetime.fromtimestamp(waiting.seen.ctime_ns / 1e9, UTC)
    here = came <= memory.unfinished.opened_at or (until is not None and facts.now.wall < until)
    return memory.unfinished.opening if here else None


def _settling(facts: Facts, waiting: Waiting) -> list[Reason]:
    """It came a moment ago, or it looks as if more were to come. One look cannot know for how long a file is
    still: its times tell."""
    assert waiting.said is not None
    changed_s = max(waiting.seen.mtime_ns, waiting.seen.ctime_ns) / 1e9
    still = max(0.0, facts.now.wall.timestamp() - changed_s)
    quiet = QUIET_NETWORK_S if disk.is_network(waiting.folder) else QUIET_S
    if waiting.said.code in STILL:
        quiet = STILL[waiting.said.code]
        if still < quiet and quiet > 2 * STILL_S:
            until = facts.local(facts.now.wall + timedelta(seconds=quiet - still))
            return [Reason(waiting.said, message("states.unfinished_remedy", until=until))]
        if still < quiet:
            return [Reason(waiting.said, message("states.still_remedy", seconds=int(quiet)))]
    elif waiting.said.code == "files.settling" and still < quiet:
        told = message("states.settling", name=_name(waiting), still=int(still), quiet=int(quiet))
        return [Reason(told, message("states.settling_remedy"))]
    return []


def _next(facts: Facts, job: ImportJob, waiting: Waiting) -> Reason:
    """Nothing stands in its way."""
    name, before = _name(waiting), _before(facts, job, waiting)
    if before:
        said: Message = message("states.behind", name=name, count=before)
        return Reason(said, message("states.behind_remedy"))
    opening = _at_work(facts, job, waiting)
    if opening is not None:
        said = message("states.at_work", name=name, job=job.name, opening=facts.local(opening))
    else:
        said = message("states.soon", name=name, job=job.name)
    return Reason(said, message("states.soon_remedy"))


def _before(facts: Facts, job: ImportJob, waiting: Waiting) -> int:
    """How many files of the job are taken before it."""

    def turn(w: Waiting) -> tuple[object, ...]:
        if job.order.placed:
            return (*place_in(job.order, _name(w)), w.order)
        return (w.seen.name,) if job.order.by == "name" else w.order

    mine = turn(waiting)
    return sum(turn(w) < mine for w in facts.lying.inboxes.of(job) if w.kind != "rejected" and _soon(w))


def _soon(waiting: Waiting) -> bool:
    """Does nobody have to do anything for it?"""
    said = waiting.said
    return said is None or waiting.kind == "queued" or said.code == "files.settling" or said.code in STILL
