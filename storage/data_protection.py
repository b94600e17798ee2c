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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, ParamSpec

from sqlalchemy import Column

P = ParamSpec("P")
_KEY = "data_protection"

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
    """Personal data; without `keep` it is stored as long as the row.

    `shown_as` names a value that the person is shown, or is the line that counts the rows; None when neither is.
    """

    on_forget: OnForget
    shown_as: str | Counted | None = None
    keep: Keep | None = None


@dataclass(frozen=True)
class Impersonal:
    """No personal data, though the column's name might suggest it."""

    reason: str


@dataclass(frozen=True)
class Expiry:
    """Rows are deleted `period` after the moment in this column, or in column `since` of the row it refers to.

    Only rows whose columns hold one of the values in `where`, and to which no row of table `unless_used_by` refers.
    `shown_as` as in `Personal`.
    """

    period: timedelta
    since: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless_used_by: str | None = None
    shown_as: str | None = None


def _column_arguments(declaration: Callable[P, object]) -> Callable[P, dict[str, Any]]:
    """A function that declares this of a column: it returns the keyword arguments of `Column`."""

    def arguments(*args: P.args, **fields: P.kwargs) -> dict[str, Any]:
        return {"info": {_KEY: declaration(*args, **fields)}}

    return arguments


personal = _column_arguments(Personal)
impersonal = _column_arguments(Impersonal)
expires = _column_arguments(Expiry)

gettext_noop = ngettext_noop = Counted
"""Marks a line for translation: one without a number, or one with the number {n} and its plural."""


def declared(column: Column[Any]) -> Personal | Impersonal | Expiry | None:
    """What the column declares, if anything."""
    found: Personal | Impersonal | Expiry | None = column.info.get(_KEY)
    return found
