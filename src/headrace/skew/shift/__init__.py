"""Kinds of shift: of the features P(x), of the labels P(y), of the concept P(y|x); and gradual or sudden."""

from headrace.skew.shift.history import Change, pooled, say_change
from headrace.skew.shift.kinds import detect_shift
from headrace.skew.shift.spec import ShiftSpec

__all__ = ["Change", "ShiftSpec", "detect_shift", "pooled", "say_change"]
