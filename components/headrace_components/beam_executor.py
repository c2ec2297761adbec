"""The base of the executors of components that run a plan: on Beam, with an explicit runner, or another engine."""

import os
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from tfx.dsl.components.base import base_beam_executor

from headrace.execution import Engine, engine_named
from headrace.execution.beam import Beam
from headrace.execution.engines import VARIABLE
from headrace_components import parameters


class BeamExecutor(base_beam_executor.BaseBeamExecutor):
    """Runs on the Beam runner that the pipeline's `beam_pipeline_args` name, else in this process.

    Without a name Beam 2.68 and later try Prism first, a binary that they download.
    """

    _beam_pipeline_args: list[str]

    def _engine(self, exec_properties: Mapping[str, Any]) -> Engine:
        """What the parameter `engine` names, else HEADRACE_ENGINE, else Beam.

        Raises:
            UsageError: there is no such engine, or its package is not installed here.
        """
        name = parameters.text(exec_properties, "engine") or os.environ.get(VARIABLE) or "beam"
        return Beam(self._make_beam_pipeline) if name == "beam" else engine_named(name)

    def _make_beam_pipeline(self) -> beam.Pipeline:
        if self._make_beam_pipeline_fn is None and not any(a.startswith("--runner") for a in self._beam_pipeline_args):
            self._beam_pipeline_args = [*self._beam_pipeline_args, "--runner=FnApiRunner"]
        return super()._make_beam_pipeline()
