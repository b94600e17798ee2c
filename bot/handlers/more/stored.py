"""What is stored about me: a complete list, read from the rows themselves; why, how long, and who answers for it."""

from dataclasses import dataclass

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.handlers.go import Go
from bot.handlers.more import leaving
from bot.language import known, language
from bot.press import Press
from bot.services import tidying
from bot.turn import Button, Reply, Turn
from storage import groups, people, traces


@dataclass(frozen=True)
class Show(Press, tag="xs"):
    pass


async def show(turn: Turn, _press: Show | None = None) -> Reply:
    person = await people.by_telegram(turn.db, turn.visitor.telegram_id)
    if person is None:
        return Reply(turn.t("🗂 Nothing is stored about you."), [[Button(turn.t("🏠 Home"), Go("hjem"))]])
    places = [
        (m, ROLES[m.role], [g.name for g in await groups.mine(turn.db, m.school_id, m.id)])
        for m in await people.memberships(turn.db, person.id)
    ]
    text = render(
        turn.language,
        "stored",
        person=person,
        met=person.created_at.date(),
        speaks=language(known(person.language)).name,
        places=places,
        keeps=tidying,
        traces=await traces.of(turn.db, person.id),
    )
    return Reply(
        text,
        [[Button(turn.t("🗑 Be forgotten"), leaving.AskForget())], [Button(turn.t("◀ Back"), Go("mer"))]],
    )
