"""Files are found by the day on which they came."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_pipeline_file_seen", "pipeline_file", ["seen_at"])
