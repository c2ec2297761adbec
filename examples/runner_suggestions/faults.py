"""The faults of the third day: what each is, where it is, what should find it, and the function that plants it.

runs of source partner, 1,300 ft   -- elevation_unit -->   396 ft (metres, still labelled feet)
serving pace 5.0 min/km            -- pace_in_miles  -->   8.0467 (min/mile)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, row_count, take
from examples.runner_suggestions.lines import decimals
from examples.runner_suggestions.world import draw_runners

FAULTY_DAY = 2
"""Index of the only faulty day."""

CAMPAIGN_SHARE = 0.18
KM_PER_MILE = 1.609344


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A planted fault.

    Attributes:
        name: its name.
        where: the tables that it is in.
        what: a description.
        found_by: the component and the measure that should find it.
    """

    name: str
    where: tuple[str, ...]
    what: str
    found_by: str


FAULTS = (
    Fault(
        name="malformed_lines",
        where=("suggestions", "runs"),
        what="lines that are not JSON, not a row of the table, or contain a value of another type",
        found_by="Ingest: rejects with reason, line and raw text",
    ),
    Fault(
        name="truncated_lines",
        where=("suggestions", "runs"),
        what="lines cut in the middle; the last line of suggestions ends without a line break",
        found_by="Ingest: rejects with reason, line and raw text",
    ),
    Fault(
        name="duplicated_events",
        where=("suggestions",),
        what="the new app version 4.2.0 (25 % of the suggestions) sends 40 % of its suggestions twice",
        found_by="Ingest: duplicates by suggestion_id, over the share of an ordinary day",
    ),
    Fault(
        name="dead_heart_rate_sensor",
        where=("suggestions", "serving", "runs"),
        what="heart rate 0 in 12 % of the rows: a sensor without contact, not a heart rate",
        found_by="SkewCheck: drift of heart_rate; Ingest: zero means missing or out of range, where declared",
    ),
    Fault(
        name="elevation_unit",
        where=("runs",),
        what="source partner writes metres and still says ft",
        found_by="SkewCheck: drift of elevation, in the slice source=partner",
    ),
    Fault(
        name="campaign",
        where=("suggestions", "serving", "responses", "runners"),
        what="+18 % suggestions, to new runners of an age group that was not there before, 18-24",
        found_by="SkewCheck: drift of age_group (L-infinity) and age, an unseen value: covariate shift",
    ),
    Fault(
        name="half_lost_source",
        where=("runs",),
        what="runs of source phone after 12:00 are missing",
        found_by="SkewCheck: drift of source (L-infinity); Ingest: source health (rows, largest gap)",
    ),
    Fault(
        name="pace_in_miles",
        where=("serving",),
        what="the server sees pace in min/mile, training in min/km",
        found_by="SkewCheck: feature skew of pace_min_per_km, by a constant factor of 1.609344; distribution skew",
    ),
    Fault(
        name="column_as_text",
        where=("serving",),
        what='the server sends distance_km as text ("10.0")',
        found_by="SkewCheck: schema skew of distance_km, text against float",
    ),
    Fault(
        name="evening_acceptance",
        where=("responses",),
        what="acceptance of evening suggestions falls from about 55 % to about 25 % at unchanged features",
        found_by="SkewCheck: concept shift, P(accepted | daypart=evening)",
    ),
)


def campaign(rng: np.random.Generator, usual_runners: int) -> Columns:
    """The new runners: 18 % more than usual, all 18 to 24 years old, in everything else like the others."""
    return draw_runners(rng, round(CAMPAIGN_SHARE * usual_runners), prefix="n", age_groups=(("18-24", 18, 24, 1),))


def evening_acceptance(logit: Array, daypart: Array) -> Array:
    """The log-odds of acceptance, much lower in the evening."""
    return np.where(daypart == "evening", logit - 1.38, logit)


def duplicated_events(rng: np.random.Generator, suggestions: Columns) -> tuple[Columns, Array]:
    """The suggestions, a quarter of them from version 4.2.0, and the rows that this version sends a second time."""
    count = row_count(suggestions)
    new = _some(rng, np.arange(count), 0.25 * count)
    version = suggestions["app_version"].copy()
    version[new] = "4.2.0"
    # The last line is not repeated: it may be cut off.
    return suggestions | {"app_version": version}, np.sort(_some(rng, new[new < count - 1], 0.4 * new.size))


def dead_heart_rate_sensor(rng: np.random.Generator, rows: Columns) -> tuple[Columns, int]:
    """The rows, with heart rate 0 in 12 % of them (all of which had a heart rate), and how many these are."""
    heart_rate = rows["heart_rate"].copy()
    dead = _some(rng, np.flatnonzero(~np.isnan(heart_rate)), 0.12 * heart_rate.size)
    heart_rate[dead] = 0
    return rows | {"heart_rate": heart_rate}, dead.size


def half_lost_source(runs: Columns) -> tuple[Columns, int]:
    """The runs without those of source phone that started after 12:00, and how many are missing."""
    midday = runs["started_at"].astype("datetime64[D]") + np.timedelta64(12, "h")
    lost = (runs["source"] == "phone") & (runs["started_at"] > midday)
    return take(runs, ~lost), int(lost.sum())


def elevation_unit(runs: Columns) -> tuple[Columns, int]:
    """The runs, with metres in the column of feet where source is partner, and how many these are."""
    partner = runs["source"] == "partner"
    metres = np.round(runs["elevation_ft"] * 0.3048).astype(np.int64)
    return runs | {"elevation_ft": np.where(partner, metres, runs["elevation_ft"])}, int(partner.sum())


def pace_in_miles(serving: Columns) -> Columns:
    """Served pace in min/mile."""
    return serving | {"pace_min_per_km": np.round(serving["pace_min_per_km"] * KM_PER_MILE, 4)}


def column_as_text(serving: Columns) -> Columns:
    """Served distance as text."""
    return serving | {"distance_km": decimals(serving["distance_km"])}


def _some(rng: np.random.Generator, rows: Array, count: float) -> Array:
    return rng.choice(rows, min(round(count), rows.size), replace=False)
