"""Durations counted by powers of two.

[-5 s, 0.2 s, 1 s, 3 s, 3.9 s, 70 s]  ->  {"before": 1, "0": 1, "1": 1, "2": 2, "64": 1}
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from headrace.keyed.columns import Ints

BEFORE, WITHIN_1_S = "before", "0"

_POWERS_S = 2 ** np.arange(48)


def count_by_duration(duration_us: Ints) -> dict[str, int]:
    """How many of the durations, in microseconds, fall between each two powers of two of seconds.

    A key is the lower bound in seconds; `WITHIN_1_S` is less than a second, `BEFORE` less than 0. Empty classes are
    left out.
    """
    names = [BEFORE, WITHIN_1_S, *(str(power) for power in _POWERS_S.tolist())]
    place = np.searchsorted(_POWERS_S, duration_us // 1_000_000, side="right") + 1
    place[duration_us < 0] = 0
    counts = np.bincount(place, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def shortest_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of `count_by_duration` from the shortest duration to the longest."""
    return dict(sorted(counts.items(), key=lambda item: -1 if item[0] == BEFORE else int(item[0])))
