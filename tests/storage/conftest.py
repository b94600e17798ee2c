"""Databases for tests of migrations: empty ones, of either kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.database import Database
from tests.support import databases


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def untouched_url(kind: str, postgresql_server: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database in which nothing has happened yet."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    async with databases.postgresql_database(postgresql_server, f"{tmp_path.name}"[:60]) as address:
        yield address


@pytest_asyncio.fixture
async def untouched(untouched_url: str) -> AsyncIterator[Database]:
    database = Database.open(untouched_url)
    yield database
    await database.close()
