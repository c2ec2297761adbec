from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.runner_suggestions.generate import generate


class Data:
    """Generated data, read back with the standard library."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.truth: dict[str, Any] = json.loads((root / "truth.json").read_text())
        self.days = sorted(path.stem for path in (root / "suggestions").iterdir())

    def lines(self, path: str) -> list[str]:
        return (self.root / path).read_text().splitlines()

    @functools.cache  # noqa: B019 - lives as long as the session's data
    def records(self, table: str, day: str) -> list[dict[str, Any]]:
        """The rows that can be read: objects of JSON lines, or rows of CSV with one physical line each."""
        path = next((self.root / table).glob(f"{day}.*"))
        if path.suffix == ".csv":
            header, *rows = path.read_text().splitlines()
            names = header.split(",")
            cells = [next(csv.reader([row])) for row in rows if row.count('"') % 2 == 0]
            return [dict(zip(names, row, strict=True)) for row in cells if len(row) == len(names)]
        return [row for row in map(_json, path.read_text().splitlines()) if isinstance(row, dict)]

    def responses(self) -> list[dict[str, Any]]:
        return [
            row for path in sorted((self.root / "responses").iterdir()) for row in self.records("responses", path.stem)
        ]


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Data]:
    """Generates data with these arguments, once a session."""
    generated: dict[str, Data] = {}

    def once(**arguments: Any) -> Data:
        key = repr(sorted(arguments.items()))
        if key not in generated:
            root = tmp_path_factory.mktemp("data") / "data"
            generate(str(root), **arguments)
            generated[key] = Data(root)
        return generated[key]

    return once


@pytest.fixture(scope="session")
def data(make: Callable[..., Data]) -> Data:
    """Three days of 1,200 runners with every fault."""
    return make(runners=1200)
