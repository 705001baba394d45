"""The daily life of an inbox: repeats, originals that stay, replays, pauses; quick with a million ledger rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LOADED = sa.text("state IN ('committed', 'archived')")
UNMOVED = sa.text("archived_at IS NULL")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    for name in ("folder", "source_state"):
        op.add_column("pipeline_file", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("pipeline_file", sa.Column("replay_of", BIG))
    op.add_column("pipeline_file", sa.Column("earlier", BIG))
    op.drop_index("ix_pipeline_file_job", "pipeline_file")
    op.drop_index("ix_pipeline_file_name", "pipeline_file")
    op.create_index("ix_pipeline_file_job", "pipeline_file", ["job", "id"])
    op.create_index("ix_pipeline_file_job_state", "pipeline_file", ["job", "state", "id"])
    op.create_index("ix_pipeline_file_state", "pipeline_file", ["state", "id"])
    op.create_index("ix_pipeline_file_name", "pipeline_file", ["name", "id"])
    op.create_index("ix_pipeline_file_content", "pipeline_file", ["fingerprint", "job", "state", "id"])
    op.create_index(
        "ix_pipeline_file_earlier", "pipeline_file", ["job", "name", "id"],
        sqlite_where=LOADED, postgresql_where=LOADED,
    )
    op.create_index(
        "ix_pipeline_file_unmoved", "pipeline_file", ["job", "id"],
        sqlite_where=UNMOVED, postgresql_where=UNMOVED,
    )
    op.create_index(
        "ix_pipeline_run_open", "pipeline_run", ["job", "opening"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "pipeline_source",
        sa.Column("id", BIG, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("source_state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pipeline_source", "pipeline_source", ["job", "name"])
    op.create_table(
        "pipeline_replay",
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("file", BIG, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["pipeline_file.id"]),
        sa.PrimaryKeyConstraint("claim"),
    )
    op.create_table(
        "pipeline_pause",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("job"),
    )
