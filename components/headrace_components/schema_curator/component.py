"""The SchemaCurator component."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from headrace.schema import Declarations
from headrace_components.artifacts import Effectiveness, SchemaDiff
from headrace_components.parameters import to_parameter
from headrace_components.schema_curator.executor import Executor


class SchemaCuratorComponentSpec(ComponentSpec):
    """Parameters, inputs and outputs of `SchemaCurator`."""

    PARAMETERS = {
        "declarations": ExecutionParameter(type=str),
        "before_uri": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
    }
    INPUTS = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "before": ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "diff": ChannelParameter(type=SchemaDiff),
        "effectiveness": ChannelParameter(type=Effectiveness),
    }


class SchemaCurator(base_component.BaseComponent):
    """Keeps the schema: infers the first one, applies declarations, and reports what changed.

    Outputs:
        schema: `standard_artifacts.Schema` with environments TRAINING and SERVING and comparators.
        diff: `SchemaDiff`, the changes by feature against the previous schema, and the proposal.
        effectiveness: `Effectiveness`, how much each feature tells about the label, if examples are given.
    """

    SPEC_CLASS = SchemaCuratorComponentSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        declarations: Declarations | str | None = None,
        before: types.BaseChannel | None = None,
        before_uri: str = "",
        examples: types.BaseChannel | None = None,
        label: str = "",
    ) -> None:
        """Declares the node.

        Args:
            statistics: `ExampleStatistics` of the training data.
            declarations: `Declarations`, such as `read_declarations` reads from YAML, their JSON text or a runtime
                parameter.
            before: the previous schema, as a channel.
            before_uri: the previous schema, as the URI of a `Schema` artifact or of a `.pbtxt` file; empty for none.
            examples: `Examples` of the training data, in Parquet, to measure how much the features tell about the
                label.
            label: one of the declared labels; empty for the first.
        """
        super().__init__(
            SchemaCuratorComponentSpec(
                declarations=to_parameter(declarations if declarations is not None else Declarations()),
                before_uri=before_uri,
                label=label,
                statistics=statistics,
                before=before,
                examples=examples,
                schema=types.Channel(type=standard_artifacts.Schema),
                diff=types.Channel(type=SchemaDiff),
                effectiveness=types.Channel(type=Effectiveness),
            )
        )
