"""Runs the migrations on the connection that ``labctl.store.database`` hands over, in its transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # our connections begin explicitly, so that SQLite rolls back DDL too
    render_as_batch=True,
)
context.run_migrations()
