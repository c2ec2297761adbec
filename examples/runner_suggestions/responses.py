"""The responses to a day's suggestions, and when they arrive: decisions, ends of runs, late ones, corrections, repeats.

shown 18:00 -> accepted 18:20 -> received 18:21;  run ended next day 07:00 -> received two days later (late)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, numbered, row_count, stack, take
from examples.runner_suggestions.world import draw_times

_HOUR = np.timedelta64(3_600_000, "ms")
_DAY = 24 * _HOUR
_REASONS = np.array(["too_far", "too_hilly", "no_time", "weather", "injury"])


@dataclass(frozen=True, kw_only=True)
class Responses:
    """Rows, with masks of those that are corrections, verbatim repeats, or orphans (there is no such suggestion)."""

    rows: Columns
    corrected: Array
    repeated: Array
    orphan: Array


def draw_responses(rng: np.random.Generator, suggestions: Columns, logit: Array) -> Responses:
    """Decisions and ends of runs for one day's suggestions, with the late, the corrected and the repeated ones.

    Every random number is drawn for every suggestion, so a change of `logit` changes only the responses to those
    suggestions. All responses arrive before the fourth midnight after the day.
    """
    count = row_count(suggestions)
    shown_at = suggestions["shown_at"]
    answered = rng.random(count) < 0.96
    accepted = rng.random(count) < 1 / (1 + np.exp(-logit))
    decided_at = shown_at + _ms(np.minimum(rng.lognormal(np.log(1.2), 1.3, count), 20.0) * 3_600_000 + 60_000)
    decision = {
        "response_id": np.char.add(suggestions["suggestion_id"], "-d"),
        "suggestion_id": suggestions["suggestion_id"],
        "shown_at": shown_at,
        "responded_at": np.minimum(decided_at, shown_at + 20 * _HOUR),
        "accepted": np.where(accepted, "true", "false"),
        "rejection_reason": np.where(accepted, "", _draw_reasons(rng, suggestions)),
        "completed": np.full(count, "null"),
        "enjoyment": np.full(count, "null"),
    }
    ended_at = decision["responded_at"] + _ms(rng.uniform(0.5, 23.5, count) * 3_600_000)
    reported = answered & accepted & (rng.random(count) < 0.88)
    completed = rng.random(count) < 0.35 + 0.7 * suggestions["completion_rate_30d"]
    enjoyment = np.array(["Low", "Medium", "High"])[np.searchsorted([0.15, 0.55], rng.random(count), side="right")]
    end = decision | {
        "response_id": np.char.add(suggestions["suggestion_id"], "-e"),
        "responded_at": ended_at,
        "accepted": np.full(count, "null"),
        "rejection_reason": np.full(count, ""),
        "completed": np.where(completed, "true", "false"),
        "enjoyment": np.where(completed, enjoyment, "null"),
    }
    return _send(
        rng, _receive(rng, stack(decision, end)), written=np.concatenate([answered, reported]), end_reported=reported
    )


def orphan_responses(rng: np.random.Generator, day: np.datetime64, count: int) -> Responses:
    """Decisions that arrive on `day` for suggestions that do not exist."""
    shown_at = draw_times(rng, day - 1, count)
    ids = numbered(f"lost-{str(day).replace('-', '')}-", count)
    rows = {
        "response_id": np.char.add(ids, "-d"),
        "suggestion_id": ids,
        "shown_at": shown_at,
        "responded_at": day.astype("datetime64[ms]") + _ms(rng.integers(1, 40_000_000, count)),
        "accepted": np.where(rng.random(count) < 0.5, "true", "false"),
        "rejection_reason": np.full(count, ""),
        "completed": np.full(count, "null"),
        "enjoyment": np.full(count, "null"),
    }
    rows["rejection_reason"] = np.where(rows["accepted"] == "false", "no_time", "")
    rows["received_at"] = rows["responded_at"] + _ms(rng.integers(200, 90_000, count))
    none = np.zeros(count, dtype=bool)
    return Responses(rows=rows, corrected=none, repeated=none, orphan=~none)


def merge(*parts: Responses) -> Responses:
    """All responses, in the order of their arrival."""
    rows = stack(*(part.rows for part in parts))
    order = np.lexsort((rows["response_id"], rows["received_at"]))
    masks = {
        mask: np.concatenate([getattr(part, mask) for part in parts])[order]
        for mask in ("corrected", "repeated", "orphan")
    }
    return Responses(rows=take(rows, order), **masks)


def _draw_reasons(rng: np.random.Generator, suggestions: Columns) -> Array:
    # The longer a route, the more often it is too far; the steeper, the more often too hilly. The time of day has no
    # effect.
    too_far = 0.08 + 0.008 * suggestions["distance_km"]
    too_hilly = 0.05 + 0.0007 * suggestions["elevation_m"]
    weights = np.stack(
        [too_far, too_hilly, np.full_like(too_far, 0.3), np.full_like(too_far, 0.2), np.full_like(too_far, 0.04)]
    )
    shares = np.cumsum(weights / weights.sum(axis=0), axis=0)
    return _REASONS[np.minimum((rng.random(too_far.size) > shares).sum(axis=0), len(_REASONS) - 1)]


def _receive(rng: np.random.Generator, responses: Columns) -> Columns:
    # Most arrive within minutes, some a day or more late: a phone without network, a nightly upload of a partner.
    count = row_count(responses)
    prompt = responses["responded_at"] + _ms(rng.exponential(60_000, count) + 150)
    last = responses["shown_at"].astype("datetime64[D]").astype("datetime64[ms]") + 4 * _DAY - np.timedelta64(1, "h")
    room = np.minimum(last - responses["responded_at"], 3 * _DAY)
    later = responses["responded_at"] + _DAY + _ms((room - _DAY).astype(np.int64) * rng.beta(1.0, 3.0, count))
    late = (rng.random(count) < 0.03) & (room > _DAY)
    return responses | {"received_at": np.where(late, later, prompt)}


def _send(rng: np.random.Generator, responses: Columns, *, written: Array, end_reported: Array) -> Responses:
    count = row_count(responses)
    # A decision is not corrected where the end of its run was reported: the end is corrected instead.
    correctable = written & ~np.concatenate([end_reported, np.zeros(count - end_reported.size, dtype=bool)])
    chosen = correctable & (rng.random(count) < 0.01 * written.sum() / max(correctable.sum(), 1))
    corrections = _correct(rng, responses)
    repeated = written & (rng.random(count) < 0.005)
    kinds = [written, chosen, repeated]
    rows = stack(*(take(table, kind) for table, kind in zip([responses, corrections, responses], kinds, strict=True)))
    kind = np.repeat([0, 1, 2], [mask.sum() for mask in kinds])
    return Responses(rows=rows, corrected=kind == 1, repeated=kind == 2, orphan=np.zeros(kind.size, dtype=bool))


def _correct(rng: np.random.Generator, responses: Columns) -> Columns:
    # A decision is reversed; a run counts as completed after all, or its enjoyment changes.
    count = row_count(responses)
    is_decision = responses["accepted"] != "null"
    flipped = np.where(responses["accepted"] == "true", "false", "true")
    other = np.where(responses["enjoyment"] == "High", "Medium", "High")
    accepted = np.where(is_decision, flipped, "null")
    return responses | {
        "response_id": np.char.add(responses["response_id"], "c"),
        "responded_at": responses["responded_at"] + _ms(rng.integers(1_000, 30_000, count)),
        "received_at": responses["received_at"] + _ms(rng.integers(31_000, 3_000_000, count)),
        "accepted": accepted,
        "rejection_reason": np.where(accepted == "false", "no_time", ""),
        "completed": np.where(is_decision, "null", "true"),
        "enjoyment": np.where(is_decision, "null", other),
    }


def _ms(milliseconds: Array) -> Array:
    return np.asarray(milliseconds).astype(np.int64).astype("timedelta64[ms]")
