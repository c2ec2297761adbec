"""Spoils lines as broken software does: cut off, garbled, values of another type. A spoiled line replaces a good one.

{"suggestion_id": "sg-1", "shown_at": "2026-03-05T..."}   ->   {"suggestion_id": "sg-1", "shown_at": "yesterday"}
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from examples.runner_suggestions.columns import Array

MALFORMED = {"suggestions": 24, "runs": 16}
TRUNCATED = {"suggestions": 9, "runs": 6}

_JSON: tuple[Callable[[str], str], ...] = (
    lambda line: line[:-1],  # no closing brace
    lambda line: line.replace('": ', '" ', 1),
    lambda line: re.sub(r'"shown_at": "[^"]*"', '"shown_at": "yesterday"', line),
    lambda line: re.sub(r'"age": \d+', '"age": "forty"', line),
    lambda line: re.sub(r'"pace_min_per_km": [\d.]+', '"pace_min_per_km": "fast"', line),
    lambda line: "<html><body>502 Bad Gateway</body></html>",
    lambda line: line + line[: len(line) // 3],  # two writers in one file
    lambda line: "[" + line.split(",")[0].split(": ")[1] + "]",  # JSON, but not an object
)
_CSV: tuple[Callable[[str], str], ...] = (
    lambda line: _with_cell(line, 3, lambda route: f'"{route}'),  # a quote that is never closed
    lambda line: _with_cell(line, 4, lambda _: "yesterday"),
    lambda line: _with_cell(line, 5, lambda _: "3h40"),
    lambda line: line.replace(" ft", " bananas"),
    lambda line: line + ",surplus,cells",
    lambda line: "-- log rotated --",
)


def malformed_lines(rng: np.random.Generator, lines: Array, spoilable: Array, table: str) -> tuple[Array, Array]:
    """All lines, with some of those at the indices `spoilable` garbled in different ways, and the indices of these."""
    rows = _some(rng, spoilable, MALFORMED[table])
    kinds = _JSON if table == "suggestions" else _CSV
    return _replaced(lines, rows, lambda place, line: kinds[place % len(kinds)](line)), rows


def truncated_lines(rng: np.random.Generator, lines: Array, spoilable: Array, table: str) -> tuple[Array, Array]:
    """All lines, with some of those at the indices `spoilable` cut in their middle third, and the indices of these.

    The last line of suggestions is one of them, so that the file ends in the middle of a record.
    """
    rows = _some(rng, spoilable, TRUNCATED[table])
    if table == "suggestions":
        rows = np.append(rows, len(lines) - 1)
    shares = rng.uniform(0.3, 0.6, rows.size)
    return _replaced(lines, rows, lambda place, line: line[: int(len(line) * shares[place])]), rows


def _replaced(lines: Array, rows: Array, spoil: Callable[[int, str], str]) -> Array:
    spoiled = lines.copy()
    spoiled[rows] = [spoil(place, line) for place, line in enumerate(lines[rows])]
    return spoiled


def _with_cell(line: str, place: int, change: Callable[[str], str]) -> str:
    # Splitting at commas is right for the cells before the elevation, which may contain a comma.
    cells = line.split(",")
    cells[place] = change(cells[place])
    return ",".join(cells)


def _some(rng: np.random.Generator, spoilable: Array, count: int) -> Array:
    # At most a tenth of the lines, so that small data keeps most of them.
    return np.sort(rng.choice(spoilable, min(count, spoilable.size // 10), replace=False))
