"""`python -m storage.migrations "what changed"` writes the step from the newest version to tables.py."""

import asyncio
import sys
from functools import partial

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.database import Database
from storage.migrations import config


def write_step(connection: Connection, message: str) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    number = len(list(ScriptDirectory.from_config(settings).walk_revisions())) + 1
    command.revision(settings, message, autogenerate=True, rev_id=f"{number:04}")


async def main(message: str) -> None:
    database = Database.open("sqlite://")
    await database.upgrade()
    async with database.writing() as db:
        await (await db.connection()).run_sync(partial(write_step, message=message))
    await database.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('Say what changed: python -m storage.migrations "a column for …"')
    asyncio.run(main(sys.argv[1]))
