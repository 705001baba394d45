"""`pipeline service`: the unit by which systemd starts, watches and confines the service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from pipeline.cli.output import Voice
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.jobs import Settings

app = typer.Typer(name="service", help="Run as a service of the system.", no_args_is_help=True)

NAME = "pipeline.service"
HANGS_S = 60  # a service that has not come round for so long hangs
SYSTEM = Path("/etc/systemd/system")
ANY_ADDRESS = "IPAddressDeny=any\nIPAddressAllow=localhost"
SYSTEM_ONLY = """\
# To ask whether a writer still holds a file of another user
CapabilityBoundingSet=CAP_LEASE
AmbientCapabilities=CAP_LEASE
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RemoveIPC=yes
KeyringMode=private
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a unit is written for. `writes`: folders it works in; `local`: it talks to this machine only."""

    command: str
    config: Path
    writes: tuple[Path, ...]
    user: str = "pipeline"
    own: bool = False  # of one user's own systemd
    local: bool = True
    credentials: tuple[str, ...] = ()  # NAME=PATH


def unit(wanted: Wanted) -> str:
    """The text of the unit."""
    root = wanted.config.parent
    lines = [f"LoadCredential={name}:{path}" for name, _, path in map(_parted, wanted.credentials)]
    more = ""
    if not wanted.own:
        writes = _outermost((root, *wanted.writes))
        lines = [f"User={wanted.user}", *lines, *(f"ReadWritePaths={_quoted(path)}" for path in writes)]
        at_home = any(str(path).startswith(("/home/", "/root/", "/run/user/")) for path in writes)
        more = SYSTEM_ONLY.format(home="tmpfs" if at_home else "yes")
        if at_home:  # only what it works in is seen of the homes
            more += "".join(f"BindPaths={_quoted(path)}\n" for path in writes)
        more += ANY_ADDRESS + "\n" if wanted.local else ""
    text = (resources("pipeline.cli") / "template" / NAME).read_text("utf-8")
    return text.format(
        command=wanted.command,
        config=_quoted(wanted.config),
        root=str(root).replace("%", "%%"),
        docs="/usr/share/doc/pipeline",
        lines="\n".join(lines),
        more=more,
        wanted="default.target" if wanted.own else "multi-user.target",
    )


def _parted(credential: str) -> tuple[str, str, str]:
    return credential.partition("=")


def _quoted(path: Path) -> str:
    """A path as a unit writes it: `%` begins a word of systemd's own, a blank ends a path."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    return f'"{text}"' if re.search(r"[\s\"']", text) else text


def _outermost(paths: tuple[Path, ...]) -> list[Path]:
    """These folders without those that lie in another of them."""
    return sorted({p for p in paths if not any(q != p and p.is_relative_to(q) for q in paths)})


def folders(settings: Settings) -> tuple[Path, ...]:
    """Every folder that jobs work in, and that of an SQLite database."""
    found = [path for job in settings.imports for path in (job.inbox, job.processed, job.failed)]
    found += [job.to for job in settings.exports]
    if settings.database.startswith("sqlite:///"):
        found.append(Path(settings.database.removeprefix("sqlite:///")).parent)
    return tuple(found)


def is_local(settings: Settings) -> bool:
    """Does it talk to nobody outside this machine?"""
    if settings.notify.to:
        return False
    host = urlsplit(settings.database).hostname or ""
    return settings.database.startswith("sqlite") or host in ("", "localhost", "127.0.0.1", "::1")


@app.command()
def install(
    context: typer.Context,
    own: Annotated[bool, typer.Option("--user", help="For your own systemd, without root.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Print the unit; write nothing.")] = False,
    account: Annotated[str, typer.Option("--as", help="The account it runs under.")] = "pipeline",
    credential: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help='A secret that systemd hands over, for "cred:NAME".'),
    ] = None,
) -> None:
    """Write the systemd unit that starts and watches `pipeline run`."""
    from pipeline.errors import ConfigError, PipelineError

    voice: Voice = context.obj
    for given in credential or []:
        if not re.fullmatch(r"[\w.-]+=/.+", given):
            raise ConfigError(message("servers.credential", value=given))
    with voice.pipeline() as pipeline:
        settings = pipeline.settings
    wanted = Wanted(
        _command(),
        settings.path,
        folders(settings),
        account,
        own,
        is_local(settings),
        tuple(credential or ()),
    )
    text = unit(wanted)
    if show:
        print(text, end="")
        return
    folder = Path.home() / ".config/systemd/user" if own else SYSTEM
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(text, "utf-8")
    except OSError as error:
        raise PipelineError(
            message("servers.unit_unwritable", path=str(folder / NAME), why=error.strerror or str(error))
        ) from error
    _reload(own)
    voice.say(message("servers.unit_written", path=str(folder / NAME)))
    voice.say(message("servers.unit_next", command="systemctl --user" if own else "systemctl"))
    if not own and not _known(account):
        voice.say(message("servers.no_account", account=account, root=str(settings.root)))


def _command() -> str:
    """The program as the unit starts it: the installed command, or this interpreter with our module."""
    found = Path(sys.executable).with_name("pipeline")
    return _quoted(found) if os.access(found, os.X_OK) else f"{_quoted(Path(sys.executable))} -P -m pipeline"


def _known(account: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def _reload(own: bool) -> None:
    """Have systemd read its units again, where it runs."""
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        subprocess.run(["systemctl", *(["--user"] if own else []), "daemon-reload"], check=False)


@app.command()
def health(context: typer.Context) -> None:
    """Exit 0 while a service of this config looks at its folders and database; 1 when it hangs or none runs."""
    from pipeline.clock import Clock
    from pipeline.engine.report import running

    voice: Voice = context.obj
    now = Clock().now().wall
    ages = [now - known.beat for known in running(voice.config.absolute().parent) if known.beat is not None]
    if not ages:
        voice.say(message("servers.no_service"))
        raise typer.Exit(1)
    seconds = round(min(ages).total_seconds())
    voice.say(message("servers.alive" if seconds <= HANGS_S else "servers.hangs", seconds=seconds))
    raise typer.Exit(0 if seconds <= HANGS_S else 1)
