"""The SkewCheck component."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace.skew import SkewPolicy
from headrace_components.artifacts import Report
from headrace_components.parameters import to_parameter
from headrace_components.skew_check.executor import MODES, Executor


class SkewCheckComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `SkewCheck`."""

    PARAMETERS = {
        "policy": ExecutionParameter(type=str),
        "baseline_uri": ExecutionParameter(type=str),
        "mode": ExecutionParameter(type=str),
        "offending_rows": ExecutionParameter(type=int),
    }
    INPUTS = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "serving_statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "baseline_statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "serving_examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "report": ChannelParameter(type=Report),
    }


class SkewCheck(base_component.BaseComponent):
    """Checks one span of data: against its schema, against serving, and against the span before.

    Outputs:
        anomalies: `standard_artifacts.ExampleAnomalies`, by split. Property `blessed`: 1 when no alarm rang, else 0.
        report: `Report`: the verdict for a person, with both distributions of every feature.
    """

    SPEC_CLASS = SkewCheckComponentSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        serving_statistics: types.BaseChannel | None = None,
        baseline_statistics: types.BaseChannel | None = None,
        baseline_uri: str = "",
        policy: SkewPolicy | str | None = None,
        mode: str = "annotate",
        examples: types.BaseChannel | None = None,
        serving_examples: types.BaseChannel | None = None,
        offending_rows: bool = False,
    ) -> None:
        """Declares the node.

        Args:
            statistics: `ExampleStatistics` of the training data of this span.
            schema: the `Schema` that the data must conform to; its comparators are the thresholds.
            serving_statistics: `ExampleStatistics` of what was served; without it, no skew is looked for.
            baseline_statistics: `ExampleStatistics` of the span before, as a channel.
            baseline_uri: the same as the URI of an `ExampleStatistics` artifact; with neither, no drift is looked for.
            policy: thresholds, level, what to ignore; a `SkewPolicy`, its JSON text or a runtime parameter.
            mode: `annotate` only says `blessed`; `fail` also fails the node when it is 0, which stops what follows. TFX
                drops the outputs of a failed node: its report stays beside them, under `<uri>.failed`.
            examples: `Examples` of the training data, in Parquet: for rules over rows, exact counts, offending values.
            serving_examples: `Examples` of what was served; without them, rules over rows are not put to it.
            offending_rows: whether the report gets the rows that do not conform to the schema, as Parquet.
        """
        if isinstance(mode, str) and mode not in MODES:
            raise UsageError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
        if baseline_statistics is not None and baseline_uri:
            raise UsageError("give baseline_statistics or baseline_uri, not both")
        super().__init__(
            SkewCheckComponentSpec(
                policy=to_parameter(policy if policy is not None else SkewPolicy()),
                baseline_uri=baseline_uri,
                mode=mode,
                offending_rows=int(offending_rows),
                statistics=statistics,
                schema=schema,
                serving_statistics=serving_statistics,
                baseline_statistics=baseline_statistics,
                examples=examples,
                serving_examples=serving_examples,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
                report=types.Channel(type=Report),
            )
        )
