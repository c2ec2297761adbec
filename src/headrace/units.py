"""Factors that convert units, by pint; `ingest/values/cast.py` applies them to columns.

conversion("ft", "m")       -> (0.3048, 0.0)      # metres = 0.3048 * feet + 0
conversion("degF", "degC")  -> (0.5556, -17.78)
conversion("bananas", "m")  -> None
"""

from __future__ import annotations

import functools
import math
from typing import Any


@functools.lru_cache(maxsize=1)
def _registry() -> Any:
    import pint  # 0.3 s: only where a unit is declared

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def is_unit(text: str) -> bool:
    """Whether pint knows `text` as a unit."""
    return conversion(text, text) is not None


@functools.lru_cache(maxsize=4096)
def conversion(unit: str, target: str) -> tuple[float, float] | None:
    """`(factor, offset)` with `target = factor * unit + offset`; None for unknown or incompatible units."""
    registry = _registry()
    try:
        zero, one, ten = (registry.Quantity(number, unit).to(target).magnitude for number in (0.0, 1.0, 10.0))
    except Exception:  # pint raises its own errors, and tokenizer, attribute and type errors for garbage
        return None
    factor = one - zero
    if not math.isclose(ten, zero + 10 * factor, rel_tol=1e-9, abs_tol=1e-9):  # a logarithmic unit
        return None
    return float(f"{factor:.15g}"), float(f"{zero:.15g}")  # pint's 0.30479999999999996 is 0.3048
