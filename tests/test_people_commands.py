"""`pipeline user` and `pipeline token`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.main import app
from pipeline.errors import PipelineError
from pipeline.people.passwords import Passwords
from tests.flow.conftest import Installation, installation
from tests.server.conftest import listening

__all__ = ["installation"]
GOOD = "correct horse battery\n"


def run(box: Installation, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["--config", str(box.config), *words], input=stdin)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Passwords, "__init__", _cheap)


def _cheap(self: Passwords) -> None:
    self.memory_kib, self.passes, self.lanes, self._hasher, self._nobody = 8, 1, 1, None, ""


def test_the_token_is_printed_last_and_only_once(installation: Installation) -> None:
    made = run(installation, "token", "create", "till", "--scope", "drop", "--job", "sales", "--days", "30")
    assert made.exit_code == 0, made.output
    token = made.stdout.splitlines()[-1]
    assert token.startswith("plt_")
    assert made.output.endswith(token + "\n")
    listed = run(installation, "token", "list", "--json")
    assert token not in listed.output
    assert [(t["name"], t["scope"], t["job"]) for t in json.loads(listed.stdout)] == [
        ("till", "drop", "sales")
    ]
    assert "till" in run(installation, "token", "list").stdout
    assert run(installation, "token", "revoke", "till").exit_code == 0
    assert json.loads(run(installation, "token", "list", "--json").stdout) == []
    with pytest.raises(PipelineError) as told:
        raise run(installation, "token", "revoke", "till").exception or AssertionError
    assert told.value.said.code == "people.no_token"


def test_users(installation: Installation) -> None:
    assert run(installation, "user", "list").exit_code == 0
    assert run(installation, "user", "add", "anna", "--role", "admin", stdin=GOOD).exit_code == 0
    assert run(installation, "user", "add", "bob", stdin=GOOD).exit_code == 0
    assert run(installation, "user", "role", "bob", "operator").exit_code == 0
    assert run(installation, "user", "password", "bob", stdin=GOOD).exit_code == 0
    assert run(installation, "user", "logout", "bob").exit_code == 0
    found = json.loads(run(installation, "user", "list", "--json").stdout)
    assert [(user["name"], user["role"]) for user in found] == [("anna", "admin"), ("bob", "operator")]
    assert run(installation, "user", "remove", "bob").exit_code == 0
    changes = json.loads(run(installation, "user", "changes", "--json").stdout)
    assert [c["what"] for c in changes] == [
        "user.remove", "session.end", "user.password", "user.role", "user.add", "user.add",
    ]  # fmt: skip
    assert "anna" in run(installation, "user", "changes").stdout
    for words, code in (
        (("add", "carl", "--role", "root"), "people.role"),
        (("add", "a b"), "people.name"),
        (("add", "anna"), "people.user_there"),
        (("remove", "anna"), "people.last_admin"),
        (("remove", "nobody"), "people.no_user"),
    ):
        error = run(installation, "user", *words, stdin=GOOD).exception
        assert isinstance(error, PipelineError), words
        assert error.said.code == code
    short = run(installation, "user", "add", "carl", stdin="short\n").exception
    assert isinstance(short, PipelineError)
    assert short.said.code == "people.password_length"


def test_a_link_is_printed_where_the_door_is_on_this_machine(
    installation: Installation, tmp_path: Path
) -> None:
    error = run(installation, "user", "link").exception
    assert isinstance(error, PipelineError)
    assert error.said.code == "people.link_local"
    listening(installation.root, 'listen = "127.0.0.1:8080"\n')
    printed = run(installation, "user", "link").stdout
    assert printed.startswith("http://127.0.0.1:8080/setup?key=")
