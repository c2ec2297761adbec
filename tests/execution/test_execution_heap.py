"""The heap is frozen while a pipeline runs, and only then; what somebody else froze stays frozen."""

import gc
from collections.abc import Iterator

import pytest

from headrace.execution.heap import Heap


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.freeze()  # as tests/conftest.py does


def test_it_is_frozen_inside_and_thawed_behind() -> None:
    heap = Heap()
    with heap.frozen():
        assert gc.get_freeze_count() > 0
        with heap.frozen():
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_it_is_frozen_until_the_last_of_blocks_that_overlap_ends() -> None:
    heap = Heap()
    first, second = heap.frozen(), heap.frozen()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert gc.get_freeze_count() == 0


def test_it_is_thawed_where_the_block_fails() -> None:
    heap = Heap()
    with pytest.raises(ValueError, match="no"), heap.frozen():
        raise ValueError("no")
    assert gc.get_freeze_count() == 0


def test_what_was_frozen_before_stays_so() -> None:
    heap = Heap()
    gc.freeze()
    for _ in range(2):
        with heap.frozen():
            pass
        assert gc.get_freeze_count() > 0
