"""What the garbage collector need not look at while data is worked on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Inside the block the collector leaves alone what is on the heap when it begins.

    TFX brings about a million objects that stay. Every full collection visits them all, and so does pyarrow on Python
    3.10 before each CSV file that it parses, in search of a cycle of frames that this Python does not make: 50 ms, with
    Python's lock held. Where the heap is frozen already, nothing changes.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
