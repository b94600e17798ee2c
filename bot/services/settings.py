"""Settings of a person: the read models of the card, and the verbs for language, quiet hours, classes and muting."""

from dataclasses import dataclass
from datetime import datetime, time

from bot.errors import Gone, NotAllowed, existing
from bot.i18n import CODES
from bot.turn import Actor, Db
from pals.quiet import QuietHours
from pals.roles import May, Role
from storage import audits, groups, memberships, people, schools, year_wheels
from storage.memberships import MembershipRow
from storage.people import PersonRow
from storage.tables import Standing


@dataclass(frozen=True, slots=True)
class SettingsView:
    """A person's settings. `current` is the membership they act in, None without an active role.

    `waiting` are the schools with a pending request, `has_requests` counts declined ones too.
    """

    current: MembershipRow | None
    waiting: list[str]
    quiet: tuple[time, time] | None
    groups: list[str]
    chooses_groups: bool
    has_other_roles: bool
    has_requests: bool


async def settings_view(db: Db, person_id: int, telegram_id: int, actor: Actor | None) -> SettingsView:
    person = await people.by_telegram(db, telegram_id)
    own = await memberships.of_person(db, person_id)
    current = next((m for m in own if actor is not None and m.id == actor.membership_id), None)
    followed = await groups.of_membership(db, current.school_id, current.id) if current is not None else []
    return SettingsView(
        current=current,
        waiting=[m.school_name for m in own if m.standing is Standing.PENDING],
        quiet=_own_quiet_hours(person) if person is not None else None,
        groups=[group.name for group in followed],
        chooses_groups=actor is not None and actor.may(May.LOG),
        has_other_roles=sum(m.standing is Standing.ACTIVE for m in own) > 1,
        has_requests=any(m.standing is not Standing.ACTIVE for m in own),
    )


async def quiet_hours(db: Db, actor: Actor) -> tuple[QuietHours | None, tuple[time, time] | None]:
    """The school's and the person's own, in wall time. Raises Gone when either no longer exists."""
    person = existing(await people.by_telegram(db, actor.telegram_id))
    school = existing(await schools.by_id(db, actor.school.id))
    return year_wheels.quiet(school.quiet_hours), _own_quiet_hours(person)


def _own_quiet_hours(person: PersonRow) -> tuple[time, time] | None:
    if person.quiet_from is None or person.quiet_to is None:
        return None
    return person.quiet_from, person.quiet_to


async def choose_language(db: Db, person_id: int, code: str) -> None:
    """Raises Gone for a language without a catalogue."""
    if code not in CODES:
        raise Gone
    await people.set_language(db, person_id, code)


async def set_quiet_hours(db: Db, person_id: int, hours: tuple[time, time] | None) -> None:
    """Sets the person's own quiet hours, beside the school's; None for none."""
    await people.set_quiet(db, person_id, *(hours or (None, None)))


async def set_group(db: Db, actor: Actor, group_id: int, mine: bool, now: datetime) -> None:
    """Adds a group to an adult's own, or removes it; idempotent. Raises NotAllowed, and Gone for no active group."""
    actor.must(May.LOG)
    group = await groups.by_id(db, actor.school.id, group_id)
    if group is None or (mine and not group.active):
        raise Gone
    change = memberships.take_group if mine else memberships.leave_group
    if await change(db, actor.school.id, actor.membership_id, group_id):
        action = "group.take" if mine else "group.leave"
        await audits.record(db, actor.school.id, actor.person_id, now, action, ref=str(group_id))


async def mute(db: Db, actor: Actor, muted: bool, now: datetime) -> None:
    """Turns the school's messages to a family off or on. Raises NotAllowed for other roles."""
    if actor.role is not Role.FAMILY:
        raise NotAllowed
    await memberships.mute(db, actor.school.id, actor.membership_id, muted)
    await audits.record(db, actor.school.id, actor.person_id, now, "mute" if muted else "unmute")
