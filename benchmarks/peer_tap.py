"""The peer of the tap benchmark: the same work with aiogram and SQLAlchemy's ORM, written as their manuals do.

aiogram's dispatcher with a typed `CallbackData`, a middleware that opens a session for each tap, SQLAlchemy's
mapped classes on aiosqlite. It makes the same checks in as few queries as come naturally, writes the same two
rows in one transaction, makes the same two calls and logs its line for each update. Its texts are in one
language, where ours come from a gettext catalogue.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from aiogram import BaseMiddleware, Bot, Dispatcher, Router, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, LinkPreviewOptions, Message, TelegramObject
from aiogram.utils.keyboard import InlineKeyboardBuilder
from sqlalchemy import JSON, BigInteger, ForeignKey, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

MAY_LOG = {"staff", "team", "leader"}
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Base(DeclarativeBase):
    pass


class School(Base):
    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(JSON)


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    language: Mapped[str]
    membership_id: Mapped[int | None]


class Membership(Base):
    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    role: Mapped[str]
    standing: Mapped[str]
    person: Mapped[Person] = relationship()
    school: Mapped[School] = relationship()


class Group(Base):
    __tablename__ = "group"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    name: Mapped[str]


class Expectation(Base):
    __tablename__ = "expectation"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    short: Mapped[dict[str, str]] = mapped_column(JSON)


class PraiseRow(Base):
    __tablename__ = "praise"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    day: Mapped[date]
    idempotency_key: Mapped[str] = mapped_column(unique=True)


class Audit(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    action: Mapped[str]
    ref: Mapped[str]


class Praise(CallbackData, prefix="p1"):
    group_id: int
    expectation_id: int


class OneMore(CallbackData, prefix="pm"):
    group_id: int


class Undo(CallbackData, prefix="pu"):
    praise_id: int


class Sessions(BaseMiddleware):
    """A database session for each tap."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        async with self._sessions() as session:
            data["session"] = session
            return await handler(event, data)


async def save(query: CallbackQuery, callback_data: Praise, session: AsyncSession) -> None:
    """Saves praise: a tap on an expectation."""
    membership = await session.scalar(
        select(Membership)
        .join(Person, Person.membership_id == Membership.id)
        .where(Person.telegram_id == query.from_user.id, Membership.person_id == Person.id)
        .options(joinedload(Membership.person), joinedload(Membership.school))
    )
    if membership is None or membership.standing != "active" or membership.role not in MAY_LOG:
        await query.answer("Du kan ikke registrere ros.", show_alert=True)
        return
    school = membership.school
    group = await session.scalar(
        select(Group).where(Group.id == callback_data.group_id, Group.school_id == school.id)
    )
    expectation = await session.scalar(
        select(Expectation).where(
            Expectation.id == callback_data.expectation_id, Expectation.school_id == school.id
        )
    )
    if group is None or expectation is None or not isinstance(query.message, Message):
        await query.answer("Dette finnes ikke lenger.", show_alert=True)
        return
    now = datetime.now(UTC)
    row = PraiseRow(
        school_id=school.id,
        group_id=group.id,
        expectation_id=expectation.id,
        person_id=membership.person.id,
        at=now.replace(tzinfo=None),
        day=now.astimezone(ZoneInfo(school.timezone)).date(),
        idempotency_key=f"{query.message.chat.id}:{query.message.message_id}",
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        await query.answer("Dette er lagret fra før.")
        return
    session.add(
        Audit(
            school_id=school.id,
            person_id=membership.person.id,
            at=now.replace(tzinfo=None),
            action="praise",
            ref=str(row.id),
        )
    )
    await session.commit()
    what = expectation.short.get(membership.person.language) or expectation.short["nb"]
    keyboard = InlineKeyboardBuilder()
    keyboard.button(text="⭐ En til", callback_data=OneMore(group_id=group.id))
    keyboard.button(text="↩ Angre", callback_data=Undo(praise_id=row.id))
    await query.answer("Lagret")
    await query.message.edit_text(
        f"⭐ <b>{html.quote(group.name)}</b>: {html.quote(what)}. Lagret.",
        reply_markup=keyboard.as_markup(),
        link_preview_options=NO_PREVIEW,
    )


@asynccontextmanager
async def peer(
    token: str, address: str, path: Path, log: TextIO
) -> AsyncIterator[Callable[[dict[str, Any]], Awaitable[object]]]:
    """The peer's update handler, on the database at `path` and the Bot API server at `address`."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    lines = logging.StreamHandler(log)
    lines.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    events = logging.getLogger("aiogram.event")
    events.handlers[:], events.propagate = [lines], False
    events.setLevel(logging.INFO)

    router = Router(name="praise")
    router.callback_query.register(save, Praise.filter())
    dispatcher = Dispatcher()
    dispatcher.callback_query.middleware(Sessions(async_sessionmaker(engine, expire_on_commit=False)))
    dispatcher.include_router(router)
    session = AiohttpSession(api=TelegramAPIServer.from_base(address))
    async with Bot(token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML)) as bot:

        async def take(update: dict[str, Any]) -> object:
            return await dispatcher.feed_raw_update(bot, update)

        yield take
    await engine.dispose()
