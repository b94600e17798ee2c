"""The ready queue: composed messages waiting for a place in flight, one per chat at a time, behind a canary.

    composed -> add -> select -> remove -> mark_in_flight -> settle

The first messages of an occurrence are probes: at most `PROBES` are in flight before one has arrived. When Telegram
refuses all of them with the same error the occurrence is stopped, so that ten thousand messages do not fail in turn.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Generic

from scheduler.delivery.policy import is_ambiguous_refusal, returned_unsent
from scheduler.delivery.types import Bundle, Failed, M, MergeBundles, Sent
from storage.delivery.claims import Claimed
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus

PROBES = 3
"""How many messages of an occurrence are tried before the first has arrived; refused alike, they stop it."""


class ReadyQueue(Generic[M]):
    """The messages of one round. `merge` makes digests of those that quiet hours delayed for one reader."""

    def __init__(self, merge: MergeBundles[M]) -> None:
        self._merge = merge
        self._ready: list[tuple[Bundle, M]] = []
        self._in_flight: Counter[int] = Counter()
        """Messages in flight, by occurrence."""
        self._proven: dict[int, bool] = {}
        """Whether an occurrence has arrived at least once."""
        self._refusals: dict[int, Counter[str]] = {}
        self._stopped: set[int] = set()
        self._busy_chats: set[int] = set()
        self._ambiguous: set[int] = set()
        """Occurrences in a digest that Telegram refused: they are sent outside digests from now on."""

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def ids(self) -> set[int]:
        """The queued deliveries."""
        return {claimed.id for bundle, _ in self._ready for claimed in bundle}

    def tracks(self, occurrence_id: int) -> bool:
        """Whether `track` was called for this occurrence, as it must be before `add`."""
        return occurrence_id in self._proven

    def track(self, occurrence_id: int, proven: bool) -> None:
        """Registers an occurrence; `proven` when at least one of its messages has arrived before."""
        self._proven[occurrence_id] = proven

    # --- in

    def add(self, composed: Sequence[tuple[Claimed, M]]) -> list[tuple[Claimed, Outcome]]:
        """Queues messages, immediate ones first; those that join a digest are merged by reader and role.

        Returns the outcomes of those whose occurrence is stopped: refused unsent. Race: a delivery that was queued
        after its occurrence was stopped would otherwise never be settled.
        """
        digests: dict[int, list[tuple[Claimed, M]]] = {}
        refused: list[tuple[Claimed, Outcome]] = []
        for claimed, message in composed:
            if claimed.occurrence_id in self._stopped:
                reason = self._common_refusal(claimed.occurrence_id)[:200]
                refused.append((claimed, Outcome(claimed.id, DeliveryStatus.REFUSED, error=reason)))
            elif claimed.joins_digest and claimed.occurrence_id not in self._ambiguous:
                digests.setdefault(claimed.membership_id, []).append((claimed, message))
            else:
                self._ready.append(((claimed,), message))
        for letters in digests.values():
            self._ready += self._merge(letters)
        self._ready.sort(key=lambda entry: not entry[0][0].immediate)
        return refused

    # --- out

    def select(self, capacity: int) -> list[tuple[Bundle, M]]:
        """The messages to send now, at most `capacity`.

        One at a time per chat: that keeps their order, and a reader of many does not use up the others' capacity.
        """
        selected: list[tuple[Bundle, M]] = []
        in_flight, busy_chats = Counter(self._in_flight), set(self._busy_chats)
        for bundle, message in self._ready:
            if len(selected) >= capacity:
                break
            chat = bundle[0].telegram_id
            if chat in busy_chats:
                continue
            unproven = [
                claimed.occurrence_id for claimed in bundle if not self._proven[claimed.occurrence_id]
            ]
            if any(in_flight[each] + self._refused_alike(each) >= PROBES for each in unproven):
                continue
            in_flight.update(unproven)
            busy_chats.add(chat)
            selected.append((bundle, message))
        return selected

    def remove(
        self, selected: Sequence[tuple[Bundle, M]], stopped: Collection[int]
    ) -> list[tuple[Claimed, Outcome]]:
        """Removes the selected messages and those of stopped occurrences.

        Returns the outcomes of what shared a digest with them, to be queued again unsent.
        """
        self._stopped.update(stopped)
        in_order = self._ready[: len(selected)] == selected  # the common case
        if in_order and not stopped and not self._ambiguous:
            del self._ready[: len(selected)]
            return []
        unsent: list[tuple[Claimed, Outcome]] = []
        selected_ids = {bundle[0].id for bundle, _ in selected}
        ready, self._ready = self._ready, []
        for bundle, message in ready:
            occurrences = {claimed.occurrence_id for claimed in bundle}
            leaves_digest = len(bundle) > 1 and not occurrences.isdisjoint(self._ambiguous)
            if bundle[0].id in selected_ids:
                continue
            if not leaves_digest and occurrences.isdisjoint(stopped):
                self._ready.append((bundle, message))
                continue
            unsent += [
                (claimed, returned_unsent(claimed, leaves_digest=leaves_digest))
                for claimed in bundle
                if claimed.occurrence_id not in stopped
            ]
        return unsent

    def clear(self) -> set[int]:
        """Empties the queue. Returns the deliveries that were in it."""
        ids = self.ids
        self._ready.clear()
        return ids

    # --- in flight

    def mark_in_flight(self, bundle: Bundle) -> None:
        """Counts a message as in flight until `settle`."""
        self._busy_chats.add(bundle[0].telegram_id)
        self._in_flight.update(claimed.occurrence_id for claimed in bundle)

    def settle(self, bundle: Bundle, result: Sent | Failed) -> None:
        """Takes a message out of flight; its result proves its occurrences, or counts against them."""
        self._busy_chats.discard(bundle[0].telegram_id)
        if is_ambiguous_refusal(bundle, result):
            self._ambiguous.update(claimed.occurrence_id for claimed in bundle)
        for claimed in bundle:
            occurrence_id = claimed.occurrence_id
            self._in_flight[occurrence_id] -= 1
            if isinstance(result, Sent):
                self._proven[occurrence_id] = True
            elif result.status is DeliveryStatus.REFUSED and len(bundle) == 1:
                self._refusals.setdefault(occurrence_id, Counter())[result.reason] += 1

    def stop_reason(self, occurrence_id: int) -> str | None:
        """Telegram's error, once all probes of an occurrence failed with it and it is to be stopped; else None."""
        decided = self._proven[occurrence_id] or occurrence_id in self._stopped
        if decided or self._refused_alike(occurrence_id) < PROBES:
            return None
        return self._common_refusal(occurrence_id)

    def _common_refusal(self, occurrence_id: int) -> str:
        ((reason, _),) = self._refusals[occurrence_id].most_common(1)
        return reason

    def _refused_alike(self, occurrence_id: int) -> int:
        """How often an occurrence was refused with the same error."""
        return max(self._refusals.get(occurrence_id, Counter()).values(), default=0)
