"""Alembic's entry: runs on the connection and inside the transaction that `migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="pipeline_version",
    transaction_per_migration=False,
)
context.run_migrations()
