"""The Ingest component."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.config.templates import fill_placeholders
from headrace.errors import UsageError
from headrace.ingest import IngestSpec
from headrace_components.artifacts import Rejects
from headrace_components.ingest.executor import Executor
from headrace_components.ingest.fingerprint import fingerprint as fingerprint_of
from headrace_components.parameters import to_engine, to_parameter
from headrace_components.payload import PARQUET, PAYLOADS


class IngestComponentSpec(ComponentSpec):
    """Parameters and outputs of `Ingest`."""

    PARAMETERS = {
        "spec": ExecutionParameter(type=str),
        "span": ExecutionParameter(type=int),
        "payload_format": ExecutionParameter(type=str),
        "fingerprint": ExecutionParameter(type=str),
        "day": ExecutionParameter(type=str),
        "data": ExecutionParameter(type=str),
        "engine": ExecutionParameter(type=str),
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

    TFX's cache compares parameters, not files, so a fingerprint of the files is one.
    """

    SPEC_CLASS = IngestComponentSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        spec: IngestSpec | str,
        span: int = 0,
        payload_format: str = PARQUET,
        fingerprint: str | None = None,
        day: str = "",
        data: str = "",
        engine: str = "",
    ) -> None:
        """Declares the node.

        Args:
            spec: what to read and how; an `IngestSpec`, its JSON text or a runtime parameter.
            span: number of the span that the rows belong to.
            payload_format: `FORMAT_PARQUET`, which everything here reads, or `FORMAT_TF_EXAMPLE`, which Trainer reads.
            fingerprint: what changes when the files do; None takes it of the local files that match now. With files
                elsewhere, or a spec that is a runtime parameter, give one, or a new `span`, or turn the cache off.
            day: an ISO date for the placeholders `{DAY}`, `{DAY+1}`, ... of the spec; text or a runtime parameter.
            data: a folder or URI for its placeholders `{DATA}`; text or a runtime parameter.
            engine: what runs the work, such as `dask://host:8786`; by default what HEADRACE_ENGINE names where the node
                runs, else Beam, as `beam_pipeline_args` say.

        Raises:
            UsageError: an unknown payload format or engine.
        """
        if isinstance(payload_format, str) and payload_format not in PAYLOADS:
            raise UsageError(f"payload_format must be one of {', '.join(PAYLOADS)}, got {payload_format!r}")
        super().__init__(
            IngestComponentSpec(
                spec=to_parameter(spec),
                engine=to_engine(engine),
                span=span,
                payload_format=payload_format,
                fingerprint=_fingerprint(spec, day, data) if fingerprint is None else fingerprint,
                day=day,
                data=data,
                examples=types.Channel(type=standard_artifacts.Examples),
                rejects=types.Channel(type=Rejects),
            )
        )


def _fingerprint(spec: IngestSpec | str, day: str, data: str) -> str:
    if not (isinstance(spec, IngestSpec) and isinstance(day, str) and isinstance(data, str)):
        return ""
    return fingerprint_of(IngestSpec.from_json(fill_placeholders(spec.to_json(), day=day, data=data)))
