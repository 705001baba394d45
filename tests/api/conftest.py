"""The API of a ready installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from pipeline.api import ROUTES
from tests.flow.conftest import Installation, installation
from tests.server.conftest import Asking, door, portal

__all__ = ["Asking", "Installation", "installation", "portal"]

Enter = Callable[..., AbstractContextManager[Asking]]


@pytest.fixture
def entered(installation: Installation, portal: BlockingPortal) -> Enter:
    """`entered("viewer")` asks the API as one who has this role."""

    def enter(role: str, **more: Any) -> AbstractContextManager[Asking]:
        return door(portal, installation, role, ROUTES, **more)

    return enter


@pytest.fixture
def admin(entered: Enter) -> Iterator[Asking]:
    with entered("admin") as ask:
        yield ask


def kinds(found: Sequence[dict[str, Any]], key: str) -> list[Any]:
    return [one[key] for one in found]
