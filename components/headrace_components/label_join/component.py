"""The LabelJoin component."""

from collections.abc import Mapping
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace.keyed.side_names import EVENTS
from headrace.labels import LabelSpec
from headrace.labels.join import by_name
from headrace.labels.sources import OUTCOMES
from headrace_components.artifacts import Unlabeled, UnusedOutcomes
from headrace_components.channels import Channels, inputs_of
from headrace_components.label_join.executor import Executor, input_key
from headrace_components.parameters import to_engine, to_parameter
from headrace_components.payload import PARQUET, PAYLOADS


class LabelJoinComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `LabelJoin` with one channel of events and one source of outcomes.

    Kubeflow Pipelines hands over one artifact an input, and an input that is declared must be there. So a node with
    other channels has a subclass that declares just those: see `headrace_components.channels`. The inputs of a source
    `runs` are `outcomes_runs`, `outcomes_runs__2`, ...
    """

    PARAMETERS = {
        "spec": ExecutionParameter(type=str),
        "payload_format": ExecutionParameter(type=str),
        "as_of": ExecutionParameter(type=str),
        "matured_after": ExecutionParameter(type=str),
        "day": ExecutionParameter(type=str),
        "engine": ExecutionParameter(type=str),
    }
    INPUTS = {
        EVENTS: ChannelParameter(type=standard_artifacts.Examples),
        OUTCOMES: ChannelParameter(type=standard_artifacts.Examples),
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
            Properties `events.*` and `outcomes.*` (`<source>.*`) are ledgers, which add up; `label.<name>.coverage` is
            the share of events whose label was observed, and `labels_json` has coverage, class balance and the
            histograms of delays of all labels; `alarms` counts what is wrong with the join as a whole (nothing matches,
            too much is late, a label is never observed), `alarms_json` says it in words.
        unlabeled: `Unlabeled`: events held back as immature, or excluded, with the reason.
        unused_outcomes: `UnusedOutcomes`: outcomes that became no label, with the reason; each of several sources has
            a folder.
    """

    SPEC_CLASS = LabelJoinComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        events: Channels,
        outcomes: Channels | Mapping[str, Channels],
        spec: LabelSpec | str,
        payload_format: str = PARQUET,
        as_of: str = "",
        matured_after: str = "",
        day: str = "",
        engine: str = "",
    ) -> None:
        """Declares the node.

        Args:
            events: `Examples` with Parquet payload, one row an event; all splits are read. Several channels, for
                instance of the spans that may mature today, are joined as one. So are several artifacts in a channel.
            outcomes: `Examples` with Parquet payload, one row an outcome, likewise; by name where the spec has several
                sources.
            spec: keys, times, attribution windows, as-of; a `LabelSpec`, its JSON text or a runtime parameter.
            payload_format: of the examples: `FORMAT_PARQUET`, which everything here reads, or `FORMAT_TF_EXAMPLE`,
                which Trainer reads. The other outputs are Parquet.
            as_of: replaces the one of the spec; a runtime parameter, for runs that repeat. Empty: as in the spec.
            matured_after: likewise, and the `as_of` of the run before: each event is then labeled by one run.
            day: an ISO date that fills placeholders of the spec, of `as_of` and of `matured_after`, such as
                `{DAY+3}T00:00:00Z`.
            engine: what runs the work, such as `dask://host:8786`; by default what HEADRACE_ENGINE names where the node
                runs, else Beam, as `beam_pipeline_args` say.

        Raises:
            UsageError: an unknown payload format or engine, or sources that are not those of the spec.
        """
        if isinstance(payload_format, str) and payload_format not in PAYLOADS:
            raise UsageError(f"payload_format must be one of {', '.join(PAYLOADS)}, got {payload_format!r}")
        if isinstance(spec, LabelSpec):
            outcomes = by_name(outcomes, spec)
        sources = outcomes if isinstance(outcomes, Mapping) else {OUTCOMES: outcomes}
        inputs = inputs_of(EVENTS, events)
        for name, channels in sources.items():
            inputs.update(inputs_of(input_key(name), channels))
        super().__init__(
            _spec_class(inputs)(
                spec=to_parameter(spec),
                engine=to_engine(engine),
                payload_format=payload_format,
                as_of=as_of,
                matured_after=matured_after,
                day=day,
                **inputs,
                examples=types.Channel(type=standard_artifacts.Examples),
                unlabeled=types.Channel(type=Unlabeled),
                unused_outcomes=types.Channel(type=UnusedOutcomes),
            )
        )


def _spec_class(inputs: Mapping[str, Any]) -> type[ComponentSpec]:
    if set(inputs) == set(LabelJoinComponentSpec.INPUTS):
        return LabelJoinComponentSpec
    declared = {key: ChannelParameter(type=standard_artifacts.Examples) for key in inputs}
    return type("LabelJoinComponentSpec", (LabelJoinComponentSpec,), {"INPUTS": declared})
