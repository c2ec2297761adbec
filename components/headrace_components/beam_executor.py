"""The base of the executors of components that run Beam: TFX's, with an explicit runner."""

import apache_beam as beam
from tfx.dsl.components.base import base_beam_executor


class BeamExecutor(base_beam_executor.BaseBeamExecutor):
    """Runs on the Beam runner that the pipeline's `beam_pipeline_args` name, else in this process.

    Without a name Beam 2.68 and later try Prism first, a binary that they download.
    """

    _beam_pipeline_args: list[str]

    def _make_beam_pipeline(self) -> beam.Pipeline:
        if self._make_beam_pipeline_fn is None and not any(a.startswith("--runner") for a in self._beam_pipeline_args):
            self._beam_pipeline_args = [*self._beam_pipeline_args, "--runner=FnApiRunner"]
        return super()._make_beam_pipeline()
