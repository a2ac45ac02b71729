"""Run by Alembic for each migration; the connection comes from `binding_server.store.migrations`."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from binding_server.store.tables import METADATA


def plain_string(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Writes SQLModel's own string type as SQLAlchemy's, so that a revision does not depend on SQLModel."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
    render_item=plain_string,
)
with context.begin_transaction():
    context.run_migrations()
