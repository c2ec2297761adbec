"""The Stats component."""

import json
from collections.abc import Sequence

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.stats import StatsSpec
from headrace_components.parameters import to_engine, to_parameter
from headrace_components.stats.executor import Executor


class StatsComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `Stats`."""

    PARAMETERS = {
        "spec": ExecutionParameter(type=str),
        "union": ExecutionParameter(type=str),
        "each": ExecutionParameter(type=int),
        "exclude_splits": ExecutionParameter(type=str),
        "engine": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
    }
    OUTPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}


class Stats(base_beam_component.BaseBeamComponent):
    """Computes TFDV statistics over Arrow batches: by split, or of all splits together; whole and by slice.

    Several artifacts are pooled, or measured one by one with `each`.

    Outputs:
        statistics: `standard_artifacts.ExampleStatistics`, in the files that stock components read.
    """

    SPEC_CLASS = StatsComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        spec: StatsSpec | str | None = None,
        union: str = "",
        *,
        schema: types.BaseChannel | None = None,
        each: bool = False,
        exclude_splits: Sequence[str] = (),
        engine: str = "",
    ) -> None:
        """Declares the node.

        Args:
            examples: `Examples`, as Parquet or tf.Example; one artifact or several.
            spec: which statistics; a `StatsSpec`, its JSON text or a runtime parameter.
            union: a split name: the statistics then have this one split, over the rows of all splits of `examples`.
            schema: declares categories, bytes, sparse and weighted features, and natural language.
            each: statistics of each artifact instead of their union: splits are then named `train-span-3`, or `train-1`
                by the order of the artifacts where their spans do not tell them apart.
            exclude_splits: splits to leave out.
            engine: what runs the work, such as `dask://host:8786`; by default what HEADRACE_ENGINE names where the node
                runs, else Beam, as `beam_pipeline_args` say.

        Raises:
            UsageError: an unknown engine.
        """
        super().__init__(
            StatsComponentSpec(
                spec=to_parameter(spec if spec is not None else StatsSpec()),
                engine=to_engine(engine),
                union=union,
                each=int(each),
                exclude_splits=json.dumps(list(exclude_splits)),
                examples=examples,
                schema=schema,
                statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
