"""Before it is sent: the audience, the text and the preview; and the lists of earlier announcements."""

from datetime import datetime

from bot.content import typed_text
from bot.content.message_length import excerpt
from bot.content.templates import render
from bot.handlers.announcement.letter import frame_text, letter_text
from bot.handlers.button_rows import back_button, in_rows
from bot.handlers.shared_presses import BeginAnnouncement, ShowAnnouncement
from bot.i18n import N_, language
from bot.press import Press
from bot.services.announcements import audience as audiences
from bot.services.announcements import report
from bot.services.announcements import write as drafts
from bot.services.announcements.audience import AnnouncementAudience, AudienceChoice, NamedAudience
from bot.services.announcements.write import UnfitText
from bot.turn import Button, Letter, Reply, Turn
from pals.zone import to_wall
from storage.announcements import AnnouncementRow
from storage.drafts import DraftRow
from storage.tables import AnnouncementStatus

EXCERPT = 30
REQUEST_RECEIPTS = {
    False: N_("👁 Ask whether they have seen it"),
    True: N_("👁 Do not ask whether they have seen it"),
}
NAMES = {
    AudienceChoice.STAFF: N_("All staff"),
    AudienceChoice.TEAM: N_("The PALS team"),
    AudienceChoice.FAMILIES: N_("All families"),
    AudienceChoice.GRADE: N_("The families of grade {grade}"),
    AudienceChoice.GROUP: N_("The families of {group}"),
}
OPTIONS = {
    AudienceChoice.STAFF: N_("All staff: {n}"),
    AudienceChoice.TEAM: N_("The PALS team: {n}"),
    AudienceChoice.FAMILIES: N_("All families: {n}"),
    AudienceChoice.GRADE: N_("Grade {grade}: {n}"),
}
MARKS = {
    AnnouncementStatus.WRITTEN: "📝",
    AnnouncementStatus.SENDING: "📤",
    AnnouncementStatus.SENT: "✅",
    AnnouncementStatus.STOPPED: "⏹",
    AnnouncementStatus.WITHDRAWING: "🗑",
    AnnouncementStatus.WITHDRAWN: "🗑",
}


class ShowAnnouncementMonth(Press, tag="am"):
    pass


class AskReaders(Press, tag="ac"):
    """Another audience for an unsent announcement."""

    announcement_id: int


class AskAnnouncementGrade(Press, tag="ag"):
    announcement_id: int | None


class AskAnnouncementGroup(Press, tag="ak"):
    announcement_id: int | None


class AddressAnnouncement(Press, tag="aw"):
    """The audience of an unsent announcement, or of a new one; `which` is the grade's number or the group's id."""

    to: AudienceChoice
    which: int | None
    announcement_id: int | None


class RewriteAnnouncement(Press, tag="at"):
    announcement_id: int


class AskSeen(Press, tag="af"):
    """Whether the readers of an unsent announcement get a button for a read receipt."""

    announcement_id: int
    asks: bool


class DiscardAnnouncement(Press, tag="ad"):
    announcement_id: int


class SendAnnouncement(Press, tag="as"):
    """`seen` is the fingerprint of the preview with the button."""

    announcement_id: int
    seen: str


async def begin(turn: Turn, press: BeginAnnouncement | None = None) -> Reply:
    """The choice of audiences with their numbers of readers, and the latest announcements."""
    options = await _option_rows(turn, None)
    latest = await report.list_latest(turn.db, turn.actor)
    await drafts.drop_draft(turn.db, turn.actor)
    month = [[Button(turn.t("This month's announcements"), ShowAnnouncementMonth())]] if latest else []
    return Reply(
        turn.t(
            "📣 <b>Write to many</b>\nWho is it for? The number is how many it reaches just now. "
            "You will see it as they will before anything is sent."
        ),
        [*options, *([_list_button(turn, row)] for row in latest), *month],
        fresh=press is not None and press.fresh,
    )


async def ask_readers(turn: Turn, press: AskReaders) -> Reply:
    row = await drafts.find_unsent(turn.db, turn.actor, press.announcement_id)
    return Reply(
        turn.t("📣 Who is it for instead? Your text stays as it is."),
        [*await _option_rows(turn, row.id), [back_button(turn, ShowAnnouncement(row.id))]],
    )


async def ask_grade(turn: Turn, press: AskAnnouncementGrade) -> Reply:
    question = turn.t("📣 The families of which grade? The number is how many it reaches just now.")
    return await _ask_part(turn, question, AudienceChoice.GRADE, press.announcement_id, width=3)


async def ask_group(turn: Turn, press: AskAnnouncementGroup) -> Reply:
    question = turn.t("📣 The families of which group? The number is how many it reaches just now.")
    return await _ask_part(turn, question, AudienceChoice.GROUP, press.announcement_id, width=4)


async def _ask_part(
    turn: Turn, question: str, choice: AudienceChoice, announcement_id: int | None, *, width: int
) -> Reply:
    options = await audiences.list_options(turn.db, turn.actor, choice)
    buttons = [_option_button(turn, option, announcement_id) for option in options]
    back = BeginAnnouncement(fresh=False) if announcement_id is None else AskReaders(announcement_id)
    return Reply(question, [*in_rows(buttons, width), [back_button(turn, back)]])


async def address(turn: Turn, press: AddressAnnouncement) -> Reply:
    """Changes the audience of an unsent announcement and shows its preview, or begins a new one."""
    audience = AnnouncementAudience(press.to, press.which)
    if press.announcement_id is not None:
        row = await drafts.readdress(turn.db, turn.actor, press.announcement_id, audience)
        return await show_preview(turn, row)
    await drafts.begin_writing(turn.db, turn.actor, audience, turn.now)
    named = await audiences.name_audience(turn.db, turn.school.id, audience)
    return Reply(ask_text(turn, named), [_cancel_writing(turn)])


async def rewrite(turn: Turn, press: RewriteAnnouncement) -> Reply:
    """Awaits a new text, and shows the old one to copy from."""
    row = await drafts.begin_rewriting(turn.db, turn.actor, press.announcement_id, turn.now)
    named = await audiences.name_audience(turn.db, turn.school.id, AnnouncementAudience.from_row(row))
    back = Button(turn.t("◀ Back, keep the text"), ShowAnnouncement(row.id))
    return Reply(ask_text(turn, named, old_text=row.text), [[back]])


async def take_text(turn: Turn, _draft: DraftRow) -> Reply:
    """The preview of the typed text; or why it is refused, and another one is awaited."""
    try:
        row = await drafts.write_text(turn.db, turn.actor, turn.text, turn.now)
    except UnfitText as unfit:
        return Reply(unfit.said(turn.language), [_cancel_writing(turn)])
    return await show_preview(turn, row)


async def request_receipts(turn: Turn, press: AskSeen) -> Reply:
    row = await drafts.request_receipts(turn.db, turn.actor, press.announcement_id, requested=press.asks)
    return await show_preview(turn, row)


async def discard(turn: Turn, press: DiscardAnnouncement) -> Reply:
    await drafts.discard(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        turn.t("📣 Nothing was sent, and I have deleted the text."),
        [[Button(turn.t("📣 Write to many"), BeginAnnouncement(fresh=False))]],
    )


async def show_preview(turn: Turn, row: AnnouncementRow) -> Reply:
    """The message in the language most of its readers have, and the frame in the other languages; drops any draft."""
    await drafts.drop_draft(turn.db, turn.actor)
    view = await report.preview(turn.db, turn.actor, row, turn.now)
    school, readers = turn.school, view.readers_by_language
    first, *others = [language(code) for code in readers] or [turn.language]
    text = render(
        turn.language,
        "announcement_preview",
        audience=audience_name(turn, view.audience),
        readers=view.readers,
        message=letter_text(first, school.name, row.text),
        others=[(other.name, readers[other.code], frame_text(other, school.name)) for other in others],
        asks_seen=row.asks_seen,
        contact=view.has_contact,
        at=to_wall(view.sends_at, school.zone),
        quiet=view.is_delayed,
    )
    send = [Button(turn.t("📤 Send"), SendAnnouncement(row.id, view.fingerprint))]
    return Reply(
        text,
        [
            *([send] if readers else []),
            [
                Button(turn.t("Change the text"), RewriteAnnouncement(row.id)),
                Button(turn.t("Other readers"), AskReaders(row.id)),
            ],
            [Button(turn.t(REQUEST_RECEIPTS[row.asks_seen]), AskSeen(row.id, not row.asks_seen))],
            [Button(turn.t("✖ Cancel"), DiscardAnnouncement(row.id))],
        ],
    )


async def show_month(turn: Turn, _press: ShowAnnouncementMonth) -> Reply:
    """This month's announcements, newest first, each with its audience and number of deliveries."""
    outcomes = await report.list_month(turn.db, turn.actor, turn.today)
    lines = [
        (
            MARKS[each.announcement.status],
            _wall_time(turn, each.announcement),
            audience_name(turn, each.audience),
            excerpt(each.announcement.text, EXCERPT),
            each.counts,
        )
        for each in outcomes
    ]
    buttons = [[_list_button(turn, each.announcement)] for each in outcomes]
    return Reply(
        render(turn.language, "announcement_month", month=turn.today, lines=lines),
        [*buttons, [back_button(turn, BeginAnnouncement(fresh=False))]],
    )


def ask_text(
    turn: Turn, audience: NamedAudience, *, old_text: str | None = None, corrects: bool = False
) -> str:
    """Asks for the text, or, if it `corrects` a delivered one, for the corrected text."""
    return render(
        turn.language,
        "announcement_ask",
        audience=audience_name(turn, audience),
        limit=turn.language.number(typed_text.LIMIT),
        old=old_text,
        corrects=corrects,
    )


def audience_name(to: Turn | Letter, named: NamedAudience) -> str:
    """The name of an audience, as plain text."""
    grade, group = named.audience.which, named.group_name if named.group_name is not None else "–"
    return to.t(NAMES[named.audience.choice], grade=grade, group=group).unescape()


async def _option_rows(turn: Turn, announcement_id: int | None) -> list[list[Button]]:
    """A button for each audience; `announcement_id` is the unsent announcement that gets it, None for a new one."""
    staff, team, families = [
        _option_button(turn, option, announcement_id)
        for option in await audiences.list_options(
            turn.db, turn.actor, AudienceChoice.STAFF, AudienceChoice.TEAM, AudienceChoice.FAMILIES
        )
    ]
    return [
        [staff, team],
        [families],
        [
            Button(turn.t("Families of a grade"), AskAnnouncementGrade(announcement_id)),
            Button(turn.t("Families of a group"), AskAnnouncementGroup(announcement_id)),
        ],
    ]


def _option_button(turn: Turn, option: NamedAudience, announcement_id: int | None) -> Button:
    choice, which = option.audience.choice, option.audience.which
    n = turn.language.number(option.readers or 0)
    label = turn.t(OPTIONS[choice], grade=which, n=n) if choice in OPTIONS else f"{option.group_name}: {n}"
    return Button(label, AddressAnnouncement(choice, which, announcement_id))


def _list_button(turn: Turn, row: AnnouncementRow) -> Button:
    day = turn.language.day_of_month(_wall_time(turn, row).date())
    return Button(f"{MARKS[row.status]} {day}: {excerpt(row.text, EXCERPT)}", ShowAnnouncement(row.id))


def _wall_time(turn: Turn, row: AnnouncementRow) -> datetime:
    """When it was sent, or else written."""
    return to_wall(row.sent_at or row.created_at, turn.school.zone)


def _cancel_writing(turn: Turn) -> list[Button]:
    return [Button(turn.t("✖ Cancel, write nothing"), BeginAnnouncement(fresh=False))]
