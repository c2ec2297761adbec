"""Changes of unit and of format between spans."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headrace.skew.hints.format_change import change_of_format, shape
from headrace.skew.hints.unit_change import FACTORS, SHARES, change_of_unit

DRAWN = np.random.default_rng(1).lognormal(7, 0.4, 5000)
QUANTILES = np.quantile(DRAWN, SHARES)


@pytest.mark.parametrize(("factor", "words"), FACTORS)
def test_every_known_factor_is_named(factor, words):
    named = change_of_unit(QUANTILES, np.sort(QUANTILES * factor))
    assert words in named
    assert named.startswith(f"x{factor:.6g} ")


@given(st.floats(0.9, 1.1) | st.floats(0.35, 0.38) | st.floats(3.5, 50) | st.floats(130, 900))
def test_other_factors_are_not(factor):
    assume(all(abs(factor / known - 1) > 0.05 for known, _ in FACTORS))
    assert change_of_unit(QUANTILES, QUANTILES * factor) == ""


@given(st.floats(1.3, 2.0))
def test_a_stretched_distribution_is_no_change_of_unit(power):
    assert change_of_unit(QUANTILES, QUANTILES**power) == ""


@pytest.mark.parametrize(
    ("unit", "now", "words"),
    [
        ("m", QUANTILES * 0.3048, "x0.3048 (ft -> m, declared in m)"),
        ("m", QUANTILES / 0.3048, "x3.28084 (m -> ft, declared in m)"),
        ("min/km", QUANTILES * 1.609344, "x1.60934 (min/km -> min/mi, declared in min/km)"),
        ("degC", QUANTILES * 1.8 + 32, "x1.8 +32 (degC -> degF, declared in degC)"),
        ("kJ", QUANTILES / 4.184, "x0.239006 (kJ -> kcal, declared in kJ)"),
    ],
)
def test_a_declared_unit_names_the_other_one(unit, now, words):
    assert change_of_unit(QUANTILES, now, unit) == words


def counts(*values):
    return dict.fromkeys(values, 10)


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (
            counts("2026-03-01", "2026-03-02"),
            counts("01/03/2026", "13/03/2026"),
            "looks like a change of format: date %Y-%m-%d ('2026-03-01') -> date %d/%m/%Y ('01/03/2026')",
        ),
        (counts("Oslo", "Rome"), counts("OSLO", "ROME"), "looks like a change of case: 'Oslo' -> 'OSLO'"),
        (
            counts("sg-00017", "sg-00018"),
            counts("17", "18"),
            "looks like a change of format: a-9 ('sg-00017') -> 9 ('17')",
        ),
    ],
)
def test_a_change_of_format_is_named(was, now, words):
    assert change_of_format(was, now) == words


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (counts("Oslo", "Rome"), counts("Bergen", "Paris")),
        (counts("Oslo", "Rome", "New York"), counts("Los Angeles", "Rio de Janeiro", "Oslo")),
        (counts("a b!", "A, b", "7 up"), counts("x-y", "z", "9?")),
        (counts("2026-03-01"), counts("2026-04-01")),
        ({}, counts("a")),
    ],
)
def test_new_values_of_the_same_format_are_no_change_of_it(was, now):
    assert change_of_format(was, now) == ""


def test_a_shape_shrinks_what_repeats():
    assert [shape(text) for text in ("Oslo", "OSLO", "sg-0017", "4:32 min", "Ærø")] == ["Aa", "A", "a-9", "9:9 a", "Aa"]
