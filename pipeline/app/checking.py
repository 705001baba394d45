"""What a config and its mappings are worth, and who asks."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import config as configuration
from pipeline import doctor
from pipeline.clock import Clock
from pipeline.config import reversing
from pipeline.errors import ConfigError, Mistake
from pipeline.results import Finding

if TYPE_CHECKING:
    from pipeline.store.known import Known


def mistakes(config: str | os.PathLike[str] = "config.toml") -> list[Mistake]:
    """Every mistake in a config and in the mappings it names, at once. Raises ConfigError when it cannot be
    read at all."""
    path = Path(config)
    found: list[Mistake] = []
    try:
        configuration.load(path)
    except ConfigError as error:
        if not error.mistakes:
            raise
        found.extend(error.mistakes)
    known = known_to(path)
    found.extend(reversing.mistakes(path, known))
    for name in configuration.mapping_names(path):
        file, text = f"mappings/{name}.toml", configuration.mapping_text(path, name)
        found.extend(known.examine(name, text, file)[1])
    return found


def known_to(config: Path) -> Known:
    """What the mappings may write; of a config with mistakes our own tables."""
    from pipeline.store.known import Known

    try:
        settings = configuration.load(config)
    except ConfigError:
        return Known("sqlite://", "")
    return Known(settings.database, settings.schema)


def diagnose(config: str | os.PathLike[str] = "config.toml") -> list[Finding]:
    """What `Pipeline.doctor` says, also of a config with mistakes. Raises ConfigError when it cannot be read."""
    path, found = Path(config), mistakes(config)
    try:
        settings = configuration.load(path)
    except ConfigError:
        settings = None
    return doctor.diagnose(path, settings, found, Clock())


def person() -> str:
    """Who works here: the login name and the machine."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may run under a number that has no name
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"


def switch(config: str | os.PathLike[str], active: bool) -> None:
    """Turn the master switch; also in a config that has mistakes elsewhere. Comments stay."""
    configuration.set_active(Path(config), active)
