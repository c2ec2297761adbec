"""Options of `headrace check` that pair the rows of both files by a key: --key, --tolerance, --mismatches, --unpaired.

--key id --key day --tolerance pace=0.01 --tolerance 'price*=0.1%'
->  rows of one id and day are one example; pace may differ by 0.01, prices by a thousandth
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.skew.pairs import FeatureSkewSpec, Tolerance

OF_DISTRIBUTIONS = (
    "linf", "jensen_shannon", "kolmogorov_smirnov", "missing_share", "level", "min_rows", "rows_ratio",
)  # fmt: skip
"""Options that are about distributions, which are not compared where rows are paired."""
OF_PAIRS = ("tolerance", "mismatches", "unpaired")


def add_pair_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    group = parser.add_argument_group(
        "feature skew",
        "BASELINE has the training rows, CURRENT the same examples at serving: they are compared in pairs",
    )
    words = "a column that names an example on both sides; repeatable, if several do so together"
    group.add_argument("--key", action="append", default=[], metavar="COL", help=words)
    words = "what a number may differ by (0.01), or which share of itself (0.1%%); COL may be a glob; repeatable"
    group.add_argument("--tolerance", action="append", default=[], metavar="COL=X", help=words)
    group.add_argument("--mismatches", type=float, metavar="X", help="threshold for pairs that differ, 0..1 (0.01)")
    words = "threshold for training rows without a partner, 0..1 (default: any number is fine)"
    group.add_argument("--unpaired", type=float, metavar="X", help=words)


def pairing(arguments: argparse.Namespace) -> FeatureSkewSpec | None:
    """How rows are paired and compared; None if distributions are to be compared.

    Raises:
        UsageError: an option that does not go with the others, or a tolerance that can't be read; all are named.
    """
    from headrace.errors import UsageError
    from headrace.skew.pairs import FeatureSkewSpec

    def given(names: tuple[str, ...]) -> str:
        return ", ".join(f"--{name.replace('_', '-')}" for name in names if getattr(arguments, name) not in (None, []))

    if not arguments.key:
        if options := given(OF_PAIRS):
            raise UsageError(f"{options}: expected --key COL with it, which names the column by which rows are paired")
        return None
    faults = []
    if options := given(OF_DISTRIBUTIONS):
        faults.append(f"{options}: leave it out, as --key compares values in pairs and not distributions")
    tolerances: dict[str, Tolerance] = {}
    for text in arguments.tolerance:
        name, _, limit = text.rpartition("=")
        tolerance = _tolerance(limit) if name else None
        if tolerance is None:
            faults.append(f"--tolerance must be COL=X, with a number from 0 on or a share such as 0.1%, got {text!r}")
        elif tolerances.setdefault(name, tolerance) != tolerance:
            faults.append(f"--tolerance of {name!r} is given twice")
    if faults:
        raise UsageError("; ".join(faults))
    return FeatureSkewSpec(keys=tuple(dict.fromkeys(arguments.key)), tolerances=tolerances)


def _tolerance(limit: str) -> Tolerance | None:
    import math

    from headrace.skew.pairs import Tolerance

    share = limit.endswith("%")
    try:
        number = float(limit.removesuffix("%"))
    except ValueError:
        return None
    if not 0 <= number < math.inf:
        return None
    return Tolerance(relative=number / 100) if share else Tolerance(absolute=number)
