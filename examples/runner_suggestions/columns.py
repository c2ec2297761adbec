"""Tables as the generator holds them: a dict of equally long numpy arrays, so that a step is a few array operations."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Columns = dict[str, Array]


def stream(seed: int, *purpose: object) -> np.random.Generator:
    """Random numbers of their own for each purpose: a fault in one table leaves the draws of the others alone."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, purpose)).encode())])


def row_count(columns: Mapping[str, Array]) -> int:
    """Rows of the table."""
    return len(next(iter(columns.values())))


def take(columns: Mapping[str, Array], rows: Array) -> Columns:
    """The rows given by index or by mask, in that order."""
    return {name: values[rows] for name, values in columns.items()}


def stack(*tables: Mapping[str, Array]) -> Columns:
    """The tables one below the other; all have the columns of the first."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def numbered(prefix: str, count: int, digits: int = 6) -> Array:
    """`prefix000000`, `prefix000001`, ...: ids as text."""
    numbers = np.char.zfill(np.arange(count).astype(f"U{digits}"), digits)
    return np.char.add(prefix, numbers)
