"""My classes: an adult says which classes and groups they work with. Each tap is saved at once.

after joining, or /klasser -> show -> set (again and again) -> done -> home
"""

from dataclasses import replace

from bot.handlers import home
from bot.handlers.class_picker import FinishClasses, SetClass, class_picker
from bot.services import settings
from bot.turn import Reply, Turn
from pals.roles import May


async def show_classes(turn: Turn) -> Reply:
    turn.actor.must(May.LOG)
    return await class_picker(turn.db, turn.language, turn.actor)


async def set_class(turn: Turn, press: SetClass) -> Reply:
    turn.actor.must(May.LOG)
    await settings.set_group(turn.db, turn.actor, press.group_id, press.mine, turn.now)
    return await class_picker(turn.db, turn.language, turn.actor)


async def done(turn: Turn, _press: FinishClasses) -> Reply:
    """Home. The menu comes along for somebody a leader has just let in."""
    turn.actor.must(May.LOG)
    return replace(await home.show_home(turn), menu=turn.features.menu(turn.actor.role, turn.language))
