"""Whether values are what the schema says they mean, which TFDV does not look at: times in a format, URLs.

time_domain { string_format: "%d.%m.%Y" }       "31.02.2026"   there is no such day     "1.2.3"   no: %Y is four digits
time_domain { integer_format: UNIX_SECONDS }    1772524800000  beyond the year 9999
url_domain {}                                   "example"      no scheme such as https

Conditions are SQL over a value `v` as it is stored: a blob or a whole number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headrace.duckdb_engine import literal, sandboxed
from headrace.schema.codes import MEANING_BROKEN, VALUES_NOT_CHECKED, WORDS
from headrace.schema.column_types import shown, type_of
from headrace.schema.faults import SchemaFault
from headrace.schema.feature_protos import type_name
from headrace.values.column_type import FIRST_US, LAST_US, PER_SECOND
from headrace.values.time_formats import can_read, pattern

SHOWN = 5
TEXT = "try(decode(v))"
DAY_S = 86_400
_URL = r"[A-Za-z][A-Za-z0-9+.\-]*:\S+"
_MID = r"/[a-z]/[A-Za-z0-9_]+"
_COUNTED = {"UNIX_SECONDS": "s", "UNIX_MILLISECONDS": "ms", "UNIX_MICROSECONDS": "us"}
# Nanoseconds of 64 bits do not reach beyond the years 1677 to 2262.


def expected(feature: Any) -> str:
    """What each value of a feature must be, in words; empty where its schema says nothing that is checked here."""
    (kind, domain), is_text = _domain(feature), type_name(feature) == "BYTES"
    if kind == "url_domain" and is_text:
        return "a URL such as https://example.com"
    if kind == "mid_domain" and is_text:
        return "a machine identifier such as /m/02mjmr"
    if kind in ("time_domain", "time_of_day_domain"):
        what = "a time of day" if kind == "time_of_day_domain" else "a time"
        if is_text:
            return f"{what} written as {domain.string_format}" if domain.string_format else ""
        written = _integer_format(domain)
        return f"{what} as {written}" if written in (*_COUNTED, "UNIX_DAYS", "PACKED_64_NANOS") else ""
    return ""


def wrong_value(feature: Any, *, is_text: bool) -> str | None:
    """SQL that is true for a value `v` that is not `expected`; None where there is no such thing."""
    if not expected(feature) or is_text != (type_name(feature) == "BYTES"):
        return None
    kind, domain = _domain(feature)
    if kind in ("url_domain", "mid_domain"):
        form = _URL if kind == "url_domain" else _MID
        return f"NOT coalesce(regexp_full_match({TEXT}, {literal(form)}), false)"
    if is_text:
        return _not_written(domain.string_format) if can_read(domain.string_format) else None
    if kind == "time_of_day_domain":
        # Hours, minutes, seconds and nanoseconds of 5, 6, 6 and 30 bits.
        return "(v < 0 OR v >> 42 > 23 OR (v >> 36) & 63 > 59 OR (v >> 30) & 63 > 59 OR v & 1073741823 > 999999999)"
    first, last = limits(_integer_format(domain))
    return f"(v < {first} OR v > {last})"


def limits(written: str) -> tuple[int, int]:
    """The first and last whole number that is a time of the years 1 to 9999, counted as TFMD's format says."""
    if written == "UNIX_DAYS":
        return FIRST_US // (DAY_S * PER_SECOND["us"]), LAST_US // (DAY_S * PER_SECOND["us"])
    each = PER_SECOND["us"] // PER_SECOND[_COUNTED[written]]
    return FIRST_US // each, LAST_US // each


def meaning_faults(dataset: Any, schema: Any) -> Iterator[SchemaFault]:
    """The faults that TFMD's `DatasetFeatureStatistics` show, and where they don't list all values."""
    num_examples = int(dataset.num_examples)
    for stats, feature in _meant(dataset, schema):
        of_kind = getattr(stats, stats.WhichOneof("stats") or "num_stats")
        if wrong_value(feature, is_text=stats.HasField("string_stats")) is not None:
            find = _of_text if stats.HasField("string_stats") else _of_numbers
            found = find(of_kind, feature, num_examples)
            if found is not None:
                yield found


def possible_meaning_faults(dataset: Any, schema: Any) -> Iterator[SchemaFault]:
    """The faults that there are if rows have them."""
    return (_fault(feature, int(dataset.num_examples)) for _, feature in _meant(dataset, schema))


def unknown_meanings(dataset: Any, schema: Any) -> Iterator[SchemaFault]:
    """What is not checked, as the schema declares a format that is not known here."""
    for _, feature in _meant(dataset, schema):
        if wrong_value(feature, is_text=type_name(feature) == "BYTES") is None:
            words = f"expected {expected(feature)}, a format that headrace does not know"
            yield _not_checked(feature.name, words, int(dataset.num_examples))


def not_all_checked(name: str, why: str, num_examples: int) -> SchemaFault:
    """That statistics don't show whether all values conform, as rows would."""
    return _not_checked(name, f"{why}; give examples to check them", num_examples)


def _not_checked(name: str, why: str, num_examples: int) -> SchemaFault:
    reason = WORDS[VALUES_NOT_CHECKED]
    return SchemaFault(
        feature=name, code=VALUES_NOT_CHECKED, reason=reason, detail=why, severity="WARNING", of=num_examples
    )


def _meant(dataset: Any, schema: Any) -> Iterator[tuple[Any, Any]]:
    """The statistics of the features whose values are checked here, and these features."""
    features = {feature.name: feature for feature in schema.feature}
    for stats in dataset.features:
        feature = features.get(".".join(stats.path.step) or stats.name)
        if feature is not None and expected(feature):
            yield stats, feature


def _fault(feature: Any, num_examples: int, **more: Any) -> SchemaFault:
    return SchemaFault(
        feature=feature.name,
        code=MEANING_BROKEN,
        reason=WORDS[MEANING_BROKEN],
        detail=f"expected {expected(feature)}",
        severity="ERROR",
        of=num_examples,
        **more,
    )


def _of_text(stats: Any, feature: Any, num_examples: int) -> SchemaFault | None:
    wrong = wrong_value(feature, is_text=True)
    buckets = stats.rank_histogram.buckets
    listed = {bucket.label: int(bucket.sample_count) for bucket in buckets}
    with sandboxed() as connection:
        found = connection.execute(
            f"SELECT decode(v) FROM (SELECT unnest(?::BLOB[]) AS v) WHERE {wrong}",
            [[label.encode() for label in listed]],
        ).fetchall()
    cut = stats.unique > len(buckets)
    if found:
        labels = sorted((label for (label,) in found), key=lambda label: (-listed[label], label))
        several = stats.common_stats.max_num_values > 1
        rows = sum(listed[label] for label in labels)
        some = tuple(map(repr, labels[:SHOWN]))
        return _fault(feature, num_examples, rows=rows, about=cut or several, examples=some)
    if cut:
        why = f"{stats.unique - len(buckets):,} of {stats.unique:,} values are not listed"
        return not_all_checked(feature.name, why, num_examples)
    return None


def _of_numbers(stats: Any, feature: Any, num_examples: int) -> SchemaFault | None:
    kind, domain = _domain(feature)
    first, last = (0, (24 << 42) - 1) if kind == "time_of_day_domain" else limits(_integer_format(domain))
    ends = [end for end in (stats.min, stats.max) if stats.common_stats.tot_num_values and not first <= end <= last]
    return (
        _fault(feature, num_examples, examples=tuple(shown(int(end), type_of(feature)) for end in ends))
        if ends
        else None
    )


def _domain(feature: Any) -> tuple[str, Any]:
    kind = feature.WhichOneof("domain_info") or ""
    return kind, getattr(feature, kind) if kind else None


def _integer_format(domain: Any) -> str:
    known = domain.DESCRIPTOR.fields_by_name["integer_format"].enum_type.values_by_number
    return str(known[domain.integer_format].name)


def _not_written(form: str) -> str:
    # The engine takes fewer digits than a format has, and no Z as an offset: so the pattern looks first.
    text = f"regexp_replace({TEXT}, 'Z', '+00:00')" if "%z" in form.replace("%%", "") else TEXT
    moment = f"try_strptime({text}, {literal(form)})"
    looks = f"regexp_full_match({TEXT}, {literal(pattern(form))})"
    return f"NOT coalesce({looks} AND {moment} IS NOT NULL AND year({moment}) >= 1, false)"
