"""What is stored about me (access, GDPR Art. 15): a list read from the rows, why, how long, who answers for it.

The rows that are counted, their lines and the retention periods are derived from what the columns declare.
"""

from dataclasses import dataclass

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.handlers.command_button import RunCommand
from bot.handlers.more import leaving
from bot.i18n import language, negotiate
from bot.press import Press
from bot.turn import Button, Reply, Turn
from storage import data_protection, groups, people, personal_data


@dataclass(frozen=True)
class ShowStored(Press, tag="xs"):
    pass


async def show_stored(turn: Turn, _press: ShowStored | None = None) -> Reply:
    person = await people.by_telegram(turn.db, turn.visitor.telegram_id)
    if person is None:
        return Reply(
            turn.t("🗂 Nothing is stored about you."), [[Button(turn.t("🏠 Home"), RunCommand("hjem"))]]
        )
    places = [
        (m, ROLES[m.role], [g.name for g in await groups.of_membership(turn.db, m.school_id, m.id)])
        for m in await people.memberships(turn.db, person.id)
    ]
    text = render(
        turn.language,
        "stored",
        person=person,
        met=person.created_at.date(),
        speaks=language(negotiate(person.language)).name,
        places=places,
        periods=data_protection,
        counted=await personal_data.count_rows(turn.db, person.id),
    )
    return Reply(
        text,
        [
            [Button(turn.t("🗑 Be forgotten"), leaving.AskForget())],
            [Button(turn.t("◀ Back"), RunCommand("mer"))],
        ],
    )
