"""Who asks, and what they may: roles of people, scopes of tokens. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["viewer", "operator", "admin"]
Scope = Literal["read", "operate", "admin", "sync", "drop"]
Need = Literal["public", "viewer", "operator", "admin", "sync", "drop", "watch"]
"""What a route asks for. `watch`: a viewer, or anybody on this machine (health and figures)."""

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES: tuple[Scope, ...] = get_args(Scope)
NEEDS: tuple[Need, ...] = get_args(Need)
GRANTS: dict[str, str] = {
    "read": "viewer",
    "operate": "operator",
    "admin": "admin",
    "sync": "sync",
    "drop": "drop",
}
"""What a token's scope is worth: a role, or the one thing it is for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `grant`: a role, or "sync" or "drop"; "" for a stranger. `job`: the only one that a token is for."""

    name: str = ""
    grant: str = ""
    way: Literal["", "session", "token"] = ""
    address: str = ""
    here: bool = False  # on this machine, with nobody between
    csrf: str = ""  # what the forms of this session must bring back
    session: str = ""  # its key in the database
    job: str = ""

    @property
    def known(self) -> bool:
        return bool(self.grant)

    def may(self, needs: Need) -> bool:
        """Higher roles may what lower ones may; operators may drop files, and admins synchronise."""
        if needs == "public" or (needs == "watch" and self.here):
            return True
        if needs in ("drop", "sync") and self.grant == needs:
            return True
        least = {"watch": "viewer", "drop": "operator", "sync": "admin"}.get(needs, needs)
        return self.grant in ROLES and ROLES.index(self.grant) >= ROLES.index(least)
