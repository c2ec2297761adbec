"""A worker uses the cores that it may use, and no fault of one of its threads is lost."""

import threading

import pytest

from headrace.errors import DataError, UsageError
from headrace.execution.cores import VARIABLE, cores, limited_to

MEETING = threading.Barrier(2)


def met(element: int) -> int:
    MEETING.wait(timeout=60)
    return element * 10


def refuse_odd(element: int) -> int:
    if element % 2:
        raise DataError(f"{element} is odd")
    return element


@pytest.mark.beam
def test_as_many_elements_are_worked_on_at_once_as_there_are_cores() -> None:
    import apache_beam as beam
    from apache_beam.testing.util import assert_that, equal_to

    from headrace.execution.beam import MapInThreads, in_this_process

    # Each waits for another: one after the other would wait for ever.
    with limited_to(2), in_this_process() as pipeline:
        assert_that(pipeline | beam.Create(range(4)) | MapInThreads(met), equal_to([0, 10, 20, 30]))


@pytest.mark.beam
def test_what_is_raised_in_a_thread_fails_the_pipeline() -> None:
    import apache_beam as beam

    from headrace.execution.beam import MapInThreads, in_this_process

    with pytest.raises(Exception, match="3 is odd"), in_this_process() as pipeline:
        _ = pipeline | beam.Create([2, 3, 4]) | MapInThreads(refuse_odd)


def test_the_number_of_cores_can_be_limited_and_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    every = cores()
    with limited_to(3):
        assert cores() == 3
        with limited_to(None):
            assert cores() == 3
    assert cores() == every >= 1


@pytest.mark.parametrize("text", ["0", "", "two", "-1"])
def test_a_number_of_cores_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(UsageError, match="HEADRACE_CORES must be a whole number above 0"):
        cores()
