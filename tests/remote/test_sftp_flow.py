"""From config to the database and back, over a real SFTP server."""

from __future__ import annotations

import os

import pytest

from pipeline import Pipeline
from pipeline.errors import ConfigError
from tests.flow.conftest import ORDERS, Installation
from tests.remote.places import PASSWORD, Place

INBOX = """
database = "sqlite:///shop.db"

[remotes.far]
url = "{url}"
after = "move"
settle = 0
{settings}

[imports.sales]
mapping = "sales"
inbox = "{url}/"
processed = "processed/sales"
pattern = "*.csv"
"""

OUTBOX = """
database = "sqlite:///shop.db"

[remotes.far]
url = "{url}"
{settings}

[exports.stock]
mapping = "sales"
to = "{url}"
name = "stock-{{sequence:03}}.csv"
ready = "{{name}}.done"
"""


def settle(box: Installation, config: str, place: Place) -> None:
    box.config.write_text(config.format(url=place.url, settings=place.settings))


def test_from_the_server_into_the_database_and_into_its_archive(
    installation: Installation, sftp: Place
) -> None:
    settle(installation, INBOX, sftp)
    sftp.put("a.csv", ORDERS)
    done = installation.once()
    assert [(f.name, f.state, f.inserted) for f in done.files] == [("a.csv", "archived", 3)]
    assert done.troubles == ()
    assert sftp.files() == {"done/a.csv": ORDERS}
    assert installation.names("processed/sales") == ["a.csv"]
    sftp.put("again.csv", ORDERS)
    again = installation.once()
    assert [(f.name, f.state) for f in again.files] == [("again.csv", "duplicate")]
    assert sftp.files() == {"done/a.csv": ORDERS, "done/again.csv": ORDERS}
    assert installation.sql("SELECT count(*) FROM sales_order") == [(3,)]
    with Pipeline(installation.config) as pipeline:
        told = pipeline.why("a.csv")
        assert told.imported
        assert "remote.came" in [reason.said.code for reason in told.besides]
        assert pipeline.why("never.csv").said.code == "remote.why_afar"
        found = {finding.subject: finding for finding in pipeline.doctor()}
        assert found[f"sftp://127.0.0.1:{sftp.url.rpartition(':')[2]}/"].said.code == "remote.ok"
        assert not [finding for finding in found.values() if finding.level == "bad"]


def test_a_file_that_fails_stays_at_its_source(installation: Installation, sftp: Place) -> None:
    settle(installation, INBOX, sftp)
    sftp.put("bad.csv", b"no,such,columns\n1,2,3\n")
    done = installation.once()
    assert [f.state for f in done.files] == ["failed"]
    assert list(sftp.files()) == ["bad.csv"]
    assert installation.once().files == ()


def test_a_server_that_is_away_is_a_trouble_and_harms_nothing(
    installation: Installation, sftp: Place
) -> None:
    settle(installation, INBOX, sftp)
    sftp.put("a.csv", ORDERS)
    sftp.impostor()
    done = installation.once()
    assert [said.code for said in done.troubles] == ["remote.other_key"]
    assert done.files == ()
    text = "".join(p.read_bytes().decode("utf-8", "replace") for p in installation.root.rglob("*.db*"))
    assert PASSWORD not in text


def test_what_an_export_writes_appears_there_in_order_with_its_companion(
    installation: Installation, sftp: Place
) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.once()
    settle(box, OUTBOX, sftp)
    assert box.once("stock", now=True).troubles == ()
    assert sorted(sftp.files()) == ["stock-001.csv", "stock-001.csv.done"]
    assert sftp.files()["stock-001.csv"].count(b"\n") == 4
    box.once("stock", now=True)
    assert sorted(sftp.files())[2:] == ["stock-002.csv", "stock-002.csv.done"]
    with Pipeline(box.config) as pipeline:
        assert "remote.sent" in [reason.said.code for reason in pipeline.why("stock-002.csv").besides]
        assert not [p for p in pipeline.settings.exports[0].to.iterdir() if p.name[0] != "."]


def test_an_export_never_covers_a_file_and_goes_on_in_order(installation: Installation, sftp: Place) -> None:
    box = installation
    box.drop("a.csv", ORDERS)
    box.once()
    settle(box, OUTBOX, sftp)
    sftp.put("stock-001.csv", b"somebody else's")
    assert [said.code for said in box.once("stock", now=True).troubles] == ["remote.occupied"]
    assert sftp.files() == {"stock-001.csv": b"somebody else's"}
    with Pipeline(box.config) as pipeline:
        (folder,) = (job.to for job in pipeline.settings.exports)
    box.once("stock", now=True)  # the second one waits behind the first
    assert sorted(sftp.files()) == ["stock-001.csv"]
    waiting = (folder / "stock-001.csv").read_bytes()
    sftp.put("stock-001.csv", waiting)  # as if we had been cut off before we noted it
    assert box.once().troubles == ()
    assert sorted(sftp.files()) == [
        "stock-001.csv", "stock-001.csv.done", "stock-002.csv", "stock-002.csv.done",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('inbox = "sftp://shop:canary@127.0.0.1/in"', "remote.password_in_url"),
        ('inbox = "stfp://shop@127.0.0.1/in"', "remote.scheme"),
        ('inbox = "sftp:///in"', "remote.address"),
        ('inbox = "sftp://shop@127.0.0.1:70000/in"', "remote.address"),
        ('inbox = "sftp://shop@127.0.0.1/in"\ntake = "copy"', "remote.no_copy"),
        (
            'inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\npassword="canary"',
            "remote.bare_secret",
        ),
        (
            'inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\npassword="env:NO"',
            "remote.no_secret",
        ),
        ('inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\npin="sha256:1"', "remote.pin"),
        ('inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\nevery="soon"', "remote.seconds"),
        ('inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\narchive="../x"', "remote.archive"),
        (
            'inbox = "sftp://shop@127.0.0.1/in"\n[remotes.x]\nurl="sftp://x"\nknown_hosts="no"',
            "remote.no_file",
        ),
    ],
)
def test_mistakes_are_told_where_they_are(installation: Installation, line: str, code: str) -> None:
    text = '[imports.sales]\nmapping = "sales"\nprocessed = "processed/sales"\n' + line + "\n"
    installation.config.write_text(text)
    with pytest.raises(ConfigError) as told:
        Pipeline(installation.config)
    (mistake,) = told.value.mistakes
    assert mistake.said.code == code
    assert "canary" not in mistake.text() + os.fspath(mistake.file)
