"""What features tell of the label, against scikit-learn and by construction."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.effectiveness import format_html, format_json, measure_effectiveness
from headrace.effectiveness.codes import codes_of
from headrace.effectiveness.information import determines, entropy, mutual_information
from headrace.errors import DataError, UsageError
from headrace.examples.layout import write_parquet
from headrace.examples.sample import read_rows

small = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=200)


@given(small)
def test_mutual_information_is_that_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    x, y = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    bits = mutual_information(x, y, corrected=False)
    assert bits == pytest.approx(metrics.mutual_info_score(x, y) / math.log(2), abs=1e-9)
    assert mutual_information(x, y) == pytest.approx(mutual_information(y, x), abs=1e-12)
    assert 0 <= bits <= entropy(np.bincount(y)) + 1e-9


def test_the_correction_takes_the_bias_of_few_rows_away():
    rng = np.random.default_rng(3)
    plain, corrected = [], []
    for _ in range(200):
        x, y = rng.integers(0, 20, 500), rng.integers(0, 3, 500)
        plain.append(mutual_information(x, y, corrected=False))
        corrected.append(mutual_information(x, y))
    assert np.mean(plain) > 0.045  # 38 cells too many / (2 * 500 * ln 2) = 0.055 bits
    assert np.mean(corrected) < 0.006


def test_large_codes_are_counted_like_small_ones():
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 3000, 9000), rng.integers(0, 3000, 9000)
    _, x_small = np.unique(x, return_inverse=True)
    assert mutual_information(x * 7, y) == pytest.approx(mutual_information(x_small, y))


def test_a_function_determines_and_noise_does_not():
    x = np.array([1, 1, 2, 2, 3, 3])
    assert determines(x, np.array([5, 5, 6, 6, 6, 6])) == 1
    assert determines(np.array([5, 5, 6, 6, 6, 6]), x) == pytest.approx(4 / 6)


def test_codes_are_bins_of_numbers_and_values_of_texts():
    numbers = pa.array([float("nan"), None, *map(float, range(1000))])
    codes = codes_of(numbers)
    assert codes[:2].tolist() == [0, 0]
    assert np.bincount(codes[2:])[1:].tolist() == [50] * 20
    texts = pa.array(["a"] * 5 + ["b"] * 3)
    assert codes_of(texts, categories=1).tolist() == [1] * 5 + [2] * 3


ROWS = 2000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(7)
    label = rng.integers(0, 2, ROWS)
    hour = rng.integers(0, 24, ROWS)
    return pa.table(
        {
            "accepted": label,
            "good": np.where(rng.random(ROWS) < 0.8, label, 1 - label),
            "noise": rng.random(ROWS),
            "hour": hour,
            "hour_text": [f"h{h:02}" for h in hour],
            "always": ["x"] * ROWS,
            "never": pa.nulls(ROWS, pa.float64()),
            "id": [f"id{i}" for i in range(ROWS)],
            "copy": np.where(label == 1, "yes", "no"),
            "reason": pa.array([None if one else "tired" for one in label]),
            "some": pa.array([("late" if rng.random() < 0.1 else None) if one else None for one in label]),
            "gaps": pa.array([None if rng.random() < 0.3 else 1.5 for _ in label]),
        }
    )


@pytest.fixture(scope="module")
def found(table):
    return measure_effectiveness(table, "accepted")


def test_features_come_by_what_they_tell(found):
    names = [feature.name for feature in found.features]
    assert set(names[:2]) == {"copy", "reason"}
    assert names[2] == "good"
    assert names[-1] == "id"
    by_name = {feature.name: feature for feature in found.features}
    assert by_name["good"].bits == pytest.approx(1 - entropy(np.array([8, 2])), abs=0.05)
    assert by_name["noise"].share < 0.01
    assert (by_name["gaps"].missing, by_name["gaps"].constant) == (pytest.approx(0.3, abs=0.05), False)
    assert {name for name, feature in by_name.items() if feature.constant} == {"always", "never"}
    assert {name for name, feature in by_name.items() if feature.identifier} == {"id"}


def test_a_feature_that_predicts_too_well_or_is_present_only_with_a_label_is_a_suspect(found):
    assert {feature.name: feature.leak for feature in found.suspects} == {
        "copy": "it has 100 % of the information in the label",
        "reason": "whether it is missing has 100 % of the information in the label",
        "some": next(f.leak for f in found.features if f.name == "some"),
    }
    assert "rows with a value have the same label" in next(f.leak for f in found.features if f.name == "some")


def test_what_is_only_there_when_the_label_is_is_a_suspect():
    label = [i % 2 if i % 3 else None for i in range(300)]
    data = pa.table(
        {"label": pa.array(label), "after": pa.array([None if v is None else i % 5 for i, v in enumerate(label)])}
    )
    (suspect,) = measure_effectiveness(data, "label").suspects
    assert suspect.leak == "it has a value only in rows that have the label"


def test_features_that_are_functions_of_each_other_are_pairs(found):
    assert [(pair.one, pair.other, pair.share) for pair in found.pairs] == [("hour", "hour_text", 1.0)]


def test_noise_raises_no_suspicion():
    rng = np.random.default_rng(11)
    columns = {f"n{i}": rng.integers(0, 50, 500) for i in range(30)}
    label = rng.integers(0, 2, 500)
    found = measure_effectiveness(pa.table({"label": label, **columns}), "label")
    assert (found.suspects, found.pairs) == ((), ())
    assert max(feature.share for feature in found.features) < 0.1


def test_it_is_shown_as_json_and_html(found):
    data = json.loads(format_json(found))
    assert data["top"][:1] == [found.features[0].name]
    assert {pair["one"] for pair in data["pairs"]} == {"hour"}
    page = format_html(found)
    assert page.startswith('<section class="effectiveness">')
    assert "Leakage suspects" in page
    assert "Near-duplicates" in page


def test_shards_are_read_whole_or_evenly(tmp_path):
    paths = [str(tmp_path / f"{part}.parquet") for part in range(2)]
    for part, path in enumerate(paths):
        write_parquet(pa.table({"n": range(part * 50, part * 50 + 50), "many": [[1, 2]] * 50}), path)
    assert read_rows(paths).column("n").to_pylist() == list(range(100))
    assert read_rows(paths, limit=34).column("n").to_pylist() == list(range(0, 100, 3))
    assert read_rows(paths).column_names == ["n"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"label": "nope"}, UsageError, "no column 'nope'; there are: accepted, good"),
        ({"label": "accepted", "exclude": ["x"]}, UsageError, "no column 'x'"),
        ({"label": "accepted", "leak": 0}, UsageError, r"leak must be in \(0, 1\], got 0"),
        ({"label": "always"}, DataError, "at least two different values: all 2,000 rows that have one"),
        ({"label": "never"}, DataError, "at least two different values: no row has one"),
    ],
)
def test_bad_calls_are_refused(table, arguments, error, words):
    with pytest.raises(error, match=words):
        measure_effectiveness(table, **arguments)


def effect_of(column, label=None):
    label = label if label is not None else [0, 1] * (len(column) // 2)
    found = measure_effectiveness(pa.table({"y": label, "x": column}), "y")
    return found.features[0]


@pytest.mark.parametrize(
    "kind", [pa.date32(), pa.timestamp("ns", "UTC"), pa.duration("s"), pa.time64("us"), pa.float16()]
)
def test_a_date_or_time_that_decides_the_label_is_a_suspect(kind):
    days = np.arange(1000) + 20_000
    label = (days > 20_500).astype(int)
    if pa.types.is_date(kind):
        column = pa.array(days, pa.int32()).view(kind)
    elif pa.types.is_float16(kind):
        column = pa.array((days - 20_000).astype(np.float16))
    else:
        column = pa.array(days * 1_000_000, pa.int64()).view(kind)
    effect = effect_of(column, label)
    assert (effect.identifier, bool(effect.leak)) == (False, True)


def test_the_same_values_have_the_same_effect_whatever_they_are_stored_as():
    rng = np.random.default_rng(5)
    numbers = rng.integers(0, 1000, 400)
    label = (numbers > 500).astype(int)
    expected = effect_of(pa.array(numbers), label)
    stored = [pa.array(numbers, kind) for kind in (pa.int16(), pa.uint64(), pa.float32(), pa.float64())]
    stored += [pa.array(numbers).dictionary_encode(), pa.array([[int(n)] for n in numbers])]
    stored += [pa.array(numbers).cast(pa.decimal128(19, 0)), pa.array(numbers, pa.timestamp("us"))]
    for column in stored:
        assert effect_of(column, label) == expected, column.type


def test_categories_that_no_row_has_are_not_counted():
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 10, pa.int8()), pa.array(["a", "b", "c"]))
    effect = effect_of(column)
    assert (effect.distinct, effect.constant) == (1, True)


def test_a_column_that_can_not_be_measured_is_named_and_the_rest_goes_on():
    table = pa.table(
        {
            "y": [0, 1, 0, 1],
            "x": [1, 2, 1, 2],
            "s": [{"a": 1}] * 4,
            "l": [[1, 2]] * 4,
            "t": pa.array([1, 2, 3, 4], pa.timestamp("ns")),
        }
    )
    found = measure_effectiveness(table, "y")
    assert [feature.name for feature in found.features] == ["x"]
    assert set(found.not_measured) == {"s", "l", "t"}
    assert "column 's': the value in row 1 (and 3 more values) is struct of a" in found.not_measured["s"]
    assert json.loads(format_json(found))["not_measured"] == found.not_measured
    assert "Not measured" in format_html(found)


def test_a_label_that_is_a_struct_is_refused_in_words():
    with pytest.raises(
        DataError, match=r"column 'y': \{a: 1\} in row 1 .* is struct of a where plain values are expected"
    ):
        measure_effectiveness(pa.table({"y": [{"a": 1}] * 4, "x": [1, 2, 1, 2]}), "y")


def leak_of(column, label):
    (effect,) = measure_effectiveness(pa.table({"x": column, "y": label}), "y").features
    return effect.leak


def test_the_parts_of_a_time_that_decide_the_label_are_named():
    rng = np.random.default_rng(8)
    days = rng.integers(20_000, 20_300, 3_000)
    hours = rng.integers(0, 24, 3_000)
    dates = pa.array(days, pa.int32()).cast(pa.date32())
    times = pa.array((days * 24 + hours) * 3_600).cast(pa.timestamp("s"))
    answers = rng.integers(0, 2, 300)[days - 20_000]
    for column in (dates, times):
        assert leak_of(column, (days % 7 < 2).astype(int)) == "its weekday has 100 % of the information in the label"
        assert leak_of(column, answers) == "its day has 100 % of the information in the label"
        assert "of the information in the label" in leak_of(column, (days > 20_296).astype(int))
        assert leak_of(column, rng.integers(0, 2, 3_000)) == ""
        assert leak_of(column, (rng.random(3_000) < 0.01).astype(int)) == ""
    assert leak_of(times, (hours < 7).astype(int)) == "its hour has 100 % of the information in the label"


def test_a_narrow_range_of_a_number_that_decides_a_rare_label_is_a_suspect():
    rng = np.random.default_rng(9)
    number = rng.normal(size=20_000)
    rare = (number > np.quantile(number, 0.99)).astype(int)
    assert leak_of(number, rare).startswith("a narrow range of it has")
    assert leak_of(number, rng.permutation(rare)) == ""
