"""Which engine runs the plan of a node: its parameter, the environment, else Beam."""

from collections.abc import Callable
from typing import Any

import pytest

from headrace.errors import UsageError
from headrace.execution.threads import Threads

pytestmark = pytest.mark.tfx


def declare(name: str, engine: Any) -> Any:
    from tfx import types
    from tfx.types import standard_artifacts

    from headrace_components import Ingest, LabelJoin, PointInTimeJoin, Stats

    examples = types.Channel(type=standard_artifacts.Examples)
    nodes: dict[str, Callable[[], Any]] = {
        "Ingest": lambda: Ingest("{}", engine=engine),
        "LabelJoin": lambda: LabelJoin(examples, examples, "{}", engine=engine),
        "PointInTimeJoin": lambda: PointInTimeJoin(examples, {"runs": examples}, "{}", engine=engine),
        "Stats": lambda: Stats(examples, "{}", engine=engine),
    }
    return nodes[name]()


@pytest.mark.parametrize("name", ["Ingest", "LabelJoin", "PointInTimeJoin", "Stats"])
def test_a_node_takes_an_engine_that_there_is_installed_or_not(name: str) -> None:
    from tfx.orchestration.data_types import RuntimeParameter

    assert declare(name, "dask://host:8786").exec_properties["engine"] == "dask://host:8786"
    assert declare(name, "").exec_properties["engine"] == ""
    later = RuntimeParameter(name="engine", ptype=str)
    assert declare(name, later).exec_properties["engine"] is later
    with pytest.raises(UsageError, match="there is no engine 'ray': expected threads"):
        declare(name, "ray")


def test_the_parameter_goes_before_the_environment_and_that_before_beam(monkeypatch: pytest.MonkeyPatch) -> None:
    from headrace.execution.beam import Beam
    from headrace_components.stats.executor import Executor

    monkeypatch.delenv("HEADRACE_ENGINE", raising=False)
    executor = Executor()
    assert isinstance(executor._engine({}), Beam)
    assert executor._engine({"engine": "threads:3"}) == Threads(3)
    monkeypatch.setenv("HEADRACE_ENGINE", "threads:2")
    assert executor._engine({"engine": ""}) == Threads(2)
    assert isinstance(executor._engine({"engine": "beam"}), Beam)
    with pytest.raises(UsageError, match="there is no engine 'ray'"):
        executor._engine({"engine": "ray"})
