"""Digests: layout, what cannot be merged, and folding when a correction makes a digest too long."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.content.message_length import TEXT_LIMIT, length
from bot.errors import Gone
from bot.handlers.announcement.card import CorrectAnnouncement, ReplaceText
from bot.handlers.announcement.letter import MarkSeen
from bot.handlers.show_folded import ShowFolded
from bot.i18n import language
from bot.messages import digest
from bot.services.announcements.write import text_fingerprint
from bot.turn import Button, Onto, Paper, Reply
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Failed, Sent
from storage.database import Database
from tests.support.announcing import Chat, Heia, Road, letter_to
from tests.support.people import MadePerson
from tests.support.talk import oslo
from tests.support.turns import labels

EVENING, MORNING = oslo("2026-11-02", "21:00"), oslo("2026-11-03", "06:31")
ENGLISH = language("en")
LETTER = Reply("one line")
HEADING = "🌙 <b>{n} messages have waited while it was quiet.</b>"


# --- layout


def test_each_letter_and_its_buttons_share_a_sign() -> None:
    asks = Reply(
        "<b>Ski</b>\nTomorrow", [[Button("👁 Seen", MarkSeen(1, 2))], [Button("Map", url="https://x.no")]]
    )
    assert digest.merge(ENGLISH, [LETTER, asks]) == Reply(
        f"{HEADING.format(n=2)}\n\n① one line\n\n② <b>Ski</b>\nTomorrow",
        [
            [Button("② 👁 Seen", MarkSeen(1, 2), in_digest=True)],
            [Button("② Map", url="https://x.no", in_digest=True)],
        ],
    )


def test_a_single_letter_is_unchanged() -> None:
    assert digest.merge(ENGLISH, [LETTER]) == LETTER


@pytest.mark.parametrize(
    "other",
    [
        replace(LETTER, paper=Paper("plan.pdf", b"")),
        replace(LETTER, keyboard=[["⭐"]]),
        replace(LETTER, menu=[("ros", "Praise")]),
        replace(LETTER, onto=Onto(7)),
        replace(LETTER, then=(LETTER,)),
        Reply("x" * TEXT_LIMIT),
        Reply("many buttons", [[Button("·")] * 5] * 11),
    ],
)
def test_files_and_too_many_buttons_are_not_merged(other: Reply) -> None:
    assert digest.merge(ENGLISH, [LETTER, other]) is None


def test_at_most_twenty_are_merged() -> None:
    assert digest.merge(ENGLISH, [LETTER] * 20) is not None
    assert digest.merge(ENGLISH, [LETTER] * 21) is None


def test_the_longest_text_telegram_accepts_is_merged() -> None:
    room = TEXT_LIMIT - length(f"{HEADING.format(n=2)}\n\n① {LETTER.text}\n\n② ")
    assert digest.merge(ENGLISH, [LETTER, Reply("<b>" + "x" * room + "</b>")]) is not None
    assert digest.merge(ENGLISH, [LETTER, Reply("x" * (room + 1))]) is None


@pytest.mark.parametrize("count", [1, 2, 12])
def test_letters_of_any_length_are_redrawn_in_one_message(count: int) -> None:
    """The shortest are folded first, and only as many as needed."""
    letters = [(n, Reply(f"<b>No. {n} &amp; {'y' * 80}</b>\n{'x' * (3000 - n)}")) for n in range(count)]
    whole = digest.redraw(ENGLISH, letters)
    assert whole is not None
    assert length(whole.text) <= TEXT_LIMIT
    assert letters[0][1].text in whole.text, "the longest can be read at once"
    assert [button.press for row in whole.buttons for button in row] == [
        ShowFolded(n) for n in range(1, count)
    ]
    assert digest.redraw(ENGLISH, []) is None


# --- folding


class Shown(Road):
    """A transport that keeps the text of each message of one reader, by message id."""

    def __init__(self, database: Database, clock: MovableClock, reader: MadePerson) -> None:
        super().__init__(database, clock)
        self.reader, self.shows = reader, dict[int, Reply]()
        self.send = self.show

    async def show(self, reply: Reply, chat: int) -> Sent | Failed:
        outcome = await self.arrive(reply, chat)
        if isinstance(outcome, Sent) and chat == self.reader.telegram_id:
            self.shows[outcome.message_id] = replace(reply, onto=None)
        return outcome


@pytest.fixture
def liv(database: Database, people: Heia) -> Chat:
    return Chat(database, people.liv, EVENING)


@pytest.fixture
def road(database: Database, people: Heia) -> Shown:
    return Shown(database, MovableClock(EVENING, running=False), people.of_6a)


async def sent(liv: Chat, *texts: str) -> None:
    for text in texts:
        await liv.tap(await liv.written(text, "All families"), "Send")


async def corrected(liv: Chat, road: Road, announcement: int, text: str, now: datetime) -> None:
    liv.now = now
    await liv.press(CorrectAnnouncement(announcement))
    await liv.type(text)
    await liv.press(ReplaceText(announcement, text_fingerprint(text)))
    await road.deliver(now)


async def test_a_long_correction_folds_the_other_letters_and_they_can_be_opened(
    liv: Chat, road: Shown, people: Heia, database: Database
) -> None:
    short, grown, reader = "s" * 1500, "g" * 2900, people.of_6a
    await sent(liv, short, "g")
    await road.deliver(MORNING)
    ((number, before),) = road.shows.items()
    assert before.text == "\n\n".join(
        [
            HEADING.format(n=2),
            f"① {letter_to(reader, short)[1]}",
            f"② {letter_to(reader, 'g')[1]}",
        ]
    )
    await corrected(liv, road, 2, grown, MORNING + timedelta(hours=1))
    assert list(road.shows) == [number]
    assert (road.shows[number].text, labels(road.shows[number])) == (
        f"{HEADING.format(n=2)}\n\n① <b>📣 Heia skole</b>\n\n② {letter_to(reader, grown)[1]}",
        [["① 📖 Read it"]],
    )
    ((button,),) = road.shows[number].buttons
    assert button.press is not None
    read = await Chat(database, reader, MORNING).press(button.press)
    assert (read.text, read.fresh) == (letter_to(reader, short)[1], True)
    for other in (people.of_5b[0], people.far):
        with pytest.raises(Gone):
            await Chat(database, other, MORNING).press(button.press)
    await corrected(liv, road, 2, "g", MORNING + timedelta(hours=2))
    assert road.shows == {number: before}, "with room for all, it is as it was"


async def test_order_is_kept_and_overflow_goes_into_a_second_message(
    liv: Chat, road: Shown, people: Heia
) -> None:
    texts = ["a" * 2500, "b" * 2500, "c"]
    await sent(liv, *texts)
    await road.deliver(MORNING)
    first, second, third = [letter_to(people.of_6a, text)[1] for text in texts]
    assert [reply.text for reply in road.shows.values()] == [
        first,
        f"{HEADING.format(n=2)}\n\n① {second}\n\n② {third}",
    ]
