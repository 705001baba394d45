"""Taking back what a file changed: where its changes begin in the log, what an entry takes back, two more states."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OLD = "state IN ('committed', 'archived', 'duplicate', 'failed')"
NEW = "state IN ('committed', 'archived', 'duplicate', 'failed', 'undone', 'undo', 'held', 'approved', 'rejected')"
UNDOES = sa.text("undo_of IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "pipeline_file", sa.Column("deleted", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("pipeline_file", sa.Column("undo_of", BIG))
    op.add_column("pipeline_file", sa.Column("log_from", sa.BigInteger()))
    op.create_index(
        "ix_pipeline_file_undo", "pipeline_file", ["undo_of"], sqlite_where=UNDOES, postgresql_where=UNDOES
    )
    if op.get_bind().dialect.name == "sqlite":
        widen_on_sqlite()
    else:
        op.drop_constraint("pipeline_file_state", "pipeline_file")
        op.create_check_constraint("pipeline_file_state", "pipeline_file", NEW)


def widen_on_sqlite() -> None:
    """SQLite cannot alter a CHECK, and making the table anew would drop what refers to it. A rule that only
    becomes wider may be written in its place: https://sqlite.org/lang_altertable.html, section 7."""
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'pipeline_file'",
        (OLD, NEW),
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {int(version) + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
