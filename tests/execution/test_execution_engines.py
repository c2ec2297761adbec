"""One plan, any engine: the same results in the same order, the same errors in words, the same files."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import example_plan as example
import pytest
from execution.engines_under_test import BEAM, ENGINES, engine_under_test
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError, HeadraceError, LedgerError, UsageError, WorkError
from headrace.execution import Plan, Step, engine_named, engine_of, refuse_unknown, register
from headrace.execution.engines import VARIABLE, Engine
from headrace.execution.outcomes import Done, Failed, attempt_of, results_of
from headrace.execution.progress import logged
from headrace.execution.threads import Threads

COUNTED = [("a", 3), ("b", 1), ("c", 1), ("d", 1), ("e", 1), ("f", 1), ("g", 1), ("h", 1), ("i", 5), ("r", 3), ("s", 1)]


def files(folder: Path) -> dict[str, bytes]:
    """What stands there, but for what a killed attempt left under a temporary name."""
    every = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".staging-" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in every}


@pytest.mark.parametrize("name", ENGINES)
def test_results_are_the_same_in_the_order_of_the_elements_and_so_are_the_files(name: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    expected = Threads(1).run(example.example_plan(str(one)))
    other.mkdir()
    with engine_under_test(name) as engine:
        results = engine.run(example.example_plan(str(other)))
    assert dict(results) == dict(expected)
    assert results["count words"] == COUNTED
    assert results["write words"][:3] == [["a", "i", "r"], ["i"], []]
    assert (results["nothing"], results["total"]) == ([], [19])
    assert files(other) == files(one)


@pytest.mark.parametrize("name", ENGINES)
def test_an_error_of_ours_keeps_its_type_and_names_step_and_element(name: str) -> None:
    plan = example.one_step(example.refuse_three, range(6), describe="bytes {} of a.csv".format)
    with engine_under_test(name) as engine, pytest.raises(DataError) as caught:
        engine.run(plan)
    assert str(caught.value) == "3 is refused (step 'one', bytes 3 of a.csv)"


@pytest.mark.parametrize("name", ENGINES)
def test_any_other_error_is_named_first_and_its_traceback_is_kept_as_the_cause(name: str) -> None:
    with engine_under_test(name) as engine, pytest.raises(WorkError) as caught:
        engine.run(example.one_step(example.divide_by_zero, [1, 2, 3]))
    assert str(caught.value) == "ZeroDivisionError: division by zero (step 'one', 2)"
    cause = caught.value.__cause__
    assert isinstance(cause, ZeroDivisionError) or "divide_by_zero" in str(cause)


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_wrong_with_results_is_raised_where_the_next_elements_are_made(name: str) -> None:
    def plan(items: object) -> Plan:
        first = Step(name="one", work=abs, items=[-1, 2])
        return Plan(name="example", steps=[first, Step(name="two", work=abs, items=items)])  # type: ignore[arg-type]

    with engine_under_test(name) as engine:
        with pytest.raises(DataError, match=r"^3 in all is too many$"):
            engine.run(plan(example.refuse_results))
        with pytest.raises(WorkError, match=r"^KeyError: 'what is not there' \(the elements of step 'two'\)$"):
            engine.run(plan(example.lacks))


@pytest.mark.parametrize("name", ["threads:1", BEAM])
def test_after_the_first_failure_no_further_element_is_begun(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_CORES", "1")
    with pytest.raises(DataError, match="1 is refused"):
        engine_named(name).run(example.one_step(partial(example.touch, folder=str(tmp_path)), range(50)))
    assert set(files(tmp_path)) <= {"0"}


def test_of_several_failures_the_first_in_the_order_of_the_elements_is_told() -> None:
    both = threading.Barrier(2)

    def work(number: int) -> int:
        both.wait(60)
        return example.refuse(number)

    with pytest.raises(DataError, match=r"^7 is refused"):
        Threads(2).run(example.one_step(work, [7, 8]))


def test_threads_work_on_as_many_elements_at_once_as_they_are() -> None:
    meeting = threading.Barrier(3)  # one after the other would wait for ever

    def work(number: int) -> int:
        meeting.wait(60)
        return number

    assert Threads(3).run(example.one_step(work, range(6)))["one"] == list(range(6))


@pytest.mark.parametrize("name", ["threads:4", "processes", BEAM])
def test_progress_ends_at_all_elements_of_every_step(name: str, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    with engine_under_test(name) as engine:
        engine.run(example.example_plan(str(tmp_path)), lambda *progress: seen.append(progress))
    last = {step: (done, total) for step, done, total in seen}
    assert last == {"write words": (6, 6), "count words": (11, 11), "nothing": (0, 0), "total": (1, 1)}


class Watched(ThreadPoolExecutor):
    """One thread, which sees when the last of three elements is cancelled."""

    def __init__(self) -> None:
        super().__init__(1)
        self.futures: list[Future[Any]] = []
        self.last_is_cancelled = threading.Event()

    def submit(self, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        self.futures.append(super().submit(*arguments))
        if len(self.futures) == 3:
            self.futures[-1].add_done_callback(lambda last: last.cancelled() and self.last_is_cancelled.set())
        return self.futures[-1]


def test_an_interrupt_cancels_what_is_not_begun_and_waits_for_what_runs() -> None:
    begun, finished = [], []
    second_runs = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            second_runs.set()
            pool.last_is_cancelled.wait(30)
        finished.append(number)

    def interrupt(step: str, done: int, total: int) -> None:
        if done == 1:
            second_runs.wait(30)
            raise KeyboardInterrupt

    with Watched() as pool:
        with pytest.raises(KeyboardInterrupt):
            engine_of(pool).run(example.one_step(work, range(3)), interrupt)
        assert begun == finished == [0, 1]


def test_a_process_that_dies_is_told_with_the_step() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.raises(WorkError, match=r"terminated abruptly.*\(step 'one'\)"),
    ):
        engine_of(pool).run(example.one_step(example.end_the_process, [1]))


def test_work_that_can_not_be_sent_is_the_callers_fault() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(UsageError, match=r"step 'one' can't be sent.*partial"):
        engine_of(pool).run(example.one_step(lambda number: number, [1]))


def test_the_plan_can_be_pickled() -> None:
    pickle.loads(pickle.dumps(example.example_plan("somewhere")))


def test_threads_import_no_beam() -> None:
    code = (
        "import sys\nfrom headrace.execution import *\n"
        "plan = Plan(name='p', steps=[Step(name='s', work=abs, items=[-1])])\n"
        "assert engine_of().run(plan) == {'s': [1]}\n"
        "sys.exit(any(name.startswith('apache_beam') for name in sys.modules))"
    )
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_an_engine_is_named_by_text_by_the_environment_or_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_named("threads:3") == Threads(3)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert engine_of() == Threads()
    monkeypatch.setenv(VARIABLE, "threads:2")
    assert engine_of() == Threads(2)
    assert engine_of("threads") == Threads()
    assert engine_of(Threads(5)) == Threads(5)


def test_an_engine_of_ones_own_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.execution.engines._KINDS", {})
    register("mine", "mine:WORDS", r"mine:\w+", lambda text: Threads(len(text)))
    engine: Engine = engine_named("mine:12")
    assert engine == Threads(7)
    with pytest.raises(UsageError, match="there is no engine 'mine': expected mine:WORDS"):
        refuse_unknown("mine")


@pytest.mark.parametrize(
    "text",
    [
        *("ray", "thread", "", "threads:0", "threads:two", "threads:", "threads:-1", "beam:4"),
        *("dask", "dask://host", "dask://:8786", "spark://host", "spark:", "spark:yarn[2]", "spark://host:7077/x"),
    ],
)
def test_what_names_no_engine_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected (threads|beam)"):
        engine_named(text)


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(UsageError, match="got int"):
        engine_of(4)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["threads:2", BEAM])
def test_the_lines_of_the_guide_run_a_step_of_ones_own(name: str) -> None:
    assert example.of_the_guide(name) == [1, 3]


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "headrace.execution.beam", None)
    with pytest.raises(UsageError, match=r"pip install 'headrace\[beam\]'"):
        engine_named("beam")


def test_a_plan_without_steps_or_with_two_of_one_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no steps"):
        Plan(name="p", steps=[])
    step = Step(name="s", work=abs, items=[1])
    with pytest.raises(UsageError, match="several steps named 's'"):
        Plan(name="p", steps=[step, step])


@pytest.mark.beam
def test_beam_elsewhere_needs_a_staging_folder() -> None:
    from headrace.execution.beam import with_args

    engine = with_args(["--runner=PortableRunner", "--job_endpoint=127.0.0.1:1"])
    with pytest.raises(UsageError, match="staging folder"):
        engine.run(example.one_step(abs, [1]))


def test_an_element_that_came_to_nothing_is_not_passed_over() -> None:
    with pytest.raises(LedgerError, match="1 of 2 elements"):
        results_of([Done(1), None])


class OwnError(HeadraceError):
    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code}: {words}")


def raise_own(number: int) -> None:
    raise OwnError(number, "is ours")


def test_an_error_that_is_not_made_of_words_is_a_cause() -> None:
    with pytest.raises(WorkError, match=r"^OwnError: 5: is ours \(step 'one', 5\)$") as caught:
        Threads(1).run(example.one_step(raise_own, [5]))
    assert isinstance(caught.value.__cause__, OwnError)


@given(st.lists(st.booleans()), st.integers(1, 4))
def test_a_failure_is_told_wherever_it_stands(fine: list[bool], workers: int) -> None:
    def work(number: int) -> int:
        return number if fine[number] else example.refuse(number)

    plan = example.one_step(work, range(len(fine)))
    if all(fine):
        assert Threads(workers).run(plan)["one"] == list(range(len(fine)))
    else:
        with pytest.raises(DataError, match="is refused"):
            Threads(workers).run(plan)


def test_a_package_that_is_imported_from_a_folder_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from headrace.execution import versions

    monkeypatch.setattr(versions, "PACKAGES", ("numpy", "headrace_from_pythonpath"))
    found = versions.versions.__wrapped__()
    assert found["headrace_from_pythonpath"] == "from a folder"
    assert found["numpy"][0].isdigit()


def test_a_worker_of_other_versions_refuses_its_element() -> None:
    attempt = attempt_of(example.one_step(abs, [-1]).steps[0])
    assert attempt(-1) == Done(1)
    other = replace(attempt, versions={**attempt.versions, "pyarrow": "1.2.3"})(-1)
    assert isinstance(other, Failed)
    with pytest.raises(UsageError, match=r"pyarrow \S+ instead of 1\.2\.3: .*install.*\(step 'one', -1\)$"):
        other.throw()


def test_progress_is_logged_at_each_tenth(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []
    observe = logged(logging.getLogger("test"), "example", lambda step, done, total: seen.append(done))
    with caplog.at_level(logging.INFO, "test"):
        Threads(1).run(example.one_step(abs, range(40)), observe)
    assert caplog.messages == [f"example: one, {done} of 40" for done in range(0, 41, 4)]
    assert seen == list(range(41))


def test_an_outcome_survives_pickling() -> None:
    plan = example.one_step(example.refuse_three, [3])
    with pytest.raises(DataError) as caught:
        Threads(1).run(plan)
    failure = pickle.loads(pickle.dumps(Failed(caught.value, "the traceback")))
    with pytest.raises(DataError, match="3 is refused") as again:
        failure.throw()
    assert "the traceback" in str(again.value.__cause__)
