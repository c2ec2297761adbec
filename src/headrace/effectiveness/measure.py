"""For each feature: its information about the label, missing values, and whether it is constant, a copy or a leak.

label accepted, 1,000 rows
hour        0.12 bits of the label's 0.99      informative
route_id    always "r1"                        constant
pace_mi     pace_km * 1.609                    near-duplicate: each determines the other
reason      there only where accepted is 0     leakage suspect: its presence gives the label away
outcome_2   0.99 bits of 0.99                  leakage suspect: predicts the label too well
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from headrace.effectiveness.codes import MISSING, Codes, codes_of, exact, is_ordered
from headrace.effectiveness.codings import codings
from headrace.effectiveness.information import determines, entropy, mutual_information
from headrace.errors import DataError, UsageError
from headrace.values import ColumnType, canonical, checked, type_of_field

LEAK = 0.8
"""Share of the label's entropy from which a feature is suspected to leak the label."""
SAME = 0.999
"""Share of the rows in which two features must determine each other to be near-duplicates."""
IDENTIFIER = 0.5
"""Distinct values per row from which text is an identifier: it determines the label and means nothing."""
SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class FeatureEffect:
    """The measurements of a feature.

    Attributes:
        name: of the feature.
        missing: share of the rows without a value, 0..1.
        distinct: number of different values.
        bits: mutual information with the label, bits, after Miller and Madow; a missing value counts as a value.
        share: `bits` divided by the entropy of the label, 0..1.
        constant: all rows have the same value, or all are missing.
        identifier: text with so many different values that it names rows; `bits` mean nothing.
        leak: why the feature may leak the label; empty if it is not a suspect.
    """

    name: str
    missing: float
    distinct: int
    bits: float
    share: float
    constant: bool = False
    identifier: bool = False
    leak: str = ""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two features that are functions of each other, in at least `share` of the rows, 0..1."""

    one: str
    other: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Effectiveness:
    """All features by their information about the label, most first; and pairs that are near-duplicates.

    `not_measured` has the columns that can't be measured, by name, and why.
    """

    label: str
    rows: int
    label_bits: float
    features: tuple[FeatureEffect, ...]
    pairs: tuple[Pair, ...]
    not_measured: Mapping[str, str] = field(default_factory=dict)

    @property
    def top(self) -> tuple[FeatureEffect, ...]:
        """The features with the most information."""
        return self.features[:SHOWN]

    @property
    def bottom(self) -> tuple[FeatureEffect, ...]:
        """The features with the least information, the least first."""
        return tuple(reversed(self.features[len(self.top) :]))[:SHOWN]

    @property
    def suspects(self) -> tuple[FeatureEffect, ...]:
        """The features that may leak the label."""
        return tuple(feature for feature in self.features if feature.leak)


def measure_effectiveness(
    table: pa.Table, label: str, *, exclude: Collection[str] = (), leak: float = LEAK, same: float = SAME
) -> Effectiveness:
    """Measures every column of a flat table against one of them, in rows that have a label.

    Numbers with more than 20 different values are put into 20 bins of equally many rows; texts other than the 100 most
    frequent become one value. Times and dates are numbers here, of which also day, weekday and hour are looked at for a
    leak, and of all numbers narrow ranges.

    Args:
        table: one column for each feature. Columns of structs, maps and lists of several values are not measured, nor
            are those with a value that does not fit its type.
        label: the column to predict.
        exclude: columns to leave out, such as other labels and identifiers.
        leak: share of the label's entropy, in (0, 1], from which a feature is a leakage suspect.
        same: share of the rows, in (0, 1], in which near-duplicates must determine each other.

    Raises:
        UsageError: there is no such column, or a share is out of range.
        DataError: no row has a label, all have the same, or it is of a type that can't be one.
    """
    for name, value in (("leak", leak), ("same", same)):
        if not 0 < value <= 1:
            raise UsageError(f"{name} must be in (0, 1], got {value!r}")
    if unknown := [name for name in (label, *exclude) if name not in table.column_names]:
        raise UsageError(f"no column {', '.join(map(repr, unknown))}; there are: {', '.join(table.column_names)}")
    target = codes_of(checked(canonical(table.column(label), type_of_field(table.field(label))), label).array)
    labeled = target != MISSING
    rows, y = int(labeled.sum()), target[labeled]
    bits = entropy(np.bincount(y))
    if not bits:
        found = f"all {rows:,} rows that have one have the same" if rows else "no row has one"
        raise DataError(f"label {label!r} must have at least two different values: {found}")
    effects, ids, not_measured = [], {}, {}
    for name in table.column_names:
        if name == label or name in exclude:
            continue
        kind = type_of_field(table.field(name))
        read = canonical(table.column(name), kind)
        if read.faults:
            not_measured[name] = read.faults[0].message(name, with_value=False)
            continue
        ids[name] = exact(read.array)[0]
        effects.append(_effect(name, read.array, kind, ids[name], labeled, target, bits, leak))
    ordered = sorted(effects, key=lambda effect: (effect.identifier, -effect.bits, effect.name))
    compared = {e.name: ids[e.name] for e in effects if not e.constant and e.distinct > 1}
    return Effectiveness(
        label=label,
        rows=rows,
        label_bits=bits,
        features=tuple(ordered),
        pairs=_pairs(compared, effects, same),
        not_measured=not_measured,
    )


def _effect(
    name: str,
    values: pa.Array,
    kind: ColumnType,
    ids: Codes,
    labeled: np.ndarray[tuple[int], np.dtype[np.bool_]],
    target: Codes,
    label_bits: float,
    leak: float,
) -> FeatureEffect:
    y = target[labeled]
    found = {of: mutual_information(codes[labeled], y) for of, codes in codings(values, kind)}
    present = ids != MISSING
    distinct = int(ids.max(initial=0))
    text = kind.kind == "identifier" or not (is_ordered(values.type) or pa.types.is_boolean(values.type))
    identifier = text and distinct > max(50, IDENTIFIER * present.sum())
    bits = min(found[""], label_bits)
    share = bits / label_bits
    return FeatureEffect(
        name=name,
        missing=float(1 - present.mean()) if len(present) else 1.0,
        distinct=distinct,
        bits=bits,
        share=share,
        constant=bool((distinct <= 1 and present.all()) or not present.any()),
        identifier=bool(identifier),
        leak=_leak(present, labeled, y, label_bits, found, leak, bool(identifier)),
    )


def _leak(
    present: np.ndarray[tuple[int], np.dtype[np.bool_]],
    labeled: np.ndarray[tuple[int], np.dtype[np.bool_]],
    y: Codes,
    label_bits: float,
    found: Mapping[str, float],
    leak: float,
    identifier: bool,
) -> str:
    if present.any() and not labeled.all() and not (present & ~labeled).any() and present[labeled].mean() > 0.5:
        return "it has a value only in rows that have the label"
    presence_share = mutual_information(present[labeled].astype(np.int64), y) / label_bits
    if presence_share >= leak:
        return f"whether it is missing has {100 * presence_share:.0f} % of the information in the label"
    side = _one_sided(present[labeled], y)
    if side:
        return side
    if identifier:
        return ""
    shares = {of: min(bits / label_bits, 1.0) for of, bits in found.items()}
    telling = next((of for of, share in shares.items() if share >= leak), None)
    if telling is None:
        return ""
    return f"{telling or 'it'} has {100 * shares[telling]:.0f} % of the information in the label"


def _one_sided(present: np.ndarray[tuple[int], np.dtype[np.bool_]], y: Codes) -> str:
    # Present in many rows, all of which have the same label, though the rows as a whole do not.
    some = int(present.sum())
    if some < 30 or some == len(y):
        return ""
    values, counts = np.unique(y[present], return_counts=True)
    overall = float((y == values[0]).mean())
    # The chance of that without a leak is overall ** some.
    if len(values) == 1 and overall**some < 1e-6:
        return f"all {counts[0]:,} rows with a value have the same label"
    return ""


def _pairs(ids: Mapping[str, Codes], effects: Sequence[FeatureEffect], same: float) -> tuple[Pair, ...]:
    # Only features with about equally many values can determine each other; a sample of rows excludes most pairs.
    distinct = {effect.name: effect.distinct for effect in effects}
    names = sorted(ids, key=lambda name: (distinct[name], name))
    rows = len(next(iter(ids.values()))) if ids else 0
    sample = np.linspace(0, rows - 1, min(rows, 2000)).astype(np.int64)
    found = []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            if distinct[other] > distinct[one] + max(2, (1 - same) * rows):
                break
            if min(determines(ids[a][sample], ids[b][sample]) for a, b in ((one, other), (other, one))) < same - 0.05:
                continue
            share = min(determines(ids[one], ids[other]), determines(ids[other], ids[one]))
            # Features that are nearly unique determine every other one, which means nothing.
            meaningful = max(distinct[one], distinct[other]) <= IDENTIFIER * rows or _is_copy(ids[one], ids[other])
            if share >= same and meaningful:
                found.append(Pair(one=one, other=other, share=share))
    return tuple(sorted(found, key=lambda pair: (-pair.share, pair.one, pair.other)))


def _is_copy(one: Codes, other: Codes) -> bool:
    # Codes are numbered by first appearance, so two columns that repeat values in the same rows have the same codes.
    if one.max(initial=0) == len(one):
        return False
    return bool((one == other).mean() > 0.99)
