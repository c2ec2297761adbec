"""Schemas from statistics, and statistics against schemas."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features
from headrace.schema import Declarations, Feature, text
from headrace.schema.describe import describe
from headrace.stats import StatsSpec

pytestmark = pytest.mark.tfx

ROWS = 500
DECLARED = Declarations(
    labels=("accepted",),
    identifiers=("id",),
    features={
        "heart_rate": Feature(range=(30, 230)),
        "pace": Feature(range=(0, None)),
        "band": Feature(vocabulary=("a", "b", "c"), presence="required"),
    },
)


@pytest.fixture(scope="session")
def tfdv():
    return pytest.importorskip("tensorflow_data_validation")


@pytest.fixture(scope="session")
def curate(tfdv):
    from headrace.schema import curate

    return curate


@pytest.fixture(scope="session")
def validate(tfdv):
    from headrace.schema import validate

    return validate


@pytest.fixture(scope="session")
def statistics(tfdv):
    from headrace.stats import statistics

    return lambda table, **spec: statistics(to_features(table).to_batches(), StatsSpec(**spec))


def events(**columns):
    table = {
        "id": [f"e{i:05}" for i in range(ROWS)],
        "city": [("Oslo", "Rome")[i % 2] for i in range(ROWS)],
        "band": [("a", "b", "c")[i % 3] for i in range(ROWS)],
        "heart_rate": [100 + i % 60 for i in range(ROWS)],
        "pace": [4 + i / ROWS for i in range(ROWS)],
        "accepted": [i % 2 for i in range(ROWS)],
    }
    return pa.table({name: column for name, column in {**table, **columns}.items() if column is not None})


@pytest.fixture(scope="session")
def schema(curate, statistics):
    return curate(statistics(events()), DECLARED).schema


def test_without_a_schema_of_before_it_is_inferred_and_declared(curate, statistics):
    curated = curate(statistics(events()), DECLARED)
    found = describe(curated.schema)
    assert {name: feature["type"] for name, feature in found.items() if name} == {
        "id": "BYTES",
        "city": "BYTES",
        "band": "BYTES",
        "heart_rate": "INT",
        "pace": "FLOAT",
        "accepted": "INT",
    }
    assert found["city"]["domain"]["values"] == ["Oslo", "Rome"]
    assert found["heart_rate"]["domain"] == {"min": 30, "max": 230}
    assert found["accepted"]["environments"] == ["TRAINING"]
    assert {change.compatibility for change in curated.diff} == {"full"}


def test_a_schema_of_several_splits_holds_for_each(curate, validate, statistics):
    train = statistics(events())
    hurt = [None if i % 3 else 4.5 for i in range(ROWS)]
    held_out = statistics(events(city=["Bergen"] * ROWS, pace=hurt, extra=["x"] * ROWS))
    curated = curate([train, held_out], DECLARED)
    found = describe(curated.schema)
    assert found["city"]["domain"]["values"] == ["Bergen", "Oslo", "Rome"]
    assert found["extra"]["type"] == "BYTES"
    assert validate(held_out, curated.schema, environment="TRAINING") == []
    assert {fault.feature for fault in validate(train, curated.schema, environment="TRAINING")} <= {"extra"}


def test_text_of_many_values_gets_no_domain(curate, statistics):
    names = [f"route {i}" for i in range(ROWS)]
    found = describe(curate(statistics(events(route=names)), Declarations()).schema)
    assert found["route"]["domain"] is None
    # Statistics that list 20 of the 500 values must not close the domain on them.
    short = statistics(events(route=names))
    for feature in short.datasets[0].features:
        if feature.path.step[0] == "route":
            del feature.string_stats.rank_histogram.buckets[20:]
    assert describe(curate(short, Declarations()).schema)["route"]["domain"] is None


def test_frozen_the_schema_stays_and_what_is_new_is_pending(curate, statistics, schema):
    now = statistics(events(city=["Bergen"] * ROWS, extra=[1.5] * ROWS))
    curated = curate(now, DECLARED, schema)
    assert curated.schema == schema
    assert curated.diff == ()
    assert [(change.feature, change.words) for change in curated.pending] == [
        ("city", "domain: + 'Bergen'"),
        ("extra", "new feature of type FLOAT"),
    ]


def test_widened_the_schema_takes_new_features_and_values_and_nothing_else(curate, validate, statistics, schema):
    widen = Declarations.from_settings({**DECLARED.to_settings(), "policy": "widen"})
    now = statistics(events(city=["Bergen"] * ROWS, extra=["new"] * ROWS, band=["z"] * ROWS, pace=["4:30"] * ROWS))
    curated = curate(now, widen, schema)
    assert [(change.feature, change.words) for change in curated.diff] == [
        ("city", "domain: + 'Bergen'"),
        ("extra", "new feature of type BYTES"),
    ]
    # A declared vocabulary and a type do not give way to data.
    assert {fault.feature for fault in validate(now, curated.schema)} == {"band", "pace"}


def test_declarations_that_changed_show_in_the_diff(curate, statistics, schema):
    changed = Declarations.from_settings({**DECLARED.to_settings(), "features": {"heart_rate": {"range": [40, 230]}}})
    found = text(curate(statistics(events()), changed, schema).diff)
    assert found == "heart_rate  domain: min 30, max 230 -> min 40, max 230  [forward]"


@pytest.mark.parametrize("policy", ["freeze", "widen"])
def test_thresholds_that_a_person_set_in_the_schema_stay_unless_the_feature_is_declared(
    curate, statistics, schema, policy
):
    edited = type(schema).FromString(schema.SerializeToString())
    by_name = {feature.name: feature for feature in edited.feature}
    by_name["city"].drift_comparator.infinity_norm.threshold = 0.3
    by_name["pace"].skew_comparator.jensen_shannon_divergence.threshold = 0.4
    for name in ("drift_comparator", "skew_comparator"):
        by_name["heart_rate"].ClearField(name)
    again = Declarations.from_settings({**DECLARED.to_settings(), "policy": policy})
    curated = curate(statistics(events()), again, edited)
    assert [change.feature for change in curated.diff] == ["heart_rate", "heart_rate"]
    found = describe(curated.schema)
    assert found["city"]["drift"] == {"infinity_norm": 0.3}
    assert found["pace"]["skew"] == {"jensen_shannon_divergence": 0.4}
    named = Declarations.from_settings({**again.to_settings(), "features": {"city": {"drift": 0.2, "skew": 0.2}}})
    found = describe(curate(statistics(events()), named, edited).schema)
    assert found["city"]["drift"] == found["city"]["skew"] == {"infinity_norm": 0.2}


def test_a_schema_is_written_as_stock_tools_read_it(tfdv, curate, schema, tmp_path):
    from headrace.schema.protos import read_schema, write_schema

    path = write_schema(schema, str(tmp_path / "schema"))
    assert path.endswith("schema/schema.pbtxt")
    assert tfdv.load_schema_text(path) == schema == read_schema(path)
    with pytest.raises(DataError, match=r"nothing\.pbtxt: expected a TFMD schema"):
        read_schema(str(tmp_path / "nothing.pbtxt"))


def test_serving_without_labels_is_clean_in_serving_and_faulty_in_training(validate, statistics, schema):
    serving = statistics(events(accepted=None))
    assert validate(serving, schema, environment="SERVING") == []
    (fault,) = validate(serving, schema, environment="TRAINING")
    assert (fault.feature, fault.code, fault.severity) == ("accepted", "SCHEMA_MISSING_COLUMN", "ERROR")


def test_training_is_clean_in_training_and_its_label_faulty_in_serving(validate, statistics, schema):
    assert validate(statistics(events()), schema, environment="TRAINING") == []
    (fault,) = validate(statistics(events()), schema, environment="SERVING")
    assert (fault.feature, fault.code) == ("accepted", "SCHEMA_NEW_COLUMN")


@pytest.mark.parametrize(
    ("column", "code", "words"),
    [
        ({"pace": [str(i) for i in range(ROWS)]}, "UNEXPECTED_DATA_TYPE", "FLOAT but got STRING"),
        ({"heart_rate": [1.5] * ROWS}, "UNEXPECTED_DATA_TYPE", "INT but got FLOAT"),
        ({"city": [7] * ROWS}, "UNEXPECTED_DATA_TYPE", "BYTES but got INT"),
        ({"heart_rate": [0] * ROWS}, "INT_TYPE_SMALL_INT", "0"),
        ({"pace": [-1.5] * ROWS}, "FLOAT_TYPE_SMALL_FLOAT", "-1.5"),
        ({"band": ["z"] * ROWS}, "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "z (~100%)"),
        ({"band": ["a", None] * (ROWS // 2)}, "FEATURE_TYPE_LOW_FRACTION_PRESENT", "actual = 0.5"),
        ({"extra": [1] * ROWS}, "SCHEMA_NEW_COLUMN", "New column"),
        ({"city": None}, "SCHEMA_MISSING_COLUMN", "completely missing"),
    ],
)
def test_a_fault_names_the_feature_what_was_expected_and_what_was_found(
    validate, statistics, schema, column, code, words
):
    faults = validate(statistics(events(**column)), schema, environment="TRAINING")
    assert {fault.feature for fault in faults} == set(column)
    assert (code, True) in [(fault.code, words in fault.words) for fault in faults]


def test_an_inferred_domain_may_be_left_open_for_some_new_values(curate, validate, statistics):
    open_schema = curate(statistics(events()), Declarations(new_values=0.2)).schema
    some = ["Bergen" if i % 10 == 0 else "Oslo" for i in range(ROWS)]
    assert validate(statistics(events(city=some)), open_schema) == []
    (fault,) = validate(statistics(events(city=["Bergen"] * ROWS)), open_schema)
    assert fault.feature == "city"


def test_slices_are_not_taken_for_the_whole(curate, validate, statistics):
    sliced = statistics(events(), slices=("city",))
    curated = curate(sliced, DECLARED)
    assert describe(curated.schema) == describe(curate(statistics(events()), DECLARED).schema)
    assert validate(sliced, curated.schema, environment="TRAINING") == []


def test_no_rows_are_refused_with_the_cure(curate, validate, statistics, schema):
    none = statistics(events().slice(0, 0))
    cure = r"see the ledgers of Ingest \(rejected, withheld\) and LabelJoin \(immature, excluded\)"
    with pytest.raises(DataError, match=f"no rows.*{cure}"):
        curate(none, Declarations())
    with pytest.raises(DataError, match="no rows"):
        validate(none, schema)


def test_a_split_of_no_rows_has_no_say(curate, statistics, schema):
    none = statistics(events().slice(0, 0))
    assert curate([none, statistics(events())], DECLARED).schema == schema


def test_an_environment_that_the_schema_has_not_is_refused(validate, statistics, schema):
    with pytest.raises(UsageError, match="no environment 'PROD'; it has: TRAINING, SERVING"):
        validate(statistics(events()), schema, environment="PROD")


def test_a_half_empty_feature_is_named_where_it_was_always_there(curate, validate, statistics, schema):
    half = pc.if_else(pc.greater(pa.array(range(ROWS)), ROWS // 2), None, events()["pace"])
    faults = validate(statistics(events(pace=half)), schema, environment="TRAINING")
    assert {fault.feature for fault in faults} == {"pace"}


@pytest.mark.parametrize("policy", ["widen", "propose"])
def test_what_tfdv_lists_in_place_of_bytes_is_never_a_value(curate, statistics, policy):
    def of(values):
        return statistics(pa.table({"city": pa.array(values * 50, pa.binary())}))

    before = curate(of([b"Oslo", b"Rome"]), Declarations()).schema
    now = [of([b"Oslo", b"\xff", b"Bergen"]), of([b"Oslo"])]
    curated = curate(now, Declarations(policy=policy), before)
    for found in (curated.schema, curated.proposed):
        assert found is None or "__BYTES_VALUE__" not in str(found)
    if policy == "widen":
        (domain,) = curated.schema.string_domain
        assert list(domain.value) == ["Oslo", "Rome", "Bergen"]
    assert not curate(now, Declarations()).schema.string_domain


def test_long_values_that_stock_statistics_cut_close_no_domain(curate, statistics):
    measured = statistics(pa.table({"city": ["Oslo", "__LARGE_BYTES__"] * 50}))
    assert not curate(measured, Declarations()).schema.string_domain
