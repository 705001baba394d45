"""What people do, in a real browser against a running service: each journey in its few clicks, in French or English."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import Installation, Served, looking, served, shot
from tests.databases import ready_sqlite
from tests.flow.conftest import CONFIG, MAPPING

PAGES = ("/", "/files", "/exports", "/history", "/data", "/data/sales_order", "/mappings", "/mappings/sales", "/new",
         "/jobs/nightly", "/people", "/sync", "/sync/conflicts", "/why?file=bad.csv", "/files/1", "/files/1/undo", "/login")  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TILL = "N° ticket;Type;Date;Total HT;TVA;Total TTC\n0001;vente;31/03/2026 10:05;10,00;2,00;12,00\n0002;vente;31/03/2026 10:09;8,25;1,65;9,90\n"
BAD = b"Order No,Total,State\n1,12.50,paid\n2,nine,open\n3,7.05,open\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for the whole module: what a test leaves there, the others do not ask about."""
    root = tmp_path_factory.mktemp("console")
    (root / "config.toml").write_text(CONFIG)
    (root / "shop.db").write_bytes(ready_sqlite())
    (root / "mappings").mkdir()
    (root / "mappings" / "sales.toml").write_text(MAPPING)
    for job in ("sales", "nightly"):
        (root / "inbox" / job).mkdir(parents=True)
        (root / "processed" / job).mkdir(parents=True)
    box = Installation(root)
    box.drop("bad.csv", BAD)
    with served(box) as found:
        found.hears("event=file.archived")
        yield found


def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize(("language", "theme", "width"), [("fr-FR", "light", 1280), ("en-GB", "dark", 360)])
def test_every_page_can_be_read_by_everybody(
    chromium: Any, service: Served, language: str, theme: str, width: int
) -> None:
    """No barrier that axe knows, nothing wider than a small phone, nothing from elsewhere, nothing in the console."""
    source, found = axe(), []
    view = {"viewport": {"width": width, "height": 800}}
    with looking(chromium, service, locale=language, color_scheme=theme, **view) as page:
        for path in PAGES:
            assert page.goto(service.url + path).status == 200, path
            page.evaluate(source)
            told = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
            found += [(path, one["id"], one["nodes"][0]["target"]) for one in told["violations"]]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [(path, "wide", wide)] if wide > width else []
            assert page.evaluate("document.documentElement.lang") == language[:2]
            shot(page, f"{path.strip('/').replace('/', '-') or 'jobs'}-{language[:2]}-{theme}-{width}")
    assert found == []


def test_an_unknown_file_becomes_an_import_in_three_clicks_and_no_typing(
    chromium: Any, service: Served, tmp_path: Path
) -> None:
    file = tmp_path / "caisse août.csv"
    file.write_bytes(TILL.encode("cp1252"))
    with looking(chromium, service) as page:
        page.goto(service.url)
        page.get_by_role("link", name="Nouvel import automatique").click()  # 1
        page.set_input_files("#file", file)  # 2: choose
        page.wait_for_url("**/new/*", wait_until="commit")
        outcome = page.locator("section[aria-labelledby=outcome]")
        assert "2 lignes lues: 2 nouvelles" in " ".join(outcome.inner_text().split())
        shot(page, "draft")
        page.get_by_role("button", name="Enregistrer et démarrer").click()  # 3
        page.wait_for_url("**/#job-*", wait_until="commit")
        page.locator("th", has_text="caisse-aout").wait_for()
    box = service.box
    rows = "SELECT number, gross_amount FROM pos_ticket ORDER BY number"
    box.wait_until("its rows", lambda: len(box.sql(rows)) == 2)
    assert box.sql(rows) == [("0001", 12_000_000), ("0002", 9_900_000)]


def test_a_dropped_file_is_seen_at_once_and_refused_rows_come_back_mended(
    chromium: Any, service: Served, tmp_path: Path
) -> None:
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url + "/files")
        service.box.drop(
            "orders.csv", BAD.replace(b"\n1,", b"\n11,").replace(b"\n2,", b"\n12,").replace(b"\n3,", b"\n13,")
        )
        page.get_by_role("link", name="orders.csv").click()  # it comes by itself
        assert "nine" in page.locator("section[aria-labelledby=refused]").inner_text()
        with page.expect_download() as caught:
            page.get_by_role("link", name="Download the refused rows").click()
        mended = tmp_path / caught.value.suggested_filename
        mended.write_bytes(Path(caught.value.path()).read_bytes().replace(b"nine", b"9.00"))
        page.set_input_files("#mended", mended)
        page.wait_for_url("**/files/*", wait_until="commit")
        page.get_by_text("Correction of file").wait_for()
    numbers = "SELECT count(*), count(DISTINCT number) FROM sales_order WHERE number IN ('11', '12', '13')"
    assert service.box.sql(numbers) == [(3, 3)]


def test_a_wrong_import_is_taken_back_in_two_clicks(chromium: Any, service: Served) -> None:
    box = service.box
    box.drop("wrong.csv", b"Order No,Total\nW1,1.00\nW2,2.00\n")
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url + "/files")
        page.get_by_role("link", name="wrong.csv").click()
        page.get_by_role("link", name="Undo…").click()
        assert "sales_order" in page.locator("main").inner_text()
        page.get_by_role("button", name="Undo this import").click()
        page.wait_for_url("**/files/*", wait_until="commit")
    assert box.sql("SELECT count(*) FROM sales_order WHERE number LIKE 'W%'") == [(0,)]


def test_pause_run_and_the_switch(chromium: Any, service: Served) -> None:
    box = service.box
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url)
        row = page.locator("#job-nightly")
        row.get_by_text("Pause", exact=True).first.click()
        row.get_by_label("Why").fill("inventory")
        row.get_by_role("button", name="Pause").click()
        page.locator("#job-nightly", has_text="inventory").wait_for()
        box.drop("night.csv", b"Order No,Total\nN1,1.00\n", "nightly")
        page.locator("#job-nightly").get_by_role("button", name="Run now").click()  # also while it is paused
        box.wait_until("its row", lambda: box.sql("SELECT 1 FROM sales_order WHERE number = 'N1'"))
        page.locator("#job-nightly").get_by_role("button", name="Resume").click()
        page.get_by_label("Function active").uncheck()
        page.get_by_text("Nothing new starts while the function is off").wait_for()
        assert re.search(r"^active\s*=\s*false", box.config.read_text("utf-8"), re.MULTILINE)
        page.get_by_label("Function active").check()
        page.locator(".note", has_text="Nothing new starts").wait_for(state="detached")


def test_by_keyboard_alone(chromium: Any, service: Served) -> None:
    """The first stop skips the navigation; everything that has the focus shows it; a job is set up."""
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for _ in range(40):
            page.keyboard.press("Tab")
            style = page.evaluate(
                "getComputedStyle(document.activeElement.closest('label') || document.activeElement).outlineWidth + getComputedStyle(document.activeElement).outlineWidth"
            )
            assert "3px" in style, page.evaluate("document.activeElement.outerHTML")
            if page.evaluate("document.activeElement.getAttribute('href')") == "/jobs/nightly":
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs/nightly")
        page.locator("#f-days").focus()
        page.keyboard.type("mon-sat")
        page.keyboard.press("Enter")
        page.wait_for_url(service.url + "/")
    assert 'days = "mon-sat"' in service.box.config.read_text("utf-8")


def test_a_viewer_has_no_buttons(chromium: Any, service: Served) -> None:
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url + "/people")
        page.fill("#name", "ann")
        page.fill("#password", "correct horse battery")
        page.get_by_role("button", name="Add a person").click()
        page.get_by_role("rowheader", name="ann").wait_for()
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(service.url + "/files/1")
    page.fill("#name", "ann")
    page.fill("#password", "correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/files/1")
    assert page.get_by_role("link", name="Undo…").count() == 0
    page.goto(service.url)
    assert page.get_by_role("button", name="Run now").count() == 0
    assert page.get_by_label("Function active").is_disabled()
    assert page.goto(service.url + "/people").status == 403
    context.close()


def test_the_days_of_a_month_are_counted_and_drawn(chromium: Any, service: Served) -> None:
    with looking(chromium, service, locale="en-GB") as page:
        page.goto(service.url + "/history")
        page.locator("#figures tbody tr").first.wait_for()
        page.locator(".chart canvas").wait_for()
        with closing(sqlite3.connect(service.box.root / "shop.db")) as db:
            rows = db.execute("SELECT sum(rows_read) FROM pipeline_file WHERE undo_of IS NULL").fetchone()[0]
        told = page.evaluate(
            "[...document.querySelectorAll('#figures tbody tr')].reduce((n, r) => n + Number(r.children[1].dataset.value), 0)"
        )
        assert told == rows
        shot(page, "history-figures")
