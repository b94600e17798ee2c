"""Alembic migrations: each file in `versions/` is one revision, with its upgrade and downgrade.

A new step, after tables.py was changed:  python -m storage.migrations "what changed"
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

HERE = Path(__file__).parent


class NewerDatabaseError(Exception):
    """The database was written by a newer palsbot than this one, and is left as it is."""


class BrokenReferencesError(Exception):
    """After a migration some rows pointed at rows that are not there; nothing of it was kept."""


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def migrate(connection: Connection, revision: str) -> None:
    """Up or down to `revision` inside the transaction that `connection` is in.

    Raises NewerDatabaseError and BrokenReferencesError, having changed nothing.
    """
    settings = config()
    settings.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(settings)
    known = {step.revision for step in steps.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise NewerDatabaseError(
            f"The database is at version {current}, which this palsbot does not know. "
            "It was written by a newer one: update palsbot, or point it at another database."
        )
    target = steps.get_current_head() if revision == "head" else None if revision == "base" else revision
    if target == current:
        return
    if target is not None and (current is None or _is_above(steps, target, current)):
        command.upgrade(settings, target)
    else:
        command.downgrade(settings, target or "base")
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise BrokenReferencesError(
                f"The migration left rows without what they point at, in: {lost[0][0]}."
            )


def _is_above(steps: ScriptDirectory, target: str, current: str) -> bool:
    return any(step.revision == current for step in steps.iterate_revisions(target, "base"))
