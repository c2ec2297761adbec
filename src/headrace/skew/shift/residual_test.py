"""Did P(y|x) change? Compares the residuals of one model of y between the sides, cell by cell.

    model of both sides:  P(accepted | x)
    evening  before  mean of accepted - model = +0.13        now  -0.17      moved by -0.30
    morning  before                             +0.00        now  +0.01      moved by +0.01

For any model the difference of the residuals at one x is the change of P(y|x); the model only removes what the other
features explain. Each row is predicted by a model that was not trained on it (two folds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headrace.skew.distances.noise_protocol import Z_CONFIDENCE, Z_POWER
from headrace.skew.profiles.profile import Floats
from headrace.skew.shift.encode import Encoded, Ints

ROWS_A_CELL = 50
"""Rows that a cell must have on each side."""


@dataclass(frozen=True, kw_only=True)
class ConceptChange:
    """The cell in which P(y|x) changed most surely.

    `by`: the change, in the unit of y; `error`: its standard error; `cells`: how many were compared; `was`, `now`:
    means of y in the cell; `rows`: of either side in it.
    """

    feature: str
    cell: str
    by: float
    error: float
    cells: int
    was: float
    now: float
    rows: tuple[int, int]

    @property
    def z(self) -> float:
        """The change in standard errors."""
        return abs(self.by) / self.error if self.error else 0.0


@dataclass(frozen=True, kw_only=True)
class ResidualNoise:
    """The law of a difference of two means with the standard error `error`, the surest among `cells`."""

    error: float
    cells: int

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance in any of the cells, 0..1."""
        return min(1.0, float(self.cells * 2 * special.ndtr(-max(distance, 0.0) / self.error)))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return float(-special.ndtri(level / 2 / self.cells)) * self.error

    def interval(self, distance: float) -> tuple[float, float]:
        """The lowest and the highest true distance."""
        return max(distance - Z_CONFIDENCE * self.error, 0.0), distance + Z_CONFIDENCE * self.error

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return limit + Z_POWER * self.error


def changed_cells(
    encoded: Encoded, rows: npt.NDArray[np.bool_], y: Floats, model: Floats, threshold: float
) -> list[ConceptChange]:
    """For each feature, and for all rows together, the cell whose residuals moved most surely beyond `threshold`.

    Args:
        encoded: the features of both sides.
        rows: which of them have the label.
        y, model: of these rows, the label as a number and the prediction of the model.
        threshold: how far a mean may move, in the unit of y.
    """
    residual = y - model
    now = encoded.now[rows]
    found = []
    features = [*zip(encoded.names, encoded.cells, encoded.cell_names, strict=True)]
    whole = ("", np.zeros(len(encoded.now), dtype=np.int64), ("",))
    for name, cells, words in [whole, *features]:
        moved = _surest(name, cells[rows], words, residual, y, now, threshold)
        if moved:
            found.append(moved)
    return found


def _surest(
    name: str,
    cells: Ints,
    words: tuple[str, ...],
    residual: Floats,
    y: Floats,
    now: npt.NDArray[np.bool_],
    threshold: float,
) -> ConceptChange | None:
    k = len(words)
    n, mean, variance, raw = {}, {}, {}, {}
    for side, mask in ((0, ~now), (1, now)):
        code = cells[mask]
        n[side] = np.bincount(code, minlength=k)
        rows = np.maximum(n[side], 1)
        mean[side] = np.bincount(code, residual[mask], k) / rows
        variance[side] = np.bincount(code, (residual[mask] - mean[side][code]) ** 2, k) / np.maximum(rows - 1, 1)
        raw[side] = np.bincount(code, y[mask], k) / rows
    enough = np.flatnonzero(np.minimum(n[0], n[1]) >= ROWS_A_CELL)
    if not len(enough):
        return None
    by = (mean[1] - mean[0])[enough]
    # Where all labels of a cell are equal, the variance is taken as if one row were different.
    error = np.sqrt(
        np.sum([np.maximum(variance[s][enough], 1 / n[s][enough] ** 2) / n[s][enough] for s in (0, 1)], axis=0)
    )
    at = int(np.argmax((np.abs(by) - threshold) / error))
    cell = enough[at]
    return ConceptChange(
        feature=name,
        cell=words[cell],
        by=float(by[at]),
        error=float(error[at]),
        cells=len(enough),
        was=float(raw[0][cell]),
        now=float(raw[1][cell]),
        rows=(int(n[0][cell]), int(n[1][cell])),
    )
