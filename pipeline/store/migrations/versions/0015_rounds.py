"""Synchronisation: the last round of each job."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    zero = sa.text("0")
    op.create_table(
        "pipeline_sync_round",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default=zero)
            for name in ("took_ms", "pulled", "pushed", "loaded", "conflicts", "held")
        ),
        sa.PrimaryKeyConstraint("job"),
    )
