"""What happens on an ordinary day: suggestions shown, runs logged. The distributions are the same every day."""

from __future__ import annotations

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, numbered, row_count, take
from examples.runner_suggestions.world import age_group, daypart, draw_routes, draw_times

FEATURES = (
    "age", "age_group", "gender", "home_city", "hour", "daypart",
    "completion_rate_30d", "pace_min_per_km", "distance_km", "elevation_m", "heart_rate",
)  # fmt: skip
"""The features of a suggestion, in the order in which they are written. `heart_rate` may be missing: NaN."""

FEET_PER_METRE = 1 / 0.3048
_HOUR = np.timedelta64(3_600_000, "ms")


def draw_suggestions(
    rng: np.random.Generator, runners: Columns, day: np.datetime64, count: int, *, prefix: str
) -> Columns:
    """`count` suggestions of one day with their features, in the order in which they were shown."""
    who = take(runners, rng.integers(0, row_count(runners), count))
    shown_at = np.sort(draw_times(rng, day, count))
    hour = (shown_at - day.astype("datetime64[ms]")) // _HOUR
    heart_rate = np.clip(np.round(rng.normal(who["usual_heart_rate"], 8.0)), 90, 205)
    return {
        "suggestion_id": numbered(f"{prefix}-{str(day).replace('-', '')}-", count),
        "runner_id": who["runner_id"],
        "shown_at": shown_at,
        "app_version": np.where(rng.random(count) < 0.35, "4.1.0", "4.1.1"),
        "age": who["age"],
        "age_group": age_group(who["age"]),
        "gender": who["gender"],
        "home_city": who["home_city"],
        "hour": hour,
        "daypart": daypart(hour),
        "completion_rate_30d": np.round(np.clip(rng.normal(who["usual_completion"], 0.03), 0, 1), 3),
        "pace_min_per_km": np.round(np.clip(rng.normal(who["usual_pace"], 0.15), 3.2, 9.5), 2),
        "heart_rate": np.where(rng.random(count) < 0.08, np.nan, heart_rate),
        **draw_routes(rng, who["home_city"]),
    }


def acceptance_logit(suggestions: Columns) -> Array:
    """Log-odds that an answered suggestion is accepted, which the served model has learned."""
    by_daypart = {"morning": -0.45, "midday": -0.95, "afternoon": -0.65, "evening": 0.33}
    part, code = np.unique(suggestions["daypart"], return_inverse=True)
    return (
        np.array([by_daypart[name] for name in part])[code]
        + 1.5 * (suggestions["completion_rate_30d"] - 0.6)
        - 0.012 * (suggestions["distance_km"] - 9.5)
        - 0.0008 * (suggestions["elevation_m"] - 85.0)
        + 0.003 * (suggestions["age"] - 42)
    )


def score(logit: Array) -> Array:
    """The served model's score, 0..1, to four decimals."""
    return np.round(1 / (1 + np.exp(-logit)), 4)


def draw_runs(rng: np.random.Generator, runners: Columns, day: np.datetime64, count: int) -> Columns:
    """`count` run logs of one day; `elevation_ft` in whole feet, `heart_rate` NaN where the log has none."""
    who = take(runners, rng.integers(0, row_count(runners), count))
    route = draw_routes(rng, who["home_city"])
    pace = np.round(np.clip(rng.normal(who["usual_pace"], 0.35), 3.2, 9.8), 2)
    distance_km = np.round(route["distance_km"] * rng.normal(1.0, 0.01, count), 2)
    heart_rate = np.clip(np.round(rng.normal(who["usual_heart_rate"], 9.0)), 85, 210)
    return {
        "run_id": numbered(f"run-{str(day).replace('-', '')}-", count),
        "runner_id": who["runner_id"],
        "source": np.array(["watch", "phone", "partner"])[
            np.searchsorted([0.45, 0.8], rng.random(count), side="right")
        ],
        "route": route["route"],
        "started_at": np.sort(draw_times(rng, day, count)),
        "time_s": np.round(distance_km * pace * 60).astype(np.int64),
        "distance_km": distance_km,
        "elevation_ft": np.round(route["elevation_m"] * FEET_PER_METRE * rng.normal(1.0, 0.05, count)).astype(np.int64),
        "pace_min_per_km": pace,
        "heart_rate": np.where(rng.random(count) < 0.10, np.nan, heart_rate),
        "finished": _finished(rng, who),
    }


def draw_run_history(
    rng: np.random.Generator, runners: Columns, start: np.datetime64, days: int, count: int
) -> Columns:
    """`count` runs in the `days` days before `start`, for the trailing features of the first day."""
    who = take(runners, rng.integers(0, row_count(runners), count))
    pace = np.round(np.clip(rng.normal(who["usual_pace"], 0.35), 3.2, 9.8), 2)
    distance_km = np.round(draw_routes(rng, who["home_city"])["distance_km"] * rng.normal(1.0, 0.01, count), 2)
    return {
        "run_id": numbered("run-before-", count),
        "runner_id": who["runner_id"],
        "started_at": np.sort(draw_times(rng, start - rng.integers(1, days + 1, count), count)),
        "distance_km": distance_km,
        "pace_min_per_km": pace,
        "finished": _finished(rng, who),
    }


def _finished(rng: np.random.Generator, who: Columns) -> Array:
    return np.where(rng.random(row_count(who)) < who["usual_completion"], "yes", "no")
