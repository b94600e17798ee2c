"""Writes the table "What is stored, and for how long" of docs/production.md, from what the columns declare.

python -m docs.personal_data            # writes it
python -m docs.personal_data --check    # exits 1 when it is not what the columns declare
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Table

from storage.data_protection import Counted, Expiry, OnForget, Personal, declared
from storage.personal_data import belongs_to_person, personal_columns
from storage.tables import metadata

PAGE: Final = Path(__file__).parent / "production.md"
BEGIN: Final = "<!-- written by `python -m docs.personal_data`, from what the columns declare -->\n"
END: Final = "<!-- end -->\n"
HEAD: Final = """\
| table | what the person is shown of it (`/mer`) | how long | when the person asks to be forgotten |
|---|---|---|---|
"""


def stored() -> str:
    """The table, a line for each table of the database with personal data or a retention period."""
    lines = (line for table in metadata.tables.values() if (line := _line(table)))
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(page: str, table: str) -> str:
    """The page with this table in its place."""
    place = re.compile(f"(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", re.DOTALL)
    return place.sub(lambda _: table, page, count=1)


def _line(table: Table) -> tuple[str, str, str, str] | None:
    expiries = {c.name: what for c in table.c if isinstance(what := declared(c), Expiry)}
    columns = personal_columns(table)
    if not expiries and not columns:
        return None
    return (
        f"`{table.name}`",
        ", ".join(_shown([*columns.values(), *expiries.values()])) or "–",
        "; ".join([*_anonymized(columns), *_deleted(table, expiries)]),
        "; ".join(_forgotten(columns)) if belongs_to_person(table) is not None else "–",
    )


def _shown(declarations: Iterable[Personal | Expiry]) -> Iterator[str]:
    for what in declarations:
        if isinstance(what.shown_as, Counted):
            yield what.shown_as.one.removeprefix("{n} ").removesuffix(".")
        elif what.shown_as:
            yield what.shown_as


def _anonymized(columns: dict[str, Personal]) -> Iterator[str]:
    for keep in dict.fromkeys(what.keep for what in columns.values() if what.keep):
        names = (f"`{name}`" for name, what in columns.items() if what.keep == keep)
        yield f"{', '.join(names)}: {_length(keep.period)} after `{keep.since}`"


def _deleted(table: Table, expiries: dict[str, Expiry]) -> Iterator[str]:
    for name, expiry in sorted(expiries.items(), key=lambda each: each[1].period):
        since = f"`{name}`"
        if expiry.since:
            (key,) = table.c[name].foreign_keys
            since = f"the `{expiry.since}` of its {key.column.table.name}"
        only = [f"`{column}` is {_listed(values)}" for column, values in expiry.where.items()]
        only += [f"it has no {expiry.unless_used_by}"] if expiry.unless_used_by else []
        yield f"the row: {_length(expiry.period)} after {since}{' if ' if only else ''}{' and '.join(only)}"
    if not expiries:
        yield from _goes_with(table)


def _goes_with(table: Table) -> Iterator[str]:
    """Rows without a period of their own go with the row that they refer to and cannot be without."""
    owners = [
        key.column.table.name
        for column in table.c
        if not column.nullable
        for key in column.foreign_keys
        if any(isinstance(declared(c), Expiry) for c in key.column.table.c)
    ]
    yield f"the row: as long as its {' and '.join(owners)}" if owners else "the row: as long as the school"


def _forgotten(columns: dict[str, Personal]) -> Iterator[str]:
    effects = {name: what.on_forget for name, what in columns.items()}
    if OnForget.DELETE_ROW in effects.values():
        yield "the row is deleted"
        return
    for effect in dict.fromkeys(effects.values()):
        names = ", ".join(f"`{name}`" for name, its in effects.items() if its is effect)
        yield f"{names}: {effect}"


def _listed(values: Sequence[str]) -> str:
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def _length(period: timedelta) -> str:
    years, days = divmod(period.days, 365)
    count, unit = (days, "day") if days else (years, "year")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def main() -> int:
    before = PAGE.read_text("utf-8")
    after = written(before, stored())
    if "--check" in sys.argv:
        return int(before != after)
    PAGE.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
