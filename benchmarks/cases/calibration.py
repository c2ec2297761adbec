"""`python -m benchmarks.cases.calibration [--pairs N] [--write]`: are noise floor and power right?

Pairs of samples without drift are checked with every threshold at 0: the share with an alarm must not be above the
level. Then drifts are planted of the size that the check claims to find in 90 % of all cases, and counted if found.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from benchmarks import page
from headrace.skew import SkewPolicy, compare, profile_table

LEVEL = 0.05
MEASURES = (
    *("linf", "jensen_shannon", "kolmogorov_smirnov", "missing_share", "new_values"),
    *("chi_square", "psi", "normalized_absolute_difference", "wasserstein"),
)
AT_ZERO = SkewPolicy(
    thresholds=dict.fromkeys(MEASURES, 0), level=LEVEL, rows_ratio=None, per_feature={"*": {"jensen_shannon": 0}}
)

DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "uniform, 20 values": lambda rng, n: rng.integers(0, 20, n).astype(str),
    "Zipf": lambda rng, n: np.minimum(rng.zipf(1.5, n), 10_000).astype(str),
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tail (Cauchy)": lambda rng, n: rng.standard_cauchy(n),
}
SIZES = ((100, 100), (1_000, 1_000), (10_000, 10_000), (100_000, 100_000), (300, 30_000), (20_000, 500))


def calibrate(pairs: int, *, seed: int = 0) -> list[tuple[str, str, int, int, Counter]]:
    """By kind and sizes: number of pairs, of pairs with an alarm, and of alarms by measure."""
    rng = np.random.default_rng(seed)
    cells = [(kind, sizes) for kind in DRAWS for sizes in SIZES]
    found = []
    for i, (kind, sizes) in enumerate(cells):
        share = pairs // len(cells) + (i < pairs % len(cells))
        # Normalized absolute difference compares numbers of rows, so it always differs between unequal sides.
        policy = AT_ZERO if sizes[0] == sizes[1] else replace(AT_ZERO, normalized_absolute_difference=None)
        rang, measures = 0, Counter()
        for _ in range(share):
            before, now = (profile_table(pa.table({"x": DRAWS[kind](rng, n)})) for n in sizes)
            alarms = [f.measure for f in compare(before, now, policy) if f.alarm]
            rang += bool(alarms)
            measures.update(alarms)
        found.append((kind, f"{sizes[0]:,} / {sizes[1]:,}", share, rang, measures))
    return found


def power(runs: int, *, seed: int = 1) -> list[tuple[str, str, float, float, float, int]]:
    """By measure and sizes: threshold, planted size, share found, runs."""
    rng = np.random.default_rng(seed)
    found = []
    for sizes in ((1_000, 1_000), (10_000, 10_000), (20_000, 1_000)):
        for measure, plant in PLANTED.items():
            policy = SkewPolicy(rows_ratio=None, level=LEVEL, thresholds={measure: 0.03})
            size = _judged(plant(rng, sizes, 0.05), policy, measure).detectable
            hits = sum(_judged(plant(rng, sizes, size), policy, measure).alarm for _ in range(runs))
            found.append((measure, f"{sizes[0]:,} / {sizes[1]:,}", 0.03, size, hits / runs, runs))
    return found


def _judged(tables, policy, measure):
    return next(f for f in compare(*map(profile_table, tables), policy) if f.measure == measure)


def _shares(rng, sizes, size):
    base = np.full(10, 0.1)
    moved = base + np.append(size, np.full(9, -size / 9))
    return [pa.table({"x": rng.choice(10, n, p=p).astype(str)}) for n, p in zip(sizes, (base, moved), strict=True)]


def _functions(rng, sizes, size):
    now = rng.random(sizes[1])
    now = np.where((now < 0.5) & (rng.random(sizes[1]) < 2 * size), now + 0.5, now)
    return [pa.table({"x": rng.random(sizes[0])}), pa.table({"x": now})]


def _missing(rng, sizes, size):
    shares, draw = (0.3, 0.3 + size), rng.random
    return [pa.table({"x": pa.array(draw(n), mask=draw(n) < p)}) for n, p in zip(sizes, shares, strict=True)]


def _bins(rng, sizes, size):
    # Uniform against tilted halves whose Jensen-Shannon divergence is `size`.
    low, high = 0.0, 1.0
    for _ in range(50):
        tilt = (low + high) / 2
        p, q = np.full(2, 0.5), np.array([0.5 + tilt / 2, 0.5 - tilt / 2])
        middle = (p + q) / 2
        divergence = float(np.sum(p * np.log2(p / middle)) + np.sum(q * np.log2(q / middle))) / 2
        low, high = (tilt, high) if divergence < size else (low, tilt)
    values = rng.random(sizes[1])
    lower = rng.random(sizes[1]) < 0.5 + tilt / 2
    return [pa.table({"x": rng.random(sizes[0])}), pa.table({"x": np.where(lower, values / 2, values / 2 + 0.5)})]


PLANTED = {"linf": _shares, "kolmogorov_smirnov": _functions, "missing_share": _missing, "jensen_shannon": _bins}


def tables(pairs: int, runs: int) -> str:
    """Both tables as Markdown."""
    quiet = calibrate(pairs)
    rang, total = sum(row[3] for row in quiet), sum(row[2] for row in quiet)
    lines = ["| distribution | rows | pairs | with an alarm | share |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {kind} | {sizes} | {n} | {r} | {r / max(n, 1):.3f} |" for kind, sizes, n, r, _ in quiet]
    by_measure = sum((row[4] for row in quiet), Counter())
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in by_measure.most_common()) or "none"
    text = "\n".join(lines)
    share = f"{rang} of {total:,} pairs without drift had an alarm ({rang / total:.4f}), at level {LEVEL}"
    text += f"\n\n**{share}**: {counts}.\n\n"
    lines = ["| measure | rows | threshold | planted | found |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {m.replace('_', ' ')} | {sizes} | {t} | {size:.3f} | {100 * hit:.0f} % |"
        for m, sizes, t, size, hit, _ in power(runs)
    ]
    return text + "\n".join(lines) + f"\n\nSimulated {date.today()}; {runs} drifts for each line."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cases.calibration", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    options = parser.parse_args()
    text = tables(options.pairs, options.runs)
    print(text)
    if options.write:
        page.write("calibration", text)


if __name__ == "__main__":
    main()
