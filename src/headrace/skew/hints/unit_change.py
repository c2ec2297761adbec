"""A feature whose scale moved by a known factor, named as a probable change of unit.

quantiles 900 1300 2100 -> 274 396 640              x0.3048 (feet -> metres)
... of a feature that is declared in m              x0.3048 (ft -> m, declared in m)
quantiles that moved by 0.31, or by different factors   nothing

Pint converts units; other factors are named here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
"""The quantiles that are compared, as shares of the rows."""
FACTORS = (
    (0.3048, "feet -> metres"),
    (1 / 0.3048, "metres -> feet"),
    (1.609344, "miles -> km, or per km -> per mile"),
    (1 / 1.609344, "km -> miles, or per mile -> per km"),
    (0.45359237, "pounds -> kg"),
    (1 / 0.45359237, "kg -> pounds"),
    (2.54, "inches -> cm"),
    (1 / 2.54, "cm -> inches"),
    (1.8, "degrees C -> F without the offset"),
    (60.0, "minutes -> seconds, or hours -> minutes"),
    (1 / 60, "seconds -> minutes, or minutes -> hours"),
    (3600.0, "hours -> seconds"),
    (1 / 3600, "seconds -> hours"),
    (24.0, "days -> hours"),
    (1 / 24, "hours -> days"),
    (100.0, "shares -> percent, or m -> cm"),
    (0.01, "percent -> shares, or cm -> m"),
    (1000.0, "km -> m, or s -> ms"),
    (0.001, "m -> km, or ms -> s"),
    (1e6, "s -> us"),
    (1e-6, "us -> s"),
    (-1.0, "the sign is reversed"),
)
"""Factors by which a feature moves when its unit changes (exact by definition where one exists)."""
RELATED = (
    *("m", "km", "cm", "mm", "ft", "mi", "inch", "yd", "s", "min", "h", "day", "ms", "us", "kg", "g", "lb", "oz"),
    *("m/s", "km/h", "mi/h", "min/km", "min/mi", "s/km", "s/mi", "degC", "degF", "kelvin", "percent", "dimensionless"),
    *("J", "kJ", "cal", "kcal", "W", "kW", "Pa", "hPa", "bar", "rad", "deg", "B", "kB", "MB", "GB"),
)
"""Units in which data with a declared unit may arrive by mistake."""

TOLERANCE = 0.03
SPREAD_TOLERANCE = 0.1


def change_of_unit(was: Floats, is_now: Floats, unit: str = "") -> str:
    """The factor by which the quantiles at `SHARES` moved, and what it means; empty if it is not a known factor.

    The median must have moved by the factor within 3 %, the other quantiles within 10 %.

    Args:
        was: quantiles before.
        is_now: quantiles now.
        unit: the declared unit, which the data had before or have now; empty if there is none.
    """
    for factor, offset, words in (*_declared(unit), *((factor, 0.0, words) for factor, words in FACTORS)):
        expected = np.sort(was * factor + offset)
        known = (expected != 0) & (is_now != 0)
        if known.sum() < 3 or not known[2]:
            continue
        off = np.abs(is_now[known] / expected[known] - 1)
        if abs(is_now[2] / expected[2] - 1) <= TOLERANCE and off.max() <= SPREAD_TOLERANCE:
            return f"x{factor:.6g}{f' {offset:+.6g}' if offset else ''} ({words})"
    return ""


def _declared(unit: str) -> list[tuple[float, float, str]]:
    if not unit:
        return []
    from headrace.units import conversion  # pint: only where a unit is declared

    found = []
    for other in RELATED:
        if other == unit:
            continue
        # The data left the declared unit, or came back to it.
        for source, target in ((unit, other), (other, unit)):
            known = conversion(source, target)
            if known is not None and abs(known[0] - 1) > SPREAD_TOLERANCE:
                found.append((*known, f"{source} -> {target}, declared in {unit}"))
    return found
