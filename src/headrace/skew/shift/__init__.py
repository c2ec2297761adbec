"""Kinds of shift: of the features P(x), of the labels P(y), of the concept P(y|x); and gradual or sudden."""

from headrace.skew.shift.history import Change, describe_change, pooled
from headrace.skew.shift.kinds import detect_shift
from headrace.skew.shift.spec import ShiftSpec

__all__ = ["Change", "ShiftSpec", "describe_change", "detect_shift", "pooled"]
