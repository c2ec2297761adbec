"""The LabelJoin component."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace.labels import LabelSpec
from headrace_components.artifacts import Unlabeled, UnusedOutcomes
from headrace_components.label_join.executor import Executor
from headrace_components.parameters import to_parameter
from headrace_components.payload import PARQUET, PAYLOADS


class LabelJoinComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `LabelJoin`."""

    PARAMETERS = {"spec": ExecutionParameter(type=str), "payload_format": ExecutionParameter(type=str)}
    INPUTS = {
        "events": ChannelParameter(type=standard_artifacts.Examples),
        "outcomes": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "unlabeled": ChannelParameter(type=Unlabeled),
        "unused_outcomes": ChannelParameter(type=UnusedOutcomes),
    }


class LabelJoin(base_beam_component.BaseBeamComponent):
    """Joins outcomes to events as labels: only what was known at the as-of time, and no label before it is mature.

    Outputs:
        examples: `standard_artifacts.Examples`: the events that have their labels, by split.
            Properties `events.*` and `outcomes.*` are ledgers, which add up; `alarms` counts what is wrong with the
            whole (nothing matches, too much is late, a label is never observed), `alarms_json` says it in words.
        unlabeled: `Unlabeled`: events held back as immature, or excluded, with the reason.
        unused_outcomes: `UnusedOutcomes`: outcomes that became no label, with the reason.
    """

    SPEC_CLASS = LabelJoinComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        events: types.BaseChannel,
        outcomes: types.BaseChannel,
        spec: LabelSpec | str,
        payload_format: str = PARQUET,
    ) -> None:
        """Declares the node.

        Args:
            events: `Examples` with Parquet payload, one row an event; all splits are read.
            outcomes: `Examples` with Parquet payload, one row an outcome; all splits are read.
            spec: keys, times, attribution windows, as-of; a `LabelSpec`, its JSON text or a runtime parameter.
            payload_format: of the examples: `FORMAT_PARQUET`, which everything here reads, or `FORMAT_TF_EXAMPLE`,
                which Trainer reads. The other outputs are Parquet.

        Raises:
            UsageError: an unknown payload format.
        """
        if isinstance(payload_format, str) and payload_format not in PAYLOADS:
            raise UsageError(f"payload_format must be one of {', '.join(PAYLOADS)}, got {payload_format!r}")
        super().__init__(
            LabelJoinComponentSpec(
                spec=to_parameter(spec),
                payload_format=payload_format,
                events=events,
                outcomes=outcomes,
                examples=types.Channel(type=standard_artifacts.Examples),
                unlabeled=types.Channel(type=Unlabeled),
                unused_outcomes=types.Channel(type=UnusedOutcomes),
            )
        )
