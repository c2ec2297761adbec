"""Text to instants, dates and times of day, in whole microseconds, by the formats of a rule.

timestamp   "2026-03-03T07:00:00.5+02:00" -> 1772514000500000     "yesterday", "2026-02-30" -> bad_timestamp
            "1772521200", formats=("s",)  -> 1772521200000000     "1772521200000" -> beyond_years
date        "2026-03-03"                  -> 1772496000000000     "2026-03-03T07:00" -> bad_date
time_of_day "08:30"                       -> 30600000000          "24:00" -> bad_time_of_day
any         "...00.0000005"               -> below_us; with finer="floor" the microsecond before
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import ValueRule
from headrace.times.local_time import to_utc
from headrace.values.column_type import FIRST_US, LAST_US, RESOLUTIONS
from headrace.values.epochs import read_epoch
from headrace.values.time_formats import Bools, Moments, first_written, read, read_iso, read_time_of_day

DAY_US = 86_400_000_000
KINDS = ("timestamp", "date", "time_of_day")


def typed_times(text: pa.Array, rule: ValueRule) -> Typed:
    """The values of texts that are not blank at their ends, null where missing, and the reasons of those at fault."""
    found = first_written([_read(text, form) for form in rule.formats] or [_default(text, rule)])
    there = text.is_valid().to_numpy(zero_copy_only=False)
    moment_us, written = found.moment_us, found.written
    if rule.kind == "date":
        written = written & ~found.zoned & (moment_us % DAY_US == 0)
    local = written & ~found.beyond & ~found.zoned
    skipped = twice = np.zeros(len(text), bool)
    if rule.kind == "timestamp" and rule.zone != "UTC" and local.any():
        shown = to_utc(pa.array(moment_us, pa.int64(), mask=~local), rule.zone, rule.ambiguous)
        moment_us = np.where(local, shown.utc.fill_null(0).to_numpy(zero_copy_only=False), moment_us)
        skipped = skipped if shown.skipped is None else shown.skipped
        twice = twice if shown.twice is None else shown.twice
    beyond = found.beyond | (moment_us < FIRST_US) | (moment_us > LAST_US)
    faults: list[tuple[str, Bools]] = [
        (f"bad_{rule.kind}", there & ~written),
        ("beyond_years", written & beyond),
        ("no_such_local_time", written & skipped),
        ("ambiguous_local_time", written & twice & (rule.ambiguous == "refuse")),
        ("below_us", written & ~beyond & found.finer & (rule.finer == "refuse")),
    ]
    wrong = ~there | np.any([mask for _, mask in faults], axis=0)
    return Typed(values=pa.array(moment_us, pa.int64(), mask=wrong), reasons=_reasons(faults, len(text)))


def _default(text: pa.Array, rule: ValueRule) -> Moments:
    return read_time_of_day(text) if rule.kind == "time_of_day" else read_iso(text)


def _read(text: pa.Array, form: str) -> Moments:
    return read_epoch(text, form) if form in RESOLUTIONS else read(text, form)


def _reasons(faults: list[tuple[str, Bools]], count: int) -> pa.Array | None:
    if not any(mask.any() for _, mask in faults):
        return None
    which = np.full(count, len(faults))
    for place, (_, mask) in enumerate(faults):
        which[mask] = place
    words = pa.array([*(name for name, _ in faults), None], pa.string())
    return words.take(pa.array(which))
