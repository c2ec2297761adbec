"""One model of a column: what it holds (`ColumnType`), and the conversions from any Arrow type to the values of it."""

from headrace.values.column_type import ColumnType, declared, epoch
from headrace.values.convert import canonical, raw_bytes
from headrace.values.converted import Converted, Fault, Reason, checked
from headrace.values.features import as_feature, feature_type, features
from headrace.values.keys import Keys, families_meet, family_of, keys
from headrace.values.numbers import RealCounts, as_reals, booleans, count_reals, decimals, filled, integers, reals
from headrace.values.of_arrow import of_arrow
from headrace.values.reals import same_reals, widened
from headrace.values.show import show, show_at
from headrace.values.stored_types import (
    from_text,
    keep_types,
    merged_types,
    set_types,
    to_text,
    type_of_field,
    typed_table,
    types_of,
    with_types,
    written_types,
)
from headrace.values.texts import texts
from headrace.values.times import Times, dates, durations_us, plausible_resolution, times_of_day_us, times_us
from headrace.values.written import written, written_json

__all__ = [
    "ColumnType",
    "Converted",
    "Fault",
    "Keys",
    "RealCounts",
    "Reason",
    "Times",
    "as_feature",
    "as_reals",
    "booleans",
    "canonical",
    "checked",
    "count_reals",
    "dates",
    "decimals",
    "declared",
    "durations_us",
    "epoch",
    "families_meet",
    "family_of",
    "feature_type",
    "features",
    "filled",
    "from_text",
    "integers",
    "keep_types",
    "keys",
    "merged_types",
    "of_arrow",
    "plausible_resolution",
    "raw_bytes",
    "reals",
    "same_reals",
    "set_types",
    "show",
    "show_at",
    "texts",
    "times_of_day_us",
    "times_us",
    "to_text",
    "type_of_field",
    "typed_table",
    "types_of",
    "widened",
    "with_types",
    "written",
    "written_json",
    "written_types",
]
