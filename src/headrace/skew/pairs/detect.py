"""Compares every feature of every pair of rows: equal, unequal, or on one side only; and looks for the cause.

    training  id pace         serving  id pace
              s1 5.0                   s1 8.0467
              s2 6.0                   s3 5.0       ->  1 pair; pace: 1 mismatch; s2 and s3 have no partner

One column of both sides is in memory at a time, so memory grows with the widest feature, not with their number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from headrace.ledger import Ledger
from headrace.skew.pairs.causes import FEWEST, SHARE, numeric_cause, swapped, text_cause, time_cause
from headrace.skew.pairs.keys import Rows, match
from headrace.skew.pairs.sources import Columns
from headrace.skew.pairs.spec import FeatureSkewSpec
from headrace.skew.pairs.values import ValueComparison, Values, common_form, compare_values
from headrace.skew.profiles.profile import Floats
from headrace.values import ColumnType, show_at
from headrace.values.column_type import COUNTED
from headrace.words import number

_log = logging.getLogger("headrace.skew")

PROBES = 2_000
"""Pairs of which the values of all features are kept, to see whether two features were swapped."""
READ_AS_TEXT = 1_000
"""Mismatches of text or lists that are searched for their cause."""


@dataclass(frozen=True, kw_only=True)
class FeatureDifferences:
    """One feature over all pairs of rows.

    `pairs` = equal + `mismatches` + `training_only` + `serving_only` (where the other side has no value). `types`: of
    the values on either side. `cause`: what explains the mismatches, empty if nothing simple does. `samples`: some that
    differ, each with key, value in training, value in serving.
    """

    feature: str
    pairs: int
    both: int = 0
    mismatches: int = 0
    training_only: int = 0
    serving_only: int = 0
    types: tuple[str, str] = ("", "")
    cause: str = ""
    samples: tuple[tuple[str, object, object], ...] = ()

    @property
    def unequal(self) -> int:
        """Pairs that differ in any way."""
        return self.mismatches + self.training_only + self.serving_only


@dataclass(frozen=True, kw_only=True)
class FeatureSkewResult:
    """Every feature that both sides have, those with the most unequal pairs first; and the ledgers of the rows.

    `not_compared`: features whose values can't be compared, by name, and why.
    """

    features: Sequence[FeatureDifferences]
    training: Ledger
    serving: Ledger
    keys: tuple[str, ...] = ()
    unpaired: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    not_compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> int:
        """Rows that are on both sides."""
        return self.training["paired"]


def detect_feature_skew(training: Columns, serving: Columns, spec: FeatureSkewSpec) -> FeatureSkewResult:
    """Pairs the rows of both sides by `spec.keys` and compares every feature that both have.

    Raises:
        UsageError: a side lacks a key.
        DataError: a key has several values in one row, or a value that can't be one, such as 1.5.
    """
    matched = match(training, serving, spec.keys)
    names = [name for name in training.names if name in serving.names and spec.compares(name)]
    rows = matched.training, matched.serving
    probe = np.unique(np.linspace(0, max(len(rows[0]) - 1, 0), PROBES).astype(np.int64))[: len(rows[0])]
    key_texts = _KeyTexts(training, spec.keys, spec.samples)
    found: list[FeatureDifferences] = []
    not_compared: dict[str, str] = {}
    probes: dict[str, tuple[list[object], list[object]]] = {}
    for name in names:
        why = _unsupported(training.type(name), serving.type(name))
        if why:
            not_compared[name] = why
            continue
        columns = training.column(name), serving.column(name)
        form = common_form(columns[0].type, columns[1].type, spec.tolerance(name))
        sides = (
            Values(columns[0], name, kind=training.type(name), form=form),
            Values(columns[1], name, kind=serving.type(name), form=form),
        )
        del columns
        if fault := sides[0].fault or sides[1].fault:
            not_compared[name] = fault
            continue
        compared = compare_values(*sides, rows, spec.tolerance(name))
        samples = _samples(compared, sides, rows, spec.samples)
        types = sides[0].type, sides[1].type
        found.append(
            FeatureDifferences(
                feature=name,
                pairs=len(rows[0]),
                both=compared.both,
                mismatches=compared.mismatches,
                training_only=compared.training_only,
                serving_only=compared.serving_only,
                types=types,
                cause=_cause(compared, sides, rows),
                samples=key_texts.of(samples),
            )
        )
        if compared.mismatches:
            probes[name] = sides[0].plain_values(rows[0][probe]), sides[1].plain_values(rows[1][probe])
        del sides
    found = _with_swaps(found, probes)
    found.sort(key=lambda f: (-f.unequal, f.feature))
    unequal = sum(bool(feature.unequal) for feature in found)
    _log.info(
        "paired %d rows: %d of %d features differ",
        len(rows[0]),
        unequal,
        len(found),
        extra={"pairs": len(rows[0]), "features": len(found), "unequal_features": unequal},
    )
    return FeatureSkewResult(
        features=tuple(found),
        training=matched.ledgers[0],
        serving=matched.ledgers[1],
        keys=tuple(spec.keys),
        not_compared=not_compared,
    )


class _KeyTexts:
    """The keys of training rows, as text; the columns are read when the first are needed."""

    def __init__(self, side: Columns, keys: Sequence[str], samples: int) -> None:
        self._side, self._keys, self._values = side, keys, None
        self._samples = samples

    def of(self, samples: Sequence[tuple[int, object, object]]) -> tuple[tuple[str, object, object], ...]:
        if not samples:
            return ()
        rows = np.array([row for row, _, _ in samples], dtype=np.int64)
        columns = [self._side.column(key) for key in self._keys]
        kinds = [self._side.type(key) for key in self._keys]
        texts = [
            [_key_text(column, row, kind) for row in rows.tolist()] for column, kind in zip(columns, kinds, strict=True)
        ]
        return tuple((", ".join(parts), a, b) for *parts, (_, a, b) in zip(*texts, samples, strict=True))


def _key_text(column: pa.ChunkedArray, row: int, kind: ColumnType) -> str:
    if kind.kind in COUNTED:
        return show_at(column, row, kind)
    value = column[row].as_py()
    value = value[0] if isinstance(value, list) and value else value
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _unsupported(*kinds: ColumnType) -> str:
    """Why columns of these types can't be compared; empty if they can."""
    inner = [kind.element if kind.kind in ("list", "embedding") and kind.element else kind for kind in kinds]
    odd = [str(kind) for kind, one in zip(kinds, inner, strict=True) if not _is_plain(one)]
    return f"{' and '.join(dict.fromkeys(odd))}: features of this type are not compared" if odd else ""


def _is_plain(kind: ColumnType) -> bool:
    return kind.is_supported and kind.kind not in ("list", "embedding")


def _samples(
    compared: ValueComparison, sides: tuple[Values, Values], rows: tuple[Rows, Rows], wanted: int
) -> list[tuple[int, object, object]]:
    at = np.concatenate([*compared.unequal_positions, *compared.serving_only_positions, np.empty(0, dtype=np.int64)])
    if not len(at) or not wanted:
        return []
    picked = at[np.unique(np.linspace(0, len(at) - 1, wanted).astype(np.int64))]
    left, right = rows[0][picked], rows[1][picked]
    return list(zip(left.tolist(), sides[0].plain_values(left), sides[1].plain_values(right), strict=True))


def _cause(compared: ValueComparison, sides: tuple[Values, Values], rows: tuple[Rows, Rows]) -> str:
    a, b = sides
    causes = []
    if compared.serving_only >= FEWEST:
        causes.append(_default_for_missing(compared, b, rows[1]))
    if compared.mismatches >= FEWEST:
        at = np.concatenate(compared.unequal_positions)
        left, right = rows[0][at], rows[1][at]
        if a.single and b.single and a.counted and b.counted:
            causes.append(time_cause(a.numbers[a.starts[left]], b.numbers[b.starts[right]], a.unit))
        elif a.single and b.single and not a.text and not b.text:
            whole = a.type == b.type == "integer"
            causes.append(numeric_cause(_floats(a, left), _floats(b, right), whole=whole))
        else:
            causes.append(text_cause(a.plain_values(left[:READ_AS_TEXT]), b.plain_values(right[:READ_AS_TEXT])))
    return "; ".join(words for words in causes if words)


def _floats(side: Values, rows: Rows) -> Floats:
    found: Floats = side.numbers[side.starts[rows]].astype(np.float64)
    return found


def _default_for_missing(compared: ValueComparison, serving: Values, rows: Rows) -> str:
    values = serving.plain_values(rows[np.concatenate(compared.serving_only_positions)[:READ_AS_TEXT]])
    texts = [repr(value) for value in values]
    usual = max(set(texts), key=texts.count)
    if texts.count(usual) < SHARE * len(texts):
        return ""
    value = values[texts.index(usual)]
    shown = number(float(value)) if isinstance(value, (int, float)) else usual
    return f"serving has the default {shown} where training has nothing"


def _with_swaps(
    found: list[FeatureDifferences], probes: dict[str, tuple[list[object], list[object]]]
) -> list[FeatureDifferences]:
    """Adds the cause to features whose values in serving are those of another feature in training."""

    def other(feature: FeatureDifferences) -> str:
        if feature.feature not in probes:
            return ""
        trained, served = probes[feature.feature]
        wrong = [i for i, (x, y) in enumerate(zip(trained, served, strict=True)) if x != y and y is not None]
        mine = [served[i] for i in wrong]
        return next(
            (
                name
                for name, (values, _) in probes.items()
                if name != feature.feature and swapped(mine, [values[i] for i in wrong])
            ),
            "",
        )

    return [replace(f, cause=f"serving has the values of {name!r}") if (name := other(f)) else f for f in found]


Detect = Callable[[Columns, Columns, FeatureSkewSpec], FeatureSkewResult]
