"""Stock movements are found by their document: those that it no longer has go."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().opts.get("business", True):  # only where the business tables are ours
        op.create_index("ix_stock_movement_document", "stock_movement", ["document_id"])
