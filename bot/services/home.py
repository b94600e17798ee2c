"""Read model of the home card: what concerns one member now, by role. A web page shows the same view."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.services import problems
from bot.services.year import meetings_of_role
from bot.turn import Actor, Db
from pals.behaviour import Answer
from pals.rates import Coverage
from pals.roles import May, Role
from pals.weeks import IsoWeek
from pals.yearwheel import practice_index
from pals.zone import to_wall
from scheduler.message_kind import MessageKinds
from storage import focuses, groups, memberships, practices, year_wheels
from storage import problems as problem_rows
from storage.focuses import FocusRow
from storage.tables import Standing, Texts

MEETING_HORIZON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class HomeView:
    """What home shows. A field that is not for the role, or has no value, keeps its default.

    practice          this week's, in a few words; `groups` are the actor's own, each with its answer to it
    next_meeting      its start, in wall time
    missed            (message kind, day) of what was too late in the last two weeks
    has_problems      the actor may open a list of deliveries that may have failed
    requests          how many people wait for a leader to confirm them
    focus             the month's, for a family, which follows `followed`
    """

    role: Role
    school: str
    today: date
    has_other_roles: bool
    practice: Texts | None = None
    groups: tuple[tuple[str, Answer | None], ...] = ()
    coverage: Coverage | None = None
    next_meeting: datetime | None = None
    missed: tuple[tuple[str, date], ...] = ()
    has_problems: bool = False
    requests: int = 0
    focus: FocusRow | None = None
    followed: tuple[str, ...] = ()
    muted: bool = False


async def home_view(db: Db, actor: Actor, kinds: MessageKinds, now: datetime) -> HomeView:
    own = await memberships.of_person(db, actor.person_id)
    view = HomeView(
        actor.role,
        actor.school.name,
        to_wall(now, actor.school.zone).date(),
        has_other_roles=sum(m.standing is Standing.ACTIVE for m in own) > 1,
    )
    if actor.role is not Role.FAMILY:
        return await _for_adult(db, actor, view, kinds, now)
    followed = await groups.of_membership(db, actor.school.id, actor.membership_id)
    return replace(
        view,
        focus=await focuses.by_key(db, actor.school.id, f"{view.today:%Y-%m}"),
        followed=tuple(group.name for group in followed),
        muted=any(m.muted for m in own if m.id == actor.membership_id),
    )


async def _for_adult(db: Db, actor: Actor, view: HomeView, kinds: MessageKinds, now: datetime) -> HomeView:
    school_id = actor.school.id
    wheel = await year_wheels.of_school(db, school_id)
    week = IsoWeek.of(view.today)
    index = practice_index(wheel, week)
    if actor.may(May.REPORT_PRACTICE):
        prompt = await focuses.prompt(db, school_id, *index) if index is not None else None
        answers = {row.group_id: row.answer for row in await practices.of_week(db, school_id, str(week))}
        own = await groups.of_membership(db, school_id, actor.membership_id)
        view = replace(
            view,
            practice=prompt.short if prompt is not None else None,
            groups=tuple((group.name, answers.get(group.id)) for group in own),
        )
    if actor.may(May.SEE_COVERAGE) and index is not None:
        view = replace(view, coverage=await practices.coverage(db, school_id, str(week)))
    if actor.may(May.SEE_MEETINGS):
        wall = to_wall(now, wheel.zone)
        planned = meetings_of_role(wheel, actor.role, wall.date(), (wall + MEETING_HORIZON).date())
        upcoming = (meeting.starts for meeting in planned if meeting.starts > wall)
        view = replace(view, next_meeting=next(upcoming, None))
    if actor.may(May.SEE_SCHOOL_NUMBERS):
        rows = await problem_rows.of_school(db, school_id, now - problems.RECENT, now, kinds.unlisted)
        view = replace(
            view,
            missed=tuple(
                (row.kind, to_wall(row.due_at, wheel.zone).date())
                for row in rows
                if problems.is_missed(row) and not row.lost
            ),
            has_problems=bool(rows) and actor.may(May.ANNOUNCE),
        )
    if actor.may(May.CONFIRM):
        view = replace(view, requests=len(await memberships.pending(db, school_id)))
    return view
