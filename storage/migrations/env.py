"""Run by alembic for each command: on the connection it was given, inside the transaction that one is in."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import DateTime, Enum
from sqlalchemy.types import TypeDecorator
from sqlmodel.sql.sqltypes import AutoString

from storage.tables import metadata


def plain_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Steps speak of plain columns, so that they stay what they were when a class of ours changes."""
    if kind != "type":
        return False
    if isinstance(item, Enum | AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, TypeDecorator) and isinstance(item.impl_instance, DateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
