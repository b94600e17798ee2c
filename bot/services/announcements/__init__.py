"""Announcements: a leader's message to many, as a state machine on one row, and the read models of it.

WRITTEN -> SENDING -> SENT                                  write.send, stop.finish_sending
           SENDING -> STOPPED                               stop.stop
           SENDING | SENT | STOPPED -> WITHDRAWING          correct.withdraw
           WITHDRAWING -> WITHDRAWN                         stop.finish_sending
           SENT -> SENDING                                  correct.correct, correct.resend

Each state transition is a compare-and-set on `announcement.status`. That makes the verbs idempotent, so they take no
idempotency key: of two concurrent or redelivered taps one moves the row, and the other finds it moved.

`audience` has the choices of readers, `report` the read models, `read_receipts` what one reader has.
"""

from storage.tables import AnnouncementStatus

IN_PROGRESS = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.WITHDRAWING})
DELIVERABLE = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.SENT})
"""The states in which it is delivered, and resent where a delivery is uncertain."""

CORRECTABLE = DELIVERABLE | {AnnouncementStatus.STOPPED}
"""The states in which it can be corrected and withdrawn."""

WITHDRAWN = frozenset({AnnouncementStatus.WITHDRAWING, AnnouncementStatus.WITHDRAWN})
