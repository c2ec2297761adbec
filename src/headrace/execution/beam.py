"""A plan as one Beam pipeline, portable to any runner: no state, timers or splittable functions. Imports Beam.

    Create(elements of step 1) -> Reshuffle -> work ─┐ side input
    Create(one) -> elements of step 2 from results ──┘ -> Reshuffle -> work ─┐
    Create(one) -> all results into one file, which the submitter reads ─────┘

Elements and outcomes travel as (number, how many there are, bytes). Bytes, since Beam's in-process gRPC runner flushes
its buffers by the clock, from another thread: an element that Python code encodes, as pickling does, may be torn.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import GlobalWindows
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.windowed_value import WindowedValue

from headrace.errors import HeadraceError, UsageError, WorkError
from headrace.execution.cores import cores
from headrace.execution.engines import Observer
from headrace.execution.heap import frozen_heap
from headrace.execution.outcomes import Attempt, Failed, Outcome, attempt_of, items_of, results_of
from headrace.execution.plan import Plan, Results, Step
from headrace.execution.threads import until_failure
from headrace.files.outputs import whole_file
from headrace.files.storage import open_file, remove

_Packed = tuple[int, int, bytes]
_NO_ITEMS = -1
"""The number of an element that stands for why there are none: a pickled `Failed`."""


def in_this_process() -> beam.Pipeline:
    """A pipeline that runs here and downloads nothing: plain DirectRunner would try to fetch Prism, a binary."""
    return beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))


@dataclass(frozen=True)
class Beam:
    """A plan as one pipeline; `make_pipeline` gives a fresh one, on a runner that its options name.

    Results come back through a file in the staging folder of the plan, so on runners of other processes the plan must
    have one. Progress is reported at the end; until then, the runner's own pages count the elements: `headrace/<step>`.
    """

    make_pipeline: Callable[[], beam.Pipeline] = in_this_process

    def run(self, plan: Plan, observe: Observer | None = None) -> Results:
        """As `Engine.run`; after a failure no further element of its bundle is begun, and no further step."""
        pipeline = self.make_pipeline()
        with contextlib.ExitStack() as stack:
            folder = plan.staging
            if folder is None:
                if not isinstance(pipeline.runner, FnApiRunner):
                    raise UsageError(f"plan {plan.name!r} needs a staging folder, which all workers reach")
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-"))
            path = os.path.join(folder, f"results-{uuid.uuid4().hex[:8]}.pickle")
            stack.enter_context(frozen_heap())
            _run(pipeline, RunPlan(plan, path), plan.name)
            outcomes = _read(path, plan.name)
        results = {}
        for step in plan.steps:
            results[step.name] = results_of(outcomes[step.name])
            if observe:
                observe(step.name, len(results[step.name]), len(results[step.name]))
        return results


def with_args(args: Sequence[str]) -> Beam:
    """On the runner that `beam_pipeline_args` name, else in this process."""
    runner = {} if any(arg.startswith("--runner") for arg in args) else {"runner": "FnApiRunner"}
    return Beam(lambda: beam.Pipeline(options=PipelineOptions(list(args)), **runner))


class RunPlan(beam.PTransform):
    """Root -> nothing; leaves the outcomes of all steps at `path`."""

    def __init__(self, plan: Plan, path: str) -> None:
        self._plan = plan
        self._path = path

    def expand(self, root: beam.Pipeline) -> beam.PCollection:
        """Wires the steps."""
        names: list[str] = []
        outcomes: list[Any] = []  # side inputs
        for step in self._plan.steps:
            if names:
                one = root | f"{step.name}: start" >> beam.Create([None])
                items = one | f"{step.name}: elements" >> beam.FlatMap(_items, step, list(names), *outcomes)
            else:
                items = root | f"{step.name}: elements" >> beam.Create(_packed_items(step, {}))
            items = items | f"{step.name}: spread" >> beam.Reshuffle()
            done = items | f"{step.name}: work" >> beam.ParDo(_Attempts(attempt_of(step)))
            names.append(step.name)
            outcomes.append(beam.pvalue.AsIter(done))
        end = root | "End" >> beam.Create([None])
        return end | "Write results" >> beam.Map(_write, self._path, names, *outcomes)


def _run(pipeline: beam.Pipeline, run_plan: RunPlan, name: str) -> None:
    try:
        with pipeline:
            _ = pipeline | name >> run_plan
    except KeyboardInterrupt:
        if result := getattr(pipeline, "result", None):
            with contextlib.suppress(NotImplementedError):
                result.cancel()
        raise
    except HeadraceError:
        raise
    except Exception as error:
        # Work raises nothing in a worker: it is the runner that failed. Its text ends with what went wrong first.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next((line for line in reversed(lines) if "[while running" not in line), type(error).__name__)
        raise WorkError(f"{cause} (Beam, plan {name!r})") from error


@no_annotations
def _items(_: None, step: Step[Any, Any], names: Sequence[str], *outcomes: Iterable[_Packed]) -> Iterator[_Packed]:
    before = dict(zip(names, map(_in_order, outcomes), strict=True))
    if not any(isinstance(outcome, Failed) for of_step in before.values() for outcome in of_step):
        yield from _packed_items(step, {name: results_of(of_step) for name, of_step in before.items()})


def _packed_items(step: Step[Any, Any], results: Results) -> list[_Packed]:
    items = items_of(step, results)
    if isinstance(items, Failed):
        return [(_NO_ITEMS, 1, pickle.dumps(items))]
    return [(number, len(items), pickle.dumps(item, pickle.HIGHEST_PROTOCOL)) for number, item in enumerate(items)]


class _InThreads(beam.DoFn):
    """A worker works on as many elements of a bundle at once as it has cores, and holds as many in memory."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work

    def start_bundle(self) -> None:
        self._threads = ThreadPoolExecutor(cores(), thread_name_prefix="headrace")
        self._futures: list[Future[Any]] = []

    @no_annotations  # Beam can't hold `*arguments` against their hint where there are none
    def process(self, element: Any, *arguments: Any) -> None:
        self._futures.append(self._threads.submit(self._work, element, *arguments))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        try:
            done = [future.result() for future in self._futures]
        finally:
            self._threads.shutdown(cancel_futures=True)
        for result in done:
            yield GlobalWindows.windowed_value(result)


class _Attempts(_InThreads):
    """Packed elements -> packed outcomes; what is not begun after a failure in its bundle leaves nothing."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def start_bundle(self) -> None:
        super().start_bundle()
        attempt = until_failure(self._attempt)

        def work(packed: _Packed) -> _Packed | None:
            number, total, data = packed
            if number == _NO_ITEMS:
                return packed
            outcome = attempt(pickle.loads(data))
            return None if outcome is None else (number, total, pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL))

        self._work = work

    def finish_bundle(self) -> Iterator[WindowedValue]:
        counter = Metrics.counter("headrace", self._attempt.step)
        for windowed in super().finish_bundle():
            if windowed.value is not None:
                counter.inc()
                yield windowed


class MapInThreads(beam.PTransform):
    """`beam.Map` for work on a whole partition that leaves Python's lock alone (Arrow, DuckDB, NumPy).

    A worker works on as many elements of a bundle at once as it has cores, and holds as many in memory. Results come in
    the order of the elements, in the global window.
    """

    def __init__(self, work: Callable[..., Any], *arguments: Any) -> None:
        self._work = work
        self._arguments = arguments

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        """Wires the threads."""
        return elements | beam.ParDo(_InThreads(self._work), *self._arguments)


def _in_order(packed: Iterable[_Packed]) -> list[Outcome | None]:
    """One outcome for each element; None where there is none."""
    found: list[Outcome | None] = []
    for number, total, data in packed:
        found = found or [None] * total
        found[number] = pickle.loads(data)  # _NO_ITEMS stands alone: it is the last of one
    return found


@no_annotations
def _write(_: None, path: str, names: Sequence[str], *outcomes: Iterable[_Packed]) -> None:
    with whole_file(path) as staging, open(staging, "wb") as file:
        pickle.dump(dict(zip(names, map(_in_order, outcomes), strict=True)), file, pickle.HIGHEST_PROTOCOL)


def _read(path: str, plan: str) -> dict[str, list[Outcome | None]]:
    try:
        with open_file(path) as file:
            outcomes: dict[str, list[Outcome | None]] = pickle.load(file)
    except FileNotFoundError as error:
        raise WorkError(f"the pipeline ended without results at {path} (Beam, plan {plan!r})") from error
    remove(path)
    return outcomes
