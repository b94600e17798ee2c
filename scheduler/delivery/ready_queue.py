"""What lies ready to be sent, and what of it may go now.

    composed -> lay -> choose -> take_out -> mark_in_flight -> settle

The first of an occurrence are scouts: no more than `SCOUTS` are tried before one has arrived. Those that Telegram
refuses in the same words stop it, and so ten thousand readers' messages do not fail one after the other.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Generic

from scheduler.delivery.policy import is_ambiguous_refusal, returned_unsent
from scheduler.delivery.types import Bundle, Failed, M, MergeBundles, Sent
from storage.delivery.claims import Claimed, Outcome
from storage.tables import DeliveryStatus

PROBES = 3
"""How many of an occurrence are tried before the first has arrived; refused in the same words, they stop it."""


class ReadyQueue(Generic[M]):
    """The messages of one round. `join` makes fewer of those that waited for one reader."""

    def __init__(self, join: MergeBundles[M]) -> None:
        self._join = join
        self._ready: list[tuple[Bundle, M]] = []
        self._trying: Counter[int] = Counter()
        self._arrived: dict[int, bool] = {}
        self._refusals: dict[int, Counter[str]] = {}
        self._stopped: set[int] = set()
        self._busy: set[int] = set()
        """Chats that a message is on its way to."""
        self._ambiguous: set[int] = set()
        """Occurrences that were in a message of several which Telegram has refused: they go by themselves."""

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def ids(self) -> set[int]:
        """Of the deliveries that lie here."""
        return {claimed.id for bundle, _ in self._ready for claimed in bundle}

    def tracks(self, occurrence_id: int) -> bool:
        """Whether it has been told about it by `learn`: nothing else may be laid here."""
        return occurrence_id in self._arrived

    def track(self, occurrence_id: int, arrived: bool) -> None:
        """Whether anybody has got it before."""
        self._arrived[occurrence_id] = arrived

    # --- in

    def add(self, composed: Sequence[tuple[Claimed, M]]) -> list[tuple[Claimed, Outcome]]:
        """Those that waited arrive as one, for each reader in each of their roles; all others by themselves.

        What somebody asked for just now comes first. Returns what has been stopped, and so is refused unsent: it may
        have begun to wait after that, and then nobody else writes down its end.
        """
        together: dict[int, list[tuple[Claimed, M]]] = {}
        refused: list[tuple[Claimed, Outcome]] = []
        for claimed, message in composed:
            if claimed.occurrence_id in self._stopped:
                words = self._words(claimed.occurrence_id)[:200]
                refused.append((claimed, Outcome(claimed.id, DeliveryStatus.REFUSED, error=words)))
            elif claimed.joins_digest and claimed.occurrence_id not in self._ambiguous:
                together.setdefault(claimed.membership_id, []).append((claimed, message))
            else:
                self._ready.append(((claimed,), message))
        for several in together.values():
            self._ready += self._join(several)
        self._ready.sort(key=lambda each: not each[0][0].immediate)
        return refused

    # --- out

    def select(self, room: int) -> list[tuple[Bundle, M]]:
        """What goes out now, at most so many.

        Only one at a time into a chat: the later of two changes is the last to arrive, and who gets many does not
        use up the room of all others.
        """
        chosen: list[tuple[Bundle, M]] = []
        trying, busy = Counter(self._trying), set(self._busy)
        for bundle, message in self._ready:
            if len(chosen) >= room:
                break
            chat = bundle[0].telegram_id
            if chat in busy:
                continue
            unproven = [each.occurrence_id for each in bundle if not self._arrived[each.occurrence_id]]
            if any(trying[this] + self._worst(this) >= PROBES for this in unproven):
                continue
            trying.update(unproven)
            busy.add(chat)
            chosen.append((bundle, message))
        return chosen

    def remove(
        self, chosen: Sequence[tuple[Bundle, M]], stopped: Collection[int]
    ) -> list[tuple[Claimed, Outcome]]:
        """The chosen ones lie here no more, nor does what is stopped. Returns what was to go with that, unsent."""
        self._stopped.update(stopped)
        if not stopped and not self._ambiguous and self._ready[: len(chosen)] == chosen:  # as nearly always
            del self._ready[: len(chosen)]
            return []
        unsent: list[tuple[Claimed, Outcome]] = []
        taken = {bundle[0].id for bundle, _ in chosen}
        ready, self._ready = self._ready, []
        for bundle, message in ready:
            these = {claimed.occurrence_id for claimed in bundle}
            alone = len(bundle) > 1 and not these.isdisjoint(self._ambiguous)
            if bundle[0].id in taken:
                continue
            if not alone and these.isdisjoint(stopped):
                self._ready.append((bundle, message))
                continue
            unsent += [
                (claimed, returned_unsent(claimed, alone=alone))
                for claimed in bundle
                if claimed.occurrence_id not in stopped
            ]
        return unsent

    def clear(self) -> set[int]:
        """Nothing lies here any more. Returns the deliveries that did."""
        ids = self.ids
        self._ready.clear()
        return ids

    # --- under way

    def mark_in_flight(self, bundle: Bundle) -> None:
        """It is on its way from now on, until it `settle`."""
        self._busy.add(bundle[0].telegram_id)
        self._trying.update(claimed.occurrence_id for claimed in bundle)

    def settle(self, bundle: Bundle, became: Sent | Failed) -> None:
        """What became of it tells whether its occurrences may go on."""
        self._busy.discard(bundle[0].telegram_id)
        if is_ambiguous_refusal(bundle, became):
            self._ambiguous.update(claimed.occurrence_id for claimed in bundle)
        for claimed in bundle:
            this = claimed.occurrence_id
            self._trying[this] -= 1
            if isinstance(became, Sent):
                self._arrived[this] = True
            elif became.status is DeliveryStatus.REFUSED and len(bundle) == 1:
                self._refusals.setdefault(this, Counter())[became.reason] += 1

    def stop_reason(self, occurrence_id: int) -> str | None:
        """Telegram's, once it has refused an occurrence so often that it is to be stopped; None before, and after."""
        if (
            self._worst(occurrence_id) < PROBES
            or self._arrived[occurrence_id]
            or occurrence_id in self._stopped
        ):
            return None
        return self._words(occurrence_id)

    def _words(self, occurrence_id: int) -> str:
        ((words, _),) = self._refusals[occurrence_id].most_common(1)
        return words

    def _worst(self, occurrence_id: int) -> int:
        """How often an occurrence was refused in the same words."""
        return max(self._refusals.get(occurrence_id, Counter()).values(), default=0)
