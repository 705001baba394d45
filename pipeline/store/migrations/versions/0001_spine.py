"""The first schema: business tables, ledger, gate, change log.

Made from the table classes as they are at this version. The next revision spells this one out column by column
before it changes a class, since a revision must not move with the classes.
"""

from alembic import op
from sqlmodel import SQLModel

import pipeline.store.ledger
import pipeline.store.tables  # noqa: F401

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    SQLModel.metadata.create_all(op.get_bind())
