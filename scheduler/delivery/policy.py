"""Judging: whether a delivery is to be sent now, and what a try has come to."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pals.quiet import QuietHours, when_to_send
from scheduler.delivery.types import Bundle, Failed, Sent
from storage import year_wheels
from storage.corrections import CORRECTION_KINDS
from storage.delivery.claims import Claimed, Outcome
from storage.tables import DeliveryStatus

RETRY_BACKOFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long to wait before each next try of what certainly did not arrive; the last one until it is too late."""

LONGEST_BACKOFF = timedelta(days=1)
"""Telegram may ask for more; then it is asked again, if that is still so."""


def reason_not_to_send(claimed: Claimed, now: datetime) -> Outcome | None:
    """Why this is not to be sent now, if so."""
    if now > claimed.too_late_at:
        return Outcome(claimed.id, DeliveryStatus.MISSED)
    if claimed.muted and claimed.kind not in CORRECTION_KINDS:  # what they have is corrected also for them
        return Outcome(claimed.id, DeliveryStatus.CANCELLED)
    if not claimed.reachable:
        return Outcome(claimed.id, DeliveryStatus.BLOCKED)
    if claimed.immediate:
        return None
    at = _first_moment(
        now,
        claimed.timezone,
        tuple(claimed.school_quiet.items()),
        claimed.quiet_from,
        claimed.quiet_to,
    )
    return Outcome(claimed.id, DeliveryStatus.WAITING, due_at=at, joins_digest=True) if at > now else None


@lru_cache(maxsize=256)
def _first_moment(
    now: datetime, timezone: str, of_school: tuple[tuple[str, str], ...], start: time | None, end: time | None
) -> datetime:
    """From `now` on, when the school and a reader with these hours may be written to: asked for many at a time."""
    own = QuietHours(start, end) if start is not None and end is not None else None
    return when_to_send(now, ZoneInfo(timezone), year_wheels.quiet(dict(of_school)), own)


def is_ambiguous_refusal(bundle: Bundle, became: Sent | Failed) -> bool:
    """Whether Telegram has refused a message of several, and nobody can tell which of them is wrong."""
    return len(bundle) > 1 and isinstance(became, Failed) and became.status is DeliveryStatus.REFUSED


def storable(became: Sent | Failed) -> Sent | Failed:
    """The same, in words that a database can hold: no null character, no half of a character."""
    if isinstance(became, Sent):
        return became
    return replace(became, reason=became.reason.replace("\0", "").encode(errors="replace").decode())


def outcomes_for(bundle: Bundle, became: Sent | Failed, now: datetime) -> list[Outcome]:
    """What is written down of a try, for each delivery in the message; doubtful ones are tried one by one."""
    if isinstance(became, Failed) and is_ambiguous_refusal(bundle, became):
        again = replace(became, status=DeliveryStatus.WAITING, retry_in=timedelta(0))
        return [replace(_outcome(claimed, again, now), joins_digest=False) for claimed in bundle]
    return [_outcome(claimed, became, now) for claimed in bundle]


def returned_unsent(claimed: Claimed, *, marked: bool = False, alone: bool = False) -> Outcome:
    """It goes back as it came, though it may have been `marked` as being sent; from now on perhaps `alone`."""
    return Outcome(
        claimed.id,
        DeliveryStatus.WAITING,
        counted=not marked,
        joins_digest=claimed.joins_digest and not alone,
    )


def _outcome(claimed: Claimed, became: Sent | Failed, now: datetime) -> Outcome:
    """What is tried again waits longer each time; a halt says itself how long."""
    if isinstance(became, Sent):
        return Outcome(claimed.id, DeliveryStatus.SENT, message_id=became.message_id, sent_at=now)
    if became.retry_in is None:
        return Outcome(claimed.id, became.status, error=became.reason[:200] or None)
    wait = became.retry_in
    if not became.halt:
        wait = max(wait, RETRY_BACKOFF[min(claimed.attempts, len(RETRY_BACKOFF) - 1)])
    return Outcome(
        claimed.id,
        DeliveryStatus.WAITING,
        error=became.reason[:200],
        due_at=now + min(wait, LONGEST_BACKOFF),
        counted=not became.halt,
        joins_digest=claimed.joins_digest,
    )
