"""Before it is sent: the readers, the text, and what they will see."""

from bot.content import typed_text
from bot.content.templates import render
from bot.handlers.announcement import letter, readers
from bot.handlers.announcement.latest import buttons_of
from bot.handlers.announcement.presses import (
    AddressAnnouncement,
    AskReaders,
    AskSeen,
    DiscardAnnouncement,
    RewriteAnnouncement,
    SendAnnouncement,
)
from bot.handlers.shared_presses import BeginAnnouncement, ShowAnnouncement
from bot.i18n import N_, language, negotiate
from bot.services.announcements import write as announcements
from bot.services.announcements.write import AnnouncementAudience, UnfitText
from bot.turn import Button, Reply, Turn
from pals.roles import May
from pals.zone import to_wall
from storage.announcements import AnnouncementRow
from storage.delivery import audiences
from storage.drafts import DraftRow

ASK_SEEN = {False: N_("👁 Ask whether they have seen it"), True: N_("👁 Do not ask whether they have seen it")}


async def begin(turn: Turn, press: BeginAnnouncement | None = None) -> Reply:
    """Whom is it for? Below are the latest ones, to see what became of them."""
    turn.actor.must(May.ANNOUNCE)
    await announcements.drop_draft(turn.db, turn.actor)
    return Reply(
        turn.t(
            "📣 <b>Write to many</b>\nWho is it for? The number is how many it reaches just now. "
            "You will see it as they will before anything is sent."
        ),
        [*await readers.choices(turn, None), *await buttons_of(turn)],
        fresh=press is not None and press.fresh,
    )


async def ask_readers(turn: Turn, press: AskReaders) -> Reply:
    row = await announcements.own_unsent(turn.db, turn.actor, press.announcement_id)
    return Reply(
        turn.t("📣 Who is it for instead? Your text stays as it is."),
        [*await readers.choices(turn, row.id), [Button(turn.t("◀ Back"), ShowAnnouncement(row.id))]],
    )


async def address(turn: Turn, press: AddressAnnouncement) -> Reply:
    """The readers are chosen: now the text, or, when there is one, how it looks to them."""
    addressed = AnnouncementAudience(press.to, press.which)
    if press.announcement_id is not None:
        row = await announcements.readdress(turn.db, turn.actor, press.announcement_id, addressed)
        return await preview(turn, row)
    await announcements.begin_writing(turn.db, turn.actor, addressed, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, addressed),
            limit=turn.language.number(typed_text.LIMIT),
            old=None,
            corrects=False,
        ),
        [_cancel_writing(turn)],
    )


async def rewrite(turn: Turn, press: RewriteAnnouncement) -> Reply:
    """Another text: the old one stands there to copy from."""
    row = await announcements.begin_rewriting(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, AnnouncementAudience.of(row)),
            limit=turn.language.number(typed_text.LIMIT),
            old=row.text,
            corrects=False,
        ),
        [[Button(turn.t("◀ Back, keep the text"), ShowAnnouncement(row.id))]],
    )


async def take_text(turn: Turn, _draft: DraftRow) -> Reply:
    """What was typed, as the readers will see it; or why it cannot be sent, and it is awaited still."""
    try:
        row = await announcements.write_text(turn.db, turn.actor, turn.text, turn.now)
    except UnfitText as unfit:
        return Reply(unfit.said(turn.language), [_cancel_writing(turn)])
    return await preview(turn, row)


async def ask_seen(turn: Turn, press: AskSeen) -> Reply:
    row = await announcements.ask_seen(turn.db, turn.actor, press.announcement_id, press.asks)
    return await preview(turn, row)


async def preview(turn: Turn, row: AnnouncementRow) -> Reply:
    """Exactly what they get, in the language most of them read; how many, when, and in which other languages."""
    school, addressed = turn.actor.school, AnnouncementAudience.of(row)
    await announcements.drop_draft(turn.db, turn.actor)
    read: dict[str, int] = {}
    for code, count in (await audiences.languages(turn.db, school.id, addressed.audience)).items():
        read[negotiate(code)] = read.get(negotiate(code), 0) + count
    first, *others = [language(code) for code in read] or [turn.language]
    at = to_wall(await announcements.send_time(turn.db, turn.actor, turn.now), school.zone)
    said = render(
        turn.language,
        "announcement_preview",
        audience=await readers.called(turn, addressed),
        readers=sum(read.values()),
        message=letter.compose(first, school.name, row.text),
        others=[(other.name, read[other.code], letter.frame(other, school.name)) for other in others],
        asks_seen=row.asks_seen,
        contact=typed_text.contact_in(row.text),
        at=at,
        quiet=at > to_wall(turn.now + announcements.GRACE, school.zone),
        today=turn.today,
    )
    send = [Button(turn.t("📤 Send"), SendAnnouncement(row.id, announcements.fingerprint(row)))]
    return Reply(
        said,
        [
            *([send] if read else []),
            [
                Button(turn.t("Change the text"), RewriteAnnouncement(row.id)),
                Button(turn.t("Other readers"), AskReaders(row.id)),
            ],
            [Button(turn.t(ASK_SEEN[row.asks_seen]), AskSeen(row.id, not row.asks_seen))],
            [Button(turn.t("✖ Cancel"), DiscardAnnouncement(row.id))],
        ],
    )


async def discard(turn: Turn, press: DiscardAnnouncement) -> Reply:
    await announcements.discard(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        turn.t("📣 Nothing was sent, and I have deleted the text."),
        [[Button(turn.t("📣 Write to many"), BeginAnnouncement(fresh=False))]],
    )


def _cancel_writing(turn: Turn) -> list[Button]:
    return [Button(turn.t("✖ Cancel, write nothing"), BeginAnnouncement(fresh=False))]
