"""The JSON API: the answers of the command line, its errors, its records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline.api import ROUTES
from pipeline.api.openapi import described
from pipeline.cli.main import app
from tests.api.conftest import Asking, Enter, Installation
from tests.flow.conftest import ORDERS

BAD = b"Order No,Total,State\n0007,x,paid\n0008,5.00,\n"


def changes(box: Installation) -> list[tuple[str, str]]:
    with Pipeline(box.config) as pipeline:
        return [(one.what, one.subject) for one in reversed(pipeline.store().people().changes())]


def command(box: Installation, *words: str) -> Any:
    result = CliRunner().invoke(app, ["--config", str(box.config), *words, "--json"])
    return json.loads(result.stdout)


def test_the_answers_are_those_of_the_command_line(installation: Installation, admin: Asking) -> None:
    installation.drop("orders.csv", ORDERS)
    installation.drop("bad.csv", BAD)
    installation.once("sales", now=True)
    installation.drop("more.csv", ORDERS + b"0009,1,open\n", "nightly")
    assert admin.get("/api/v1/status").json() == command(installation, "status")
    listed = admin.get("/api/v1/files").json()["files"]
    assert {one["name"] for one in listed} == {"orders.csv", "bad.csv", "more.csv"}
    for mine, theirs in zip(listed, command(installation, "files"), strict=True):
        assert {**mine, "seen_at": ""} == {**theirs, "seen_at": ""}  # of what lies there: now
    with_refusals = next(one["id"] for one in listed if one["name"] == "bad.csv")
    story = admin.get(f"/api/v1/files/{with_refusals}").json()
    assert story == command(installation, "show", str(with_refusals))
    assert [row["line"] for row in story["refused_rows"]] == [2]
    assert (
        admin.get("/api/v1/why?file=more.csv").json()["code"]
        == command(installation, "why", "more.csv")["code"]
    )
    assert admin.get("/api/v1/check").json() == []
    assert [job["name"] for job in admin.get("/api/v1/jobs").json()] == ["sales", "nightly"]
    assert admin.get("/api/v1/jobs/nightly").json()["schedule"] == "at 03:00 Europe/Paris"
    assert admin.get("/api/v1/exports").json() == []
    found = {one["subject"] for one in admin.get("/api/v1/doctor").json()}
    assert found


def test_long_lists_come_in_pages(installation: Installation, admin: Asking) -> None:
    for n in range(5):
        installation.drop(f"{n}.csv", ORDERS.replace(b"12.50", b"1%d.50" % n))
    installation.once("sales", now=True)
    seen, after = list[int](), ""
    while True:
        page = admin.get(f"/api/v1/files?limit=2{after}").json()
        seen += [one["id"] for one in page["files"]]
        if page["next"] is None:
            break
        after = f"&before={page['next']}"
    assert seen == [5, 4, 3, 2, 1]
    assert [one["name"] for one in admin.get("/api/v1/files?state=archived&limit=1").json()["files"]] != []
    assert admin.get("/api/v1/files?job=nightly").json() == {"files": [], "next": None}
    sha = admin.get("/api/v1/files/3").json()["fingerprint"]
    assert [one["id"] for one in admin.get(f"/api/v1/files?sha256={sha}").json()["files"]] == [3]
    for wrong in (
        "limit=0",
        "limit=x",
        "before=-1",
        "before=9999999999999999999",
        "sha256=xyz",
        "limit=1e3",
        "limit=²",
    ):
        assert admin.get(f"/api/v1/files?{wrong}").status_code == 422, wrong


def test_the_switch(installation: Installation, admin: Asking) -> None:
    assert admin.get("/api/v1/switch").json() == {"active": True}
    assert admin("PUT", "/api/v1/switch", json={"active": False}).json() == {"active": False}
    assert admin.get("/api/v1/switch").json() == {"active": False}
    assert "active = false" in installation.config.read_text()
    assert changes(installation) == [("switch", "active")]
    audit = admin.get("/api/v1/audit").json()["changes"][0]
    assert (audit["who"], audit["before"], audit["after"]) == ("tester", True, False)
    for wrong in ({}, {"active": "no"}, {"active": 1}, {"on": True}, [], "x"):
        assert admin("PUT", "/api/v1/switch", json=wrong).status_code in (400, 422), wrong
    assert admin("PUT", "/api/v1/switch", content=b"{").status_code == 400
    assert admin("PUT", "/api/v1/switch", content=b"\xff\xfe\x00").status_code == 400


def test_pause_and_resume(installation: Installation, admin: Asking) -> None:
    paused = admin("POST", "/api/v1/jobs/sales/pause", json={"why": "stocktaking", "until": "2h"})
    assert (paused.json()["who"], paused.json()["why"]) == ("tester", "stocktaking")
    assert admin.get("/api/v1/jobs/sales").json()["paused"]["who"] == "tester"
    again = admin("POST", "/api/v1/jobs/sales/pause")
    assert again.json()["until"] is None
    assert admin("POST", "/api/v1/jobs/sales/resume").json() == {"job": "sales", "was_paused": True}
    assert admin("POST", "/api/v1/jobs/sales/resume").json()["was_paused"] is False
    assert [what for what, _ in changes(installation)] == [
        "job.pause",
        "job.pause",
        "job.resume",
        "job.resume",
    ]
    for path, given, status in (
        ("nowhere/pause", {}, 404), ("sales/pause", {"until": "soon"}, 422), ("sales/pause", {"until": "2020-01-01"}, 422),
        ("nowhere/resume", {}, 404), ("sales/pause", {"who": "x"}, 422), ("nowhere/run", {}, 404),
    ):  # fmt: skip
        assert admin("POST", f"/api/v1/jobs/{path}", json=given).status_code == status, (path, given)


def test_run_now_also_while_paused(installation: Installation, admin: Asking) -> None:
    installation.drop("orders.csv", ORDERS, "nightly")
    admin("POST", "/api/v1/jobs/nightly/pause")
    done = admin("POST", "/api/v1/jobs/nightly/run").json()
    assert [(one["name"], one["state"], one["inserted"]) for one in done["files"]] == [
        ("orders.csv", "archived", 3)
    ]
    assert ("job.run", "nightly") in changes(installation)


def test_undo_replay_and_corrections(installation: Installation, admin: Asking) -> None:
    installation.drop("bad.csv", BAD)
    installation.once("sales", now=True)
    planned = admin("POST", "/api/v1/files/1/undo", json={"dry_run": True}).json()
    assert planned["entry"] is None
    assert changes(installation) == []
    rows = admin.get("/api/v1/files/1/corrections")
    assert rows.headers["content-disposition"].startswith('attachment; filename="bad.csv.refused-1.csv"')
    assert rows.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in rows.headers["content-security-policy"]
    assert b"0007,x,paid" in rows.content
    assert admin.get("/api/v1/files/1/corrections?xlsx=1").content.startswith(b"PK")
    assert admin("POST", "/api/v1/files/1/undo").json()["tables"][0]["deleted"] == 1
    assert admin("POST", "/api/v1/files/1/undo").status_code == 409
    replayed = admin("POST", "/api/v1/files/1/replay").json()
    assert [one["replay_of"] for one in replayed["files"]] == [1]
    assert changes(installation) == [("file.undo", "file 1"), ("file.replay", "file 1")]
    for verb in ("approve", "reject"):
        assert admin("POST", f"/api/v1/files/1/{verb}").status_code == 409
    for verb in ("approve", "reject", "undo", "replay"):
        assert admin("POST", f"/api/v1/files/99/{verb}").status_code == 404
    assert admin("POST", "/api/v1/files/1/replay", json={"mapping": "nowhere"}).status_code in (404, 409, 422)
    assert admin.get("/api/v1/files/99/corrections").status_code == 404


def test_a_held_file_is_answered(installation: Installation, admin: Asking) -> None:
    text = installation.config.read_text().replace(
        'pattern = "*.csv"', 'pattern = "*.csv"\nclosed_until = "2099-01-01"'
    )
    mapping = installation.root / "mappings" / "sales.toml"
    mapping.write_text(mapping.read_text() + 'ordered_at = { value = "2020-01-01" }\n')
    installation.config.write_text(text)
    for n in (1, 2):
        installation.drop(f"{n}.csv", ORDERS.replace(b"12.50", b"1%d.50" % n))
    installation.once("sales", now=True)
    held = admin.get("/api/v1/files?state=held").json()["files"]
    if len(held) != 2:
        pytest.skip("this mapping has no day that the books know")
    assert admin("POST", f"/api/v1/files/{held[0]['id']}/reject").json()["state"] == "rejected"
    approved = admin("POST", f"/api/v1/files/{held[1]['id']}/approve").json()
    assert approved["files"][0]["inserted"] == 3


def test_mappings(installation: Installation, admin: Asking) -> None:
    installation.drop("orders.csv", ORDERS)
    installation.once("sales", now=True)
    assert admin.get("/api/v1/mappings").json() == [{"name": "sales", "jobs": ["sales", "nightly"]}]
    found = admin.get("/api/v1/mappings/sales").json()
    assert found["text"] == (installation.root / "mappings" / "sales.toml").read_text()
    assert [one["version"] for one in found["versions"]] == [1]
    assert found["mistakes"] == []
    assert admin.get("/api/v1/mappings/nowhere").status_code == 404


def test_people(installation: Installation, admin: Asking) -> None:
    good = {"name": "anna", "role": "admin", "password": "correct horse battery"}
    assert admin("POST", "/api/v1/users", json=good).status_code == 201
    assert admin("POST", "/api/v1/users", json=good).status_code == 409
    assert admin("POST", "/api/v1/users", json={**good, "name": "bob", "role": "viewer"}).status_code == 201
    assert admin("POST", "/api/v1/users", json={"name": "carl"}).status_code == 422
    assert "password" not in admin.get("/api/v1/users").text
    assert admin(
        "PATCH", "/api/v1/users/bob", json={"role": "operator", "password": "another good one"}
    ).json()["role"] == ("operator")
    assert admin("PATCH", "/api/v1/users/nobody", json={}).status_code == 404
    assert admin("DELETE", "/api/v1/users/bob/sessions").json() == {"ended": 0}
    assert admin("DELETE", "/api/v1/users/anna").status_code == 409  # the last admin
    assert admin("DELETE", "/api/v1/users/bob").status_code == 204
    made = admin(
        "POST", "/api/v1/tokens", json={"name": "till", "scope": "drop", "job": "sales", "days": 3}
    ).json()
    assert made["token"].startswith("plt_")
    assert made["token"] not in admin.get("/api/v1/tokens").text + admin.get("/api/v1/audit").text
    assert admin("POST", "/api/v1/tokens", json={"name": "x", "days": 0}).status_code == 422
    assert admin("POST", "/api/v1/tokens", json={}).status_code == 422
    assert admin("DELETE", "/api/v1/tokens/till").status_code == 204
    assert admin("DELETE", "/api/v1/tokens/till").status_code in (404, 409)
    assert admin.get("/api/v1/sessions").json() == []
    assert admin.get("/api/v1/session").json()["role"] == "admin"
    whole = admin.get("/api/v1/audit?limit=500").json()["changes"]
    first = admin.get("/api/v1/audit?limit=3").json()
    rest = admin.get(f"/api/v1/audit?limit=500&before={first['next']}").json()
    assert first["changes"] + rest["changes"] == whole
    assert [one["what"] for one in reversed(whole)][:3] == ["user.add", "user.add", "user.role"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_errors_are_sentences(language: str, admin: Asking) -> None:
    told = admin.get("/api/v1/jobs/nowhere", headers={"accept-language": language})
    assert told.headers["content-type"] == "application/problem+json"
    assert "nowhere" in told.json()["title"]
    assert ("Aucun" in told.json()["title"]) == (language == "fr")


def test_openapi_tells_of_every_route_with_an_example(entered: Enter) -> None:
    with entered("viewer") as ask:
        told = ask.get("/api/v1/openapi.json").json()
    assert told == json.loads(json.dumps(described(ROUTES)))
    assert told["openapi"] == "3.1.0"
    ids = set()
    for route in ROUTES:
        operation = told["paths"][route.path][route.method.lower()]
        ids.add(operation["operationId"])
        assert operation["summary"], route.path
        assert operation["x-needs"] == route.needs
        named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert named == set(route.param_convertors)
        if route.gives is not None:
            assert operation["responses"]["200"]["content"]["application/json"]["example"] == route.gives
    assert len(ids) == len(ROUTES)
