"""Versions of mappings, the mapping of a replay, corrections of a file's refused rows."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DELIVERED = sa.text("delivery IS NOT NULL")
CORRECTS = sa.text("correction_of IS NOT NULL")


def upgrade() -> None:
    op.add_column("pipeline_file", sa.Column("mapping_version", sa.Integer()))
    op.add_column("pipeline_file", sa.Column("correction_of", BIG))
    op.add_column("pipeline_file", sa.Column("delivery", sa.String(length=32)))
    op.create_index(
        "ix_pipeline_file_delivery", "pipeline_file", ["delivery"], sqlite_where=DELIVERED, postgresql_where=DELIVERED
    )
    op.create_index(
        "ix_pipeline_file_correction", "pipeline_file", ["correction_of"],
        sqlite_where=CORRECTS, postgresql_where=CORRECTS,
    )
    op.add_column(
        "pipeline_refused", sa.Column("carried", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "pipeline_replay", sa.Column("mapping", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("pipeline_replay", sa.Column("mapping_version", sa.Integer()))
    op.create_table(
        "pipeline_mapping",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "content"),
        sa.UniqueConstraint("name", "number"),
        sqlite_autoincrement=True,
    )
