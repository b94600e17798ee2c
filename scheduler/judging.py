"""Judging: whether a delivery is to be sent now, and what a try has come to."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pals.quiet import QuietHours, when_to_send
from scheduler.parts import Failed, Sent
from storage import wheels
from storage.claims import Claimed, Outcome
from storage.tables import DeliveryStatus

RETRIES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long to wait before each next try of what certainly did not arrive; the last one until it is too late."""


def held_back(claimed: Claimed, now: datetime) -> Outcome | None:
    """Why this is not to be sent now, if so."""
    if now > claimed.too_late_at:
        return Outcome(claimed.id, DeliveryStatus.MISSED)
    if claimed.muted:
        return Outcome(claimed.id, DeliveryStatus.CANCELLED)
    if not claimed.reachable:
        return Outcome(claimed.id, DeliveryStatus.BLOCKED)
    if claimed.asked:
        return None
    own = None
    if claimed.quiet_from is not None and claimed.quiet_to is not None:
        own = QuietHours(claimed.quiet_from, claimed.quiet_to)
    at = when_to_send(now, ZoneInfo(claimed.timezone), wheels.quiet(claimed.school_quiet), own)
    return Outcome(claimed.id, DeliveryStatus.WAITING, due_at=at) if at > now else None


def outcome_of(claimed: Claimed, became: Sent | Failed, now: datetime) -> Outcome:
    """What is written down of a try. What is tried again waits longer each time; a halt says itself how long."""
    if isinstance(became, Sent):
        return Outcome(claimed.id, DeliveryStatus.SENT, message_id=became.message_id, sent_at=now)
    if became.again_in is None:
        return Outcome(claimed.id, became.status, error=became.words[:200] or None)
    wait = became.again_in
    if not became.halt:
        wait = max(wait, RETRIES[min(claimed.attempts, len(RETRIES) - 1)])
    return Outcome(
        claimed.id,
        DeliveryStatus.WAITING,
        error=became.words[:200],
        due_at=now + wait,
        counted=not became.halt,
    )
