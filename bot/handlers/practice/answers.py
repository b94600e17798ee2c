"""The buttons for answering: a row for each group that has no answer yet, and a way to change those that have."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.content.labels import ANSWERS
from bot.handlers.button_rows import in_rows
from bot.handlers.practice.presses import ChangeAnswer, ReportPractice
from bot.i18n import Language
from bot.turn import Button
from pals.behaviour import Answer

MANY = 8
SHORT_NAME = 6  # a third of a phone's width holds this and the longest answer


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """A group as its adult sees it: what has been answered, whoever did."""

    id: int
    name: str
    answer: Answer | None


def one_by_one(groups: Sequence[GroupAnswer]) -> bool:
    """Whether the groups are too many, or their names too long, for a row of answers each."""
    return len(groups) > MANY or (len(groups) > 1 and any(len(group.name) > SHORT_NAME for group in groups))


def buttons(
    language: Language, week: str, groups: Sequence[GroupAnswer], *, brief: bool, opened: int | None
) -> list[list[Button]]:
    """One group: its three answers. Several: a row each. Very many: their names, and the one that was `opened`."""

    def answers(group: GroupAnswer, form: str) -> list[Button]:
        return [
            Button(
                form.format(group=group.name, answer=language.t(ANSWERS[a])),
                ReportPractice(group.id, week, a, brief),
            )
            for a in Answer
        ]

    def change(group: GroupAnswer, label: str) -> Button:
        return Button(label, ChangeAnswer(group.id, week, brief))

    def is_open(group: GroupAnswer) -> bool:
        return group.answer is None or group.id == opened

    if len(groups) == 1:
        (group,) = groups
        return [answers(group, "{answer}") if is_open(group) else [change(group, language.t("✏️ Change"))]]
    if one_by_one(groups):
        chosen = [answers(group, "{answer}") for group in groups if group.id == opened]
        names = [change(g, g.name if g.answer is None else f"✓ {g.name}") for g in groups if g.id != opened]
        return [*chosen, *in_rows(names, 2)]
    return [
        answers(group, "{group}: {answer}")
        if is_open(group)
        else [change(group, language.t("✏️ Change {group}", group=group.name).unescape())]
        for group in groups
    ]
