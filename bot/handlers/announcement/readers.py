"""Who is it for: every audience, with how many it reaches just now."""

from bot.handlers.announcement.presses import (
    AddressAnnouncement,
    AskAnnouncementGrade,
    AskAnnouncementGroup,
    AskReaders,
)
from bot.handlers.button_rows import in_rows
from bot.handlers.shared_presses import BeginAnnouncement
from bot.services.announcements.write import AnnouncementAudience, AudienceChoice
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from storage import groups
from storage.delivery import audiences

Rows = list[list[Button]]


async def choices(turn: Turn, announcement_id: int | None) -> Rows:
    """A button for each audience; `announcement_id` is what gets these readers, if it is written already."""
    staff = turn.t("All staff: {n}", n=await _reach(turn, AnnouncementAudience(AudienceChoice.STAFF)))
    team = turn.t("The PALS team: {n}", n=await _reach(turn, AnnouncementAudience(AudienceChoice.TEAM)))
    families = turn.t(
        "All families: {n}", n=await _reach(turn, AnnouncementAudience(AudienceChoice.FAMILIES))
    )
    return [
        [
            Button(staff, AddressAnnouncement(AudienceChoice.STAFF, None, announcement_id)),
            Button(team, AddressAnnouncement(AudienceChoice.TEAM, None, announcement_id)),
        ],
        [Button(families, AddressAnnouncement(AudienceChoice.FAMILIES, None, announcement_id))],
        [
            Button(turn.t("Families of a grade"), AskAnnouncementGrade(announcement_id)),
            Button(turn.t("Families of a group"), AskAnnouncementGroup(announcement_id)),
        ],
    ]


async def ask_grade(turn: Turn, press: AskAnnouncementGrade) -> Reply:
    turn.actor.must(May.ANNOUNCE)
    there = await groups.all_of(turn.db, turn.actor.school.id)
    buttons = [
        Button(
            turn.t(
                "Grade {grade}: {n}",
                grade=grade,
                n=await _reach(turn, AnnouncementAudience(AudienceChoice.GRADE, grade)),
            ),
            AddressAnnouncement(AudienceChoice.GRADE, grade, press.announcement_id),
        )
        for grade in sorted({g.grade for g in there if g.grade is not None})
    ]
    return Reply(
        turn.t("📣 The families of which grade? The number is how many it reaches just now."),
        [*in_rows(buttons, 3), _back(turn, press.announcement_id)],
    )


async def ask_group(turn: Turn, press: AskAnnouncementGroup) -> Reply:
    turn.actor.must(May.ANNOUNCE)
    buttons = [
        Button(
            f"{group.name}: {await _reach(turn, AnnouncementAudience(AudienceChoice.GROUP, group.id))}",
            AddressAnnouncement(AudienceChoice.GROUP, group.id, press.announcement_id),
        )
        for group in await groups.all_of(turn.db, turn.actor.school.id)
    ]
    return Reply(
        turn.t("📣 The families of which group? The number is how many it reaches just now."),
        [*in_rows(buttons, 4), _back(turn, press.announcement_id)],
    )


async def called(to: Turn | Letter, addressed: AnnouncementAudience) -> str:
    """What an audience is called, as plain text."""
    match addressed.to:
        case AudienceChoice.STAFF:
            return to.t("All staff").unescape()
        case AudienceChoice.TEAM:
            return to.t("The PALS team").unescape()
        case AudienceChoice.FAMILIES:
            return to.t("All families").unescape()
        case AudienceChoice.GRADE:
            return to.t("The families of grade {grade}", grade=addressed.which).unescape()
        case AudienceChoice.GROUP:
            group = await groups.by_id(to.db, to.school.id, addressed.which or 0)
            return to.t("The families of {group}", group=group.name if group is not None else "–").unescape()


async def _reach(turn: Turn, addressed: AnnouncementAudience) -> str:
    count = await audiences.reach(turn.db, turn.actor.school.id, addressed.audience)
    return turn.language.number(count)


def _back(turn: Turn, announcement_id: int | None) -> list[Button]:
    to = BeginAnnouncement(fresh=False) if announcement_id is None else AskReaders(announcement_id)
    return [Button(turn.t("◀ Back"), to)]
