"""What holds for every component and every artifact type: what TFX and Kubeflow Pipelines need of them."""

import json
import re

import pytest

pytestmark = pytest.mark.tfx

COMPONENTS = ["Ingest", "LabelJoin", "PointInTimeJoin", "Stats", "SchemaCurator", "SkewCheck", "Report"]
ARTIFACTS = ["Rejects", "Unlabeled", "UnusedOutcomes", "SchemaDiff", "ReportPage"]
KFP_TYPE_NAME = re.compile(r"^[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}$")


@pytest.fixture(scope="module")
def package():
    import headrace_components

    return headrace_components


@pytest.mark.parametrize("name", ARTIFACTS)
def test_an_artifact_type_is_named_after_where_it_is_imported_from(package, name: str) -> None:
    artifact_type = getattr(package, name)
    assert f"headrace_components.{name}" == artifact_type.TYPE_NAME
    assert KFP_TYPE_NAME.match(artifact_type.TYPE_NAME)
    assert not artifact_type.PROPERTIES


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_no_driver_of_its_own_and_only_plain_parameters(package, name: str) -> None:
    from tfx.dsl.components.base import base_component, base_driver

    component = getattr(package, name)
    assert issubclass(component, base_component.BaseComponent)
    assert component.DRIVER_CLASS is base_driver.BaseDriver
    assert {p.type for p in component.SPEC_CLASS.PARAMETERS.values()} <= {str, int, float}


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_output_is_documented(package, name: str) -> None:
    component = getattr(package, name)
    for output in component.SPEC_CLASS.OUTPUTS:
        assert f"{output}: " in component.__doc__, f"{name}.outputs[{output!r}] is not in the docstring"


def test_a_configuration_reaches_the_executor_as_it_was(package) -> None:
    from headrace.ingest import IngestSpec, Source

    spec = IngestSpec(sources=(Source(name="rides", pattern="*.csv"),))
    node = package.Ingest(spec, span=3)
    assert IngestSpec.from_json(node.exec_properties["spec"]) == spec
    assert json.loads(node.exec_properties["spec"])["sources"][0]["name"] == "rides"


def test_an_unknown_payload_format_is_refused_when_the_node_is_declared(package) -> None:
    from headrace.errors import UsageError
    from headrace.ingest import IngestSpec, Source

    with pytest.raises(UsageError, match="FORMAT_PARQUET, FORMAT_TF_EXAMPLE, got 'FORMAT_TFEXAMPLE'"):
        package.Ingest(IngestSpec(sources=(Source(name="a", pattern="b"),)), payload_format="FORMAT_TFEXAMPLE")


def test_an_unknown_mode_is_refused(package) -> None:
    from tfx import types
    from tfx.types import standard_artifacts

    from headrace.errors import UsageError

    statistics = types.Channel(type=standard_artifacts.ExampleStatistics)
    schema = types.Channel(type=standard_artifacts.Schema)
    with pytest.raises(UsageError, match="annotate, skip, fail, got 'shout'"):
        package.SkewCheck(statistics, schema, mode="shout")
    with pytest.raises(UsageError, match="give one of"):
        package.SkewCheck(statistics, schema, baseline_statistics=statistics, baseline_uri="/somewhere")
