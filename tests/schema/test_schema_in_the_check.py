"""What the skew check takes from a schema: rules, offending rows, declared units, formats."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.examples.layout import to_features, write_parquet
from headrace.schema import Declarations, Feature, Rule
from headrace.skew import SkewPolicy
from headrace.stats import StatsSpec

pytestmark = pytest.mark.tfx
pytest.importorskip("tensorflow_data_validation")

ROWS = 1000
DECLARED = Declarations(
    features={"climb": Feature(unit="m", range=(0, 5000)), "km": Feature(unit="km")},
    rules=[Rule(name="flat", expression="climb / km < 500")],
)


def rows(**columns):
    rng = np.random.default_rng(5)
    table = {
        "km": rng.uniform(5, 20, ROWS),
        "climb": rng.lognormal(6, 0.4, ROWS),
        "day": [f"2026-03-{i % 28 + 1:02}" for i in range(ROWS)],
    }
    return pa.table({**table, **columns})


def statistics(table):
    from headrace.stats import statistics

    return statistics(to_features(table).to_batches(), StatsSpec())


@pytest.fixture(scope="module")
def schema():
    from headrace.schema import curate

    return curate(statistics(rows()), DECLARED).schema


def checked(tmp_path, schema, now, **given):
    from headrace.skew.run import check

    write_parquet(now, str(tmp_path / "now.parquet"))
    return check(
        statistics=statistics(now),
        schema=schema,
        baseline=statistics(rows()),
        policy=SkewPolicy(),
        examples=[str(tmp_path / "now.parquet")],
        **given,
    ).verdict


def test_data_that_keep_the_rules_are_blessed(tmp_path, schema):
    assert checked(tmp_path, schema, rows()).blessed


def test_a_broken_rule_is_an_alarm_and_its_rows_are_written(tmp_path, schema):
    climb = rows()["climb"].to_pylist()
    climb[:3] = [-5.0, 4900.0, 4900.0]
    km = rows()["km"].to_pylist()
    km[1:3] = [5.0, 6.0]
    verdict = checked(tmp_path, schema, rows(climb=climb, km=km), rows_dir=str(tmp_path / "bad"))
    alarms = {(alarm.feature, alarm.code): alarm.reason for alarm in verdict.alarms}
    assert set(alarms) == {("climb", "FLOAT_TYPE_SMALL_FLOAT"), ("flat", "RULE_BROKEN")}
    assert "2 of 1,000 rows (0.2 %), such as (climb=4900 m, km=5 km)" in alarms["flat", "RULE_BROKEN"]
    assert pq.read_table(tmp_path / "bad" / "training" / "flat.RULE_BROKEN.parquet").num_rows == 2
    assert pq.read_table(tmp_path / "bad" / "training" / "climb.FLOAT_TYPE_SMALL_FLOAT.parquet").num_rows == 1


def test_rules_over_rows_without_examples_are_an_alarm(schema):
    from headrace.skew.run import check

    (alarm,) = check(statistics=statistics(rows()), schema=schema).verdict.alarms
    assert (alarm.feature, alarm.code) == ("flat", "RULE_NOT_CHECKED")
    assert "no examples were given" in alarm.reason


def test_a_change_of_unit_is_named_by_the_declared_unit(tmp_path, schema):
    climb = np.array(rows()["climb"].to_pylist()) * 0.3048
    hints = {alarm.hint for alarm in checked(tmp_path, schema, rows(climb=climb)).alarms if alarm.feature == "climb"}
    assert hints == {"looks like a change of unit: x0.3048 (ft -> m, declared in m)"}


def test_a_change_of_format_is_named(tmp_path, schema):
    day = [f"{i % 28 + 1:02}/03/2026" for i in range(ROWS)]
    hints = {alarm.hint for alarm in checked(tmp_path, schema, rows(day=day)).alarms if alarm.comparison == "drift"}
    assert hints == {"looks like a change of format: date %Y-%m-%d ('2026-03-01') -> date %d/%m/%Y ('01/03/2026')"}
