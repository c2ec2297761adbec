"""Tables of the generator: dicts of NumPy arrays of equal length, so that each step is a few array operations."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Columns = dict[str, Array]


def stream(seed: int, *purpose: object) -> np.random.Generator:
    """A random generator for each purpose, so that a fault in one table does not change the numbers of another."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, purpose)).encode())])


def row_count(columns: Mapping[str, Array]) -> int:
    """The number of rows of a table."""
    return len(next(iter(columns.values())))


def take(columns: Mapping[str, Array], rows: Array) -> Columns:
    """The rows that an array of indices or a mask selects, in that order."""
    return {name: values[rows] for name, values in columns.items()}


def stack(*tables: Mapping[str, Array]) -> Columns:
    """The tables one below the other; all have the columns of the first."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def numbered(prefix: str, count: int, digits: int = 6) -> Array:
    """`prefix000000`, `prefix000001`, ...: ids as text."""
    numbers = np.char.zfill(np.arange(count).astype(f"U{digits}"), digits)
    return np.char.add(prefix, numbers)
