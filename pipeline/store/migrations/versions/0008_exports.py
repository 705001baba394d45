"""Exports: what was written and up to where, each number once."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "pipeline_file", sa.Column("kind", sa.String(16), server_default=sa.text("'import'"), nullable=False)
    )
    op.create_table(
        "pipeline_export",
        sa.Column("file", BIG, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("opening", sa.DateTime(timezone=True)),
        sa.Column("mark_from", sa.Text(), nullable=False),
        sa.Column("mark_to", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("added", sa.BigInteger()),
        sa.Column("gone", sa.BigInteger()),
        sa.ForeignKeyConstraint(["file"], ["pipeline_file.id"]),
        sa.PrimaryKeyConstraint("file"),
        sa.UniqueConstraint("job", "sequence", "part"),
    )
    op.create_index("ix_pipeline_export_opening", "pipeline_export", ["job", "opening"])
    op.create_table(
        "pipeline_export_job",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("next_sequence", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("intent_opening", sa.DateTime(timezone=True)),
        sa.Column("intent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("job"),
    )
