"""Inline keyboard layouts: buttons in rows, the way back, and the picker of one's classes."""

from collections.abc import Sequence

from bot.i18n import Language
from bot.press import Press
from bot.turn import Actor, Button, Db, Letter, Reply, Turn
from storage import groups


class SetClass(Press, tag="xg"):
    """The state that the tap sets, so that it is idempotent."""

    group_id: int
    mine: bool


class FinishClasses(Press, tag="xd"):
    pass


def in_rows(buttons: Sequence[Button], width: int) -> list[list[Button]]:
    """The buttons in rows of `width`; Telegram allows 8."""
    return [list(buttons[i : i + width]) for i in range(0, len(buttons), width)]


def back_button(to: Turn | Letter, press: Press) -> Button:
    return Button(to.t("◀ Back"), press)


def capital(text: str) -> str:
    """With an upper-case first letter; the others are kept: PALS team."""
    return text[:1].upper() + text[1:]


async def class_picker(db: Db, speaks: Language, actor: Actor) -> Reply:
    """A toggle button for each class and group of the school; each tap is saved at once."""
    chosen = await groups.of_membership(db, actor.school.id, actor.membership_id)
    own = {group.id for group in chosen}
    buttons = [
        Button(f"✓ {g.name}" if g.id in own else g.name, SetClass(g.id, g.id not in own))
        for g in await groups.all_of(db, actor.school.id)
    ]
    text = speaks.t("👥 Which classes and groups do you work with? Tap all of them, then tap Done.")
    if chosen:
        text += "\n" + speaks.t("Chosen: {groups}.", groups=speaks.listed([group.name for group in chosen]))
    return Reply(text, [*in_rows(buttons, 4), [Button(speaks.t("✅ Done"), FinishClasses())]])
