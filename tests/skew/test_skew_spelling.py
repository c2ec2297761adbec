"""Values in another spelling: which differences count, and that chance is not one of them."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.skew import SkewPolicy, compare, profile_table
from headrace.skew.distances.respelled import difference, spelling_free

N = 400


def found(before, now):
    sides = [profile_table(pa.table({"x": side})) for side in (before, now)]
    return {f.code: f for f in compare(*sides, SkewPolicy())}.get("RESPELLED_VALUES")


@pytest.mark.parametrize(
    ("former", "value", "words"),
    [
        ("02139", "2139", "leading zeros are lost"),
        ("2139", "02139", "leading zeros are new"),
        ("Oslo", "OSLO", "looks like a change of case"),
        ("Oslo", "Oslo ", "looks like a change of blanks"),
        ("New York", "newyork", "looks like a change of case and blanks"),
        ("Zürich", unicodedata.normalize("NFD", "Zürich"), "another Unicode form, NFC -> NFD"),
        ("red 3", "red ３", "another Unicode form, as of full-width letters or no-break spaces"),
        ("red 3", "red\u00a03", "another Unicode form, as of full-width letters or no-break spaces"),
        ("1.50", "1.5", "the same numbers, written differently"),
        ("+7", "7", "the same numbers, written differently"),
    ],
)
def test_the_difference_of_two_spellings_is_named(former, value, words):
    assert spelling_free(former) == spelling_free(value)
    assert difference(former, value) == words
    names = [former, *(f"other {i}" for i in range(3))]
    again = [value, *names[1:]]
    finding = found(names * N, again * N)
    assert finding.alarm
    assert finding.distance == 0.25
    assert finding.hint == words


def test_two_unicode_forms_are_shown_apart():
    nfd = unicodedata.normalize("NFD", "Zürich")
    assert r"such as 'Zu\u0308rich' for 'Z\xfcrich'" in found(["Zürich"] * N, [nfd] * N).reason


@pytest.mark.parametrize(("one", "other"), [("02139", "2193"), ("1.5", "15"), ("-7", "7"), ("a1", "a01"), ("0", "")])
def test_other_values_are_no_spelling(one, other):
    assert spelling_free(one) != spelling_free(other)
    assert found([one, "x"] * N, [other, "x"] * N) is None


@given(st.text(max_size=8))
def test_the_spelling_of_a_spelling_is_the_same(text):
    assert spelling_free(spelling_free(text)) == spelling_free(text)


def test_spellings_that_people_vary_in_are_no_alarm():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(20):
        names = [f"Name {n}" if upper else f"name {n}" for n, upper in zip(*rng.integers(0, (3000, 2), (2 * N, 2)).T)]  # noqa: B905
        finding = found(names[:N], names[N:])
        alarms += bool(finding and finding.alarm)
    assert alarms <= 1


def test_a_value_that_is_new_in_any_spelling_is_not_respelled():
    assert found(["a", "b"] * N, ["a", "c"] * N) is None
    assert found(["a", "A"] * N, ["a", "A"] * N) is None
