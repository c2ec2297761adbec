"""Names that a specification has and the data lack."""

from headrace.stats import StatsSpec
from headrace.stats.names import unknown


def test_all_unknown_names_are_told_with_their_fields_and_what_there_is():
    spec = StatsSpec(slices=("cty", "hour"), exclude=("x", "id"), identifiers=("cty",))
    words = unknown(spec, {"hour", "id", "city"})
    assert words.endswith("'cty' (slices, identifiers), 'x' (exclude); they have: city, hour, id")


def test_known_names_and_no_names_are_silent():
    assert unknown(StatsSpec(slices=("city",), exclude=("id",), identifiers=("e",)), {"id", "city", "e"}) == ""
    assert unknown(StatsSpec(), {"id"}) == ""


def test_data_without_any_feature_tell_nothing():
    assert unknown(StatsSpec(slices=("city",)), set()) == ""
