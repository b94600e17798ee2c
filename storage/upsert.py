"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy spells once for each."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Insert = postgresql.Insert | sqlite.Insert


def insert_into(db: AsyncSession, table: type[SQLModel]) -> Insert:
    """An insert for the database that `db` is on, with `on_conflict_do_nothing` and `…_do_update`."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
