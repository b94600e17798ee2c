"""When memory is searched for garbage: never what a start has made, and the rest seldom.

A search walks through all that is there. What a start has made stays, and searching it again and again while it grows
takes a sixth of the start; every later search of it all would hold up whoever taps for 75 ms. What is made afterwards
is nearly all gone by itself as soon as nobody holds it: searching it as often as Python does unasked takes a tenth of
a broadcast, in pauses of 5 ms and more, and finds next to nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 10_000
"""How many new objects make a search worth while. Python's own number is 700."""


@contextmanager
def without_collection() -> Iterator[None]:
    """For a start, whose every part stays."""
    gc.disable()
    try:
        yield
    finally:
        freeze_startup_objects()


def freeze_startup_objects() -> None:
    """What is there now is never searched; what comes is, now and then."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()
