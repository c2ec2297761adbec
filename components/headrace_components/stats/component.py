"""The Stats component."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.stats import StatsSpec
from headrace_components.parameters import to_parameter
from headrace_components.stats.executor import Executor


class StatsComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `Stats`."""

    PARAMETERS = {"spec": ExecutionParameter(type=str), "union": ExecutionParameter(type=str)}
    INPUTS = {"examples": ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}


class Stats(base_beam_component.BaseBeamComponent):
    """Computes TFDV statistics over Arrow batches: by split, or of all splits together; whole and by slice.

    Outputs:
        statistics: `standard_artifacts.ExampleStatistics`, in the files that stock components read.
    """

    SPEC_CLASS = StatsComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, examples: types.BaseChannel, spec: StatsSpec | str | None = None, union: str = "") -> None:
        """Declares the node.

        Args:
            examples: `Examples`, as Parquet or tf.Example.
            spec: what to compute; a `StatsSpec`, its JSON text or a runtime parameter.
            union: a split name: the statistics then have this one split, over the rows of all splits of `examples`.
        """
        super().__init__(
            StatsComponentSpec(
                spec=to_parameter(spec if spec is not None else StatsSpec()),
                union=union,
                examples=examples,
                statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
