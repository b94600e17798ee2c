"""Data protection, declared where the column is: erasure, retention, and what a person is shown of it.

    person_id: int | None = Field(
        default=None,
        foreign_key="person.id",
        sa_column_kwargs=personal(on_forget=SET_NULL, keep=Keep(WHO_LOGGED, since="at"), shown_as=…),
    )
    undone_at: datetime | None = Field(default=None, sa_column_kwargs=expires(UNDONE))

Derived from the declarations: erasure and access (`storage.personal_data`), retention (`storage.retention`), and the
table in docs/production.md (`python -m docs.personal_data`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column

# --- retention periods --------------------------------------------------------------------------------------

DRAFTS = timedelta(days=1)
UNDONE = timedelta(days=7)
ANNOUNCEMENTS = timedelta(days=30)
OUTSIDE = timedelta(days=30)
"""Requests to join that were not granted, and people without a membership."""
DELIVERIES = timedelta(days=90)
WHO_LOGGED = timedelta(days=365)
AUDITS = timedelta(days=365)
RECORDS = timedelta(days=3 * 365)


# --- what a column declares ---------------------------------------------------------------------------------


class OnForget(StrEnum):
    """What erasure does to a column when the person asks to be forgotten."""

    DELETE_ROW = "row deleted"
    SET_NULL = "set to NULL"
    SET_ROW_KEY = "set to a key of the row's id"
    """For a column that has to stay unique."""
    KEEP = "kept"
    """It identifies the person only through another column, which is erased."""


DELETE_ROW, KEEP = OnForget.DELETE_ROW, OnForget.KEEP
SET_NULL, SET_ROW_KEY = OnForget.SET_NULL, OnForget.SET_ROW_KEY


@dataclass(frozen=True)
class Keep:
    """A retention period: the column is anonymized, as on erasure, `period` after the moment in column `since`."""

    period: timedelta
    since: str


@dataclass(frozen=True)
class Counted:
    """A line of "What is stored about you" with the number of rows; `many` is None for a line without a number."""

    one: str
    many: str | None = None


@dataclass(frozen=True)
class Personal:
    on_forget: OnForget
    keep: Keep | None
    shown_as: str | Counted | None


@dataclass(frozen=True)
class Impersonal:
    reason: str


@dataclass(frozen=True)
class Expiry:
    """Rows are deleted `period` after the moment in this column, or in column `since` of the row it refers to.

    Only rows whose columns hold one of the values in `where`, and to which no row of table `unless_used_by` refers.
    """

    period: timedelta
    since: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless_used_by: str | None = None
    shown_as: str | None = None


def personal(
    *, on_forget: OnForget, keep: Keep | None = None, shown_as: str | Counted | None = None
) -> dict[str, Any]:
    """Column arguments: personal data. Without `keep` it is stored as long as the row.

    `shown_as` names a value that the person is shown, or is the line that counts the rows; None when neither is.
    """
    return _info(Personal(on_forget, keep, shown_as))


def impersonal(reason: str) -> dict[str, Any]:
    """Column arguments: no personal data, though the column's name might suggest it."""
    return _info(Impersonal(reason))


def expires(
    period: timedelta,
    *,
    since: str | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
    unless_used_by: str | None = None,
    shown_as: str | None = None,
) -> dict[str, Any]:
    """Column arguments: the retention period of the row, see Expiry; `shown_as` as in `personal`."""
    return _info(Expiry(period, since, where or {}, unless_used_by, shown_as))


def gettext_noop(sentence: str) -> Counted:
    """Marks a line without a number for translation."""
    return Counted(sentence)


def ngettext_noop(one: str, many: str) -> Counted:
    """Marks a line with the number {n} for translation."""
    return Counted(one, many)


def declared(column: Column[Any]) -> Personal | Impersonal | Expiry | None:
    """What the column declares, if anything."""
    found: Personal | Impersonal | Expiry | None = column.info.get(_KEY)
    return found


_KEY = "data_protection"


def _info(declaration: Personal | Impersonal | Expiry) -> dict[str, Any]:
    return {"info": {_KEY: declaration}}
