"""A database that forgot what its peer has of it joins again."""

from __future__ import annotations

from pipeline.sync.local import LocalReplica
from pipeline.sync.replica import Replica


def rejoin(here: LocalReplica, there: Replica) -> None:
    raise NotImplementedError
