"""Before it is sent: the readers, the text, and what they will see."""

from bot.content import written
from bot.content.templates import render
from bot.handlers.announcement import letter, readers
from bot.handlers.announcement.latest import buttons_of
from bot.handlers.announcement.presses import Address, AskReaders, Begin, Discard, Rewrite, Send, Show
from bot.language import known, language
from bot.services import announcements
from bot.services.announcements import Addressed, Unfit
from bot.turn import Button, Reply, Turn
from pals.roles import May
from pals.zone import to_wall
from storage import audiences
from storage.announcements import AnnouncementRow
from storage.drafts import DraftRow


async def begin(turn: Turn, press: Begin | None = None) -> Reply:
    """Whom is it for? Below are the latest ones, to see what became of them."""
    turn.actor.must(May.ANNOUNCE)
    await announcements.stop_waiting(turn.db, turn.actor)
    return Reply(
        turn.t(
            "📣 <b>Write to many</b>\nWho is it for? The number is how many it reaches just now. "
            "You will see it as they will before anything is sent."
        ),
        [*await readers.choices(turn, None), *await buttons_of(turn)],
        fresh=press is not None and press.fresh,
    )


async def ask_readers(turn: Turn, press: AskReaders) -> Reply:
    row = await announcements.mine(turn.db, turn.actor, press.announcement_id)
    return Reply(
        turn.t("📣 Who is it for instead? Your text stays as it is."),
        [*await readers.choices(turn, row.id), [Button(turn.t("◀ Back"), Show(row.id))]],
    )


async def address(turn: Turn, press: Address) -> Reply:
    """The readers are chosen: now the text, or, when there is one, how it looks to them."""
    addressed = Addressed(press.to, press.which)
    if press.announcement_id is not None:
        row = await announcements.readdress(turn.db, turn.actor, press.announcement_id, addressed)
        return await preview(turn, row)
    await announcements.begin(turn.db, turn.actor, addressed, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, addressed),
            limit=turn.language.number(written.LIMIT),
            old=None,
        ),
        [_cancel_writing(turn)],
    )


async def rewrite(turn: Turn, press: Rewrite) -> Reply:
    """Another text: the old one stands there to copy from."""
    row = await announcements.begin_again(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, Addressed.of(row)),
            limit=turn.language.number(written.LIMIT),
            old=row.text,
        ),
        [[Button(turn.t("◀ Back, keep the text"), Show(row.id))]],
    )


async def take_text(turn: Turn, _draft: DraftRow) -> Reply:
    """What was typed, as the readers will see it; or why it cannot be sent, and it is awaited still."""
    try:
        row = await announcements.write(turn.db, turn.actor, turn.text, turn.now)
    except Unfit as unfit:
        return Reply(unfit.said(turn.language), [_cancel_writing(turn)])
    return await preview(turn, row)


async def preview(turn: Turn, row: AnnouncementRow) -> Reply:
    """Exactly what they get, in the language most of them read; how many, when, and in which other languages."""
    school, addressed = turn.actor.school, Addressed.of(row)
    await announcements.stop_waiting(turn.db, turn.actor)
    read: dict[str, int] = {}
    for code, count in (await audiences.languages(turn.db, school.id, addressed.audience)).items():
        read[known(code)] = read.get(known(code), 0) + count
    first, *others = [language(code) for code in read] or [turn.language]
    at = to_wall(await announcements.goes_out(turn.db, turn.actor, turn.now), school.zone)
    said = render(
        turn.language,
        "announcement_preview",
        audience=await readers.called(turn, addressed),
        readers=sum(read.values()),
        message=letter.compose(first, school.name, row.text),
        others=[(other.name, read[other.code], letter.frame(other, school.name)) for other in others],
        contact=written.contact_in(row.text),
        at=at,
        quiet=at > to_wall(turn.now + announcements.GRACE, school.zone),
        today=turn.today,
    )
    send = [Button(turn.t("📤 Send"), Send(row.id, announcements.seal(row)))]
    return Reply(
        said,
        [
            *([send] if read else []),
            [
                Button(turn.t("Change the text"), Rewrite(row.id)),
                Button(turn.t("Other readers"), AskReaders(row.id)),
            ],
            [Button(turn.t("✖ Cancel"), Discard(row.id))],
        ],
    )


async def discard(turn: Turn, press: Discard) -> Reply:
    await announcements.discard(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        turn.t("📣 Nothing was sent, and I have deleted the text."),
        [[Button(turn.t("📣 Write to many"), Begin(fresh=False))]],
    )


def _cancel_writing(turn: Turn) -> list[Button]:
    return [Button(turn.t("✖ Cancel, write nothing"), Begin(fresh=False))]
