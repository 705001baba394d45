"""Rows that wait for a document of a later file; the view `stock_now`, which is made with the other views."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STILL = sa.text("written_by IS NULL AND dropped_by IS NULL")


def upgrade() -> None:
    op.add_column(
        "pipeline_file", sa.Column("waiting", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "pipeline_waiting",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("file", BIG, nullable=False),
        sa.Column("doc", sa.BigInteger(), nullable=False),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("by_column", sa.Text()),
        sa.Column("by_value", sa.Text()),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("many", sa.BigInteger(), nullable=False),
        sa.Column("written_by", BIG),
        sa.Column("log_from", sa.BigInteger()),
        sa.Column("log_to", sa.BigInteger()),
        sa.Column("dropped_by", BIG),
        sa.Column("undone_by", BIG),
        sa.ForeignKeyConstraint(["file"], ["pipeline_file.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pipeline_waiting_file", "pipeline_waiting", ["file"])
    op.create_index(
        "ix_pipeline_waiting_still", "pipeline_waiting", ["wants", "by_value"],
        sqlite_where=STILL, postgresql_where=STILL,
    )
    op.create_table(
        "pipeline_waiting_plan",
        sa.Column("file", BIG, autoincrement=False, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["pipeline_file.id"]),
        sa.PrimaryKeyConstraint("file"),
    )
