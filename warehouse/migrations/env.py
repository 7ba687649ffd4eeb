"""What Alembic runs: the revisions, on the connection it was handed."""

from alembic import context

from warehouse.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
