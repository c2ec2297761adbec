"""What a threshold can be set for: the distances between two profiles, and what only rows show; one registry for both.

    @register
    class Linf(Distance):
        name, code, threshold = "linf", "LINF_HIGH", 0.05
        title = "L-infinity"
        kinds = ("categorical",)

        def measure(self, pair): ...  # Measurement(distance=0.12, reason="'run' went from 30.0 % to 42.0 % of rows")
        def noise(self, pair, ...): ...  # the law of this distance where there is no drift

The policy, the comparison and the export to TFMD ask these objects. Named besides are only the distances that have an
option of `headrace check` or a comparator in TFMD.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Kind

Needs = Literal["rows", "values", "distribution", "identifier"]


class Measure:
    """A quantity that is an alarm above a threshold.

    Attributes:
        name: what policies and findings call it.
        code: of the finding above the threshold.
        title: what the report calls it.
        threshold: the policy's default; None raises no alarm.
        largest: the largest value it can have; the smallest is 0.
        anomaly_type: TFMD's type of anomaly for the code, empty where it has none.
        measurement_type: TFMD's type of measurement, empty where it has none.
        comparator: the field of TFMD's comparators that sets its threshold, empty where there is none.
    """

    name: str
    code: str
    title: str
    threshold: float | None = None
    largest: float = 1.0
    anomaly_type: str = ""
    measurement_type: str = ""
    comparator: str = ""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A distance, the sentence that says what was seen, and what it looks like, if anything."""

    distance: float
    reason: str
    hint: str = ""


class Distance(Measure, ABC):
    """How far apart the two profiles of a feature are: 0 where they are equal.

    Attributes:
        needs: what a pair must have to be measured. `rows`: nothing; `values`: values of the same kind on both sides;
            `distribution`: enough of them, and none that name rows; `identifier`: nearly unique on one side only.
        kinds: the kinds of feature that it is measured on.
        judged_kinds: those among them that the policy's threshold for all features is meant for; on the others only a
            threshold for the feature itself counts.
        on_numbers: the measure that a schema's threshold is for on numeric features, where this one does not apply.
    """

    needs: Needs = "distribution"
    kinds: tuple[Kind, ...] = ("categorical", "numeric")
    judged_kinds: tuple[Kind, ...] = ("categorical", "numeric", "empty")
    on_numbers: str = ""

    @abstractmethod
    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The distance between the two sides, in the unit of the measure; None where there is nothing to measure."""

    @abstractmethod
    def noise(self, pair: FeaturePair, *, tested: bool) -> Noise | None:
        """The law of the distance where there is no drift; None where it is not known.

        A law that is costly to find may be left out where the distance has no threshold (`tested` is false).
        """

    def declared_for(self, kind: Kind) -> str:
        """The measure that a declared threshold of this one is for, on a kind of feature; empty if there is none."""
        if kind in self.kinds:
            return self.name
        return self.on_numbers if kind == "numeric" else ""


M = TypeVar("M", bound=type[Measure])

_REGISTRY: dict[str, Measure] = {}


def register(measure: M) -> M:
    """Adds a measure to the registry: decorates its class."""
    _REGISTRY[measure.name] = measure()
    return measure


@lru_cache(maxsize=1)
def measures() -> Mapping[str, Measure]:
    """Every measure by name, in the order of their names."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))


def distances(needs: Needs, kind: Kind) -> Iterator[Distance]:
    """The distances that are measured on pairs that have what they need, of features of a kind."""
    return (
        one for one in measures().values() if isinstance(one, Distance) and one.needs == needs and kind in one.kinds
    )


def distance(name: str) -> Distance | None:
    """The distance of that name, None if there is none."""
    found = measures().get(name)
    return found if isinstance(found, Distance) else None
