"""Configuration as execution properties: dataclasses become JSON text; values arrive as text, numbers or None."""

from collections.abc import Mapping
from typing import Any

from headrace.config.templates import fill_placeholders
from headrace.execution import refuse_unknown


def to_parameter(config: Any) -> Any:
    """JSON text of a headrace configuration; text, runtime parameters and placeholders are returned unchanged."""
    return config.to_json() if hasattr(config, "to_json") and not isinstance(config, type) else config


def to_engine(engine: Any) -> Any:
    """The parameter `engine`, when it names an engine that there is; runtime parameters are returned unchanged.

    Raises:
        UsageError: there is no such engine.
    """
    if isinstance(engine, str) and engine:
        refuse_unknown(engine)
    return engine


def integer(exec_properties: Mapping[str, Any], name: str, default: int = 0) -> int:
    """An execution property that orchestrators hand over as int, float or text."""
    value = exec_properties.get(name)
    return default if value in (None, "") else int(float(value))


def text(exec_properties: Mapping[str, Any], name: str, default: str = "") -> str:
    """An execution property that may be absent."""
    value = exec_properties.get(name)
    return default if value is None else str(value)


def spec(exec_properties: Mapping[str, Any]) -> str:
    """The JSON text of a node's spec, with the node's `day` and `data` in place of placeholders."""
    return fill_placeholders(
        exec_properties["spec"], day=text(exec_properties, "day"), data=text(exec_properties, "data")
    )
