"""Alembic's entry: run the migrations on the connection that is handed in."""

from alembic import context

from townhall.database import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
