"""`pipeline sync …`: databases that become equal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain
from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import Fact, message, printable

if TYPE_CHECKING:
    from pipeline.store.syncing.standing import Conflict
    from pipeline.sync.comparing import Compared
    from pipeline.sync.peering import Peering
    from pipeline.sync.running import Told

app = typer.Typer(
    name="sync",
    help="Databases that become equal: plan, now, status, conflicts, resolve, verify, rejoin, install, remove.",
    no_args_is_help=True,
)
Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="Which of [syncs.NAME]; the only one when there is one."),
]
Accept = Annotated[bool, typer.Option("--accept", help="I have seen the plan: do it.")]
Tables = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TABLE]...", help="These tables; all that take part when none is named."),
]


@contextmanager
def _peers(context: typer.Context) -> Iterator[tuple[Voice, Peering]]:
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        yield voice, pipeline.peers()


@app.command()
def plan(context: typer.Context, name: Name = None, as_json: AsJson = False) -> None:
    """Hold both databases against each other; nothing is written."""
    with _peers(context) as (voice, peers):
        found = peers.plan(name)
    if as_json:
        voice.json({
            "here": found.here, "there": found.there, "tables": [_table_json(one) for one in found.tables],
            **{key: [voice.text(said) for said in getattr(found, key)] for key in ("refused", "left", "warnings")},
        })  # fmt: skip
    else:
        _compared(voice, found.tables)
        for said in (*found.refused, *found.left, *found.warnings):
            print(voice.text(said))
        voice.say(message("peers.nothing_written"))
    if found.refused:
        raise typer.Exit(1)


@app.command()
def now(context: typer.Context, name: Name = None, accept: Accept = False, as_json: AsJson = False) -> None:
    """Exchange what is new, both ways, now."""
    with _peers(context) as (voice, peers):
        done = peers.now(name, accept=accept, told=_progress(voice))
    if as_json:
        facts = (
            "outcome",
            "rows",
            "inserted",
            "updated",
            "deleted",
            "conflicts",
            "renamed",
            "revived",
            "held",
        )
        ways = {
            "pulled": {key: getattr(done.pulled, key) for key in facts},
            "pushed": {key: getattr(done.pushed, key) for key in facts},
        }
        voice.json({"here": done.here, "there": done.there, "loaded": done.loaded, **ways})
        return
    conflicts = done.pulled.conflicts + done.pushed.conflicts
    said: dict[str, Fact] = {
        "peer": done.there,
        "pulled": done.pulled.rows,
        "pushed": done.pushed.rows,
        "loaded": done.loaded,
    }
    voice.say(message("peers.round", **said))
    if conflicts:
        voice.say(message("peers.new_conflicts", count=conflicts))
    if done.pulled.held:
        voice.say(message("peers.rows_wait", count=done.pulled.held))


def _progress(voice: Voice) -> Told | None:
    """On a terminal a line that grows."""
    if not sys.stderr.isatty():
        return None

    def told(table: str, count: int) -> None:
        said = (
            voice.word("peers.progress_rows", table=table, count=count)
            if table
            else voice.word("peers.progress_parts", count=count)
        )
        print(f"\r{said}\x1b[K", end="", file=sys.stderr, flush=True)

    return told


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """The last round with each peer, what waits, and whether it is reached now."""
    with _peers(context) as (voice, peers):
        found, reached = peers.standing(), peers.reach()
        zone = peers.settings.timezone
    if as_json:
        voice.json({
            "site": found.site, "open": found.open, "held": found.held, "oldest_transaction_s": found.oldest_s,
            "rounds": [
                {"job": r.job, "peer": r.peer, "at": plain.moment(r.at), "took_ms": r.took_ms, "pulled": r.pulled,
                 "pushed": r.pushed, "loaded": r.loaded, "conflicts": r.conflicts, "held": r.held}
                for r in found.rounds
            ],
            "peers": [
                {"peer": p.peer, "stage": p.stage, "waiting": p.waiting, "lapsed": p.lapsed, "held": p.held}
                for p in found.peers
            ],
            "reached": [
                {"job": r.job, "peer": r.peer, "ahead_s": round(r.ahead_s, 3), "trouble": voice.text(r.trouble) or None}
                for r in reached
            ],
        })  # fmt: skip
        return
    for last in found.rounds:
        facts: dict[str, Fact] = {
            "job": last.job,
            "peer": last.peer,
            "pulled": last.pulled,
            "pushed": last.pushed,
        }
        print(voice.word("peers.last_round", when=plain.local(last.at, zone), **facts))
    for known in found.peers:
        print(voice.word("peers.waits", peer=known.peer, count=known.waiting))
        if known.held:
            print(f"{known.peer}: {known.held}")
    for one in reached:
        print(
            f"{one.job}: {voice.text(one.trouble)}" if one.trouble is not None
            else voice.word("peers.reached", job=one.job, peer=one.peer, seconds=f"{one.ahead_s:+.1f}")
        )  # fmt: skip
    print(voice.word("peers.open_records", count=found.open, held=found.held))
    if found.oldest_s > 60:
        print(voice.word("peers.oldest", seconds=found.oldest_s))


@app.command()
def conflicts(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are settled.")] = False,
    as_json: AsJson = False,
) -> None:
    """What two sites changed at the same time, with both values."""
    with _peers(context) as (voice, peers):
        found = peers.conflicts(everything=everything)
        zone = peers.settings.timezone
    if as_json:
        voice.json([_conflict_json(one) for one in found])
        return
    heads = [
        voice.word(f"peers.head.{head}") for head in ("id", "what", "row", "kept", "lost", "when", "state")
    ]
    rows = [
        [one.id[:8], voice.word(f"peers.kind.{one.kind}"), _row_of(one), _shown(one.kept, one.kept_clock, zone),
         _shown(one.lost, one.lost_clock, zone), plain.local(one.found_at, zone)[:16], voice.word(f"peers.state.{one.state}")]
        for one in found
    ]  # fmt: skip
    voice.table(heads, rows)


@app.command()
def resolve(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="The record, or how it begins.")],
    keep: Annotated[str, typer.Option(help="here, there, both or merge.")],
    as_json: AsJson = False,
) -> None:
    """Settle a conflict: an ordinary change, that `pipeline undo` takes back."""
    from pipeline.errors import ConfigError

    if keep not in ("here", "there", "both", "merge"):
        raise ConfigError(message("peers.keep_what", value=keep))
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        entry = pipeline.settle(id, keep)  # type: ignore[arg-type]
    if as_json:
        voice.json({"id": id, "keep": keep, "entry": entry})
    elif entry is None:
        voice.say(message("peers.seen", id=id))
    else:
        voice.say(message("peers.resolved", id=id, entry=entry))


@app.command()
def verify(context: typer.Context, name: Name = None, as_json: AsJson = False) -> None:
    """Are both databases equal? Rows that differ are named; nothing is mended."""
    with _peers(context) as (voice, peers):
        found = peers.verify(name)
    if as_json:
        voice.json({
            "here": found.here, "there": found.there, "equal": found.same, "drained": found.drained,
            "tables": [_table_json(one) for one in found.tables],
        })  # fmt: skip
    else:
        _compared(voice, [one for one in found.tables if not one.same])
        rows = sum(one.here for one in found.tables)
        if found.same:
            voice.say(message("peers.equal", count=len(found.tables), rows=rows, peer=found.there))
        else:
            voice.say(message("peers.not_equal" if found.drained else "peers.not_drained", peer=found.there))
    if not found.same:
        raise typer.Exit(1)


@app.command()
def rejoin(
    context: typer.Context, name: Name = None, accept: Accept = False, as_json: AsJson = False
) -> None:
    """Join again after a backup was put back: shows what it would do; with --accept it does it."""
    with _peers(context) as (voice, peers):
        done = peers.rejoin(name, accept=accept)
    if as_json:
        taken = {table: list(counts) for table, counts in done.taken.items()}
        voice.json({"taken": taken, "again": done.again, "records": done.records, "done": accept})
        return
    for table, (new, changed, gone) in done.taken.items():
        print(voice.word("peers.rejoin_table", table=table, new=new, changed=changed, gone=gone))
    code = "peers.rejoined" if accept else "peers.would_rejoin"
    voice.say(message(code, again=done.again, records=done.records))


@app.command()
def install(context: typer.Context, tables: Tables = None, as_json: AsJson = False) -> None:
    """Record the changes of tables, also of another program's, from now on."""
    with _peers(context) as (voice, peers):
        done = peers.install(tables or [])
    _installed(voice, done, as_json, "peers.installed")


@app.command()
def remove(context: typer.Context, tables: Tables = None, as_json: AsJson = False) -> None:
    """No longer record the changes of another program's tables."""
    with _peers(context) as (voice, peers):
        done = peers.remove(tables or [])
    _installed(voice, done, as_json, "peers.uninstalled")


def _installed(voice: Voice, tables: list[str], as_json: bool, code: str) -> None:
    if as_json:
        voice.json({"tables": tables})
    else:
        voice.say(message(code, count=len(tables), tables=", ".join(tables) or "–"))


# how things look --------------------------------------------------------------------------------------------
COUNTS = ("here", "there", "equal", "only_here", "only_there", "differ", "clashes")


def _table_json(one: Compared) -> dict[str, object]:
    return {
        "table": one.table, **{name: getattr(one, name) for name in COUNTS},
        "first": [{"key": row.key, "where": row.where} for row in one.first],
        "clashing": [{"columns": list(c.columns), "values": c.values} for c in one.clashing],
    }  # fmt: skip


def _compared(voice: Voice, tables: list[Compared] | tuple[Compared, ...]) -> None:
    some = [one for one in tables if one.here or one.there]
    if some:
        heads = [voice.word(f"peers.head.{name}") for name in ("table", *COUNTS)]
        voice.table(heads, [[one.table, *(str(getattr(one, name)) for name in COUNTS)] for one in some])
    for one in some:
        for row in one.first:
            print(f"{one.table} {printable(row.key)}: {voice.word(f'peers.where.{row.where}')}")
        for clash in one.clashing:
            print(
                voice.word(
                    "peers.clash", table=one.table, columns=", ".join(clash.columns), values=clash.values
                )
            )


def _row_of(one: Conflict) -> str:
    from pipeline.store.syncing.values import unpack

    key = ", ".join(str(part) for part in unpack(one.key))
    return printable(f"{one.table}.{one.column} {key}" if one.column else f"{one.table} {key}")


def _shown(value: str | None, clock: str | None, zone: str) -> str:
    """A value, where it was written and when."""
    from pipeline.store.syncing.values import unpack

    text = "" if value is None or value == "null" else printable(str(unpack(value)))
    where = _stamped(clock, zone)
    return f"{text} ({where})" if where else text


def _stamped(clock: str | None, zone: str) -> str:
    from pipeline.store.syncing.standing import clocked

    site, when = clocked(clock)
    return f"{site} {plain.local(when, zone)[:16]}" if site else ""


def _conflict_json(one: Conflict) -> dict[str, object]:
    from pipeline.store.syncing.standing import clocked
    from pipeline.store.syncing.values import unpack

    def side(value: str | None, clock: str | None) -> dict[str, object]:
        where, when = clocked(clock)
        found = None if value is None else unpack(value)
        return {
            "value": found.hex() if isinstance(found, bytes) else found,
            "site": where,
            "at": plain.moment(when),
        }

    return {
        "id": one.id, "kind": one.kind, "table": one.table, "key": unpack(one.key), "column": one.column,
        "kept": side(one.kept, one.kept_clock), "lost": side(one.lost, one.lost_clock),
        "found_at": plain.moment(one.found_at), "state": one.state, "settled_by": one.settled_by,
    }  # fmt: skip
