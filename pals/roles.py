"""Role-based access control: one table of roles and permissions, checked on every request.

A person has a role at a school, and may have several. The table decides about permissions only: whether a group or a
row belongs to the person or the school is checked by the caller's query.
"""

from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """A person's role at a school."""

    LEADER = "leader"
    """The head, or the leader of PALS."""
    TEAM = "team"
    """A member of the school's PALS team."""
    STAFF = "staff"
    """Every other adult who works with pupils: teachers, assistants and SFO on equal terms."""
    ADVISOR = "advisor"
    """An adviser from outside the school: PPT, a PALS adviser, a læringsmiljøteam."""
    OWNER = "owner"
    """The municipality as the owner of its schools."""
    FAMILY = "family"
    """A parent or guardian. Children have no role, because they have no accounts."""


class May(StrEnum):
    """A permission."""

    LOG = "log"
    """Record praise or an incident."""
    UNDO_OWN = "undo_own"
    """Undo one's own record within `UNDO_WINDOW`."""
    REPORT_PRACTICE = "report_practice"
    """Answer whether the week's practice was done."""
    READ_STAFF_TEXT = "read_staff_text"
    """Read the adults' version of a focus, a campaign or a prompt."""
    READ_FAMILY_TEXT = "read_family_text"
    COPY_FAMILY_TEXT = "copy_family_text"
    SEE_MEETINGS = "see_meetings"
    SEE_SCHOOL_NUMBERS = "see_school_numbers"
    SEE_COVERAGE = "see_coverage"
    """See how many groups practised, as totals."""
    SEE_OWN_COUNTS = "see_own_counts"
    ANNOUNCE = "announce"
    INVITE = "invite"
    CONFIRM = "confirm"
    """Confirm a pending membership."""
    REMOVE = "remove"
    SETTINGS = "settings"
    HANDOVER = "handover"
    """Notify the head of a possible violation."""
    RECEIVE_HANDOVER = "receive_handover"
    """Receive and acknowledge that notice."""


STAFF_ROLES: frozenset[Role] = frozenset({Role.LEADER, Role.TEAM, Role.STAFF})
"""Adults at the school, who log; the audience of what is addressed to staff."""

UNDO_WINDOW = timedelta(hours=24)
"""The undo window: for how long a record may be undone by its author."""

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
    """Whether this role has the permission at its own school.

    Advisors and owners see coverage as totals of a whole school, never by class. Suppression of small numbers is
    decided by `pals.rates.withheld`, for every role alike.
    """
    return what in _TABLE[role]
