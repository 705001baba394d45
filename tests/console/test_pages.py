"""The pages, asked without a browser: who may what, what they say, and that nothing of a file becomes HTML."""

from __future__ import annotations

import re
from html import unescape

import pytest
from anyio.from_thread import BlockingPortal
from starlette.routing import Mount

from pipeline import Pipeline
from pipeline.console import routes
from pipeline.people.callers import Caller
from pipeline.server import Route
from tests.console.conftest import Installation, console
from tests.flow.conftest import ORDERS

ROLES = ("", "viewer", "operator", "admin")
BAD = b"Order No,Total,State\n1,12.50,<b>paid</b>\n2,<script>alert(1)</script>,open\n"
NASTY = "<img src=x onerror=alert(1)>.csv"


def filled(path: str) -> str:
    """An address of this route."""
    return re.sub(r"\{(\w+)(:int)?\}", lambda found: "1" if found[2] else "sales", path)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_may_more_than_his_role(portal: BlockingPortal, installation: Installation, role: str) -> None:
    """Every route, found by looking at all there are."""
    with console(portal, installation, role) as ask:
        for route in routes():
            if isinstance(route, Mount):
                continue
            assert isinstance(route, Route)
            may = Caller(grant=role).may(route.needs)
            if may and route.path == "/live":
                continue  # goes on for ever
            for method in route.methods or ():
                if method == "HEAD" or (may and method == "POST"):
                    continue
                answer = ask(
                    method,
                    filled(route.path),
                    headers={"accept": "application/json", "sec-fetch-site": "same-origin"},
                )
                refused = answer.status_code in (401, 403)
                assert refused != may, (method, route.path, answer.status_code)


def test_a_new_installation_offers_one_next_thing(portal: BlockingPortal, installation: Installation) -> None:
    text = installation.config.read_text("utf-8")
    installation.config.write_text(text.partition("[imports.sales]")[0], "utf-8")
    with console(portal, installation) as ask:
        page = ask.get("/", headers={"accept-language": "fr"}).text
        assert "Il n'y a pas encore d'import automatique." in unescape(page)
        assert 'href="/new"' in page


@pytest.mark.parametrize(("asked", "cookie", "said"), [
    ("fr-CA,fr;q=0.9,en;q=0.8", "", "Fichiers"), ("de", "", "Files"), ("en", "", "Files"), ("en", "fr", "Fichiers"),
])  # fmt: skip
def test_the_readers_language(
    portal: BlockingPortal, installation: Installation, asked: str, cookie: str, said: str
) -> None:
    with console(portal, installation) as ask:
        cookies = {"cookie": f"pipeline_language={cookie}"} if cookie else {}
        page = ask.get("/files", headers={"accept-language": asked, **cookies}).text
        assert f"<h1>{said}</h1>" in page
        assert f'lang="{"fr" if said == "Fichiers" else "en"}"' in page


def test_nothing_of_a_file_becomes_html(portal: BlockingPortal, installation: Installation) -> None:
    installation.drop(NASTY, BAD)
    done = installation.once("sales")
    id = done.files[0].id
    with console(portal, installation) as ask:
        for path in (
            "/",
            "/files",
            f"/files/{id}",
            f"/why?file={NASTY}",
            "/data/sales_order",
            f"/files?text={NASTY}",
        ):
            page = ask.get(path).text
            assert "<img src=x" not in page, path
            assert "<script>alert" not in page, path
            assert "<b>paid" not in page, path
        assert "&lt;script&gt;alert" in ask.get(f"/files/{id}").text


def test_the_counts_of_a_file_add_up_and_the_refused_rows_can_be_had(
    portal: BlockingPortal, installation: Installation
) -> None:
    installation.drop("a.csv", BAD)
    id = installation.once("sales").files[0].id
    with console(portal, installation) as ask:
        page = ask.get(f"/files/{id}").text
        assert "&lt;script&gt;" in page
        mended = ask.get(f"/files/{id}/corrections?as=csv")
        assert mended.status_code == 200
        assert b"<script>" in mended.content
        assert ask.get(f"/files/{id}/original").content == BAD
        undo = ask.get(f"/files/{id}/undo").text
        assert "sales_order" in undo
        assert ask.post(f"/files/{id}/undo").status_code == 303
        assert installation.sql("SELECT count(*) FROM sales_order") == [(0,)]
        assert ask.get("/files/999").status_code == 404


def test_a_job_is_set_up_and_its_mistakes_stand_beside_the_fields(
    portal: BlockingPortal, installation: Installation
) -> None:
    with console(portal, installation) as ask:
        page = ask.get("/jobs/nightly").text
        seen = re.search(r'name="seen" value="(\w+)"', page)
        assert seen is not None
        given = {
            "mapping": "sales",
            "inbox": "inbox/nightly",
            "processed": "processed/nightly",
            "when": "at",
            "seen": seen[1],
        }
        wrong = ask.post("/jobs/nightly", data={**given, "at": "25h00"})
        assert wrong.status_code == 422
        assert 'aria-invalid="true"' in wrong.text
        assert 'at = "03h00"' in installation.config.read_text("utf-8")
        assert ask.post("/jobs/nightly", data={**given, "at": "04h30"}).status_code == 303
        assert 'at = "04h30"' in installation.config.read_text("utf-8")
        again = ask.post("/jobs/nightly", data={**given, "at": "05h00"})
        assert again.status_code == 422
        assert 'at = "04h30"' in installation.config.read_text("utf-8")
        with Pipeline(installation.config) as pipeline:
            changes = pipeline.store().people().changes()
        assert [(one.what, one.subject) for one in changes] == [("job.save", "job nightly")]
        assert "04h30" in changes[0].after
        assert "03h00" in changes[0].before


@pytest.mark.parametrize("path", ["../../etc", "/etc", "..", "inbox/../..", "%2e%2e", "inbox"])
def test_no_folder_outside_is_shown(portal: BlockingPortal, installation: Installation, path: str) -> None:
    with console(portal, installation) as ask:
        page = ask.get("/folders", params={"for": "inbox", "at": path}).text
        assert "passwd" not in page
        assert ("inbox</p>" in page) == (path == "inbox")


@pytest.mark.parametrize("path", [
    "/mappings/..%2f..%2fetc%2fpasswd", "/mappings/%2e%2e/toml", "/new/..%2f..", "/new/" + "0" * 32, "/data/nothing",
    "/data/pipeline_file", "/jobs/..%2fx", "/assets/..%2f__init__.py", "/assets/%2e%2e/live.py", "/exports/none/try",
])  # fmt: skip
def test_what_is_not_there_is_said_and_never_served(
    portal: BlockingPortal, installation: Installation, path: str
) -> None:
    with console(portal, installation) as ask:
        answer = ask.get(path)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert "import annotations" not in answer.text


def test_a_file_is_dropped_whole_under_a_safe_name(
    portal: BlockingPortal, installation: Installation
) -> None:
    with console(portal, installation) as ask:
        answer = ask.post("/jobs/sales/drop", files={"file": ("../../x/a.csv", ORDERS)})
        assert answer.status_code == 303
        assert (installation.root / "inbox" / "sales" / "a.csv").read_bytes() == ORDERS
        other = ask.post("/jobs/sales/drop", files={"file": ("a.txt", ORDERS)})
        assert other.status_code == 409
        assert ask.post("/jobs/none/drop", files={"file": ("a.csv", ORDERS)}).status_code == 404
        assert installation.names("inbox/sales") == ["a.csv"]
        page = ask.get(answer.headers["location"])
        assert page.status_code == 200
        installation.once("sales")
        assert ask.get(answer.headers["location"]).headers["location"].startswith("/files/")


def test_a_mapping_is_changed_only_without_mistakes(
    portal: BlockingPortal, installation: Installation
) -> None:
    path = installation.root / "mappings" / "sales.toml"
    before = path.read_text("utf-8")
    with console(portal, installation) as ask:
        wrong = ask.post(
            "/mappings/sales", data={"text": before.replace("gross_amount", "gros"), "seen": before}
        )
        assert wrong.status_code == 422
        assert "gross_amount" in wrong.text
        assert path.read_text("utf-8") == before
        new = before.replace('default = "open"', 'default = "new"')
        assert ask.post("/mappings/sales", data={"text": new, "seen": before}).status_code == 303
        assert path.read_text("utf-8") == new
        late = ask.post("/mappings/sales", data={"text": before, "seen": before})
        assert late.status_code == 422
        assert ask.post("/mappings/sales/copy", data={"name": "copy"}).status_code == 303
        assert (path.parent / "copy.toml").read_text("utf-8") == new
        assert ask.get("/mappings/copy/toml").text == new
