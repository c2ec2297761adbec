"""Feature skew between columns of different types: the same data are equal, and no difference is lost."""

import datetime
import decimal
import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.skew import SkewPolicy
from headrace.skew.pairs import FeatureSkewSpec, TableColumns, Tolerance, detect_feature_skew, pair_findings
from headrace.values import epoch, set_types

N = 60
REALS = np.round(np.random.default_rng(3).normal(5, 1, N), 2)
SECONDS = 1_772_521_200 + np.arange(N) * 61
DECIMALS = pa.array([decimal.Decimal(f"{x:.2f}") for x in REALS])


def detect(training, serving, tolerance=None, types=None):
    sides = [pa.table({"id": range(N), "v": column}) for column in (training, serving)]
    sides = [set_types(side, types or {}) for side in sides]
    spec = FeatureSkewSpec(keys=("id",), tolerances={"v": tolerance} if tolerance else {})
    return detect_feature_skew(*map(TableColumns, sides), spec)


def only(training, serving, tolerance=None):
    (feature,) = detect(training, serving, tolerance).features
    return feature


def times(unit, zone=None, seconds=SECONDS):
    return pa.array(seconds).cast(pa.timestamp("s")).cast(pa.timestamp(unit, zone))


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(
    "tolerance", [Tolerance(), Tolerance(relative=0.01), Tolerance(absolute=1e9), Tolerance(relative=1.0, decimals=2)]
)
def test_infinity_and_nan_equal_themselves_only_whatever_is_tolerated(odd, tolerance):
    assert only(np.ones(N), np.full(N, odd), tolerance).mismatches == N
    assert only(np.full(N, odd), np.ones(N), tolerance).mismatches == N
    assert only(np.full(N, odd), np.full(N, odd), tolerance).mismatches == 0
    assert only(np.full(N, odd), np.full(N, -odd), tolerance).mismatches == (0 if np.isnan(odd) else N)


def test_large_numbers_do_not_become_equal_by_rounding_to_infinity():
    assert only(np.full(N, 1e307), np.full(N, 2e307), Tolerance(decimals=3)).mismatches == N
    assert only(np.full(N, 1e308), np.full(N, -1e308), Tolerance(relative=0.5)).mismatches == N


SAME = [
    (times("us"), times("ms")),
    (times("s"), times("ns", "UTC")),
    (times("ns"), times("us", "Europe/Berlin")),
    (pa.array([datetime.date(2026, 3, 3)] * N), times("ms", seconds=np.full(N, 1_772_496_000))),
    (pa.array(REALS, pa.float32()), pa.array(REALS)),
    (DECIMALS, pa.array(REALS)),
    (DECIMALS, pa.array(REALS, pa.float32())),
    (pa.array(range(N), pa.int32()), pa.array(range(N), pa.uint64())),
    (pa.array(["a"] * N).dictionary_encode(), pa.array(["a"] * N, pa.large_string())),
    (pa.array([[x, 1.0] for x in REALS], pa.list_(pa.float32(), 2)), pa.array([[x, 1.0] for x in REALS])),
    (pa.array([90] * N).cast(pa.duration("s")), pa.array([90_000] * N).cast(pa.duration("ms"))),
]


@pytest.mark.parametrize(("training", "serving"), SAME, ids=lambda one: str(one.type))
def test_the_same_values_in_other_types_are_equal(training, serving):
    for sides in ((training, serving), (serving, training)):
        feature = only(*sides)
        assert (feature.both, feature.unequal) == (N, 0)


def test_times_of_examples_are_instants_if_their_type_travels():
    stored = pa.array([[second * 10**6] for second in SECONDS.tolist()])
    (feature,) = detect(stored, stored, types={"v": epoch("us")}).features
    assert feature.types == ("time", "time")
    sides = [pa.table({"id": range(N), "v": column}) for column in (stored, times("ms"))]
    sides[0] = set_types(sides[0], {"v": epoch("us")})
    (feature,) = detect_feature_skew(*map(TableColumns, sides), FeatureSkewSpec(keys=("id",))).features
    assert feature.unequal == 0


DIFFERENT = [
    (times("ns"), pa.array(SECONDS * 10**9 + 500).cast(pa.timestamp("ns")), "training is cut to whole seconds"),
    (times("us"), times("ms", seconds=SECONDS + 7_200), "shifted by +2 hours"),
    (times("us"), times("s", seconds=SECONDS + 90), "shifted by 1 min 30 s"),
    (pa.array(SECONDS), pa.array(SECONDS + 1), "a constant offset of +1"),
    (
        pa.array([2**53 + 2 * i + 1 for i in range(N)]),
        pa.array([float(2**53 + 2 * i + 1) for i in range(N)]),
        "differ in digits beyond 2^53, which are lost where a number goes through a float",
    ),
    (pa.array([2**63 + i for i in range(N)], pa.uint64()), pa.array([-(2**63) + i for i in range(N)]), None),
    (
        pa.array([decimal.Decimal(f"1234567890123456789.{i:02d}") for i in range(N)]),
        pa.array([decimal.Decimal(f"1234567890123456789.{i + 1:02d}") for i in range(N)]),
        "",
    ),
    (
        pa.array([unicodedata.normalize("NFC", f"Zürich {i}") for i in range(N)]),
        pa.array([unicodedata.normalize("NFD", f"Zürich {i}") for i in range(N)]),
        "the same text in another Unicode form (NFC and NFD)",
    ),
    (
        pa.array([f"{i:05d}" for i in range(1, N + 1)]),
        pa.array([str(i) for i in range(1, N + 1)]),
        "the same digits, with zeros in front on one side",
    ),
]


@pytest.mark.parametrize(("training", "serving", "cause"), DIFFERENT, ids=lambda one: str(getattr(one, "type", "")))
def test_no_difference_is_lost_and_its_cause_is_named(training, serving, cause):
    feature = only(training, serving)
    assert feature.mismatches == N
    assert cause is None or feature.cause == cause


def test_times_are_shown_as_dates():
    feature = only(times("us"), times("ms", seconds=SECONDS + 3_600))
    assert feature.samples[0] == ("0", "2026-03-03T07:00:00", "2026-03-03T08:00:00")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([{"a": 1}] * N), "struct of a: features of this type are not compared"),
        (pa.array([[[1], [2]]] * N), "list of list of integer: features of this type"),
        (pa.array([[None, 1]] * N), "column 'v' has lists with missing values in them"),
    ],
)
def test_what_can_not_be_compared_is_named_and_the_rest_is_compared(column, words):
    sides = [pa.table({"id": range(N), "v": column, "pace": REALS + add}) for add in (0, 1)]
    found = detect_feature_skew(*map(TableColumns, sides), FeatureSkewSpec(keys=("id",)))
    assert [feature.feature for feature in found.features] == ["pace"]
    assert found.not_compared["v"].startswith(words)
    by_name = {finding.feature: finding for finding in pair_findings(found, SkewPolicy())}
    assert by_name["v"].verdict == "not checked"
    assert by_name["pace"].alarm


def test_keys_meet_in_any_unit_and_what_can_be_no_key_is_refused():
    sides = [pa.table({"at": column, "v": REALS}) for column in (times("us"), times("ms"))]
    assert detect_feature_skew(*map(TableColumns, sides), FeatureSkewSpec(keys=("at",))).pairs == N
    sides = [pa.table({"at": REALS, "v": REALS})] * 2
    with pytest.raises(DataError, match=r"keys: column 'at': .* has a fraction"):
        detect_feature_skew(*map(TableColumns, sides), FeatureSkewSpec(keys=("at",)))
