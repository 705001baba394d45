"""What people were told, what is still to be told, and what was forgotten for somebody who asked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pipeline_notice",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.BigInteger(), nullable=False),
        sa.Column("lasting", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("over", sa.Text()),
        sa.Column("over_told_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("key"),
    )
    where = sa.text("over_told_at IS NULL")
    op.create_index("ix_pipeline_notice_open", "pipeline_notice", ["key"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "pipeline_letter",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    unsent = sa.text("sent_at IS NULL")
    op.create_index(
        "ix_pipeline_letter_unsent", "pipeline_letter", ["next_at"], sqlite_where=unsent, postgresql_where=unsent
    )
    op.create_table(
        "pipeline_forgotten",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
