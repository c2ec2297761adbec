"""Rules: which expressions are allowed, and what they find."""

import contextlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError, UsageError
from headrace.examples.layout import write_parquet
from headrace.schema import Check, Rule, SchemaFault
from headrace.schema.expressions import columns_of
from headrace.schema.faults import apply_checks
from headrace.schema.row_views import ROWS, over_rows, over_statistics
from headrace.schema.rule_checks import check_rows, check_statistics, rule_faults
from headrace.schema.rules import from_tags, to_tag


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("distance_km / (time_s / 3600.0) < 45", {"distance_km", "time_s"}),
        ("a BETWEEN 1 AND b OR c IS NULL", {"a", "b", "c"}),
        ("a < 1 -- a comment", {"a"}),
        ("len(list_filter(tags, lambda tag: tag = word)) = 0", {"tags", "word"}),
        ("regexp_full_match(id, 'sg-[0-9]+')", {"id"}),
        ("CASE WHEN a THEN nullif(b, 1) = 2 ELSE true END", {"a", "b"}),
        ('"a b".mean > 1', {"a b"}),
        ("strptime(day, '%Y-%m-%d') IS NOT NULL", {"day"}),
    ],
)
def test_an_expression_says_which_columns_it_reads(expression, columns):
    assert columns_of(expression) == columns


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("1) ; DROP TABLE x; SELECT (1", "not an SQL expression"),
        ("DELETE FROM x", "not an SQL expression"),
        ("a IN (SELECT 1)", "has a query"),
        ("EXISTS (FROM read_csv('/etc/passwd'))", "has a query"),
        ("1) FROM read_csv('/etc/passwd'", "more than one expression"),
        ("1) UNION (SELECT 2", "more than one expression"),
        ("*", "all columns at once"),
        ("COLUMNS('a')", "all columns at once"),
        ("sum(a) > 1", "sum(), which reads several rows"),
        ("count(*) OVER () > 1", "a window over several rows"),
        ("$1", "a parameter"),
        ("#1", "a column by its number"),
        ("random() < 0.5", "gives another result each time"),
        ("a < now()", "gives another result each time"),
        ("current_setting('threads') = a", "reads more than the row"),
        ("getvariable('x') = a", "reads more than the row"),
        ("nope(a)", "a function nope(), which DuckDB does not have"),
        ("", "an SQL expression such as"),
        (7, "got 7"),
    ],
)
def test_what_is_more_than_an_expression_is_refused(expression, words):
    with pytest.raises(UsageError) as caught:
        columns_of(expression)
    assert words in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_refused(text):
    with contextlib.suppress(UsageError):
        assert columns_of(text) is not None


@pytest.fixture
def shards(tmp_path):
    table = pa.table(
        {
            "km": [10.0, 42.0, 5.0, None],
            "s": [3000, 60, None, 100],
            "tags": pa.array([[b"a"], [b"a", b"b"], [], None], pa.list_(pa.binary())),
            "city": ["Oslo", "Rome", "O'Hare", None],
        }
    )
    paths = [str(tmp_path / f"{part}.parquet") for part in range(2)]
    write_parquet(table.slice(0, 2), paths[0])
    write_parquet(table.slice(2), paths[1])
    return paths


def checked(shards, **fields):
    with over_rows(shards) as engine:
        return check_rows(engine, Rule(name="r", **fields))


def test_a_rule_over_rows_counts_who_breaks_it_and_shows_them(shards):
    fault = checked(shards, expression="km / (s / 3600.0) < 45")
    assert (fault.feature, fault.code, fault.severity, fault.rows, fault.of) == ("r", "RULE_BROKEN", "ERROR", 1, 4)
    assert fault.examples == ("(km=42, s=60)",)
    assert fault.words == ("a rule does not hold: km / (s / 3600.0) < 45; 1 of 4 rows (25 %), such as (km=42, s=60)")
    assert checked(shards, expression="km > 0") is None


def test_nulls_count_as_declared(shards):
    assert checked(shards, expression="km < 50") is None
    assert checked(shards, expression="km < 50", nulls="fail").rows == 1
    assert checked(shards, expression="km < 50 AND s > 0", nulls="fail").rows == 2


def test_a_share_of_the_rows_may_break_a_rule(shards):
    assert checked(shards, expression="km < 40", allowed_share=0.25).severity == "ALLOWED"
    assert checked(shards, expression="km < 40", allowed_share=0.24).severity == "ERROR"
    assert checked(shards, expression="km < 40", severity="WARNING").severity == "WARNING"


def test_text_is_text_and_several_values_are_a_list(shards):
    assert checked(shards, expression="city <> 'O''Hare'").rows == 1
    assert checked(shards, expression="len(tags) <= 1").rows == 1
    assert checked(shards, expression="list_contains(tags, 'a') OR len(tags) = 0") is None


@pytest.mark.parametrize(
    ("expression", "words"),
    [("km", "of type FLOAT"), ("nowhere > 1", "nowhere"), ("CAST(city AS INT) > 1", "source column city")],
)
def test_a_rule_that_cannot_be_checked_is_an_error_not_a_pass(shards, expression, words):
    fault = checked(shards, expression=expression)
    assert (fault.code, fault.severity) == ("RULE_NOT_CHECKED", "ERROR")
    assert words in fault.detail


def test_rows_that_break_a_rule_are_written(shards, tmp_path):
    out = str(tmp_path / "out")
    with over_rows(shards, out_dir=out) as engine:
        check_rows(engine, Rule(name="r", expression="km < 40"), out_dir=out, file_name="r.parquet")
    assert pq.read_table(f"{out}/r.parquet").column("city").to_pylist() == ["Rome"]


@pytest.mark.parametrize(
    "statement",
    [
        "FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '{tmp}/elsewhere.csv'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "ATTACH '{tmp}/x.db'",
    ],
)
def test_the_engine_reaches_no_file_but_its_own(shards, tmp_path, statement):
    import duckdb

    with over_rows(shards, out_dir=str(tmp_path / "out")) as engine:
        assert engine.execute(f"SELECT count(*) FROM {ROWS}").fetchone() == (4,)
        with pytest.raises(duckdb.Error):
            engine.execute(statement.format(tmp=tmp_path))
    assert not (tmp_path / "elsewhere.csv").exists()


def test_no_shards_and_what_is_no_parquet_are_refused(tmp_path):
    with pytest.raises(DataError, match="no examples to look at"), over_rows([]):
        pass
    (tmp_path / "a.parquet").write_text("nope")
    with pytest.raises(DataError, match="expected Parquet shards"), over_rows([str(tmp_path / "a.parquet")]):
        pass


def test_a_rule_over_statistics_asks_for_measures():
    of = {"hr": {"mean": 150.0, "unique": None}, "a b": {"mean": 1.0, "unique": 3.0}}
    with over_statistics(of, 10) as engine:

        def found(expression, **fields):
            return check_statistics(engine, Rule(name="r", over="statistics", expression=expression, **fields), 10)

        assert found('hr.mean BETWEEN 90 AND 180 AND "a b".unique = 3 AND num_examples = 10') is None
        assert found("hr.unique > 5") is None
        assert found("hr.unique > 5", nulls="fail").code == "RULE_BROKEN"
        assert found("hr.mean < 100").examples == ("hr: mean 150",)
        assert found("hr.nope < 100").code == "RULE_NOT_CHECKED"


def test_rules_are_tried_on_the_features_there_are():
    kinds = {"km": "FLOAT", "tags": "VARCHAR[]"}
    rules = [
        Rule(name="fine", expression="km < 5 AND len(tags) < 3"),
        Rule(name="also", over="statistics", expression="km.mean < 5"),
        Rule(name="gone", expression="miles < 5"),
        Rule(name="type", expression="tags < 5"),
        Rule(name="number", expression="km + 1"),
        Rule(name="clock", expression="current_date > 1"),
    ]
    faults = rule_faults(rules, kinds)
    assert [fault.split(" reads")[0].split(":")[0] for fault in faults] == [
        "rule 'gone'",
        "rule 'type'",
        "rule 'number'",
        "rule 'clock'",
    ]
    assert "reads miles; there are: km, tags" in faults[0]


def test_rules_and_checks_survive_the_tags_of_a_schema():
    rule = Rule(name="é", expression="a < 1", allowed_share=0.5)
    check = Check(code="FLOAT_*", severity="IGNORE")
    tags = [to_tag(rule), "unit: m", to_tag(check)]
    assert from_tags(Rule, tags) == (rule,)
    assert from_tags(Check, tags) == (check,)
    with pytest.raises(UsageError, match="a tag that is not a valid rule"):
        from_tags(Rule, ["rule: {"])


def test_checks_give_severity_and_allow_shares_the_first_that_fits():
    few = SchemaFault(feature="a", code="FLOAT_TYPE_HAS_NAN", reason="", severity="ERROR", rows=1, of=100)
    unknown = SchemaFault(feature="a", code="FLOAT_TYPE_HAS_INF", reason="", severity="ERROR", of=100)
    checks = (Check(code="FLOAT_TYPE_HAS_*", feature="a", allowed_share=0.01), Check(severity="WARNING"))
    assert [fault.severity for fault in apply_checks([few, unknown], checks)] == ["ALLOWED", "ERROR"]
    assert [fault.severity for fault in apply_checks([few], checks[1:])] == ["WARNING"]
    assert apply_checks([few], (Check(feature="a", severity="IGNORE"),)) == []
