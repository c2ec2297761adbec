"""Feature skew: the same example, pair by pair, against a brute-force oracle, TFDV, and planted causes."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features, write_parquet
from headrace.skew import SkewPolicy
from headrace.skew.pairs import (
    FeatureSkewSpec,
    FileColumns,
    TableColumns,
    Tolerance,
    detect_feature_skew,
    pair_findings,
)

SPEC = FeatureSkewSpec(keys=("id",))
N = 400

row = st.fixed_dictionaries(
    {
        "id": st.none() | st.sampled_from([f"k{i}" for i in range(12)]),
        "text": st.none() | st.sampled_from(["a", "b", "ä"]),
        "whole": st.none() | st.integers(0, 3),
        "real": st.none() | st.sampled_from([0.1, 0.2, 0.30001, float("nan")]),
        "many": st.none() | st.lists(st.integers(0, 2), max_size=3),
    }
)
SCHEMA = pa.schema(
    {"id": pa.string(), "text": pa.string(), "whole": pa.int64(), "real": pa.float64(), "many": pa.list_(pa.int64())}
)


def detect(training, serving, spec=SPEC):
    training, serving = (s if isinstance(s, pa.Table) else pa.table(s) for s in (training, serving))
    return detect_feature_skew(TableColumns(training), TableColumns(serving), spec)


def oracle(training, serving, absolute):
    """Counts by feature, and the pairs, a row at a time."""
    counts = [Counter(r["id"] for r in side if r["id"] is not None) for side in (training, serving)]
    single = [k for k in counts[0] if counts[0][k] == counts[1][k] == 1]
    by_key = [{r["id"]: r for r in side} for side in (training, serving)]
    found = {}
    for name in SCHEMA.names[1:]:
        tally = Counter()
        for key in single:
            a, b = (side[key][name] or None if name == "many" else side[key][name] for side in by_key)
            if a is None or b is None:
                tally["both missing" if a is b else "serving" if a is None else "training"] += 1
            else:
                tally["equal" if equal(a, b, absolute) else "unequal"] += 1
        found[name] = tally["unequal"], tally["training"], tally["serving"]
    return single, found


def equal(a, b, absolute):
    if isinstance(a, list):
        return len(a) == len(b) and all(equal(x, y, absolute) for x, y in zip(a, b, strict=True))
    if isinstance(a, str):
        return a == b
    return abs(a - b) <= absolute or (a != a and b != b)


@given(st.lists(row, max_size=25), st.lists(row, max_size=25), st.sampled_from([0.0, 0.1, 1.0]))
@examples(2)
def test_every_pair_is_judged_as_a_row_by_row_comparison_judges_it(training, serving, absolute):
    tables = [pa.Table.from_pylist(side, schema=SCHEMA) for side in (training, serving)]
    found = detect(*tables, FeatureSkewSpec(keys=("id",), tolerances={"*": Tolerance(absolute=absolute)}))
    single, counts = oracle(training, serving, absolute * (1 + 1e-12))
    assert found.pairs == len(single) == found.serving["paired"]
    assert found.training.total == len(training)
    assert found.serving.total == len(serving)
    assert {f.feature: (f.mismatches, f.training_only, f.serving_only) for f in found.features} == counts


@given(st.lists(row, min_size=1, max_size=25), st.randoms())
def test_neither_the_order_of_rows_nor_the_sides_matter_and_a_side_equals_itself(rows, random):
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    shuffled = rows[:]
    random.shuffle(shuffled)
    other = pa.Table.from_pylist(shuffled, schema=SCHEMA)
    assert all(f.unequal == 0 for f in detect(table, other).features)
    assert detect(table, other).pairs == sum(n == 1 for k, n in Counter(r["id"] for r in rows).items() if k)


def test_keys_are_compared_by_text_and_several_make_one():
    training = {"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1.0, 2.0, 3.0]}
    serving = {"a": ["2", "1", "1"], "b": ["x", "y", "z"], "v": [3.0, 9.0, 1.0]}
    found = detect(training, serving, FeatureSkewSpec(keys=("a", "b")))
    assert found.pairs == 2
    (v,) = found.features
    assert v.mismatches == 1
    assert v.samples == (("1, y", 2.0, 9.0),)


def test_one_sided_duplicate_and_missing_keys_are_counted_apart():
    found = detect({"id": ["a", "b", "b", None, "c", "d"]}, {"id": ["a", "c", "c", "e", "b"]})
    assert dict(found.training.parts) == {"paired": 1, "unpaired": 1, "duplicate": 3, "without_key": 1}
    assert dict(found.serving.parts) == {"paired": 1, "unpaired": 1, "duplicate": 3, "without_key": 0}
    words = pair_findings(found, SkewPolicy())[0].reason
    for part in ("1 of 5 training rows have no partner", "3 in training left out", "1 in training without a key"):
        assert part in words


def test_shards_of_features_are_compared_as_tables_are(tmp_path):
    rng = np.random.default_rng(0)
    training = pa.table({"id": [f"k{i}" for i in range(N)], "v": rng.normal(size=N), "t": rng.choice(["a", "b"], N)})
    serving = training.take(rng.permutation(N)).set_column(2, "t", pa.array(["a"] * N))
    sides = []
    for name, table in (("training", training), ("serving", serving)):
        paths = [str(tmp_path / f"{name}-{i}.parquet") for i in range(3)]
        for i, path in enumerate(paths):
            write_parquet(table.slice(i * 150, 150), path)
        sides.append(FileColumns(paths, name=name))
    from_files = detect_feature_skew(*sides, SPEC)
    assert from_files == detect(to_features(training), to_features(serving))
    assert {f.feature: f.mismatches for f in from_files.features} == {
        "t": pc.sum(pc.equal(training["t"], "b")).as_py(),
        "v": 0,
    }


def test_tolerances_go_by_feature_and_are_absolute_relative_or_by_digits():
    training = {"id": list("abcd"), "v": [100.0, 1.234, 0.0, 5.0]}
    serving = {"id": list("abcd"), "v": [100.9, 1.231, 0.05, 6.0]}

    def wrong(**tolerance):
        spec = FeatureSkewSpec(keys=("id",), tolerances={"v*": Tolerance(**tolerance)})
        return detect(training, serving, spec).features[0].mismatches

    assert wrong() == 4
    assert wrong(absolute=0.06) == 2
    assert wrong(relative=0.01) == 2
    assert wrong(decimals=2) == 3
    assert wrong(decimals=1) == 2
    assert wrong(decimals=0) == 2
    assert wrong(decimals=1, absolute=1) == 0


REAL = np.random.default_rng(1).lognormal(1, 0.5, N)
TIMES = 1_770_000_000 + np.arange(N) * 977
HOURS = np.arange(N) % 24
GONE = np.where(np.arange(N) % 3 == 0, np.nan, REAL)


@pytest.mark.parametrize(
    ("training", "serving", "cause"),
    [
        (REAL, np.round(REAL * 1.609344, 4), "a constant factor of 1.60934 (miles -> km"),
        (REAL, REAL * 3, "a constant factor of 3"),
        (REAL, REAL - 7.5, "a constant offset of -7.5"),
        (REAL, REAL + 273.15, "(degrees C -> K)"),
        (REAL, REAL * 1.8 + 32, "degrees C -> F"),
        (REAL, -REAL, "the sign is reversed"),
        (REAL, np.round(REAL, 1), "serving is rounded to 1 decimals"),
        (REAL, np.trunc(REAL), "serving is cut to whole numbers"),
        (REAL, np.nextafter(REAL, 99), "differ in the last bits only"),
        (REAL, np.zeros(N), "serving has the default 0 in place of values"),
        (REAL, np.minimum(REAL, 2), "serving is capped at 2"),
        (REAL, np.full(N, np.nan), "serving has NaN or infinity"),
        (TIMES, TIMES + 7200, "shifted by +2 hours"),
        (TIMES * 1000, TIMES * 1000 - 19_800_000, "shifted by -5.5 hours"),
        (HOURS, (HOURS + 2) % 24, "hours of the day, shifted by +2 hours"),
        (REAL, np.char.mod("%.9f", REAL), "the same numbers, as text"),
        (np.char.add("Oslo ", HOURS.astype(str)), np.char.add("oslo", HOURS.astype(str)), "by case or blanks only"),
        ([f"a long text {i}" for i in range(N)], [f"a long text {i}"[:5] for i in range(N)], "serving is cut off"),
        ([f"Ürümqi {i}" for i in range(N)], [f"Ã\x9crÃ¼mqi {i}" for i in range(N)], "UTF-8 was read as Latin-1"),
        ([[i, i + 1] for i in range(N)], [[i + 1, i] for i in range(N)], "the same values in another order"),
        (HOURS.astype(str), ["n/a"] * N, "serving has the default 'n/a' in place of values"),
        (REAL, np.random.default_rng(2).lognormal(1, 0.5, N), ""),
    ],
)
def test_a_cause_is_named_where_one_fits_and_none_where_none_does(training, serving, cause):
    ids = [f"k{i}" for i in range(N)]
    found = detect({"id": ids, "v": pa.array(training)}, {"id": ids, "v": pa.array(serving)}).features[0]
    assert cause in found.cause
    assert bool(cause) == bool(found.cause)


def test_a_default_in_place_of_a_missing_value_is_named():
    ids = [f"k{i}" for i in range(N)]
    training = pa.table({"id": ids, "v": pa.array(GONE, from_pandas=True)})
    found = detect(training, pa.table({"id": ids, "v": np.nan_to_num(GONE, nan=-1.0)})).features[0]
    assert found.serving_only == np.isnan(GONE).sum()
    assert found.cause == "serving has the default -1 where training has nothing"


def test_two_features_that_were_swapped_are_named():
    rng = np.random.default_rng(3)
    ids, x, y = np.arange(N).astype(str), rng.normal(size=N), rng.normal(size=N)
    found = detect({"id": ids, "x": x, "y": y}, {"id": ids, "x": y, "y": x})
    assert {f.feature: f.cause for f in found.features} == {
        "x": "serving has the values of 'y'",
        "y": "serving has the values of 'x'",
    }


def test_findings_ring_above_the_threshold_and_say_what_was_seen():
    ids = np.arange(N).astype(str)
    off = np.where(np.arange(N) < 40, 1.0, 0.0)
    found = detect({"id": ids, "v": REAL, "w": REAL}, {"id": ids, "v": REAL + off, "w": REAL})
    findings = {f.feature: f for f in pair_findings(found, SkewPolicy())}
    assert findings["v"].alarm
    assert findings["v"].distance == 0.1
    assert findings["v"].low < 0.1 < findings["v"].high
    assert "differs in 40 of 400 pairs (10.0 %), such as 0: " in findings["v"].reason
    assert findings["v"].hint == "a constant offset of +1"
    assert not findings["w"].alarm
    assert findings["w"].reason == "equal in all 400 pairs"
    quiet = SkewPolicy(per_feature={"v": {"mismatches": 0.2}})
    assert not any(f.alarm for f in pair_findings(found, quiet))


def test_sides_that_share_no_key_are_an_alarm():
    findings = pair_findings(detect({"id": ["a"], "v": [1]}, {"id": ["b"], "v": [1]}), SkewPolicy())
    assert [(f.code, f.alarm) for f in findings] == [("UNPAIRED", False), ("NOT_COMPARABLE", True)]
    strict = pair_findings(detect({"id": ["a", "b"]}, {"id": ["b"]}), SkewPolicy(thresholds={"unpaired": 0.1}))
    assert [(f.code, f.alarm) for f in strict] == [("UNPAIRED", True)]


def test_what_can_not_be_compared_is_refused_with_a_reason():
    with pytest.raises(UsageError, match="serving lacks 'id'; it has key"):
        detect({"id": ["a"]}, {"key": ["a"]})
    with pytest.raises(DataError, match=r"column 'id': .* is a list of several values"):
        detect({"id": [["a", "b"]]}, {"id": [["a"]]})
    with pytest.raises(UsageError, match="at least one Parquet file"):
        FileColumns([])


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "a.parquet").write_text("id,v")
    with pytest.raises(DataError, match=r"a\.parquet: expected a Parquet file"):
        FileColumns([str(tmp_path / "a.parquet")])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keys": ()}, "keys: expected at least one"),
        ({"keys": 5}, r"keys: expected a list \(each: a name\), got 5"),
        ({"keys": ("id", "id")}, "keys: expected no value twice"),
        ({"keys": ("id",), "samples": -1}, "got -1"),
        ({"keys": ("id",), "tolerances": {"a": 0.1}}, "tolerances.*: expected settings by name, .* got 0.1"),
        ({"keys": ("id",), "tolerances": {"a": {"absolute": -1}}}, "absolute: expected a number of at least 0, got -1"),
        ({"keys": ("id",), "tolerances": {"a": {"decimals": 0.5}}}, "decimals: expected a whole number"),
    ],
)
def test_a_spec_that_is_wrong_is_refused(options, words):
    with pytest.raises(UsageError, match=words):
        FeatureSkewSpec(**options)


def test_a_spec_survives_json():
    spec = FeatureSkewSpec(
        keys=("id", "day"), ignore=("x*",), tolerances={"b*": Tolerance(relative=0.1), "a": Tolerance(decimals=2)}
    )
    assert FeatureSkewSpec.from_json(spec.to_json()) == spec
    assert list(FeatureSkewSpec.from_json(spec.to_json()).tolerances) == ["b*", "a"]
    wrong = {
        "[]": "expected settings by name",
        "{}": "keys: is missing",
        '{"keys": ["a"], "tolerence": 1}': "has no 'tolerence'; did you mean 'tolerances'",
        "id": "expected JSON",
    }
    for text, words in wrong.items():
        with pytest.raises(UsageError, match=words):
            FeatureSkewSpec.from_json(text)
