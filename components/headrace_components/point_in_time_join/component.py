"""The PointInTimeJoin component."""

from collections.abc import Mapping

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace.keyed.side_names import EVENTS
from headrace.point_in_time import PointInTimeSpec
from headrace_components.channels import Channels, inputs_of
from headrace_components.parameters import to_engine, to_parameter
from headrace_components.payload import PARQUET, PAYLOADS
from headrace_components.point_in_time_join.executor import Executor, table_key


class PointInTimeJoinComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `PointInTimeJoin`, without tables.

    Kubeflow Pipelines hands over one artifact an input, and an input that is declared must be there. So each node has a
    subclass that declares an input for each channel of events and tables: `events`, `events__2`, `table_runs`, ...
    """

    PARAMETERS = {
        "spec": ExecutionParameter(type=str),
        "payload_format": ExecutionParameter(type=str),
        "engine": ExecutionParameter(type=str),
    }
    INPUTS = {EVENTS: ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"examples": ChannelParameter(type=standard_artifacts.Examples)}


class PointInTimeJoin(base_beam_component.BaseBeamComponent):
    """Gives events features from tables: only what was known at each event's time, and nothing of its own outcome.

    Outputs:
        examples: `standard_artifacts.Examples`: all events, in the splits they came in, features appended.
            Properties `events.*`, `<table>.*` and `events.<table>.*` are ledgers, which add up;
            `feature.<name>.coverage` is the share of events that the feature was found for, and `features_json` has
            coverage and ages of all; `alarms` counts tables that have something for too few events, `alarms_json` says
            it in words.
    """

    SPEC_CLASS = PointInTimeJoinComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        events: Channels,
        tables: Mapping[str, Channels],
        spec: PointInTimeSpec | str,
        payload_format: str = PARQUET,
        engine: str = "",
    ) -> None:
        """Declares the node.

        Args:
            events: `Examples` with Parquet payload, one row an event. Several channels are joined as one, split by
                split.
            tables: `Examples` with Parquet payload, by the table's name in the spec; all splits are read. Several
                channels, for instance of the spans of a table's history, are one table. So are several artifacts in
                a channel.
            spec: keys, times, features; a `PointInTimeSpec`, its JSON text or a runtime parameter.
            payload_format: of the examples: `FORMAT_PARQUET`, which everything here reads, or `FORMAT_TF_EXAMPLE`,
                which Trainer reads.
            engine: what runs the work, such as `dask://host:8786`; by default what HEADRACE_ENGINE names where the node
                runs, else Beam, as `beam_pipeline_args` say.

        Raises:
            UsageError: an unknown payload format or engine, or tables that are not those of the spec.
        """
        if isinstance(payload_format, str) and payload_format not in PAYLOADS:
            raise UsageError(f"payload_format must be one of {', '.join(PAYLOADS)}, got {payload_format!r}")
        if isinstance(spec, PointInTimeSpec) and {table.name for table in spec.tables} != set(tables):
            wanted = ", ".join(table.name for table in spec.tables)
            raise UsageError(f"expected the tables of the spec, {wanted}, got {', '.join(tables) or 'none'}")
        inputs = inputs_of(EVENTS, events)
        for name, channels in tables.items():
            inputs.update(inputs_of(table_key(name), channels))
        declared = {key: ChannelParameter(type=standard_artifacts.Examples) for key in inputs}
        spec_class = type("PointInTimeJoinComponentSpec", (PointInTimeJoinComponentSpec,), {"INPUTS": declared})
        super().__init__(
            spec_class(
                spec=to_parameter(spec),
                engine=to_engine(engine),
                payload_format=payload_format,
                **inputs,
                examples=types.Channel(type=standard_artifacts.Examples),
            )
        )
