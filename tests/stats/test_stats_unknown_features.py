"""Features that a specification names and the data lack."""

import pytest

from headrace.errors import UsageError
from headrace.stats import StatsSpec
from headrace.stats.spec.unknown_features import refuse_unknown


def test_all_unknown_features_are_named_with_their_fields_and_those_that_there_are():
    spec = StatsSpec(slices=("cty", "hour"), exclude=("x", "id"), identifiers=("cty",))
    with pytest.raises(UsageError) as caught:
        refuse_unknown(spec, {"hour", "id", "city"})
    assert str(caught.value).endswith("'cty' (slices, identifiers), 'x' (exclude); they have: city, hour, id")


def test_known_features_and_no_features_are_accepted():
    refuse_unknown(StatsSpec(slices=("city",), exclude=("id",), identifiers=("e",)), {"id", "city", "e"})
    refuse_unknown(StatsSpec(), {"id"})


def test_data_without_any_feature_refuse_nothing():
    refuse_unknown(StatsSpec(slices=("city",)), set())
