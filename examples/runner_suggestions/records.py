"""The configuration of the pipeline: the fields of each log, the labels, and what is expected of the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SourceHealth, TimeRange
from headrace.labels import Label, LabelSpec
from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec
from headrace.schema import read_declarations
from headrace.skew import SkewPolicy
from headrace.skew.pairs import FeatureSkewSpec, Tolerance
from headrace.skew.shift import ShiftSpec
from headrace.stats import StatsSpec

HOUR_S = 3600
DECIDED_WITHIN_S = 24 * HOUR_S
"""A suggestion without an answer for a day counts as rejected."""
COMPLETED_WITHIN_S = 44 * HOUR_S
"""A run that did not end within 44 hours counts as not completed."""
LONGEST_NIGHT_S = 6 * HOUR_S
"""Few people run at night; a source without a run for longer than this is broken."""
LABELED_AFTER = timedelta(days=2)
"""How long after the end of a day its suggestions are labeled."""

IDENTIFIERS = ("suggestion_id", "runner_id")
WHOLE = "all"
"""The single split of data that is measured only, not trained on."""

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
"""The features of the model: of the runner, the route and the time."""


def _nested(field: Field) -> Field:
    return Field(
        name=field.name, kind=field.kind, source=f"features.{field.name}", minimum=field.minimum, maximum=field.maximum
    )


Day = date | str
"""The day of a run, or the placeholder `{DAY}`, whose value is a parameter of the run."""


def suggestions(data: str, day: Day) -> IngestSpec:
    """Events: the suggestions of a day, with the features as the server saw them."""
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


def responses(data: str, day: Day) -> IngestSpec:
    """Outcomes: the responses to the day's suggestions, from the files of all days on which one could arrive in time.

    The files of a day also contain responses to suggestions of other days: these are withheld.
    """
    days = [_on(day, n) for n in range(LABELED_AFTER.days + 2)]
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
        between=TimeRange(field="shown_at", start=_midnight(day), end=_midnight(day, 1)),
        splits={WHOLE: 1},
    )


def serving(data: str, day: Day) -> IngestSpec:
    """What the model server logged: features in the type in which they came, so that a wrong type is noticed."""
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


def runs(data: str, day: Day) -> IngestSpec:
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
                Field(name="finished", kind="boolean"),
            )
        ),
        key=("run_id",),
        between=TimeRange(field="started_at", start=_midnight(day), end=_midnight(day, 1)),
        health={
            "runs": SourceHealth(
                time_field="started_at",
                by="source",
                parts=("watch", "phone", "partner"),
                max_gap_s=LONGEST_NIGHT_S,
            )
        },
        splits={WHOLE: 1},
    )


def run_history(data: str) -> IngestSpec:
    """Runs of the 30 days before the first day, from the app's database."""
    return IngestSpec(
        sources=(Source(name="database", pattern=f"{data}/run_history/runs.csv"),),
        record=RecordSpec(
            fields=(
                Field(name="run_id", required=True),
                Field(name="runner_id", required=True),
                Field(name="started_at", kind="timestamp", required=True),
                Field(name="distance_km", kind="float", required=True),
                Field(name="pace_min_per_km", kind="float"),
                Field(name="finished", kind="boolean"),
            )
        ),
        splits={WHOLE: 1},
    )


def profiles(data: str, first: date, day: date) -> IngestSpec:
    """The runners' profiles with the time since which they hold: all on the first day, later those that changed."""
    days = [first + timedelta(days=n) for n in range((day - first).days + 1)]
    return IngestSpec(
        sources=(Source(name="app", pattern=tuple(f"{data}/runners/{d}.csv" for d in days)),),
        record=RecordSpec(
            fields=(
                Field(name="runner_id", required=True),
                Field(name="age_group", kind="category"),
                Field(name="home_city", kind="category"),
                Field(name="valid_from", kind="timestamp", required=True),
            )
        ),
        splits={WHOLE: 1},
    )


def profiles_so_far(data: str, day: Day) -> IngestSpec:
    """The runners' profiles that were known by the end of the day, from the files of all days."""
    first_day = date(1900, 1, 1)
    known = TimeRange(field="valid_from", start=_midnight(first_day), end=_midnight(day, 1))
    return replace(
        profiles(data, first_day, first_day),
        sources=(Source(name="app", pattern=f"{data}/runners/*.csv"),),
        between=known,
    )


def earlier_runs(data: str, day: Day) -> IngestSpec:
    """Run logs of the 30 days before the day."""
    return replace(
        runs(data, day),
        sources=(Source(name="runs", pattern=f"{data}/runs/*.csv"),),
        between=TimeRange(field="started_at", start=_midnight(day, -30), end=_midnight(day)),
        health={},
    )


FEATURES_AT_THE_TIME = PointInTimeSpec(
    event_time="shown_at",
    tables=(
        AsOfTable(
            name="profiles",
            keys=("runner_id",),
            time="valid_from",
            features={"profile_age_group": "age_group", "profile_city": "home_city"},
        ),
        EventStream(
            name="runs",
            keys=("runner_id",),
            time="started_at",
            delay="4h",
            aggregates=(
                Aggregate(name="runs_7d", function="count", window="7d"),
                Aggregate(name="run_km_7d", function="sum", value="distance_km", window="7d"),
                Aggregate(name="run_km_30d", function="sum", value="distance_km", window="30d"),
                Aggregate(name="run_pace_30d", function="mean", value="pace_min_per_km", window="30d"),
                Aggregate(name="run_completion_30d", function="rate", value="finished", window="30d"),
            ),
        ),
    ),
)
"""What is known of a runner when a suggestion is shown; a run is known four hours after its start, when it is over."""


def as_of(day: Day) -> str:
    """The time at which a day's suggestions are labeled."""
    return _midnight(day, 1 + LABELED_AFTER.days)


def matured_after(day: Day) -> str:
    """The time at which the suggestions of the day before were labeled."""
    return _midnight(day, LABELED_AFTER.days)


def labels(day: date) -> LabelSpec:
    """Whether a suggestion was accepted, completed and enjoyed, or why it was rejected.

    Each label has the last value that is known two days after the end of the day. A run labels the suggestions that
    have matured since the run of the day before. The longest window is 44 hours and lateness is four hours, so these
    are the suggestions of one day, from midnight to midnight.
    """
    decided, completed = (0, DECIDED_WITHIN_S), (0, COMPLETED_WITHIN_S)
    return LabelSpec(
        keys=("suggestion_id",),
        event_time="shown_at",
        outcome_time="responded_at",
        known_at="received_at",
        outcome_id="response_id",
        labels=(
            Label(name="accepted", value="accepted", window=decided, pick="last", absence="negative"),
            Label(name="rejection_reason", value="rejection_reason", window=decided, pick="last", absence="missing"),
            Label(name="completed", value="completed", window=completed, pick="last", absence="negative"),
            Label(name="enjoyment", value="enjoyment", window=completed, pick="last", absence="missing"),
        ),
        as_of=as_of(day),
        matured_after=matured_after(day),
        lateness=LABELED_AFTER.total_seconds() - COMPLETED_WITHIN_S,
        split_by=("runner_id",),
    )


TRAINING_STATS = StatsSpec(slices=("daypart",), identifiers=IDENTIFIERS)
SERVING_STATS = StatsSpec(identifiers=("suggestion_id",))
RUNS_STATS = StatsSpec(slices=("source",), identifiers=("run_id", "runner_id"))

_DECLARED = read_declarations(str(Path(__file__).with_name("training.yaml")))
TRAINING_SCHEMA = replace(_DECLARED, training_only=(*_DECLARED.training_only, *FEATURES_AT_THE_TIME.features))
RUNS_SCHEMA = read_declarations(str(Path(__file__).with_name("runs.yaml")))

# Compares each suggestion in training with the same one in serving, to the seven digits of a float32.
TRAINING_PAIRS = FeatureSkewSpec(keys=("suggestion_id",), tolerances={"*": Tolerance(relative=1e-6)})
TRAINING_SHIFT = ShiftSpec(
    labels=("accepted",),
    ignore=("*_id", "shown_at", "app_version", "completed", "enjoyment", "rejection_reason"),
    rows=8_000,
)

# Times and versions differ every day: that is not drift.
TRAINING_POLICY = SkewPolicy(ignore=("*_id", "shown_at", "app_version"))
RUNS_POLICY = SkewPolicy(ignore=("*_id", "started_at"))


def _on(day: Day, days: int = 0) -> str:
    """The ISO date `days` after a day; for the placeholder `{DAY}`, the placeholder `{DAY+N}`."""
    if isinstance(day, str):
        return f"{{DAY{days:+d}}}" if days else day
    return (day + timedelta(days=days)).isoformat()


def _midnight(day: Day, days: int = 0) -> str:
    return f"{_on(day, days)}T00:00:00+00:00"
