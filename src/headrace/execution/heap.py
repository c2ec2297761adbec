"""What the garbage collector need not look at while data is worked on."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field


@dataclass
class Heap:
    """The heap of this process: how many blocks want it frozen, and whether the first of them found it so."""

    blocks: int = 0
    was_frozen: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """As `frozen_heap`, which is this of the one heap that there is."""
        with self.lock:
            if not self.blocks:
                # Counting takes 15 ns an object: only the outermost block does it.
                self.was_frozen = gc.get_freeze_count() > 0
                if not self.was_frozen:
                    gc.freeze()
            self.blocks += 1
        try:
            yield
        finally:
            with self.lock:
                self.blocks -= 1
                if not self.blocks and not self.was_frozen:
                    gc.unfreeze()


_HEAP = Heap()


def frozen_heap() -> AbstractContextManager[None]:
    """Inside the block the collector leaves alone what is on the heap when the first of such blocks begins.

    TFX brings about a million objects that stay. Every full collection visits them all, and so does pyarrow on Python
    3.10 before each CSV file that it parses, in search of a cycle of frames that this Python does not make: 50 ms, with
    Python's lock held. Blocks may lie in each other and overlap. Where the heap is frozen already, nothing changes.
    """
    return _HEAP.frozen()
