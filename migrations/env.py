"""Runs the migration steps on the connection and inside the transaction the program hands in."""

from alembic import context

from engine.store.schema import METADATA
from engine.store.unit import UnitOfWork

assert UnitOfWork  # importing it fills METADATA with every table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
