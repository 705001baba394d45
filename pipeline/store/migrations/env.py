"""Alembic's entry: runs on the connection and inside the transaction that `migrate` opened."""

from alembic import context

from pipeline.store.place import Place

place = context.config.attributes.get("place", Place())
context.configure(
    connection=context.config.attributes["connection"],
    version_table="pipeline_version",
    version_table_schema=place.schema or None,
    transaction_per_migration=False,
    business=not place.foreign,  # read by the revisions: are the business tables ours?
)
context.run_migrations()
