"""Installations that synchronise, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline import Pipeline
from pipeline.sync.peering import Peering


@dataclass
class Shop:
    """An installation. `url`: its database."""

    root: Path
    url: str
    pipeline: Pipeline

    @property
    def peers(self) -> Peering:
        return self.pipeline.peers()

    def run(self, *statements: str) -> list[Any]:
        """As another program would; what the last one gives."""
        engine = sa.create_engine(self.url)
        found: list[Any] = []
        with engine.begin() as conn:
            for statement in statements:
                done = conn.exec_driver_sql(statement)
                found = [tuple(row) for row in done] if done.returns_rows else []
        engine.dispose()
        return found

    def customer(self, id: int, code: str, name: str) -> None:
        text = f"INSERT INTO party (id, code, name) VALUES ('{id:032x}', '{code}', '{name}')"
        self.run(text)

    def customers(self) -> list[Any]:
        return self.run("SELECT code, name FROM party ORDER BY code")


Making = Callable[..., Shop]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Making]:
    """`make(name, database, rest of the config)` → an installation whose database is ready."""
    made: list[Shop] = []

    def new(name: str, database: str = "", more: str = "") -> Shop:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        url = database or f"sqlite:///{root}/shop.db"
        text = f'active = true\ndatabase = "{url}"\n[station]\nname = "{name}"\ntables = ["party", "sales_order", "sales_order_line"]\n{more}'
        (root / "config.toml").write_text(text, "utf-8")
        shop = Shop(root, url, Pipeline(root / "config.toml"))
        shop.pipeline.store()
        made.append(shop)
        return shop

    yield new
    for shop in made:
        shop.pipeline.close()
