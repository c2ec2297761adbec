"""Lengths of time counted by powers of two."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from headrace.keyed.columns import Ints

BEFORE, WITHIN_1_S = "before", "0"

_POWERS_S = 2 ** np.arange(48)


def count_by_length(delay_us: Ints) -> dict[str, int]:
    """How many of `delay_us`, microseconds, have each length: by the power of two of seconds they reach.

    Those below 0 count as `BEFORE`, those below a second as `WITHIN_1_S`; lengths without any are left out.
    """
    names = [BEFORE, WITHIN_1_S, *(str(power) for power in _POWERS_S.tolist())]
    place = np.searchsorted(_POWERS_S, delay_us // 1_000_000, side="right") + 1
    place[delay_us < 0] = 0
    counts = np.bincount(place, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def in_order_of_length(delays: Mapping[str, int]) -> dict[str, int]:
    """Counts of `count_by_length` from the shortest length to the longest."""
    return dict(sorted(delays.items(), key=lambda item: -1 if item[0] == BEFORE else int(item[0])))
