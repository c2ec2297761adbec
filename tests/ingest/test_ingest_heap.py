"""The heap is frozen while a pipeline runs, and only then; what somebody else froze stays frozen."""

import gc

import pytest

from headrace.execution.heap import frozen_heap


@pytest.fixture(autouse=True)
def _thaw():
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_it_is_frozen_inside_and_thawed_behind():
    with frozen_heap():
        assert gc.get_freeze_count() > 0
        with frozen_heap():
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_it_is_thawed_where_the_block_fails():
    with pytest.raises(ValueError, match="no"), frozen_heap():
        raise ValueError("no")
    assert gc.get_freeze_count() == 0


def test_what_was_frozen_before_stays_so():
    gc.freeze()
    with frozen_heap():
        pass
    assert gc.get_freeze_count() > 0
