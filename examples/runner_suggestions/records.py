"""What the app's logs hold, what a label is, and what is expected of the data: the configuration of the pipeline."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, TimeRange
from headrace.labels import Label, LabelSpec
from headrace.schema import read_declarations
from headrace.skew import SkewPolicy
from headrace.stats import StatsSpec

HOUR_S = 3600
DECIDED_WITHIN_S = 24 * HOUR_S
"""A suggestion that nobody answered for a day is a rejection."""
COMPLETED_WITHIN_S = 44 * HOUR_S
"""A run that did not end within 44 hours was not completed."""
LABELED_AFTER = timedelta(days=2)
"""A day's suggestions are labeled this long after the day is over."""

IDENTIFIERS = ("suggestion_id", "runner_id")
WHOLE = "all"
"""The one split of what is only measured, not trained on."""

FEATURES = (
    Field(name="age", kind="integer", minimum=5, maximum=110),
    Field(name="age_group", kind="category"),
    Field(name="gender", kind="category"),
    Field(name="home_city", kind="category"),
    Field(name="hour", kind="integer", minimum=0, maximum=23),
    Field(name="daypart", kind="category"),
    Field(name="completion_rate_30d", kind="float", minimum=0, maximum=1),
    Field(name="pace_min_per_km", kind="float", minimum=0),
    Field(name="distance_km", kind="float", minimum=0),
    Field(name="elevation_m", kind="float"),
    Field(name="heart_rate", kind="integer"),
)
"""What the model sees of a runner, a route and the moment."""


def _nested(field: Field) -> Field:
    return Field(
        name=field.name, kind=field.kind, source=f"features.{field.name}", minimum=field.minimum, maximum=field.maximum
    )


def suggestions(data: str, day: date) -> IngestSpec:
    """Events: which route was suggested to whom, when, with the features as the server saw them."""
    return IngestSpec(
        sources=(Source(name="app", pattern=f"{data}/suggestions/{day}.jsonl"),),
        record=RecordSpec(
            fields=(
                Field(name="suggestion_id", required=True),
                Field(name="runner_id", required=True),
                Field(name="route", kind="category", required=True),
                Field(name="shown_at", kind="timestamp", required=True),
                Field(name="app_version", kind="category"),
                *map(_nested, FEATURES),
            )
        ),
        key=("suggestion_id",),
        splits={WHOLE: 1},
    )


def responses(data: str, day: date) -> IngestSpec:
    """Outcomes: the answers to the day's suggestions, in the files of all days on which one could arrive in time.

    A day's files also hold answers to other days' suggestions: they are withheld.
    """
    days = [day + timedelta(days=n) for n in range(LABELED_AFTER.days + 2)]
    return IngestSpec(
        sources=(Source(name="app", pattern=tuple(f"{data}/responses/{d}.jsonl" for d in days)),),
        record=RecordSpec(
            fields=(
                Field(name="response_id", required=True),
                Field(name="suggestion_id", required=True),
                Field(name="shown_at", kind="timestamp", required=True),
                Field(name="responded_at", kind="timestamp", required=True),
                Field(name="received_at", kind="timestamp", required=True),
                Field(name="accepted", kind="boolean"),
                Field(name="rejection_reason", kind="category"),
                Field(name="completed", kind="boolean"),
                Field(name="enjoyment", kind="category"),
            )
        ),
        between=TimeRange(field="shown_at", start=_midnight(day), end=_midnight(day + timedelta(days=1))),
        splits={WHOLE: 1},
    )


def serving(data: str, day: date) -> IngestSpec:
    """What the model server logged: features as they came, of whatever type, so that a wrong type can be seen."""
    return IngestSpec(
        sources=(Source(name="server", pattern=f"{data}/serving/{day}.jsonl"),),
        record=RecordSpec(
            fields=(
                Field(name="suggestion_id", required=True),
                *(Field(name=field.name, kind="observed") for field in FEATURES),
            )
        ),
        splits={WHOLE: 1},
    )


def runs(data: str, day: date) -> IngestSpec:
    """Run logs of watches, phones and a partner: times such as 03:40:32, elevations such as 1,300 ft."""
    return IngestSpec(
        sources=(Source(name="runs", pattern=f"{data}/runs/{day}.csv"),),
        record=RecordSpec(
            fields=(
                Field(name="run_id", required=True),
                Field(name="runner_id", required=True),
                Field(name="source", kind="category", required=True),
                Field(name="route", kind="category", required=True),
                Field(name="started_at", kind="timestamp", required=True),
                Field(name="time_s", source="time", kind="duration", required=True),
                Field(name="distance_km", kind="float", required=True),
                Field(name="elevation_m", source="elevation", kind="quantity", unit="m"),
                Field(name="pace_min_per_km", kind="float"),
                Field(name="heart_rate", kind="integer"),
            )
        ),
        key=("run_id",),
        splits={WHOLE: 1},
    )


def labels(day: date) -> LabelSpec:
    """Accepted, completed, enjoyed, and why not: each from the last word on it, as known two days after the day."""
    decided, completed = (0, DECIDED_WITHIN_S), (0, COMPLETED_WITHIN_S)
    return LabelSpec(
        keys=("suggestion_id",),
        event_time="shown_at",
        outcome_time="responded_at",
        known_at="received_at",
        outcome_id="response_id",
        labels=(
            Label(name="accepted", value="accepted", window_s=decided, pick="last", absence="negative"),
            Label(name="rejection_reason", value="rejection_reason", window_s=decided, pick="last", absence="missing"),
            Label(name="completed", value="completed", window_s=completed, pick="last", absence="negative"),
            Label(name="enjoyment", value="enjoyment", window_s=completed, pick="last", absence="missing"),
        ),
        as_of=_midnight(day + timedelta(days=1) + LABELED_AFTER),
        split_by=("runner_id",),
    )


TRAINING_STATS = StatsSpec(slices=("daypart",), identifiers=IDENTIFIERS)
SERVING_STATS = StatsSpec(identifiers=("suggestion_id",))
RUNS_STATS = StatsSpec(slices=("source",), identifiers=("run_id", "runner_id"))

TRAINING_SCHEMA = read_declarations(str(Path(__file__).with_name("training.yaml")))
RUNS_SCHEMA = read_declarations(str(Path(__file__).with_name("runs.yaml")))

# Times and versions are new every day by nature, and tell nothing about the data.
TRAINING_POLICY = SkewPolicy(ignore=("*_id", "shown_at", "app_version"))
RUNS_POLICY = SkewPolicy(ignore=("*_id", "started_at"))


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), timezone.utc).isoformat()
