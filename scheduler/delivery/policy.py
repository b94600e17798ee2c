"""Delivery policy: deadlines, quiet hours, retries with backoff; from a send result to the recorded outcomes."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pals.quiet import QuietHours, when_to_send
from scheduler.delivery.types import Bundle, Failed, Sent
from storage import year_wheels
from storage.corrections import CORRECTION_KINDS
from storage.delivery.claims import Claimed
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus

RETRY_BACKOFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Delay before each retry of what certainly did not arrive; the last one repeats until the deadline."""

LONGEST_BACKOFF = timedelta(days=1)
"""Telegram may ask for a longer one; then it is asked again after this."""


def reason_not_to_send(claimed: Claimed, now: datetime) -> Outcome | None:
    """The outcome of a delivery that must not be sent now: too late, muted, unreachable or quiet hours; else None."""
    if now > claimed.too_late_at:
        return Outcome(claimed.id, DeliveryStatus.MISSED)
    if claimed.muted and claimed.kind not in CORRECTION_KINDS:  # a correction changes what they already have
        return Outcome(claimed.id, DeliveryStatus.CANCELLED)
    if not claimed.reachable:
        return Outcome(claimed.id, DeliveryStatus.BLOCKED)
    if claimed.immediate:
        return None
    at = _end_of_quiet_hours(
        now,
        claimed.timezone,
        tuple(claimed.school_quiet.items()),
        claimed.quiet_from,
        claimed.quiet_to,
    )
    return Outcome(claimed.id, DeliveryStatus.WAITING, due_at=at, joins_digest=True) if at > now else None


@lru_cache(maxsize=256)
def _end_of_quiet_hours(
    now: datetime, timezone: str, of_school: tuple[tuple[str, str], ...], start: time | None, end: time | None
) -> datetime:
    """`now`, or when the quiet hours of the school and the reader end. Cached: asked for many readers at a time."""
    own = QuietHours(start, end) if start is not None and end is not None else None
    return when_to_send(now, ZoneInfo(timezone), year_wheels.quiet(dict(of_school)), own)


def is_ambiguous_refusal(bundle: Bundle, result: Sent | Failed) -> bool:
    """Whether Telegram refused a digest: which of its texts is wrong cannot be known."""
    return len(bundle) > 1 and isinstance(result, Failed) and result.status is DeliveryStatus.REFUSED


def storable(result: Sent | Failed) -> Sent | Failed:
    """The same without characters that no database stores: NUL and lone surrogates."""
    if isinstance(result, Sent):
        return result
    return replace(result, reason=result.reason.replace("\0", "").encode(errors="replace").decode())


def outcomes_for(bundle: Bundle, result: Sent | Failed, now: datetime) -> list[Outcome]:
    """The outcome of one attempt for each delivery in the message; a refused digest is retried one by one."""
    if isinstance(result, Failed) and is_ambiguous_refusal(bundle, result):
        retry = replace(result, status=DeliveryStatus.WAITING, retry_in=timedelta(0))
        return [replace(_outcome(claimed, retry, now), joins_digest=False) for claimed in bundle]
    return [_outcome(claimed, result, now) for claimed in bundle]


def returned_unsent(claimed: Claimed, *, was_marked: bool = False, leaves_digest: bool = False) -> Outcome:
    """Puts a delivery back into the queue as it was, though `was_marked` as sending; perhaps without its digest."""
    return Outcome(
        claimed.id,
        DeliveryStatus.WAITING,
        counts_as_attempt=not was_marked,
        joins_digest=claimed.joins_digest and not leaves_digest,
    )


def _outcome(claimed: Claimed, result: Sent | Failed, now: datetime) -> Outcome:
    if isinstance(result, Sent):
        return Outcome(claimed.id, DeliveryStatus.SENT, message_id=result.message_id, sent_at=now)
    if result.retry_in is None:
        return Outcome(claimed.id, result.status, error=result.reason[:200] or None)
    backoff = result.retry_in
    if not result.rate_limited:
        backoff = max(backoff, RETRY_BACKOFF[min(claimed.attempts, len(RETRY_BACKOFF) - 1)])
    return Outcome(
        claimed.id,
        DeliveryStatus.WAITING,
        error=result.reason[:200],
        due_at=now + min(backoff, LONGEST_BACKOFF),
        counts_as_attempt=not result.rate_limited,
        joins_digest=claimed.joins_digest,
    )
