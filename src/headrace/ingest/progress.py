"""How far an ingest is, for whoever waits: seen from the files that workers leave, so that no worker has to tell."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headrace.files.storage import is_remote

EVERY_S = 0.5

Tell = Callable[[int, int], None]


@contextmanager
def watched(folder: str, total: int, tell: Tell | None) -> Iterator[None]:
    """While the block runs, calls `tell(done, total)` as files appear in a local `folder`; at its end once more."""
    if tell is None or is_remote(folder):
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        seen = -1
        while not ended.wait(EVERY_S):
            done = _count(folder)
            if done != seen:
                tell(done, total)
                seen = done

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
        tell(total, total)
    finally:
        ended.set()
        thread.join()


def _count(folder: str) -> int:
    try:
        return sum(".staging-" not in name for name in os.listdir(folder))
    except FileNotFoundError:
        return 0
