"""Passwords: which may be taken, and argon2id."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, PipelineError
from pipeline.words import message

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

LEAST, MOST = 12, 256
COMMON = (
    "password", "passw0rd", "motdepasse", "qwerty", "azerty", "letmein", "welcome", "bienvenue", "administrator",
    "administrateur", "iloveyou", "jetaime", "123456789", "987654321", "abcdefgh", "changeme", "pipeline", "secret",
    "sunshine", "monkey", "dragon", "soleil", "doudou", "loulou", "marseille", "football", "princess", "princesse",
)  # fmt: skip
"""What the most guessed passwords are made of; digits and signs around such a word do not make it another."""


@dataclass(slots=True)
class Passwords:
    """argon2id with this cost: 64 MiB, three passes, about half a second of a busy core."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4
    _hasher: Argon2Hasher | None = None
    _nobody: str = field(default="")

    def hash(self, password: str) -> str:
        return self._argon().hash(password)

    def verify(self, password: str, known: str | None) -> bool:
        """None: there is no such person; it takes as long as if there were."""
        if len(password) > MOST:
            return False
        argon = self._argon()
        if known is None:
            self._nobody = self._nobody or argon.hash("nobody")
            argon.verify(password, self._nobody)
            return False
        return argon.verify(password, known)

    def _argon(self) -> Argon2Hasher:
        if self._hasher is None:
            try:
                from pwdlib.hashers.argon2 import Argon2Hasher
            except ImportError as error:
                raise ConfigError(message("server.not_installed")) from error
            self._hasher = Argon2Hasher(self.passes, self.memory_kib, self.lanes)
        return self._hasher


def check(password: str, name: str) -> None:
    """Raises PipelineError for a password that would be guessed."""
    if not LEAST <= len(password) <= MOST:
        raise PipelineError(message("people.password_length", least=LEAST, most=MOST))
    plain = password.casefold()
    rest = plain
    for word in (*COMMON, name.casefold()):
        rest = rest.replace(word, "") if word else rest
    letters = "".join(c for c in rest if c.isalpha())
    if len(set(plain)) < 5 or _in_a_row(plain) or (rest != plain and len(letters) < 4):
        raise PipelineError(message("people.password_common"))


def _in_a_row(text: str) -> bool:
    """Is it nothing but neighbours, 123456789012 or abcdefghijkl?"""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}
