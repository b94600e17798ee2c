"""My classes: an adult says which classes and groups they work with. Each tap is saved at once.

after joining, or /klasser -> show -> set (again and again) -> done -> home
"""

from dataclasses import dataclass, replace

from bot.handlers import home, menu
from bot.handlers.button_rows import in_rows
from bot.i18n import Language
from bot.press import Press
from bot.services import settings
from bot.turn import Actor, Button, Db, Reply, Turn
from pals.roles import May
from storage import groups


@dataclass(frozen=True)
class SetClass(Press, tag="xg"):
    """What the tap makes true, so that tapping twice is the same as once."""

    group_id: int
    mine: bool


@dataclass(frozen=True)
class FinishClasses(Press, tag="xd"):
    pass


async def show_classes(turn: Turn) -> Reply:
    turn.actor.must(May.LOG)
    return await card(turn.db, turn.language, turn.actor)


async def card(db: Db, speaks: Language, actor: Actor) -> Reply:
    """Every class and group of the school, the person's own marked."""
    chosen = await groups.of_membership(db, actor.school.id, actor.membership_id)
    mine = {group.id for group in chosen}
    buttons = [
        Button(f"✓ {g.name}" if g.id in mine else g.name, SetClass(g.id, g.id not in mine))
        for g in await groups.all_of(db, actor.school.id)
    ]
    text = speaks.t("👥 Which classes and groups do you work with? Tap all of them, then tap Done.")
    if chosen:
        text += "\n" + speaks.t("Chosen: {groups}.", groups=speaks.listed([group.name for group in chosen]))
    return Reply(text, [*in_rows(buttons, 4), [Button(speaks.t("✅ Done"), FinishClasses())]])


async def set_class(turn: Turn, press: SetClass) -> Reply:
    turn.actor.must(May.LOG)
    await settings.set_group(turn.db, turn.actor, press.group_id, press.mine, turn.now)
    return await card(turn.db, turn.language, turn.actor)


async def done(turn: Turn, _press: FinishClasses) -> Reply:
    """Home. The menu comes along for somebody a leader has just let in."""
    turn.actor.must(May.LOG)
    return replace(await home.show_home(turn), menu=menu.commands(turn.actor.role, turn.language))
