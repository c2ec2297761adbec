"""Every anomaly type that TFMD lists: one that TFDV reports, from a real run; or why it never does."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.examples.layout import write_parquet
from headrace.schema.codes import CODES, NEVER, OWN, WORDS

pytestmark = pytest.mark.tfx

tfdv = pytest.importorskip("tensorflow_data_validation")
stats_impl = pytest.importorskip("tensorflow_data_validation.statistics.stats_impl")
natural_language_stats_generator = pytest.importorskip(
    "tensorflow_data_validation.statistics.generators.natural_language_stats_generator"
)
text_format = pytest.importorskip("google.protobuf.text_format")
schema_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.schema_pb2")
anomalies_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.anomalies_pb2")
statistics_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.statistics_pb2")

A = 'feature {{ name: "a" type: {} {} }}'
INT, FLOAT, BYTES = ((lambda rest, kind=kind: A.format(kind, rest)) for kind in ("INT", "FLOAT", "BYTES"))
NL = "natural_language_domain { vocabulary: 'v' token_constraints { string_value: 'x' %s } }"
SPARSE = (
    'feature { name: "v" type: INT } feature { name: "i" type: INT } '
    'sparse_feature { name: "s" value_feature { name: "v" } index_feature { name: "i" } }'
)
WEIGHTED = (
    'feature { name: "v" type: INT } feature { name: "w" type: FLOAT } '
    'weighted_feature { name: "s" feature { step: "v" } weight_feature { step: "w" } }'
)
DRIFT = "drift_comparator { %s { threshold: 0.01 } }"
PNG = b"\x89PNG\r\n\x1a\n"

# Code -> schema, values of `a` or columns, rows at fault (None: not of rows), values of before.
PRODUCED = {
    "BOOL_TYPE_BIG_INT": (INT("bool_domain {}"), [0, 1, 2], 1),
    "BOOL_TYPE_SMALL_INT": (INT("bool_domain {}"), [0, 1, -1], 1),
    "BOOL_TYPE_UNEXPECTED_STRING": (
        BYTES("bool_domain { true_value: 'y' false_value: 'n' }"),
        ["y", "n", "maybe", "maybe"],
        2,
    ),
    "BOOL_TYPE_UNEXPECTED_FLOAT": (FLOAT("bool_domain {}"), [0.0, 1.0, 0.5], 1),
    "ENUM_TYPE_INVALID_UTF8": (BYTES("string_domain { value: 'a' }"), [b"a", b"\xff"], 1),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": (BYTES("string_domain { value: 'x' }"), ["x", "y", "y", "z"], 3),
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": (INT("value_count { max: 1 }"), [[1], [1, 2], [3, 4, 5]], 2),
    "FEATURE_TYPE_LOW_NUMBER_VALUES": (INT("value_count { min: 2 }"), [[1], [1, 2], [3, 4, 5]], 1),
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": (INT("presence { min_fraction: 1 }"), [1, None, 3], 1),
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": (INT("presence { min_count: 3 }"), [1, None, 3], 1),
    "FEATURE_TYPE_HIGH_UNIQUE": (BYTES("unique_constraints { min: 1 max: 2 }"), ["a", "b", "c"], None),
    "FEATURE_TYPE_LOW_UNIQUE": (BYTES("unique_constraints { min: 4 max: 9 }"), ["a", "b", "c"], None),
    "FEATURE_TYPE_NO_UNIQUE": (FLOAT("unique_constraints { min: 1 max: 2 }"), [1.5, 2.5], None),
    "FLOAT_TYPE_BIG_FLOAT": (FLOAT("float_domain { max: 2 }"), [1.5, 2.5, 3.5], 2),
    "FLOAT_TYPE_SMALL_FLOAT": (FLOAT("float_domain { min: 2 }"), [1.5, 2.5, 3.5], 1),
    "FLOAT_TYPE_STRING_NOT_FLOAT": (BYTES("float_domain {}"), ["1.5", "x"], 1),
    "FLOAT_TYPE_HAS_NAN": (FLOAT("float_domain { disallow_nan: true }"), [1.5, float("nan")], 1),
    "FLOAT_TYPE_HAS_INF": (FLOAT("float_domain { disallow_inf: true }"), [1.5, float("inf")], 1),
    "INT_TYPE_BIG_INT": (INT("int_domain { max: 2 }"), [1, 2, 3], 1),
    "INT_TYPE_SMALL_INT": (INT("int_domain { min: 2 }"), [1, 2, 3], 1),
    "INT_TYPE_NOT_INT_STRING": (BYTES("int_domain {}"), ["1", "1.5"], 1),
    "LOW_SUPPORTED_IMAGE_FRACTION": (
        BYTES("image_domain { minimum_supported_image_fraction: 0.9 }"),
        [PNG] * 90 + [b"text"] * 20,
        None,
    ),
    "MAX_IMAGE_BYTE_SIZE_EXCEEDED": (BYTES("image_domain { max_image_byte_size: 10 }"), [PNG, PNG + b"x" * 9], 1),
    "SCHEMA_MISSING_COLUMN": (BYTES("presence { min_count: 1 }"), {"b": [1, 2]}, 2),
    "SCHEMA_NEW_COLUMN": ("", [1, 2, None], 2),
    "COMPARATOR_CONTROL_DATA_MISSING": (BYTES(DRIFT % "infinity_norm"), ["x", "y"], None, {"b": ["x"]}),
    "COMPARATOR_L_INFTY_HIGH": (BYTES(DRIFT % "infinity_norm"), ["x", "y"], None, ["x", "x"]),
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": (
        INT(DRIFT % "jensen_shannon_divergence"),
        [1, 2, 3],
        None,
        [7, 8, 9],
    ),
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": (
        BYTES(DRIFT % "normalized_abs_difference"),
        ["x", "y"],
        None,
        ["x", "x"],
    ),
    "COMPARATOR_LOW_NUM_EXAMPLES": (
        INT("") + "dataset_constraints { num_examples_drift_comparator { min_fraction_threshold: 0.9 } }",
        [1],
        None,
        [1, 1],
    ),
    "COMPARATOR_HIGH_NUM_EXAMPLES": (
        INT("") + "dataset_constraints { num_examples_drift_comparator { max_fraction_threshold: 1.1 } }",
        [1, 1],
        None,
        [1],
    ),
    "DATASET_LOW_NUM_EXAMPLES": (INT("") + "dataset_constraints { min_examples_count: 3 }", [1, 2], None),
    "DATASET_HIGH_NUM_EXAMPLES": (
        INT("") + "dataset_constraints { min_examples_count: 1 max_examples_count: 1 }",
        [1, 2],
        None,
    ),
    "SPARSE_FEATURE_MISSING_VALUE": (SPARSE, {"v": [[1], None], "i": [[1], [2]]}, 1),
    "SPARSE_FEATURE_MISSING_INDEX": (SPARSE, {"v": [[1], [2]], "i": [[1], None]}, 1),
    "SPARSE_FEATURE_LENGTH_MISMATCH": (SPARSE, {"v": [[1, 2], [2]], "i": [[1], [2]]}, 1),
    "SPARSE_FEATURE_NAME_COLLISION": (SPARSE.replace('"s"', '"v"'), {"v": [[1]], "i": [[1]]}, None),
    "WEIGHTED_FEATURE_MISSING_VALUE": (WEIGHTED, {"v": [[1], None], "w": [[1.5], [2.5]]}, 1),
    "WEIGHTED_FEATURE_MISSING_WEIGHT": (WEIGHTED, {"v": [[1], [2]], "w": [[1.5], None]}, 1),
    "WEIGHTED_FEATURE_LENGTH_MISMATCH": (WEIGHTED, {"v": [[1, 2], [2]], "w": [[1.5], [2.5]]}, 1),
    "WEIGHTED_FEATURE_NAME_COLLISION": (WEIGHTED.replace('"s"', '"v"'), {"v": [[1]], "w": [[1.5]]}, None),
    "SEMANTIC_DOMAIN_UPDATE": (BYTES(""), [PNG] * 100, 100),
    "DOMAIN_INVALID_FOR_TYPE": (INT("url_domain {}"), [1, 2], 2),
    "FEATURE_MISSING_NAME": ("feature { type: INT }", {"": [1]}, None),
    "FEATURE_MISSING_TYPE": ('feature { name: "a" }', [1], None),
    "INVALID_SCHEMA_SPECIFICATION": (INT("presence { min_fraction: 2 }"), [1], None),
    "INVALID_DOMAIN_SPECIFICATION": (BYTES("domain: 'nowhere'"), ["x"], None),
    "UNEXPECTED_DATA_TYPE": (INT(""), ["x", "y", None], 2),
    "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES": (BYTES(NL % "min_per_sequence: 1"), [["x"], ["y"]], None),
    "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES": (BYTES(NL % "max_per_sequence: 1"), [["x", "x"], ["y"]], None),
    "SEQUENCE_VALUE_TOO_SMALL_FRACTION": (BYTES(NL % "min_fraction_of_sequences: 0.9"), [["x"], ["y"]], None),
    "SEQUENCE_VALUE_TOO_LARGE_FRACTION": (BYTES(NL % "max_fraction_of_sequences: 0.1"), [["x"], ["y"]], None),
    "FEATURE_COVERAGE_TOO_LOW": (
        BYTES("natural_language_domain { vocabulary: 'v' coverage { min_coverage: 0.9 oov_string_tokens: 'y' } }"),
        [["x"], ["y"]],
        None,
    ),
    "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH": (
        BYTES("natural_language_domain { vocabulary: 'v' coverage { min_avg_token_length: 5 } }"),
        [["x"], ["y"]],
        None,
    ),
    "STATS_NOT_AVAILABLE": (BYTES("natural_language_domain { coverage { min_coverage: 1 } }"), ["x"], None),
    "INVALID_FEATURE_SHAPE": (INT("shape { dim { size: 2 } }"), [[1, 2], [1], None], 2),
}


@pytest.fixture(scope="session")
def validate():
    from headrace.schema import validate

    return validate


def listed(values):
    values = [value if isinstance(value, list) or value is None else [value] for value in values]
    values = [[v.encode() if isinstance(v, str) else v for v in value] if value else value for value in values]
    flat = [v for value in values if value for v in value]
    kind = pa.binary() if isinstance(flat[0], bytes) else pa.float32() if isinstance(flat[0], float) else pa.int64()
    return pa.array(values, pa.list_(kind))


def table(columns):
    columns = columns if isinstance(columns, dict) else {"a": columns}
    return pa.table({name: listed(values) for name, values in columns.items()})


def statistics(rows, schema, vocabulary=""):
    # A schema in the options makes TFDV count what its domains need; one with booleans makes it count them as text.
    needed = schema.sparse_feature or schema.weighted_feature or "image_domain" in str(schema)
    generators = []
    if 'vocabulary: "v"' in str(schema):
        language = natural_language_stats_generator.NLStatsGenerator(schema, {"v": vocabulary}, 9, 9, 9)
        language.setup()
        generators = [language]
    options = tfdv.StatsOptions(
        schema=schema if needed else None,
        generators=generators,
        enable_semantic_domain_stats="_domain {" not in str(schema) or "image_domain" in str(schema),
        num_rank_histogram_buckets=9,
    )
    (batch,) = rows.combine_chunks().to_batches()
    return stats_impl.generate_statistics_in_memory(batch, options)


@pytest.mark.parametrize("code", PRODUCED)
def test_an_anomaly_type_is_reported_in_words_with_the_rows_it_is_about(validate, code, tmp_path):
    text, values, rows, *before = PRODUCED[code]
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("x\n")
    schema = text_format.Parse(text, schema_pb2.Schema())
    now = table(values)
    write_parquet(now, str(tmp_path / "rows.parquet"))
    previous = statistics(table(before[0]), schema) if before else None
    found = validate(
        statistics(now, schema, str(vocabulary)),
        schema,
        previous=previous,
        examples=[str(tmp_path / "rows.parquet")],
        rows_dir=str(tmp_path / "offending"),
    )
    fault = next((fault for fault in found if fault.code == code), None)
    assert fault is not None, [str(fault) for fault in found]
    assert fault.reason == WORDS[code]
    assert fault.rows == rows
    if rows and code != "SCHEMA_MISSING_COLUMN":
        (written,) = (tmp_path / "offending").glob(f"*.{code}.parquet")
        assert pq.read_table(written).num_rows == rows


# Code -> schema, and the statistics of `a` that no rows of Parquet give.
FROM_STATISTICS = {
    "FEATURE_TYPE_NOT_PRESENT": (INT("presence { min_count: 1 }"), "common_stats { num_missing: 3 }", ""),
    "VALUE_NESTEDNESS_MISMATCH": (
        INT("value_count { min: 1 max: 1 }"),
        "common_stats { num_non_missing: 3 presence_and_valency_stats {} presence_and_valency_stats {} }",
        "",
    ),
    "DERIVED_FEATURE_INVALID_SOURCE": (INT(""), "common_stats { num_non_missing: 3 }", "d"),
    "DERIVED_FEATURE_BAD_LIFECYCLE": (
        INT("validation_derived_source { deriver_name: 'd' }"),
        "common_stats { num_non_missing: 3 }",
        "d",
    ),
}

NOT_PRODUCED = {
    "BOOL_TYPE_INVALID_CONFIG": "documented, but neither text nor numbers with such a domain bring it about",
    "CUSTOM_VALIDATION": "of TFDV's custom validations, which rules replace: TFDV 1.21 has them no more",
    "UNKNOWN_TYPE": "the zero of the enumeration",
    "MULTIPLE_REASONS": "of summaries; every reason has its own type here",
}


@pytest.mark.parametrize("code", FROM_STATISTICS)
def test_an_anomaly_type_is_reported_of_statistics(validate, code):
    text, stats, derived = FROM_STATISTICS[code]
    source = f"validation_derived_source {{ deriver_name: '{derived}' }}" if derived else ""
    feature = f"path {{ step: 'a' }} type: INT {source} num_stats {{ {stats} }}"
    given = text_format.Parse(
        f"datasets {{ num_examples: 3 features {{ {feature} }} }}", statistics_pb2.DatasetFeatureStatisticsList()
    )
    found = validate(given, text_format.Parse(text, schema_pb2.Schema()))
    assert [(fault.code, fault.reason) for fault in found] == [(code, WORDS[code])]


def test_every_type_of_tfmd_is_produced_here_or_never_reported():
    types = set(anomalies_pb2.AnomalyInfo.Type.keys())
    assert types == set(CODES) - set(OWN)
    produced = set(PRODUCED) | set(FROM_STATISTICS)
    assert produced | set(NOT_PRODUCED) == types - set(NEVER)
    assert not produced & set(NEVER)
