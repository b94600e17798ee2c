"""Database schema: schools and their content, people, records, announcements, and the delivery queue.

No pupil is in here, by design: a record belongs to a group, an area, an expectation and a time.
Words in several languages are one JSON column, `{"nb": "…", "en": "…"}`. Every moment is UTC; local dates and
wall times are the school's. A record has an idempotency key: the same tap writes it once.

Personal data and retention periods are declared at the column, with the words of `storage.data_protection`.
"""

import re
from datetime import date, datetime, time
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Enum, Index, MetaData, Table, UniqueConstraint, null, text
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from pals.behaviour import Answer, Behaviour
from pals.roles import Role
from storage.data_protection import (
    ANNOUNCEMENTS,
    AUDITS,
    DELETE_ROW,
    DELIVERIES,
    DRAFTS,
    KEEP,
    OUTSIDE,
    RECORDS,
    SET_NULL,
    SET_ROW_KEY,
    UNDONE,
    WHO_LOGGED,
    Counted,
    Keep,
    expires,
    gettext_noop,
    impersonal,
    ngettext_noop,
    personal,
)

Texts = dict[str, str]

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def code(codes: type[StrEnum]) -> Enum:
    """A column that holds the codes of `codes` as text, on every database alike."""
    return Enum(
        codes,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class GroupKind(StrEnum):
    CLASS = "class"
    GRADE = "grade"
    SFO = "sfo"


class Standing(StrEnum):
    """State of a membership: requested, in force, or declined and not yet notified."""

    PENDING = "pending"
    ACTIVE = "active"
    DECLINED = "declined"


class InvitationKind(StrEnum):
    """Personal: once, for one role. Staff: many, each confirmed by a leader. Family: many, one group."""

    PERSONAL = "personal"
    STAFF = "staff"
    FAMILY = "family"


class OccurrenceStatus(StrEnum):
    """State of an occurrence.

    Planned: its audience is expanded when it is due. Going: readers who join meanwhile get it too. Closed: no more
    deliveries are created. Missed: past its deadline, never sent. Refused: Telegram rejects its text. Held: it may
    have been sent in a time that a restored database does not remember.
    """

    PLANNED = "planned"
    GOING = "going"
    CLOSED = "closed"
    MISSED = "missed"
    REFUSED = "refused"
    HELD = "held"


class DeliveryStatus(StrEnum):
    """State of a delivery. Claimed: leased to a worker. Sending: in flight, or was when its worker crashed."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    BLOCKED = "blocked"
    GONE = "gone"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    MISSED = "missed"
    CANCELLED = "cancelled"


STOPPABLE = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED)
"""Not in flight yet: it may still be cancelled."""

SETTLED = tuple(status for status in DeliveryStatus if status not in {*STOPPABLE, DeliveryStatus.SENDING})
"""Final statuses: nothing of it is sent, or recorded, any more."""


class AnnouncementStatus(StrEnum):
    """Sending: it, or a correction, is being delivered. Withdrawing: its messages are being deleted."""

    WRITTEN = "written"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


# --- a school and what it teaches ---------------------------------------------------------------------------

OF_A_SCHOOL = impersonal("a school's own: groups, places, what it teaches; no pupil is in it")


class TableRow(SQLModel):
    """A row of the table that is named after its class, in snake case."""

    @declared_attr  # type: ignore[arg-type]
    def __tablename__(cls) -> str:  # noqa: N805 - a class attribute
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


class WithId(TableRow):
    id: int | None = Field(default=None, primary_key=True)


class OfSchool(WithId):
    school_id: int = Field(foreign_key="school.id")


class School(WithId, table=True):
    """A school. `calendar`, `times`, `quiet_hours` and `words` are JSON as in its file; `pals` parses them."""

    slug: str = Field(max_length=40, unique=True)
    name: str = Field(sa_column_kwargs=OF_A_SCHOOL)
    timezone: str
    languages: list[str] = Field(sa_column=Column(JSON, nullable=False, **OF_A_SCHOOL))
    words: Texts = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    calendar: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    times: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    quiet_hours: Texts = Field(sa_column=Column(JSON, nullable=False, **OF_A_SCHOOL))
    version: int = Field(default=1, description="rises by one whenever a load changed anything")
    planned_until: datetime = Field(description="every moment up to here has been planned")
    created_at: datetime


class Group(OfSchool, table=True):
    __table_args__ = (UniqueConstraint("school_id", "name"),)

    name: str = Field(max_length=40, sa_column_kwargs=OF_A_SCHOOL)
    kind: GroupKind = Field(sa_column=Column(code(GroupKind), nullable=False))
    grade: int | None = None
    size: int
    position: int
    active: bool = True


class Value(OfSchool, table=True):
    __table_args__ = (UniqueConstraint("school_id", "key"),)

    key: str = Field(max_length=60)
    name: Texts = Field(sa_column=Column(JSON, nullable=False, **OF_A_SCHOOL))
    position: int
    active: bool = True


class Area(OfSchool, table=True):
    __table_args__ = (UniqueConstraint("school_id", "key"),)

    key: str = Field(max_length=60)
    name: Texts = Field(sa_column=Column(JSON, nullable=False, **OF_A_SCHOOL))
    position: int
    active: bool = True


class Expectation(OfSchool, table=True):
    """An expectation in the cell (value, area) of the matrix; `short` is the label on a button."""

    __table_args__ = (UniqueConstraint("school_id", "key"),)

    value_id: int = Field(foreign_key="value.id")
    area_id: int = Field(foreign_key="area.id")
    key: str = Field(max_length=60)
    short: Texts = Field(sa_column=Column(JSON, nullable=False))
    position: int
    active: bool = True


class Focus(OfSchool, table=True):
    """The month's focus (månedens PALS). `key` is its month, 2026-11."""

    __table_args__ = (UniqueConstraint("school_id", "key"),)

    key: str = Field(max_length=7)
    month: date
    title: Texts = Field(sa_column=Column(JSON, nullable=False))
    staff: Texts = Field(sa_column=Column(JSON, nullable=False))
    family: Texts = Field(sa_column=Column(JSON, nullable=False))
    question: Texts = Field(sa_column=Column(JSON, nullable=False))


class FocusExpectation(TableRow, table=True):
    focus_id: int = Field(foreign_key="focus.id", primary_key=True)
    expectation_id: int = Field(foreign_key="expectation.id", primary_key=True)
    position: int


class Prompt(WithId, table=True):
    """A practice prompt of a focus: an expectation and a script of two minutes."""

    __table_args__ = (UniqueConstraint("focus_id", "position"),)

    focus_id: int = Field(foreign_key="focus.id")
    expectation_id: int = Field(foreign_key="expectation.id")
    position: int
    script: Texts = Field(sa_column=Column(JSON, nullable=False))


class Campaign(OfSchool, table=True):
    __table_args__ = (UniqueConstraint("school_id", "key"),)

    key: str = Field(max_length=60)
    week: str = Field(max_length=8, description="ISO year and week, 2027-W02")
    title: Texts = Field(sa_column=Column(JSON, nullable=False))
    staff: Texts = Field(sa_column=Column(JSON, nullable=False))
    family: Texts | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class MeetingSeries(OfSchool, table=True):
    """A meeting series: an RFC 5545 rule in the school's wall time."""

    __table_args__ = (UniqueConstraint("school_id", "key"),)

    key: str = Field(max_length=60)
    kind: str = Field(max_length=12)
    name: Texts = Field(sa_column=Column(JSON, nullable=False, **OF_A_SCHOOL))
    starts: str = Field(max_length=16, description="the first one, in wall time: 2026-08-20T14:00")
    minutes: int
    rule: str
    on_closed: str = Field(max_length=8)


# --- people -------------------------------------------------------------------------------------------------


own = partial(personal, DELETE_ROW)
"""A column of a row that is deleted when its person asks to be forgotten."""

CLEARED = personal(SET_NULL)
"""A column that is set to NULL when its person asks to be forgotten; the row stays, so that counts hold."""


def person_link(shown_as: Counted, *, keep: Keep | None = None, index: bool = False) -> Any:
    """A link to a person that is cleared when they ask to be forgotten."""
    cleared = personal(SET_NULL, shown_as, keep)
    return Field(default=None, foreign_key="person.id", index=index, sa_column_kwargs=cleared)


class Person(TableRow, table=True):
    """One Telegram account. Its private chat has the same number."""

    id: int | None = Field(default=None, primary_key=True, sa_column_kwargs=own())
    telegram_id: int = Field(
        sa_column=Column(BigInteger, nullable=False, unique=True, **own("number of the Telegram account"))
    )
    language: str = Field(max_length=8, sa_column_kwargs=own("language"))
    language_chosen: bool = Field(default=False, sa_column_kwargs=own())
    quiet_from: time | None = Field(default=None, sa_column_kwargs=own("start of own quiet hours"))
    quiet_to: time | None = Field(default=None, sa_column_kwargs=own("end of own quiet hours"))
    membership_id: int | None = Field(
        default=None, sa_column_kwargs=own(), description="the school and role this person is in just now"
    )
    reachable: bool = Field(default=True, sa_column_kwargs=own())
    created_at: datetime = Field(
        sa_column_kwargs=expires(OUTSIDE, unless_used_by="membership", shown_as="day first met")
    )


class Membership(WithId, table=True):
    """A role at one school. `name` is kept for adults there, so that a leader knows who asks to join."""

    __table_args__ = (
        UniqueConstraint("person_id", "school_id", "role"),
        Index("ix_membership_school_id_role", "school_id", "role"),
    )

    person_id: int = Field(foreign_key="person.id", sa_column_kwargs=own())
    school_id: int = Field(foreign_key="school.id", sa_column_kwargs=own("school"))
    role: Role = Field(sa_column=Column(code(Role), nullable=False, **own("role")))
    standing: Standing = Field(
        sa_column=Column(code(Standing), nullable=False, **own("request to join and its answer"))
    )
    name: str | None = Field(default=None, max_length=80, sa_column_kwargs=own("name as the phone showed it"))
    muted: bool = Field(default=False, sa_column_kwargs=own("messages turned off"))
    created_at: datetime = Field(
        sa_column_kwargs=expires(OUTSIDE, where={"standing": (Standing.PENDING, Standing.DECLINED)})
    )


class MembershipGroup(TableRow, table=True):
    membership_id: int = Field(foreign_key="membership.id", primary_key=True, sa_column_kwargs=own())
    group_id: int = Field(
        foreign_key="group.id", primary_key=True, index=True, sa_column_kwargs=own("classes")
    )


class Invitation(WithId, table=True):
    school_id: int = Field(foreign_key="school.id", index=True)
    kind: InvitationKind = Field(sa_column=Column(code(InvitationKind), nullable=False))
    role: Role = Field(sa_column=Column(code(Role), nullable=False))
    group_id: int | None = Field(default=None, foreign_key="group.id")
    token: str = Field(max_length=64, unique=True)
    expires_at: datetime | None = None
    used_at: datetime | None = None
    renewed_at: datetime | None = Field(default=None, description="a newer link has taken this one's place")
    created_at: datetime


# --- what was seen ------------------------------------------------------------------------------------------


LOGGED = Keep(WHO_LOGGED, since="at")
"""Who logged a record is anonymized after this, as on erasure."""

# The key may hold the number of the person's chat, so it is anonymized too; "0:<row id>" is as unique.
IDEMPOTENCY_KEY = personal(SET_ROW_KEY, keep=LOGGED)


class Praise(OfSchool, table=True):
    """Praise (ros): a group met an expectation, and which adult recorded it. Idempotent by its key."""

    __table_args__ = (Index("ix_praise_school_id_day", "school_id", "day"),)

    group_id: int = Field(foreign_key="group.id")
    expectation_id: int = Field(foreign_key="expectation.id")
    person_id: int | None = person_link(
        ngettext_noop("{n} praise that you logged.", "{n} times praise that you logged."),
        keep=LOGGED,
        index=True,
    )
    at: datetime = Field(sa_column_kwargs=expires(RECORDS))
    day: date = Field(description="the school's local date")
    idempotency_key: str = Field(max_length=80, unique=True, sa_column_kwargs=IDEMPOTENCY_KEY)
    undone_at: datetime | None = Field(default=None, sa_column_kwargs=expires(UNDONE))


class Incident(OfSchool, table=True):
    """Incident (hendelse): behaviour in an area, by codes only; no free text. Idempotent by its key."""

    __table_args__ = (Index("ix_incident_school_id_day", "school_id", "day"),)

    group_id: int | None = Field(default=None, foreign_key="group.id")
    area_id: int = Field(foreign_key="area.id")
    behaviour: Behaviour = Field(sa_column=Column(code(Behaviour), nullable=False))
    measure: str | None = Field(default=None, max_length=32)
    reason: str | None = Field(default=None, max_length=32)
    possible_offence: bool = False
    person_id: int | None = person_link(
        ngettext_noop("{n} incident that you logged.", "{n} incidents that you logged."),
        keep=LOGGED,
        index=True,
    )
    at: datetime = Field(sa_column_kwargs=expires(RECORDS))
    day: date
    idempotency_key: str = Field(max_length=80, unique=True, sa_column_kwargs=IDEMPOTENCY_KEY)
    undone_at: datetime | None = Field(default=None, sa_column_kwargs=expires(UNDONE))


class Handover(WithId, table=True):
    """Handover: the head was notified of an incident, and a leader acknowledged it. Never the case itself."""

    school_id: int = Field(foreign_key="school.id", index=True)
    incident_id: int = Field(foreign_key="incident.id", unique=True)
    person_id: int | None = person_link(
        ngettext_noop("{n} receipt that you told the head.", "{n} receipts that you told the head."),
        keep=Keep(WHO_LOGGED, since="told_at"),
    )
    by_adult: bool = Field(default=False, description="an adult may be the one who offended (§ 12-5)")
    told_at: datetime
    received_at: datetime | None = None


class Practice(OfSchool, table=True):
    """A group's answer to a week's practice: one a group and ISO week, the latest (upsert)."""

    __table_args__ = (
        UniqueConstraint("group_id", "week"),
        Index("ix_practice_school_id_week", "school_id", "week"),
    )

    group_id: int = Field(foreign_key="group.id")
    week: str = Field(max_length=8)
    answer: Answer = Field(sa_column=Column(code(Answer), nullable=False))
    person_id: int | None = person_link(
        ngettext_noop("{n} answer about a week's practice.", "{n} answers about a week's practice."),
        keep=LOGGED,
    )
    at: datetime = Field(sa_column_kwargs=expires(RECORDS))


# --- what is sent -------------------------------------------------------------------------------------------

TO_MANY = impersonal("a school's message to many, whose author is in `person_id`")


class Announcement(WithId, table=True):
    """Announcement (kunngjøring). `status_message` is the message id of its progress card."""

    school_id: int = Field(foreign_key="school.id", index=True)
    person_id: int | None = person_link(
        ngettext_noop("{n} message that you wrote to many.", "{n} messages that you wrote to many.")
    )
    audience: str = Field(max_length=20)
    group_id: int | None = Field(default=None, foreign_key="group.id")
    text: str = Field(sa_column_kwargs=TO_MANY)
    new_text: str | None = Field(
        default=None, sa_column_kwargs=TO_MANY, description="a correction, written and not confirmed"
    )
    correction_number: int = Field(
        default=0, description="only the correction with this number is still delivered"
    )
    asks_seen: bool = False
    status: AnnouncementStatus = Field(sa_column=Column(code(AnnouncementStatus), nullable=False))
    status_message: int | None = Field(
        default=None,
        # A number in the chat of `person_id`: without that column it says of no chat.
        sa_column=Column(BigInteger, nullable=True, **personal(KEEP)),
    )
    created_at: datetime = Field(
        sa_column_kwargs=expires(ANNOUNCEMENTS, where={"status": (AnnouncementStatus.WRITTEN,)})
    )
    sent_at: datetime | None = None


class Draft(TableRow, table=True):
    """Draft: typed text is awaited from this person; `kind` says what for, `data` what is known so far."""

    person_id: int = Field(
        foreign_key="person.id",
        primary_key=True,
        sa_column_kwargs=own(gettext_noop("Something you have begun and not finished.")),
    )
    kind: str = Field(max_length=32)
    data: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, **own()))
    created_at: datetime = Field(sa_column_kwargs=expires(DRAFTS))


class Occurrence(OfSchool, table=True):
    """Occurrence: one message that is due at a school. (kind, ref, slot) is its idempotency key."""

    __table_args__ = (
        UniqueConstraint("school_id", "kind", "ref", "slot"),
        Index("ix_occurrence_school_id_due_at", "school_id", "due_at"),
        Index("ix_occurrence_status_due_at", "status", "due_at"),
    )

    kind: str = Field(max_length=32)
    ref: str = Field(max_length=80)
    slot: str = Field(max_length=32)
    due_at: datetime
    too_late_at: datetime
    status: OccurrenceStatus = Field(sa_column=Column(code(OccurrenceStatus), nullable=False))
    audience: dict[str, object] | None = Field(
        default=None,
        # An audience of one person holds an id that no row has any more, and never will have again.
        sa_column=Column(JSON(none_as_null=True), nullable=True, **personal(KEEP)),
    )
    immediate: bool = Field(default=False, description="sent first, and through quiet hours")
    joins_digest: bool = Field(
        default=False, description="due at the end of quiet hours; deliveries may be merged"
    )
    refusal: str | None = Field(
        default=None, max_length=200, description="the error of a text that Telegram refused"
    )
    planned_at: datetime


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


WAITING = "status = 'waiting'"
UNSETTLED = "status IN ('waiting', 'claimed', 'sending')"
"""As literals: neither database uses a partial index for a bind parameter."""


class Delivery(OfSchool, table=True):
    """Delivery: one message to one reader. Erasure anonymizes it; the row stays, so that counts hold."""

    __table_args__ = (
        UniqueConstraint("occurrence_id", "person_id"),
        # Only what is not over yet is in these two: they stay small, and a row that is sent leaves them.
        Index("ix_delivery_waiting", "immediate", "due_at", "id", **_where(WAITING)),
        Index("ix_delivery_unsettled", "occurrence_id", **_where(UNSETTLED)),
    )

    occurrence_id: int = Field(
        foreign_key="occurrence.id",
        sa_column_kwargs=expires(DELIVERIES, since="due_at", where={"status": SETTLED}),
    )
    person_id: int | None = person_link(
        ngettext_noop("{n} note that I sent you a message.", "{n} notes that I sent you a message."),
        index=True,
    )
    membership_id: int | None = Field(
        default=None, foreign_key="membership.id", index=True, sa_column_kwargs=CLEARED
    )
    due_at: datetime
    immediate: bool = Field(default=False, description="sent first, and through quiet hours")
    joins_digest: bool = Field(
        default=False, description="delayed by quiet hours: may be merged with others into one message"
    )
    status: DeliveryStatus = Field(
        default=DeliveryStatus.WAITING, sa_column=Column(code(DeliveryStatus), nullable=False)
    )
    attempts: int = 0
    claimed_by: str | None = Field(default=None, max_length=40)
    lease_until: datetime | None = None
    message_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, **CLEARED))
    sent_at: datetime | None = None
    error: str | None = Field(default=None, max_length=200)


RELEASED = {"claimed_by": null(), "lease_until": null()}
"""A delivery that no worker claims. As literals: bind parameters are re-processed for every row of an executemany."""

CANCELLED = {"status": DeliveryStatus.CANCELLED, **RELEASED}


class ReadReceipt(TableRow, table=True):
    """Read receipt (Sett) of a delivery; only that delivery says whose."""

    delivery_id: int = Field(
        foreign_key="delivery.id",
        primary_key=True,
        sa_column_kwargs=personal(
            KEEP, ngettext_noop("{n} note that you saw a message.", "{n} notes that you saw a message.")
        ),
    )
    school_id: int = Field(foreign_key="school.id")
    at: datetime


# --- what the program records of its own work ---------------------------------------------------------------


class Audit(OfSchool, table=True):
    """Audit log: who did what to which row."""

    __table_args__ = (Index("ix_audit_school_id_at", "school_id", "at"),)

    person_id: int | None = person_link(
        ngettext_noop("{n} line in the log of who did what.", "{n} lines in the log of who did what.")
    )
    at: datetime = Field(sa_column_kwargs=expires(AUDITS))
    action: str = Field(max_length=40)
    ref: str = Field(default="", max_length=80)


class Lease(TableRow, table=True):
    """Lease: what only one process may do at a time, its holder, and its expiry."""

    name: str = Field(
        primary_key=True, max_length=40, sa_column_kwargs=impersonal("what is leased, by a process")
    )
    holder: str = Field(max_length=120)
    until: datetime


class Heartbeat(TableRow, table=True):
    """The heartbeat, one row: `sequence` is incremented with every batch that is sent.

    `epoch` is drawn at random for a new or restored database.
    """

    id: int = Field(primary_key=True)
    epoch: str = Field(max_length=16)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime


for _table in metadata.tables.values():
    # SQLite would else give the id of a deleted row to a new one, and an old button would point at it.
    if "id" in _table.c and _table.name != "heartbeat":
        _table.dialect_options["sqlite"]["autoincrement"] = True


def table_of(model: type[SQLModel]) -> Table:
    """The table under a class, for statements that want rows and no objects."""
    return metadata.tables[str(model.__tablename__)]
