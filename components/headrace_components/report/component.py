"""The Report component."""

import json
from collections.abc import Mapping

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.errors import UsageError
from headrace_components.artifacts import ReportPage
from headrace_components.report.executor import Executor


class ReportComponentSpec(ComponentSpec):
    """Parameters and output of `Report`; each node has a spec of its own for its inputs."""

    PARAMETERS = {"title": ExecutionParameter(type=str), "names": ExecutionParameter(type=str)}
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {"report": ChannelParameter(type=ReportPage)}


class Report(base_component.BaseComponent):
    """One page on a run: verdicts with their reasons, distributions, ledgers, labels, changes of schemas.

    Outputs:
        report: `ReportPage`: the page, self-contained. Property `blessed`: 1 when every check on it is, else 0.
    """

    SPEC_CLASS = ReportComponentSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, sections: Mapping[str, types.BaseChannel], title: str = "") -> None:
        """Declares the node.

        Args:
            sections: outputs of nodes, by their names on the page: `report` of SkewCheck
                (verdict and distributions), `rejects` of Ingest, `examples` of LabelJoin (ledgers, coverage, balance
                and delay of labels), `diff` of SchemaCurator, and any other output with a ledger.
            title: of the page; by default the span.
        """
        if not sections:
            raise UsageError("sections must name at least one output to report on, got none")
        inputs = {f"section_{i}": channel for i, channel in enumerate(sections.values())}
        # The number of inputs differs from node to node, so each has a spec of its own.
        spec = type(
            "ReportComponentSpec",
            (ReportComponentSpec,),
            {"INPUTS": {key: ChannelParameter(type=channel.type) for key, channel in inputs.items()}},
        )
        names = json.dumps(dict(zip(inputs, sections, strict=True)))
        super().__init__(spec(title=title, names=names, report=types.Channel(type=ReportPage), **inputs))
