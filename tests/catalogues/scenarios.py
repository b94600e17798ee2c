"""Scenarios: the states a school and its people can be in, each explored to the end of what can be done in it."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, cast, get_args, get_type_hints

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import FEATURES
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.profile import publish_profile
from bot.feature import Feature, FeatureSet
from bot.press import Press
from bot.turn import Reply, Turn
from pals.roles import Role
from scheduler.expand import expand_due
from scheduler.plan import plan_due
from storage import drafts, invitations, memberships, year_wheels
from storage.drafts import DraftRow
from storage.tables import Campaign, Group, InvitationKind, School, Standing
from tests.support.explorer import MISUNDERSTOOD, Action, Explorer, buttons_of, presses_of
from tests.support.furulia import moments
from tests.support.people import CALENDAR, MadeSchool, join, make_person
from tests.support.talk import oslo
from tests.support.turns import MONDAY

TYPED = Action(text="Kl. 18")
HOME, MORE, STORED = Action(text="/hjem"), Action(text="/mer"), Action(text="/personvern")
UNKNOWN = 905
"""A Telegram account that the bot does not know."""

FAILING = "fails_on_purpose"
LATER = MONDAY + timedelta(days=14)


def features_with_a_failure() -> FeatureSet:
    """All features of the bot, and a draft whose handler raises."""

    async def fails_on_purpose(_turn: Turn, _draft: DraftRow) -> Reply:
        raise RuntimeError

    return FeatureSet.combine([*FEATURES, Feature(drafts={FAILING: fails_on_purpose})])


async def profile(shown: Callable[[int, object], Awaitable[None]], features: FeatureSet) -> None:
    """The bot's profile in Telegram, which people read before the first message."""

    class Client:
        async def call(self, method: str, **values: Any) -> Any:
            await shown(UNKNOWN, values)
            return {} if method.startswith("getMy") else True

    await publish_profile(cast(BotClient, Client()), features)


async def leader(explorer: Explorer, db: AsyncSession, heia: MadeSchool) -> None:
    """A leader may do everything: for the presses there are, and for what is shown in the languages of others."""
    account = (await make_person(db, heia, Role.LEADER, ["5B"], language="en")).telegram_id
    await explorer.explore(account, [*explorer.commands(), TYPED], again=[TYPED])


async def messages(explorer: Explorer, db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    """The year wheel's messages; and announcements to families, corrected and withdrawn, in one digest."""
    family = (await make_person(db, heia, Role.FAMILY, ["5B"], language="ar")).telegram_id
    sender = (await make_person(db, heia, Role.LEADER, language="en")).telegram_id
    await make_person(db, fjern, Role.FAMILY, ["5B"], language="en")
    await _one_day_campaign(db, fjern)
    wheels = [await year_wheels.of_school(db, school.id) for school in (heia, fjern)]
    for due in sorted({each.due for wheel in wheels for each in moments(wheel, MONDAY, oslo("2027-01-20"))}):
        await plan_due(explorer.database, explorer.features.kinds, due)
        await explorer.send_due(due)

    async def send() -> None:
        now = explorer.clock.now() + timedelta(minutes=2)
        await expand_due(explorer.database, now)
        for reply in await explorer.send_due(now):
            for press in presses_of([reply]):
                await explorer.do(family, Action(data=press.pack()))

    async def announce(text: str) -> list[Reply]:
        replies = await explorer.do(sender, Action(text="/kunngjoring"))
        await explorer.tap(sender, replies, "All families")
        replies = await explorer.do(sender, Action(text=text))
        replies = await explorer.tap(sender, replies, "Ask whether they have seen it")
        replies = await explorer.tap(sender, replies, "Send")
        await send()
        return await explorer.tap(sender, replies, "Refresh")

    explorer.clock.set(oslo("2027-02-15"))
    await announce("b" * 1500)
    card = await announce("a" * 2000)
    await explorer.tap(sender, card, "Correct the text")
    replies = await explorer.do(sender, Action(text="c" * 3000))
    card = await explorer.tap(sender, replies, "Replace the old text")
    await send()
    asked = await explorer.tap(sender, card, "Withdraw")
    await explorer.tap(sender, asked, "Withdraw")
    await send()
    await explorer.do(family, STORED)
    explorer.clock.set(MONDAY)


async def _one_day_campaign(db: AsyncSession, school: MadeSchool) -> None:
    """The week of its campaign has one school day."""
    row = await db.get_one(School, school.id)
    week = (await db.get_one(Campaign, school.campaign_id)).week
    monday = date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
    off = {
        "first": (monday + timedelta(days=1)).isoformat(),
        "last": (monday + timedelta(days=4)).isoformat(),
        "name": {"nb": "Stengt"},
    }
    row.calendar = {**CALENDAR, "closed": [*cast("list[object]", CALENDAR["closed"]), off]}
    await db.flush()


async def families(explorer: Explorer, db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    """A family and all the buttons that there are; and others in every state that a family can be in."""
    everything = [*explorer.commands(), *MISUNDERSTOOD]
    family = (await make_person(db, heia, Role.FAMILY, ["5B"], language="en")).telegram_id
    await explorer.explore(family, everything, again=explorer.commands())
    await explorer.explore(family, _every_press(explorer), depth=0)
    for day in ("2026-08-18", "2027-07-05"):  # before the year's first focus, and after its last
        explorer.clock.set(oslo(day))
        await explorer.explore(family, explorer.commands(), depth=0)
    explorer.clock.set(MONDAY)

    both = await make_person(db, heia, Role.FAMILY, ["5B"], language="en", quiet=(time(20), time(7)))
    await join(db, both.id, fjern, Role.FAMILY, ["6A"])
    await memberships.mute(db, heia.id, both.membership_id, True)
    await explorer.explore(both.telegram_id, everything, again=[HOME, MORE])

    failing = await make_person(db, heia, Role.FAMILY, ["5B"], language="en")
    await drafts.put(db, failing.id, FAILING, {}, MONDAY)
    await explorer.do(failing.telegram_id, TYPED, fails=True)
    await explorer.do(failing.telegram_id, STORED)
    await _worked_here(explorer, db, heia)


async def _worked_here(explorer: Explorer, db: AsyncSession, heia: MadeSchool) -> None:
    """A leader who has written something of every kind, has left, and has a child at the school."""
    person = await make_person(db, heia, Role.LEADER, ["5B"], language="en")
    account = person.telegram_id
    for path in (
        ("/ros", "We walk calmly"),
        ("/hendelse", "Late", "Corridor", "Possible violation", "Tell the head now"),
        ("/uke", "Remind me"),
        ("/uke", "Practised"),
        ("/kunngjoring", "All staff"),
    ):
        replies = await explorer.do(account, Action(text=path[0]))
        for label in path[1:]:
            replies = await explorer.tap(account, replies, label)
    await explorer.do(account, TYPED)
    other = (await make_person(db, heia, Role.LEADER, language="en")).telegram_id
    told = [reply for reply in await explorer.send_due(MONDAY + timedelta(days=1)) if reply.buttons]
    await explorer.tap(other, told, "I have received this")
    await explorer.send_due(MONDAY + timedelta(days=1))
    explorer.clock.set(MONDAY)
    await memberships.remove(db, heia.id, person.membership_id)
    await join(db, person.id, heia, Role.FAMILY, ["5B"])
    await explorer.explore(account, explorer.commands(), depth=0)


async def without_role(explorer: Explorer, db: AsyncSession, heia: MadeSchool) -> None:
    """Unknown to the bot; waiting for a yes; turned away; and without a role any more."""
    everything = [*explorer.commands(), *MISUNDERSTOOD]
    await explorer.explore(UNKNOWN, everything, again=explorer.commands())
    await explorer.explore(UNKNOWN, _every_press(explorer), depth=0)

    decides = (await make_person(db, heia, Role.LEADER, language="en")).telegram_id
    await make_person(db, heia, Role.STAFF, language="en", standing=Standing.PENDING)
    await explorer.tap(decides, await explorer.do(decides, Action(text="/venter")), "✖")
    await explorer.send_due(MONDAY)

    for standing in (Standing.PENDING, Standing.DECLINED):
        asked = await make_person(db, heia, Role.STAFF, language="en", name="Ida", standing=standing)
        await explorer.explore(asked.telegram_id, everything, again=[HOME, MORE, STORED])
    left = await make_person(db, heia, Role.FAMILY, ["5B"], language="en")
    await memberships.remove(db, heia.id, left.membership_id)
    await explorer.explore(left.telegram_id, everything, again=[HOME, MORE, STORED])


async def links(explorer: Explorer, db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    """Every kind of link, good or not, opened by an unknown person and by families of this school and of another."""
    opened = await _links(db, heia)
    here = await make_person(db, heia, Role.FAMILY, ["5B"], language="en")
    elsewhere = await make_person(db, fjern, Role.FAMILY, ["5B"], language="en")
    for account in (UNKNOWN, here.telegram_id, elsewhere.telegram_id):
        for link in opened:
            await explorer.explore(account, [link], depth=0)
            async with explorer.undone():
                (offer,) = await explorer.do(account, link)
                if any("Join" in button.label for button in buttons_of([offer])):
                    await explorer.tap(account, [offer], "Join")
                    await explorer.explore(account, [link], depth=0)


async def _links(db: AsyncSession, heia: MadeSchool) -> list[Action]:
    tokens: list[str] = []

    def token() -> str:
        tokens.append(f"token-number-{len(tokens):04}")
        return tokens[-1]

    async def personal(role: Role, group: str | None = None, expires: datetime = LATER) -> int:
        group_id = heia.groups[group] if group is not None else None
        kind = InvitationKind.PERSONAL
        return await invitations.create(
            db, heia.id, kind, role, token(), now=MONDAY, group_id=group_id, expires_at=expires
        )

    for role in Role:
        await personal(role, "6A" if role is Role.FAMILY else None)
    await personal(Role.FAMILY, "5B")
    await personal(Role.STAFF, expires=MONDAY - timedelta(days=1))
    await invitations.use(db, heia.id, await personal(Role.STAFF), MONDAY)
    await personal(Role.STAFF, "SFO")
    (await db.get_one(Group, heia.groups["SFO"])).active = False
    await db.flush()
    kind = InvitationKind.STAFF
    await invitations.create(db, heia.id, kind, Role.STAFF, token(), now=MONDAY)
    await invitations.renew(db, heia.id, kind, Role.STAFF, token(), now=MONDAY)
    return [Action(text=f"/start {each}") for each in [*tokens, "unknown"]]


def _every_press(explorer: Explorer) -> list[Action]:
    """Two presses of each class that the bot knows; made up where none was met."""
    found = []
    for cls in explorer.features.presses:
        met = sorted(explorer.presses.get(cls, ()), key=lambda press: press.pack())
        found += [Action(data=press.pack()) for press in met[:2] or [_made_up(cls)]]
    return found


def _made_up(cls: type[Press]) -> Press:
    hints = get_type_hints(cls)
    return cls(**{each.name: _value(hints[each.name]) for each in fields(cls)})  # type: ignore[arg-type]


def _value(kind: Any) -> object:
    if get_args(kind):
        return _value(get_args(kind)[0])
    if issubclass(kind, StrEnum):
        return next(iter(kind))
    return {int: 1, bool: True, str: "x", date: MONDAY.date()}[kind]
