"""Commands about who may come in by the HTTP door: users, tokens, and what they changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import plain
from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.store.people.model import By

user = typer.Typer(
    name="user", help="Who may log in: add, list, role, password, remove.", no_args_is_help=True
)
token = typer.Typer(
    name="token", help="Programs that may come in: create, list, revoke.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name.")]
Role = Annotated[str, typer.Option(help="viewer, operator or admin.")]


def _by() -> By:
    from pipeline.app import person
    from pipeline.clock import Clock
    from pipeline.store.people.model import By

    return By(person(), "", Clock().now().wall)


@user.command()
def add(context: typer.Context, name: Name, role: Role = "viewer") -> None:
    """Let somebody log in. The password is asked for, or read from stdin when that is no terminal."""
    from pipeline.people import entering
    from pipeline.people.passwords import Passwords

    voice: Voice = context.obj
    entering.known_role(role)
    password = _password(voice)
    with voice.pipeline() as pipeline:
        entering.add_user(pipeline.store().people(), Passwords(), name, role, password, _by())
    voice.say(message("people.added", name=name, role=role))


@user.command(name="list")
def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """Everybody who may log in."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        people, zone = pipeline.people(), pipeline.settings.timezone
        found = people.users() if people else []
    if as_json:
        voice.json([
            {"name": u.name, "role": u.role, "created_at": plain.moment(u.created_at), "created_by": u.created_by}
            for u in found
        ])  # fmt: skip
    elif found:
        heads = [voice.word(f"people.head.{head}") for head in ("name", "role", "since", "by")]
        rows = [[u.name, u.role, plain.local(u.created_at, zone), u.created_by] for u in found]
        voice.table(heads, rows)
    else:
        voice.say(message("people.nobody"))


@user.command()
def role(context: typer.Context, name: Name, role: Annotated[str, typer.Argument(metavar="ROLE")]) -> None:
    """Give somebody another role, at once: viewer, operator or admin."""
    from pipeline.people import entering

    voice: Voice = context.obj
    entering.known_role(role)
    with voice.pipeline() as pipeline:
        pipeline.store().people().set_role(name, role, _by())
    voice.say(message("people.role_set", name=name, role=role))


@user.command()
def password(context: typer.Context, name: Name) -> None:
    """Give somebody a new password; they are logged out everywhere."""
    from pipeline.people import entering
    from pipeline.people.passwords import Passwords

    voice: Voice = context.obj
    given = _password(voice)
    with voice.pipeline() as pipeline:
        entering.set_password(pipeline.store().people(), Passwords(), name, given, _by())
    voice.say(message("people.password_set", name=name))


@user.command()
def remove(context: typer.Context, name: Name) -> None:
    """Let somebody log in no more; their sessions end at once."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        pipeline.store().people().remove_user(name, _by())
    voice.say(message("people.removed", name=name))


@user.command()
def logout(context: typer.Context, name: Name) -> None:
    """End all sessions of somebody."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        count = pipeline.store().people().end_sessions(name, _by())
    voice.say(message("people.logged_out", name=name, count=count))


@user.command()
def link(context: typer.Context) -> None:
    """Print a link that lets in once, without a password; only where listen is on this machine."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        print(_link(pipeline))


def _link(pipeline: Pipeline) -> str:
    from pipeline.clock import Clock
    from pipeline.errors import PipelineError
    from pipeline.people.entering import new_link

    listen = pipeline.settings.server
    if listen is None or not listen.local or listen.proxies:
        raise PipelineError(message("people.link_local"))
    return f"{listen.url}/setup?key={new_link(pipeline.store().people(), Clock().now().wall)}"


@user.command()
def changes(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Who changed what: before, after, when and from where."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        people, zone = pipeline.people(), pipeline.settings.timezone
        found = people.changes(limit=limit) if people else []
    if as_json:
        voice.json([
            {"at": plain.moment(c.at), "who": c.who, "address": c.address, "what": c.what, "subject": c.subject,
             "before": c.before or None, "after": c.after or None} for c in found
        ])  # fmt: skip
        return
    names = ("at", "who", "address", "what", "subject", "before", "after")
    rows = [[plain.local(c.at, zone), c.who, c.address, c.what, c.subject, c.before, c.after] for c in found]
    voice.table([voice.word(f"people.head.{name}") for name in names], rows)


@token.command()
def create(
    context: typer.Context,
    name: Name,
    scope: Annotated[str, typer.Option(help="read, operate, admin, sync or drop.")] = "read",
    job: Annotated[str, typer.Option(metavar="JOB", help="With drop: only for this import.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="Worth nothing after so many days.")] = None,
) -> None:
    """Let a program come in; the token is the last thing printed, and shown only this once."""
    from pipeline.cli.facts import known_job, names
    from pipeline.people import entering

    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        if job:
            known_job(job, names(pipeline))
        made = entering.create_token(pipeline.store().people(), name, scope, _by(), job=job, days=days)
    voice.say(message("people.token_made", name=name, scope=scope))
    print(made)


@token.command(name="list")
def list_tokens(context: typer.Context, as_json: AsJson = False) -> None:
    """Every token by its name; never the token itself."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        people, zone = pipeline.people(), pipeline.settings.timezone
        found = people.tokens() if people else []
    if as_json:
        voice.json([
            {"name": t.name, "scope": t.scope, "job": t.job or None, "created_at": plain.moment(t.created_at),
             "created_by": t.created_by, "expires_at": plain.moment(t.expires_at), "used_at": plain.moment(t.used_at)}
            for t in found
        ])  # fmt: skip
    elif found:
        heads = [
            voice.word(f"people.head.{head}") for head in ("name", "scope", "job", "since", "until", "used")
        ]
        times = [[plain.local(at, zone) for at in (t.created_at, t.expires_at, t.used_at)] for t in found]
        voice.table(heads, [[t.name, t.scope, t.job, *row] for t, row in zip(found, times, strict=True)])
    else:
        voice.say(message("people.no_tokens"))


@token.command()
def revoke(context: typer.Context, name: Name) -> None:
    """Make a token worth nothing, at once."""
    voice: Voice = context.obj
    with voice.pipeline() as pipeline:
        pipeline.store().people().revoke(name, _by())
    voice.say(message("people.revoked", name=name))


def _password(voice: Voice) -> str:
    """Asked twice without showing it, or the first line of stdin. Raises PipelineError when the two differ."""
    from getpass import getpass

    from pipeline.errors import PipelineError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass(voice.word("people.password_ask"))
    if first != getpass(voice.word("people.password_again")):
        raise PipelineError(message("people.password_twice"))
    return first
