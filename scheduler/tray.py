"""What lies ready to be sent, and what of it may go now.

    composed -> lay -> choose -> take_out -> set_off -> came_back

The first of an occurrence are scouts: no more than `SCOUTS` are tried before one has arrived. Those that Telegram
refuses in the same words stop it, and so ten thousand readers' messages do not fail one after the other.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Generic

from scheduler.judging import is_doubtful, not_sent
from scheduler.parts import Failed, Join, M, Parcel, Sent
from storage.claims import Claimed, Outcome
from storage.tables import DeliveryStatus

SCOUTS = 3
"""How many of an occurrence are tried before the first has arrived; refused in the same words, they stop it."""


class Tray(Generic[M]):
    """The messages of one round. `join` makes fewer of those that waited for one reader."""

    def __init__(self, join: Join[M]) -> None:
        self._join = join
        self._ready: list[tuple[Parcel, M]] = []
        self._trying: Counter[int] = Counter()
        self._arrived: dict[int, bool] = {}
        self._refusals: dict[int, Counter[str]] = {}
        self._stopped: set[int] = set()
        self._busy: set[int] = set()
        """Chats that a message is on its way to."""
        self._doubtful: set[int] = set()
        """Occurrences that were in a message of several which Telegram has refused: they go by themselves."""

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def ids(self) -> set[int]:
        """Of the deliveries that lie here."""
        return {claimed.id for parcel, _ in self._ready for claimed in parcel}

    def knows(self, occurrence_id: int) -> bool:
        """Whether it has been told about it by `learn`: nothing else may be laid here."""
        return occurrence_id in self._arrived

    def learn(self, occurrence_id: int, arrived: bool) -> None:
        """Whether anybody has got it before."""
        self._arrived[occurrence_id] = arrived

    # --- in

    def lay(self, composed: Sequence[tuple[Claimed, M]]) -> list[tuple[Claimed, Outcome]]:
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
            elif claimed.waited and claimed.occurrence_id not in self._doubtful:
                together.setdefault(claimed.membership_id, []).append((claimed, message))
            else:
                self._ready.append(((claimed,), message))
        for several in together.values():
            self._ready += self._join(several)
        self._ready.sort(key=lambda each: not each[0][0].asked)
        return refused

    # --- out

    def choose(self, room: int) -> list[tuple[Parcel, M]]:
        """What goes out now, at most so many.

        Only one at a time into a chat: the later of two changes is the last to arrive, and who gets many does not
        use up the room of all others.
        """
        chosen: list[tuple[Parcel, M]] = []
        trying, busy = Counter(self._trying), set(self._busy)
        for parcel, message in self._ready:
            if len(chosen) >= room:
                break
            chat = parcel[0].telegram_id
            if chat in busy:
                continue
            unproven = [each.occurrence_id for each in parcel if not self._arrived[each.occurrence_id]]
            if any(trying[this] + self._worst(this) >= SCOUTS for this in unproven):
                continue
            trying.update(unproven)
            busy.add(chat)
            chosen.append((parcel, message))
        return chosen

    def take_out(
        self, chosen: Sequence[tuple[Parcel, M]], stopped: Collection[int]
    ) -> list[tuple[Claimed, Outcome]]:
        """The chosen ones lie here no more, nor does what is stopped. Returns what was to go with that, unsent."""
        self._stopped.update(stopped)
        if not stopped and not self._doubtful and self._ready[: len(chosen)] == chosen:  # as nearly always
            del self._ready[: len(chosen)]
            return []
        unsent: list[tuple[Claimed, Outcome]] = []
        taken = {parcel[0].id for parcel, _ in chosen}
        ready, self._ready = self._ready, []
        for parcel, message in ready:
            these = {claimed.occurrence_id for claimed in parcel}
            alone = len(parcel) > 1 and not these.isdisjoint(self._doubtful)
            if parcel[0].id in taken:
                continue
            if not alone and these.isdisjoint(stopped):
                self._ready.append((parcel, message))
                continue
            unsent += [
                (claimed, not_sent(claimed, alone=alone))
                for claimed in parcel
                if claimed.occurrence_id not in stopped
            ]
        return unsent

    def empty(self) -> set[int]:
        """Nothing lies here any more. Returns the deliveries that did."""
        ids = self.ids
        self._ready.clear()
        return ids

    # --- under way

    def set_off(self, parcel: Parcel) -> None:
        """It is on its way from now on, until it `came_back`."""
        self._busy.add(parcel[0].telegram_id)
        self._trying.update(claimed.occurrence_id for claimed in parcel)

    def came_back(self, parcel: Parcel, became: Sent | Failed) -> None:
        """What became of it tells whether its occurrences may go on."""
        self._busy.discard(parcel[0].telegram_id)
        if is_doubtful(parcel, became):
            self._doubtful.update(claimed.occurrence_id for claimed in parcel)
        for claimed in parcel:
            this = claimed.occurrence_id
            self._trying[this] -= 1
            if isinstance(became, Sent):
                self._arrived[this] = True
            elif became.status is DeliveryStatus.REFUSED and len(parcel) == 1:
                self._refusals.setdefault(this, Counter())[became.words] += 1

    def words_against(self, occurrence_id: int) -> str | None:
        """Telegram's, once it has refused an occurrence so often that it is to be stopped; None before, and after."""
        if (
            self._worst(occurrence_id) < SCOUTS
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
