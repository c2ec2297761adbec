"""The Ingest component."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.ingest import IngestSpec
from headrace_components.artifacts import Rejects
from headrace_components.ingest.executor import Executor
from headrace_components.parameters import to_parameter
from headrace_components.payload import PARQUET


class IngestComponentSpec(ComponentSpec):
    """Parameters and outputs of `Ingest`."""

    PARAMETERS = {
        "spec": ExecutionParameter(type=str),
        "span": ExecutionParameter(type=int),
        "payload_format": ExecutionParameter(type=str),
    }
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "rejects": ChannelParameter(type=Rejects),
    }


class Ingest(base_beam_component.BaseBeamComponent):
    """Collects files into `Examples`; every row is accounted for.

    Outputs:
        examples: `standard_artifacts.Examples`, by split, as Parquet feature columns or gzipped tf.Example records.
            Properties `rows.total`, `rows.accepted`, `rows.rejected`, `rows.duplicate`, `rows.withheld`, which add up.
        rejects: `Rejects`: every row that was turned away, with file, line, raw text and reason.

    TFX's cache sees the parameters, not the files: give every span its own `span`, or files of other names.
    """

    SPEC_CLASS = IngestComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, spec: IngestSpec | str, span: int = 0, payload_format: str = PARQUET) -> None:
        """Declares the node.

        Args:
            spec: what to read and how; an `IngestSpec`, its JSON text or a runtime parameter.
            span: number of the span that the rows belong to.
            payload_format: `FORMAT_PARQUET`, which everything here reads, or `FORMAT_TF_EXAMPLE`, which Trainer reads.
        """
        super().__init__(
            IngestComponentSpec(
                spec=to_parameter(spec),
                span=span,
                payload_format=payload_format,
                examples=types.Channel(type=standard_artifacts.Examples),
                rejects=types.Channel(type=Rejects),
            )
        )
