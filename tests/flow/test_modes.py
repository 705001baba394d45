"""A full file that would take too much away waits for a person; what was deleted, and why not, is told everywhere."""

from __future__ import annotations

import json

from pipeline import Pipeline
from tests.flow.conftest import MAPPING, Installation
from tests.flow.test_brake import orders
from tests.flow.test_replay import imported
from tests.flow.test_undo import told


def test_a_person_agrees_and_can_take_it_back(installation: Installation) -> None:
    path = next(installation.root.rglob("mappings/sales.toml"))
    mirror = 'mode = "mirror"\nmirror = { at_most = "50%" }\n'
    path.write_text(MAPPING.replace("[fields]", mirror + "[fields]"))
    imported(installation, {"a.csv": orders(10, "1")})
    tried = installation.root / "b.csv"
    tried.write_bytes(orders(2, "1"))
    code, out = told(installation, "try", str(tried), "--job", "sales", "--json")
    found = json.loads(out)
    assert (code, found["state"], found["deleted"]) == (1, "held", 8)
    imported(installation, {"b.csv": orders(2, "1")})
    with Pipeline(installation.config) as pipeline:
        assert pipeline.why("b.csv").said.code == "states.brake_gone"
        done = pipeline.approve(2)
        assert [(f.state, f.deleted, f.unchanged) for f in done.files] == [("archived", 8, 2)]
        assert "states.imported_also" in [one.said.code for one in pipeline.why("b.csv").besides]
    assert installation.sql("SELECT count(*) FROM sales_order") == [(2,)]
    for words in (("files",), ("show", "3"), ("--lang", "fr", "files")):
        told(installation, *words)
    assert told(installation, "undo", "3", "--yes")[0] == 0
    assert installation.sql("SELECT count(*) FROM sales_order") == [(10,)]
    imported(installation, {"c.csv": b"Order No,Total,State\n"})
    with Pipeline(installation.config) as pipeline:
        last = pipeline.files()[0]
        assert (last.deleted, last.reason and last.reason.code) == (0, "sections.mirror_empty")
