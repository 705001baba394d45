"""PostgreSQL: its own pg_dump and pg_restore, and the sums of every table at the moment that is dumped."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from psycopg import sql

from pipeline.errors import PipelineError
from pipeline.store.failures import translated
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.store.backup import Sums

# Every value has one text, whatever the role's own settings are.
ONE_TEXT = (
    "SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex';"
    " SET extra_float_digits = 3"
)
TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
    AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2"""
SUM = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} AS t"


def save(url: sa.URL, to: Path) -> tuple[str, Sums]:
    """Dump a database that may be in use: the version of our tables in it, and the sums of that moment."""
    with translated(_where(url), psycopg.Error), _connect(url) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        (snapshot,) = conn.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        version = _version(conn)
        _run(conn, "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={to}")
        return version, sums(conn)


def put(file: Path, url: sa.URL, wanted: Sums) -> None:
    """Restore a dump in one transaction: all of it, or nothing is changed."""
    from pipeline.store.backup import same

    with translated(_where(url), psycopg.Error):
        with _connect(url) as conn:
            database = conn.info.dbname
            conn.rollback()
            words = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
            _run(conn, "pg_restore", *words, f"--dbname={database}", str(file))
        with _connect(url) as conn:
            found = sums(conn)
            same({name: found[name] for name in found if name in wanted}, wanted)


def sums(conn: psycopg.Connection[tuple[object, ...]]) -> dict[str, tuple[int, str]]:
    """Each table's rows and their sum, made by the server."""
    conn.execute(ONE_TEXT)
    found = {}
    for schema, table in conn.execute(TABLES).fetchall():
        name = sql.Identifier(str(schema), str(table))
        rows, total = conn.execute(sql.SQL(SUM).format(name)).fetchone() or (0, "")
        found[f"{schema}.{table}"] = (int(str(rows)), str(total))
    return found


def _connect(url: sa.URL) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


def _version(conn: psycopg.Connection[tuple[object, ...]]) -> str:
    places = (
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relname = %s"
    )
    place = conn.execute(places, ["pipeline_version"]).fetchone()
    if place is None:
        raise PipelineError(message("store.absent"))
    table = sql.Identifier(str(place[0]), "pipeline_version")
    found = conn.execute(sql.SQL("SELECT version_num FROM {}").format(table)).fetchone()
    return str(found[0]) if found else ""


def _run(conn: psycopg.Connection[tuple[object, ...]], tool: str, *words: str) -> None:
    """Run one of PostgreSQL's tools on the server of this connection; the password goes by the environment, where
    no list of processes shows it."""
    path, server = shutil.which(tool), conn.info.server_version // 10000
    if path is None:
        raise PipelineError(message("servers.no_tool", tool=tool, version=server))
    info = conn.info
    place = {
        "PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGPASSWORD": info.password,
        "PGDATABASE": info.dbname,
    }  # fmt: skip
    more = {
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
    }
    given = info.get_parameters()
    place |= {name: given[key] for key, name in more.items() if key in given}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    done = subprocess.run(
        [path, "--no-password", *words], env=environment | place, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (
            [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or [""]
        )
        why = told[0].replace(info.password or "\0", "***")
        code = "servers.tool_version" if "version mismatch" in done.stderr else "servers.tool_failed"
        raise PipelineError(message(code, tool=tool, why=why, version=server))


def _where(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)
