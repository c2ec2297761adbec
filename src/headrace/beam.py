"""Where Beam runs when nobody says, and how a worker uses its cores (imports Beam)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.window import GlobalWindows
from apache_beam.typehints.decorators import no_annotations
from apache_beam.utils.windowed_value import WindowedValue

from headrace.cores import cores


def in_this_process() -> beam.Pipeline:
    """A pipeline that runs here and downloads nothing: plain DirectRunner would try to fetch Prism, a binary."""
    return beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))


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


class _InThreads(beam.DoFn):
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
