"""Synchronisation: who this database is, its peers, clocks of rows, batches, and the records of what was lost."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")
ZERO = sa.text("0")
DIED = sa.text("died IS NOT NULL")


def text(name: str, default: sa.TextClause | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def big(name: str, default: sa.TextClause | None = ZERO) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def upgrade() -> None:
    op.create_table(
        "pipeline_sync_site",
        sa.Column("one", sa.Integer(), nullable=False, autoincrement=False),
        text("site"),
        text("incarnation"),
        big("hlc"),
        big("mark"),
        text("log_mark", EMPTY),
        text("held", EMPTY),
        sa.PrimaryKeyConstraint("one"),
        sa.CheckConstraint("one = 1", name="pipeline_sync_site_one"),
    )
    op.create_table(
        "pipeline_sync_peer",
        text("peer"),
        text("incarnation", EMPTY),
        big("since"),
        big("seen"),
        text("last", EMPTY),
        text("stage", sa.text("'new'")),
        text("load_table", EMPTY),
        text("load_after", EMPTY),
        big("load_since"),
        big("load_seen"),
        flag("accepted"),
        flag("lapsed"),
        text("held", EMPTY),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("peer"),
    )
    op.create_table(
        "pipeline_sync_clock",
        text("table_name"),
        text("row_key"),
        text("cols"),
        sa.Column("marks", sa.Text()),
        sa.Column("died", sa.Text()),
        sa.Column("image", sa.Text()),
        big("mark", None),
        sa.PrimaryKeyConstraint("table_name", "row_key"),
    )
    op.create_index("ix_pipeline_sync_clock_mark", "pipeline_sync_clock", ["mark"])
    op.create_index(
        "ix_pipeline_sync_clock_died", "pipeline_sync_clock", ["died"], sqlite_where=DIED, postgresql_where=DIED
    )
    op.create_table(
        "pipeline_sync_span",
        sa.Column("mark", sa.BigInteger(), nullable=False, autoincrement=False),
        text("peer"),
        sa.PrimaryKeyConstraint("mark"),
    )
    op.create_table(
        "pipeline_sync_sent",
        text("batch"),
        text("peer"),
        big("since", None),
        big("until", None),
        text("meta"),
        text("log_mark"),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_index("ix_pipeline_sync_sent_peer", "pipeline_sync_sent", ["peer", "until"])
    op.create_table(
        "pipeline_sync_part",
        text("batch"),
        sa.Column("n", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("incoming", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "n"),
    )
    op.create_table(
        "pipeline_sync_applied",
        text("batch"),
        text("peer"),
        big("until", None),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_index("ix_pipeline_sync_applied_peer", "pipeline_sync_applied", ["peer", "until"])
    op.create_table(
        "pipeline_sync_record",
        text("id"),
        text("kind"),
        text("table_name"),
        text("row_key"),
        text("column_name"),
        sa.Column("lost", sa.Text()),
        sa.Column("kept", sa.Text()),
        sa.Column("lost_clock", sa.Text()),
        sa.Column("kept_clock", sa.Text()),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        text("state", sa.text("'open'")),
        text("settled_by", EMPTY),
        big("mark", None),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pipeline_sync_record_mark", "pipeline_sync_record", ["mark"])
    op.create_index("ix_pipeline_sync_record_row", "pipeline_sync_record", ["table_name", "row_key"])
    op.create_table(
        "pipeline_sync_held",
        text("table_name"),
        text("row_key"),
        text("peer"),
        text("body"),
        text("why"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_key", "peer"),
    )
