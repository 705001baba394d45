"""How people and programs get their way in, and lose it. The same for the command line and for the door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from pipeline.errors import PipelineError
from pipeline.people.callers import ROLES, SCOPES
from pipeline.people.keys import key_of, new_secret, new_token
from pipeline.people.passwords import Passwords, check
from pipeline.store.people.model import By, People, Token
from pipeline.words import message

NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
LINK = timedelta(minutes=15)
FREE_ACCOUNT, FREE_ADDRESS = 1, 10  # attempts before one must wait; behind one address sit many people
AGENT = 200  # letters of what a browser says of itself


@dataclass(frozen=True, slots=True)
class Login:
    """`secret`: the session, "" when name or password is wrong; `until`: none may try before."""

    secret: str = ""
    until: datetime | None = None


def create_token(
    people: People, name: str, scope: str, by: By, *, job: str = "", days: int | None = None
) -> str:
    """The token, which is shown once. Raises PipelineError."""
    _named(name)
    if scope not in SCOPES:
        raise PipelineError(message("people.scope", scope=scope, known=", ".join(SCOPES)))
    if job and scope != "drop":
        raise PipelineError(message("people.job_scope"))
    until = None if days is None else by.at + timedelta(days=days)
    secret = new_token()
    people.add_token(key_of(secret), Token(name, scope, job, by.at, by.who, until, None), by)
    return secret


def add_user(people: People, passwords: Passwords, name: str, role: str, password: str, by: By) -> None:
    """Raises PipelineError for a name, role or password that cannot be taken."""
    _named(name)
    known_role(role)
    check(password, name)
    people.add_user(name, role, passwords.hash(password), by)


def set_password(people: People, passwords: Passwords, name: str, password: str, by: By) -> None:
    """All sessions of the user end. Raises PipelineError."""
    check(password, name)
    people.set_password(name, passwords.hash(password), by)


def known_role(role: str) -> None:
    """Raises PipelineError for what is none."""
    if role not in ROLES:
        raise PipelineError(message("people.role", role=role, known=", ".join(ROLES)))


def _named(name: str) -> None:
    if not NAME.fullmatch(name):
        raise PipelineError(message("people.name", name=name))


def log_in(
    people: People, passwords: Passwords, name: str, password: str, by: By, agent: str, before: str = ""
) -> Login:
    """A new session, whatever the browser brought before. The attempt is counted before the password is looked
    at, so that many at once gain nothing."""
    account, address = f"name:{name[:64].casefold()}", f"from:{network(by.address)}"
    until = people.attempt([(account, FREE_ACCOUNT), (address, FREE_ADDRESS)], by.at)
    if until is not None:
        return Login(until=until)
    user = people.user(name)
    if not passwords.verify(password, user.password if user else None) or user is None:
        return Login()
    people.attempt_was_right(account, address)
    return Login(_begin(people, user.name, By(user.name, by.address, by.at), agent, before))


def use_link(people: People, secret: str, by: By, agent: str, before: str = "") -> str:
    """A session by a link that lets in once; "" when it was used or has run out."""
    if not people.use_link(key_of(secret), by.at):
        return ""
    return _begin(people, "", by, agent, before)


def _begin(people: People, user: str, by: By, agent: str, before: str) -> str:
    secret = new_secret()
    people.begin_session(key_of(secret), user, by, agent[:AGENT], key_of(before) if before else "")
    return secret


def new_link(people: People, now: datetime) -> str:
    """The secret of a link that lets in once, for a quarter of an hour."""
    secret = new_secret()
    people.add_link(key_of(secret), now + LINK)
    return secret


def network(address: str) -> str:
    """The address that guesses are counted for: of IPv6 the network, where one line has more than enough."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{found}/64", strict=False)) if isinstance(found, IPv6Address) else str(found)
