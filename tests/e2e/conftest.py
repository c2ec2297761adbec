"""One run of the example, which all end-to-end tests look at."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Three days of the example: `out`, `days`, and what was `printed`."""
    from rich.console import Console

    from examples.runner_suggestions import summary
    from examples.runner_suggestions.__main__ import run_days
    from examples.runner_suggestions.generate import generate

    out = tmp_path_factory.mktemp("demo")
    console = Console(record=True, width=120)
    started = time.monotonic()
    generate(str(out / "data"))
    days = run_days(out, 3, summary.Progress(console, started))
    summary.print_closing(console, days, seconds=time.monotonic() - started)
    return {"out": Path(out), "days": days, "printed": console.export_text()}
