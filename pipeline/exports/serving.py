"""In the worker: an order for an export done, its end as data."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline.clock import Clock
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.exports.exporting import Exporter
from pipeline.exports.orders import ExportOrder, job_of
from pipeline.exports.periods import Period
from pipeline.exports.single import again, one_file
from pipeline.exports.work import ExportWork, Shown
from pipeline.mapping import parse
from pipeline.mapping.outward.fitting import compile_outward
from pipeline.mapping.outward.model import OutPlan
from pipeline.store.model import Store
from pipeline.words import Message, message

Stores = Callable[[str, str], Store]
Outcome = dict[str, Any]


def serve(order: ExportOrder, stores: Stores, send: Callable[[Mapping[str, object]], None]) -> Outcome:
    """One export; `stores` gives the store of a database and schema, `send` takes event frames."""

    def emit(name: str, file: str, said: Message | None, facts: Mapping[str, int | str]) -> None:
        told = None if said is None else said.to_json()
        send({"event": name, "claim": "", "file": file, "said": told, "facts": dict(facts)})

    try:
        return _done(order, stores(order["database"], order["schema"]), emit)
    except Environment as trouble:
        return _outcome("environment", trouble.said)
    except ConfigError as unfit:
        return _outcome("paused", unfit.mistakes[0].said if unfit.mistakes else unfit.said)
    except MemoryError:
        return _outcome("paused", message("files.too_much_memory"))
    except PipelineError as trouble:
        return _outcome("paused", trouble.said)


def _done(order: ExportOrder, store: Store, emit: Any) -> Outcome:
    if order["deed"] == "replay":
        path = again(store, order["id"])
        return _outcome("exported", None, [order["id"]], path=str(path))
    work = _work(order, store)
    exporter = Exporter(store, Clock(), emit)
    if order["deed"] == "try":
        return {**_outcome("tried"), "shown": [_shown(one) for one in exporter.attempt(work)]}
    if order["deed"] == "file":
        rows = one_file(store, work, Path(order["target"]))
        return _outcome("exported", None, rows=rows)
    done = exporter.run(work)
    return _outcome(done.deed, done.said, list(done.ids))


def _work(order: ExportOrder, store: Store) -> ExportWork:
    opening, period = order["opening"], order["period"]
    return ExportWork(
        job_of(order),
        plan_of(order["mapping"], order["mapping_text"], store),
        order["zone"],
        order["station"],
        None if opening is None else datetime.fromisoformat(opening),
        None
        if period is None
        else Period(period[0], date.fromisoformat(period[1]), date.fromisoformat(period[2])),
    )


def plan_of(name: str, text: str, store: Store) -> OutPlan:
    """The mapping fitted for writing. Raises ConfigError with every mistake."""
    saved, mistakes = parse(name, text, f"mappings/{name}.toml")
    plan = None
    if saved is not None:
        plan, mistakes = compile_outward(saved, store.readable())
    if plan is None:
        raise ConfigError(message("mapping.unusable", mapping=name), mistakes)
    return plan


def _outcome(deed: str, said: Message | None = None, ids: list[int] | None = None, **more: object) -> Outcome:
    return {
        "deed": deed,
        "said": None if said is None else said.to_json(),
        "ids": ids or [],
        "claim": "",
        **more,
    }


def _shown(one: Shown) -> Outcome:
    told = {"rows": one.rows, "columns": one.columns, "first": one.first, "only": one.only}
    return {"name": os.fsdecode(one.name), **told}
