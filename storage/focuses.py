"""The month's focus (månedens PALS) and the practice prompts of its weeks."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import columns, read, read_one
from storage.tables import Expectation, Focus, Prompt, Texts, table_of

focus, prompt_table, expectation = table_of(Focus), table_of(Prompt), table_of(Expectation)


class FocusRow(NamedTuple):
    """`month` is the month's first day; `question` is what families may ask at home."""

    id: int
    key: str
    month: date
    title: Texts
    staff: Texts
    family: Texts
    question: Texts


class MonthRow(NamedTuple):
    """A month that has a focus, without its texts."""

    key: str
    month: date


class PromptRow(NamedTuple):
    """A week's practice: an expectation with its label, and a script of two minutes."""

    id: int
    focus_id: int
    position: int
    expectation_id: int
    short: Texts
    script: Texts


_AT_SCHOOL = select(*columns(FocusRow._fields, focus)).where(focus.c.school_id == bindparam("school_id"))
_BY_KEY = _AT_SCHOOL.where(focus.c.key == bindparam("key"))
_MONTHS = (
    select(focus.c.key, focus.c.month)
    .where(
        focus.c.school_id == bindparam("school_id"),
        focus.c.month.between(bindparam("first"), bindparam("last")),
    )
    .order_by(focus.c.month)
)
_PROMPTS = (
    select(*columns(PromptRow._fields, prompt_table, expectation))
    .join(focus, focus.c.id == prompt_table.c.focus_id)
    .join(expectation, expectation.c.id == prompt_table.c.expectation_id)
    .where(focus.c.school_id == bindparam("school_id"))
    .order_by(prompt_table.c.position)
)
_PROMPTS_BY_ID = _PROMPTS.where(focus.c.id == bindparam("focus_id"))
_PROMPTS_BY_KEY = _PROMPTS.where(focus.c.key == bindparam("key"))


async def by_key(db: AsyncSession, school_id: int, key: str) -> FocusRow | None:
    """The focus of a month such as "2026-11"."""
    return await read_one(db, FocusRow, _BY_KEY, school_id=school_id, key=key)


async def months(db: AsyncSession, school_id: int, first: date, last: date) -> list[MonthRow]:
    """The months from `first` to `last` that have a focus, in order."""
    return await read(db, MonthRow, _MONTHS, school_id=school_id, first=first, last=last)


async def prompts(db: AsyncSession, school_id: int, focus_id: int) -> list[PromptRow]:
    """A focus's practice prompts, in the order of its weeks."""
    return await read(db, PromptRow, _PROMPTS_BY_ID, school_id=school_id, focus_id=focus_id)


async def prompt(db: AsyncSession, school_id: int, focus_key: str, index: int) -> PromptRow | None:
    """The practice prompt of the month's school week number `index`, from 0.

    A month with more weeks than prompts starts over with the first; None when it has none at all.
    """
    found = await read(db, PromptRow, _PROMPTS_BY_KEY, school_id=school_id, key=focus_key)
    return found[index % len(found)] if found else None
