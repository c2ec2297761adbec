"""Writes the generated files and keeps the truth about them, which becomes `truth.json`."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, row_count, stream
from examples.runner_suggestions.lines import csv_lines


class Writer:
    """The files written so far: `files` by path (`lines` without the header, and more), `planted` by fault and path."""

    def __init__(self, root: str, seed: int) -> None:
        self.root, self.seed = root, seed
        self.files: dict[str, dict[str, int]] = {}
        self.planted: dict[str, dict[str, int]] = defaultdict(dict)
        self.accepted_share: dict[str, dict[str, float]] = {}
        self.spoiled_suggestions: list[str] = []

    def stream(self, *purpose: object) -> np.random.Generator:
        """Random numbers for one purpose."""
        return stream(self.seed, *purpose)

    def lines(
        self, path: str, lines: Array, *, facts: Mapping[str, int], header: str = "", last_break: bool = True
    ) -> None:
        """Writes a file of lines, and notes their number and `facts`."""
        self.files[path] = {"lines": len(lines), **facts}
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        text = "\n".join([header, *lines] if header else lines)
        with open(full, "w", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n" if text and last_break else text)

    def csv(self, path: str, columns: Columns) -> None:
        """Writes a table whose rows are all good."""
        self.lines(path, csv_lines(columns), header=",".join(columns), facts={"rows": row_count(columns)})
