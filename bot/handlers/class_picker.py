"""The picker of one's own classes: every class and group of the school, those one works with marked."""

from dataclasses import dataclass

from bot.handlers.button_rows import in_rows
from bot.i18n import Language
from bot.press import Press
from bot.turn import Actor, Button, Db, Reply
from storage import groups


@dataclass(frozen=True)
class SetClass(Press, tag="xg"):
    """What the tap makes true, so that it is idempotent."""

    group_id: int
    mine: bool


@dataclass(frozen=True)
class FinishClasses(Press, tag="xd"):
    pass


async def class_picker(db: Db, speaks: Language, actor: Actor) -> Reply:
    """A button for each; a tap on one toggles it and is saved at once."""
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
