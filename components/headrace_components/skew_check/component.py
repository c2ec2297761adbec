"""The SkewCheck component."""

import json
from collections.abc import Sequence
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace.skew import SkewPolicy
from headrace.skew.pairs import FeatureSkewSpec
from headrace.skew.shift import ShiftSpec
from headrace.skew.verdict.webhook import check_address
from headrace_components.artifacts import ReportPage
from headrace_components.parameters import to_parameter
from headrace_components.skew_check.executor import MODES, Executor


class SkewCheckComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `SkewCheck`."""

    PARAMETERS = {
        "policy": ExecutionParameter(type=str),
        "baseline_uri": ExecutionParameter(type=str),
        "history_uris": ExecutionParameter(type=str),
        "baseline_examples_uri": ExecutionParameter(type=str),
        "feature_skew": ExecutionParameter(type=str),
        "shift": ExecutionParameter(type=str),
        "webhook": ExecutionParameter(type=str),
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
        "baseline_examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {
        "anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "report": ChannelParameter(type=ReportPage),
    }


class SkewCheck(base_component.BaseComponent):
    """Checks one span of data: against its schema, against serving, and against the span before.

    Outputs:
        anomalies: `standard_artifacts.ExampleAnomalies`, by split. Property `blessed`: 1 if there is no alarm, else 0.
            Alarms of `Ingest` and `LabelJoin` (rejects, stale sources) arrive with `statistics` and count.
        report: `ReportPage`: the verdict for a person, with both distributions of every feature.
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
        history_uris: Sequence[str] = (),
        examples: types.BaseChannel | None = None,
        serving_examples: types.BaseChannel | None = None,
        baseline_examples: types.BaseChannel | None = None,
        baseline_examples_uri: str = "",
        feature_skew: FeatureSkewSpec | str | None = None,
        shift: ShiftSpec | str | None = None,
        policy: SkewPolicy | str | None = None,
        webhook: str = "",
        mode: str = "annotate",
        offending_rows: bool = False,
    ) -> None:
        """Declares the node.

        Args:
            statistics: `ExampleStatistics` of the training data of this span.
            schema: the `Schema` that the data must conform to; its comparators are the thresholds.
            serving_statistics: `ExampleStatistics` of what was served; without it, skew is not checked.
            baseline_statistics: `ExampleStatistics` of the span before, as a channel.
            baseline_uri: the same as the URI of an `ExampleStatistics` artifact; without both, drift is not checked.
            history_uris: URIs of `ExampleStatistics` of several spans before, the oldest first: a sliding history,
                pooled into one baseline; alarms then say whether a change is gradual or sudden.
            baseline_examples: the labeled `Examples` of the span before, as a channel.
            baseline_examples_uri: the same as a URI.
            feature_skew: how training and serving examples are paired and compared; needs both.
            shift: which features are labels; the kind of shift follows from `examples` and those of the span before.
            policy: thresholds, level, what to ignore; a `SkewPolicy`, its JSON text or a runtime parameter.
            webhook: where a summary of alarms is posted (Slack-compatible): a URL, or `env:NAME` of an environment
                variable that holds it, as it is a secret and parameters stand in ML Metadata. It never fails the node.
            mode: `annotate` only sets `blessed`. `skip`: headrace's local runner skips what is downstream when it is 0;
                with other runners use `when_blessed`. `fail` fails the node. As TFX drops the outputs of a
                failed node, its report is kept as `<uri>.failed`.
            examples: `Examples` of the training data, in Parquet, with their labels: for rules over rows, exact counts,
                offending values, feature skew and shift.
            serving_examples: `Examples` of what was served, as it was logged: for rules over rows and feature skew.
            offending_rows: whether the report gets the rows that do not conform to the schema, as Parquet.
        """
        if isinstance(mode, str) and mode not in MODES:
            raise UsageError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
        given = [bool(baseline_statistics), bool(baseline_uri), bool(history_uris)]
        if sum(given) > 1:
            raise UsageError("give one of baseline_statistics, baseline_uri, history_uris, got several")
        if baseline_examples is not None and baseline_examples_uri:
            raise UsageError("give baseline_examples or baseline_examples_uri, not both")
        if feature_skew and (examples is None or serving_examples is None):
            raise UsageError("feature_skew needs examples and serving_examples")
        if shift and examples is None:
            raise UsageError("shift needs examples, with their labels")
        if webhook and isinstance(webhook, str):
            check_address(webhook)
        super().__init__(
            SkewCheckComponentSpec(
                policy=to_parameter(policy if policy is not None else SkewPolicy()),
                baseline_uri=baseline_uri,
                history_uris=json.dumps(list(history_uris)) if history_uris else "",
                baseline_examples_uri=baseline_examples_uri,
                feature_skew=to_parameter(feature_skew) if feature_skew else "",
                shift=to_parameter(shift) if shift else "",
                webhook=webhook,
                mode=mode,
                offending_rows=int(offending_rows),
                statistics=statistics,
                schema=schema,
                serving_statistics=serving_statistics,
                baseline_statistics=baseline_statistics,
                examples=examples,
                serving_examples=serving_examples,
                baseline_examples=baseline_examples,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
                report=types.Channel(type=ReportPage),
            )
        )

    def when_blessed(self) -> Any:
        """A context, `with check.when_blessed(): ...`: the nodes made in it run only where the data is blessed."""
        from tfx.dsl.experimental.conditionals import conditional

        return conditional.Cond(self.outputs["anomalies"].future()[0].custom_property("blessed") == 1)
