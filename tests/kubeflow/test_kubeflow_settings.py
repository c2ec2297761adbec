import re
import textwrap
from pathlib import Path
from unittest import mock

import pytest

from headrace.errors import UsageError
from headrace_pipelines.kubeflow.settings import NodeSettings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"cpu": 0}, "cpu"),
        ({"memory": "2 GB"}, "memory"),
        ({"memory": "much"}, "memory"),
        ({"memory": 2}, "memory"),
        ({"retries": -1}, "retries"),
        ({"retries": 1.5}, "retries"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(settings: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=rf"{named} must .*{next(iter(settings.values()))}"):
        NodeSettings(**settings)  # type: ignore[arg-type]


def test_memory_is_counted_in_thousands_or_in_1024s_as_kubernetes_does() -> None:
    assert NodeSettings(memory="500M").memory_gb == 0.5
    assert NodeSettings(memory="2Gi").memory_gb == pytest.approx(2.147483648)


def test_settings_of_a_node_take_precedence_over_those_of_every_node() -> None:
    own, every = NodeSettings(memory="8Gi", retries=0), NodeSettings(memory="1Gi", retries=2, cpu=1)
    assert own.with_defaults(every) == NodeSettings(memory="8Gi", retries=0, cpu=1)


def test_the_documented_calls_of_the_client_are_the_sdk_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no API server to call: names and arguments of the calls are checked against the SDK."""
    import kfp

    page = (Path(__file__).parents[2] / "docs" / "kubeflow.md").read_text()
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", page, re.S | re.M)
    client = mock.create_autospec(kfp.Client)
    monkeypatch.setattr(kfp, "Client", client)
    names: dict[str, object] = {}
    for block in blocks:
        if "client." in block:
            exec(textwrap.dedent(block), names)
    called = {call[0] for call in client.return_value.method_calls}
    assert called >= {"create_run_from_pipeline_package", "create_recurring_run", "wait_for_run_completion"}
