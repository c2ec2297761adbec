"""Runs TFX executors, ours and stock, as a TFX launcher does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

BEAM_ARGS = ["--runner=FnApiRunner"]
"""The same runner for both: the one in this process. By default, a current Beam would try to download Prism."""


def executor(executor_class: type, work: Path, beam_args: Sequence[str] = BEAM_ARGS) -> Any:
    from tfx.dsl.components.base import base_beam_executor

    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=list(beam_args), tmp_dir=str(work / "tmp"), unique_id="benchmark"
    )
    return executor_class(context)


def artifact(artifact_type: type, uri: Path) -> Any:
    uri.mkdir(parents=True, exist_ok=True)
    found = artifact_type()
    found.uri = str(uri)
    return found


def examples_at(uri: Path, payload_format: str) -> Any:
    from tfx.types import artifact_utils, standard_artifacts

    examples = artifact(standard_artifacts.Examples, uri)
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    examples.set_string_custom_property("payload_format", payload_format)
    return examples


def do(run: Any, inputs: dict[str, list[Any]], outputs: dict[str, list[Any]], **properties: Any) -> Callable[[], None]:
    return lambda: run.Do(inputs, outputs, properties)
