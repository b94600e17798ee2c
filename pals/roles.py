"""Who may do what at one school: a single table, asked anew on every tap.

A role is a person's part at one school; somebody with two roles is asked about once for each. The table
decides about kinds of things only: whether a class, a school or a row is the person's own is for the
caller's query.
"""

from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """A person's part at one school."""

    LEADER = "leader"
    """The head or the one who leads PALS."""
    TEAM = "team"
    """A member of the school's PALS team."""
    STAFF = "staff"
    """Every other adult who works with pupils: teachers, assistants and SFO on equal terms."""
    ADVISOR = "advisor"
    """Somebody who guides the school from outside: PPT, a PALS adviser, a læringsmiljøteam."""
    OWNER = "owner"
    """The municipality as the owner of its schools."""
    FAMILY = "family"
    """A parent or guardian. Children have no role, because they have no accounts."""


class May(StrEnum):
    """What somebody wants to do."""

    LOG = "log"
    """Record praise or an incident."""
    UNDO_OWN = "undo_own"
    """Take back a record of one's own within `UNDO_WINDOW`."""
    REPORT_PRACTICE = "report_practice"
    """Answer whether the week's practice was done."""
    READ_STAFF_TEXT = "read_staff_text"
    """Read the adults' version of a focus, a campaign or a prompt."""
    READ_FAMILY_TEXT = "read_family_text"
    """Read the families' version."""
    COPY_FAMILY_TEXT = "copy_family_text"
    """Get the families' version as text to paste into a week plan or another channel."""
    SEE_MEETINGS = "see_meetings"
    """See when the team meets, and the agenda."""
    SEE_SCHOOL_NUMBERS = "see_school_numbers"
    """See the school's own numbers of praise and incidents."""
    SEE_COVERAGE = "see_coverage"
    """See how many groups practised, as totals."""
    SEE_OWN_COUNTS = "see_own_counts"
    """See what oneself has recorded."""
    ANNOUNCE = "announce"
    """Write to many people at once, families among them."""
    INVITE = "invite"
    """Make and renew join links."""
    CONFIRM = "confirm"
    """Let in somebody who used the staff link."""
    REMOVE = "remove"
    """End somebody's membership."""
    SETTINGS = "settings"
    """Change the school's settings."""
    HANDOVER = "handover"
    """Tell the head that something must be looked into now."""
    RECEIVE_HANDOVER = "receive_handover"
    """Be the one who is told."""


STAFF_ROLES: frozenset[Role] = frozenset({Role.LEADER, Role.TEAM, Role.STAFF})
"""Adults at the school who log; the audience of everything addressed to staff."""

UNDO_WINDOW = timedelta(hours=24)
"""How long after it was made a record may be taken back by the one who made it."""

_STAFF = frozenset(
    {
        May.LOG,
        May.UNDO_OWN,
        May.REPORT_PRACTICE,
        May.READ_STAFF_TEXT,
        May.READ_FAMILY_TEXT,
        May.COPY_FAMILY_TEXT,
        May.SEE_OWN_COUNTS,
        May.HANDOVER,
    }
)
_TEAM = _STAFF | {May.SEE_MEETINGS, May.SEE_SCHOOL_NUMBERS, May.SEE_COVERAGE}

_TABLE: dict[Role, frozenset[May]] = {
    Role.LEADER: frozenset(May),
    Role.TEAM: _TEAM,
    Role.STAFF: _STAFF,
    Role.ADVISOR: frozenset({May.SEE_MEETINGS, May.SEE_COVERAGE}),
    Role.OWNER: frozenset({May.SEE_COVERAGE}),
    Role.FAMILY: frozenset({May.READ_FAMILY_TEXT}),
}


def may(role: Role, what: May) -> bool:
    """Whether this role may do this at its own school.

    Advisors and owners see coverage as totals of a whole school, never by class. What is withheld because a
    group is small is decided by `pals.rates.withheld`, for every role alike.
    """
    return what in _TABLE[role]
