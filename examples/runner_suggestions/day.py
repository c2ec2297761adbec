"""Writes the files of one day: draws its rows, plants its faults, and formats its lines."""

from __future__ import annotations

import numpy as np

from examples.runner_suggestions import faults, spoiled
from examples.runner_suggestions.activity import (
    FEATURES,
    acceptance_logit,
    draw_runs,
    draw_suggestions,
    score,
)
from examples.runner_suggestions.columns import Array, Columns, row_count, stack, take
from examples.runner_suggestions.lines import clock, csv_lines, feet, json_lines
from examples.runner_suggestions.responses import Responses, draw_responses
from examples.runner_suggestions.world import DAYPARTS, age_group
from examples.runner_suggestions.writer import Writer

MODEL = "acceptance-2026-02-24"


def write_day(
    writer: Writer, day: np.datetime64, population: Columns, changed: Array, planted: frozenset[str]
) -> list[Responses]:
    """Writes all files of a day but the responses; returns those, since they are written by day of arrival.

    Args:
        writer: writes the files.
        day: the day.
        population: all runners, as they are on that day.
        changed: mask of the runners to list in the day's file of runners.
        planted: names of the faults of the day.
    """
    count = round(5 * row_count(population) * (1 + 0.01 * writer.stream(day, "rows").standard_normal()))
    shown = [draw_suggestions(writer.stream(day, "suggestions"), population, day, count, prefix="sg")]
    runners = take(population, changed)
    if "campaign" in planted:
        newcomers = faults.campaign(writer.stream(day, "campaign"), row_count(population))
        extra = round(faults.CAMPAIGN_SHARE * count)
        shown.append(draw_suggestions(writer.stream(day, "campaign shown"), newcomers, day, extra, prefix="sn"))
        runners = stack(runners, newcomers)
        for folder in ("suggestions", "serving"):
            writer.planted["campaign"][f"{folder}/{day}.jsonl"] = extra
        writer.planted["campaign"][f"runners/{day}.csv"] = row_count(newcomers)
    _write_runners(writer, day, runners)

    logits = [acceptance_logit(suggestions) for suggestions in shown]
    suggestions = stack(*shown) | {"score": score(np.concatenate(logits))}
    if "evening_acceptance" in planted:
        for part, logit in enumerate(logits):
            logits[part] = faults.evening_acceptance(logit, shown[part]["daypart"])
        evening = int((suggestions["daypart"] == "evening").sum())
        writer.planted["evening_acceptance"][f"suggestions/{day}.jsonl"] = evening
    responses = [
        draw_responses(writer.stream(day, "answers", part), shown[part], logit) for part, logit in enumerate(logits)
    ]
    _record_acceptance(writer, day, suggestions, responses)

    suggestions = take(suggestions, np.argsort(suggestions["shown_at"], kind="stable"))
    if "dead_heart_rate_sensor" in planted:
        suggestions, dead = faults.dead_heart_rate_sensor(writer.stream(day, "dead", "suggestions"), suggestions)
        for folder in ("suggestions", "serving"):
            writer.planted["dead_heart_rate_sensor"][f"{folder}/{day}.jsonl"] = dead
    _write_serving(writer, day, suggestions, planted)
    _write_suggestions(writer, day, suggestions, planted)
    _write_runs(writer, day, draw_runs(writer.stream(day, "runs"), population, day, count * 2 // 5), planted)
    return responses


def write_responses(writer: Writer, responses: Responses, days: list[np.datetime64]) -> None:
    """Writes the responses, each to the file of the day on which it was received."""
    rows = responses.rows
    day_ms = np.timedelta64(86_400_000, "ms")
    late = rows["received_at"] - rows["responded_at"] >= day_ms
    # Received later than two days after the end of the day of the suggestion.
    missed = rows["received_at"] >= rows["shown_at"].astype("datetime64[D]") + np.timedelta64(3, "D")
    eventless = np.isin(rows["suggestion_id"], np.array(writer.spoiled_suggestions, dtype=str))
    received_on = rows["received_at"].astype("datetime64[D]")
    facts = {
        "decisions": rows["accepted"] != "null",
        "run_ends": rows["accepted"] == "null",
        "corrections": responses.corrected,
        "duplicates": responses.repeated,
        "orphans": responses.orphan,
        "late": late,
        "missed_as_of": missed,
        "of_spoiled_suggestions": eventless,
    }
    times = ("shown_at", "responded_at", "received_at")
    names = ("response_id", "suggestion_id", *times, "accepted", "rejection_reason", "completed", "enjoyment")
    for day in days:
        here = received_on == day
        counts = {name: int((mask & here).sum()) for name, mask in facts.items()}
        lines = json_lines(take({name: rows[name] for name in names}, here))
        writer.lines(f"responses/{day}.jsonl", lines, facts={"rows": len(lines), **counts})


def _write_runners(writer: Writer, day: np.datetime64, runners: Columns) -> None:
    valid_from = np.full(row_count(runners), str(day))
    known = runners | {"age_group": age_group(runners["age"]), "valid_from": valid_from}
    names = ("runner_id", "age", "age_group", "gender", "home_city", "valid_from")
    writer.csv(f"runners/{day}.csv", {name: known[name] for name in names})


def _write_serving(writer: Writer, day: np.datetime64, suggestions: Columns, planted: frozenset[str]) -> None:
    path = f"serving/{day}.jsonl"
    served_ms = writer.stream(day, "served").integers(40, 400, row_count(suggestions)).astype("timedelta64[ms]")
    serving = {
        "suggestion_id": suggestions["suggestion_id"],
        "served_at": np.maximum(suggestions["shown_at"] - served_ms, day.astype("datetime64[ms]")),
        "model": np.full(row_count(suggestions), MODEL),
        **{name: suggestions[name] for name in FEATURES},
        "score": suggestions["score"],
    }
    for fault in (faults.pace_in_miles, faults.column_as_text):
        if fault.__name__ in planted:
            serving = fault(serving)
            writer.planted[fault.__name__][path] = row_count(serving)
    writer.lines(path, json_lines(serving), facts={"rows": row_count(serving)})


def _write_suggestions(writer: Writer, day: np.datetime64, suggestions: Columns, planted: frozenset[str]) -> None:
    path = f"suggestions/{day}.jsonl"
    duplicates = 0
    if "duplicated_events" in planted:
        suggestions, twice = faults.duplicated_events(writer.stream(day, "duplicated"), suggestions)
        suggestions = _sent_again(suggestions, twice)
        duplicates = writer.planted["duplicated_events"][path] = twice.size
    own = {name: suggestions[name] for name in ("suggestion_id", "runner_id", "route", "shown_at", "app_version")}
    lines = json_lines(own, nested={"features": {name: suggestions[name] for name in FEATURES}})
    # Lines that are sent twice stay readable: a line is spoiled, or sent twice, or neither.
    _, which, times = np.unique(suggestions["suggestion_id"], return_inverse=True, return_counts=True)
    lines, bad = _spoil(writer, path, lines, np.flatnonzero(times[which] == 1), planted)
    writer.spoiled_suggestions += suggestions["suggestion_id"][bad].tolist()
    good = len(lines) - bad.size
    whole = "truncated_lines" not in planted
    writer.lines(path, lines, last_break=whole, facts={"rows": good, "spoiled": bad.size, "duplicates": duplicates})


def _write_runs(writer: Writer, day: np.datetime64, runs: Columns, planted: frozenset[str]) -> None:
    path = f"runs/{day}.csv"
    if "half_lost_source" in planted:
        runs, writer.planted["half_lost_source"][path] = faults.half_lost_source(runs)
    if "elevation_unit" in planted:
        runs, writer.planted["elevation_unit"][path] = faults.elevation_unit(runs)
    if "dead_heart_rate_sensor" in planted:
        rng = writer.stream(day, "dead", "runs")
        runs, writer.planted["dead_heart_rate_sensor"][path] = faults.dead_heart_rate_sensor(rng, runs)
    columns = {name: runs[name] for name in ("run_id", "runner_id", "source", "route", "started_at")} | {
        "time": clock(runs["time_s"]),
        "distance_km": runs["distance_km"],
        "elevation": feet(runs["elevation_ft"]),
        "pace_min_per_km": runs["pace_min_per_km"],
        "heart_rate": runs["heart_rate"],
        "finished": runs["finished"],
    }
    lines, bad = _spoil(writer, path, csv_lines(columns), np.arange(row_count(runs)), planted)
    writer.lines(path, lines, header=",".join(columns), facts={"rows": len(lines) - bad.size, "spoiled": bad.size})


def _sent_again(suggestions: Columns, twice: Array) -> Columns:
    # A repeat follows some lines after the first; the last line of the file stays the last.
    count = row_count(suggestions)
    place = np.concatenate([np.arange(count), np.minimum(twice + 7.5, count - 1.5)])
    rows = np.concatenate([np.arange(count), twice])
    return take(suggestions, rows[np.argsort(place, kind="stable")])


def _spoil(writer: Writer, path: str, lines: Array, spoilable: Array, planted: frozenset[str]) -> tuple[Array, Array]:
    table = path.split("/")[0]
    spoilable = spoilable[spoilable < len(lines) - 1]
    bad = np.array([], dtype=np.int64)
    if "malformed_lines" in planted:
        lines, rows = spoiled.malformed_lines(writer.stream(path, "malformed"), lines, spoilable, table)
        writer.planted["malformed_lines"][path] = rows.size
        bad = rows
    if "truncated_lines" in planted:
        left = np.setdiff1d(spoilable, bad)
        lines, rows = spoiled.truncated_lines(writer.stream(path, "truncated"), lines, left, table)
        writer.planted["truncated_lines"][path] = rows.size
        bad = np.concatenate([bad, rows])
    return lines, np.sort(bad)


def _record_acceptance(writer: Writer, day: np.datetime64, suggestions: Columns, responses: list[Responses]) -> None:
    # Of all suggestions shown in a daypart, the share whose first decision was to accept.
    decided = [part.rows["suggestion_id"][(part.rows["accepted"] == "true") & ~part.corrected] for part in responses]
    accepted = np.isin(suggestions["suggestion_id"], np.concatenate(decided))
    writer.accepted_share[str(day)] = {
        part: round(float(accepted[suggestions["daypart"] == part].mean()), 4) for part in DAYPARTS
    }
