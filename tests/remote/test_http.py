"""What only HTTP has: redirections, missing lengths, dates in addresses, pages of an API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.errors import Environment
from pipeline.remote import open_far
from tests.remote.https_place import HttpsPlace, pin_of

UTC = timezone.utc  # noqa: UP017


@pytest.fixture
def web(tmp_path: Path) -> Iterator[HttpsPlace]:
    place = HttpsPlace(tmp_path)
    (tmp_path / "spool").mkdir()
    yield place
    place.stop()


def fetch(web: HttpsPlace, path: str, **changes: object) -> dict[str, bytes]:
    """Everything that is listed, by its name."""
    web.url = f"https://shop@127.0.0.1:{web.port}{path}"
    far = open_far(web.remote(web.root, **changes))
    try:
        return {one.name.decode(): b"".join(far.read(one, 0)[1]) for one in far.list()}
    finally:
        far.close()


def refused(web: HttpsPlace, path: str, **changes: object) -> str:
    with pytest.raises(Environment) as told:
        fetch(web, path, **changes)
    return told.value.said.code


def test_a_self_signed_certificate_is_pinned_on_purpose(web: HttpsPlace) -> None:
    web.put("a.csv", b"x\n1\n")
    assert fetch(web, "/out/a.csv", ca="", pin=pin_of(web.leaf)) == {"a.csv": b"x\n1\n"}
    asked = len(web.asked)
    assert refused(web, "/out/a.csv", ca="", pin="0" * 64) == "remote.other_key"
    assert len(web.asked) == asked  # nothing was sent to it


def test_secrets_stay_with_our_machine(web: HttpsPlace, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = HttpsPlace(tmp_path / "other")
    other.login = False
    other.put("b.csv", b"x\n1\n")
    web.put("a.csv", f"-> https://127.0.0.1:{other.port}/out/b.csv".encode())
    issuers = (tmp_path / "ca.pem").read_bytes() + (tmp_path / "other" / "ca.pem").read_bytes()
    (tmp_path / "both.pem").write_bytes(issuers)
    key = (("X-Api-Key", "file:password"),)
    try:
        assert fetch(web, "/out/a.csv", ca="both.pem", headers=key) == {"a.csv": b"x\n1\n"}
        assert {"Authorization", "X-Api-Key"} <= web.asked[-1][2].keys()
        assert not {"Authorization", "X-Api-Key"} & other.asked[-1][2].keys()
        web.put("a.csv", b"-> http://127.0.0.1:1/b.csv")
        assert refused(web, "/out/a.csv") == "remote.redirected"
    finally:
        other.stop()


def test_what_cannot_be_whole_for_sure_is_refused(web: HttpsPlace) -> None:
    web.held["/no-length.csv"] = b"x\n1\n"
    assert refused(web, "/no-length.csv") == "remote.no_end"
    web.put("a.csv", b" <!DOCTYPE html><form>log in</form>")
    assert refused(web, "/out/a.csv") == "remote.web_page"
    assert refused(web, "/out/none.csv") == "remote.status"


def test_a_day_that_has_no_file_yet_is_none(web: HttpsPlace) -> None:
    today = datetime.now(UTC).date()
    for back in (0, 2, 3):
        web.put(f"z-{today - timedelta(days=back):%Y%m%d}.csv", b"x\n%d\n" % back)
    found = fetch(web, "/out/z-{date:%Y%m%d}.csv", days=3)
    assert list(found.values()) == [b"x\n2\n", b"x\n0\n"]


def test_what_has_no_mark_is_known_by_its_content(web: HttpsPlace) -> None:
    web.tagged = False
    web.put("a.csv", b"x\n1\n")
    far = open_far(web.remote(web.root))
    one = far.list()[0]
    two = far.list()[0]
    far.close()
    assert one == two
    assert one.size == 4


def test_pages_of_json_become_one_file_with_exact_numbers(web: HttpsPlace) -> None:
    web.held["/api/orders?page=1"] = (
        b'{"data": [{"n": 12.10, "t": "1.0"}], "links": {"next": "/api/orders?page=2"}}'
    )
    web.held["/api/orders?page=2"] = b'{"data": [{"n": 12345678901234567890.10}], "links": {"next": null}}'
    web.extra = {"Content-Type": "application/json"}
    found = fetch(web, "/api/orders?page=1", items="data", next="links.next")
    assert found == {"orders.json": b'[\n{"n": 12.10, "t": "1.0"},\n{"n": 12345678901234567890.10}\n]\n'}
    web.held["/api/orders?page=2"] = b'{"data": [], "links": {"next": "/api/orders?page=1"}}'
    assert refused(web, "/api/orders?page=1", items="data", next="links.next") == "remote.pages"
    web.held["/api/orders?page=2"] = b'{"error": "busy"}'
    assert refused(web, "/api/orders?page=1", items="data", next="links.next") == "remote.pages"


def test_a_page_that_is_missing_means_nothing_is_taken(web: HttpsPlace) -> None:
    web.held["/api/orders?page=1"] = b'{"data": [{"n": 1}], "links": {"next": "/api/orders?page=2"}}'
    assert refused(web, "/api/orders?page=1", items="data", next="links.next") == "remote.status"


def test_pages_of_csv_have_one_header(web: HttpsPlace) -> None:
    web.extra = {"Content-Type": "text/csv", "Link": '</api/b>; rel="next"'}
    web.held |= {"/api/a": b"n,t\n1,x\n", "/api/b": b"n,t\n2,y"}
    assert refused(web, "/api/a", next="link") == "remote.pages"  # they lead in a circle
    pages = {"/api/a": b"n,t\n1,x\n"}
    web.held, web.extra = pages, {"Content-Type": "text/csv"}
    assert fetch(web, "/api/a", next="link") == {"a.csv": b"n,t\n1,x\n"}
