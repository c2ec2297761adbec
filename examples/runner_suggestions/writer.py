"""Writes the generated files and records what is in them, for `truth.json`."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, row_count, stream
from examples.runner_suggestions.lines import csv_lines


class Writer:
    """Writes files below `root`.

    Attributes:
        root: the folder.
        seed: seed of all random numbers.
        files: path -> facts about the file, among them its `lines` without the header.
        planted: fault -> path -> number of rows in which it was planted.
        accepted_share: day -> daypart -> share of the suggestions that were accepted.
        spoiled_suggestions: ids of suggestions whose line can't be read.
    """

    def __init__(self, root: str, seed: int) -> None:
        self.root, self.seed = root, seed
        self.files: dict[str, dict[str, int]] = {}
        self.planted: dict[str, dict[str, int]] = defaultdict(dict)
        self.accepted_share: dict[str, dict[str, float]] = {}
        self.spoiled_suggestions: list[str] = []

    def stream(self, *purpose: object) -> np.random.Generator:
        """A random generator for one purpose."""
        return stream(self.seed, *purpose)

    def lines(
        self, path: str, lines: Array, *, facts: Mapping[str, int], header: str = "", last_break: bool = True
    ) -> None:
        """Writes a file of lines, and records their number and `facts`."""
        self.files[path] = {"lines": len(lines), **facts}
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        text = "\n".join([header, *lines] if header else lines)
        with open(full, "w", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n" if text and last_break else text)

    def csv(self, path: str, columns: Columns) -> None:
        """Writes a table without faulty rows."""
        self.lines(path, csv_lines(columns), header=",".join(columns), facts={"rows": row_count(columns)})
