"""What a text must be like to become a value: all that this folder asks of a field of a record.

    kind="integer", missing=("", "-"), minimum=30      "61" -> 61      "-" -> null      "x" -> bad_integer

`headrace.ingest.Field` is such a rule, and describes each setting.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

EPOCH_UNITS = ("s", "ms", "us")
"""What `formats` may be besides strptime formats: units since 1970-01-01T00:00Z."""


class ValueRule(Hashable, Protocol):
    """How the text of one column becomes values."""

    @property
    def name(self) -> str:
        """The column of values."""

    @property
    def kind(self) -> str:
        """One of `headrace.ingest.spec.fields.KINDS`, but not `observed`."""

    @property
    def required(self) -> bool:
        """Whether a missing value is a fault."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Texts that mean no value."""

    @property
    def zero_is_missing(self) -> bool:
        """Whether the number 0 means no value."""

    @property
    def minimum(self) -> float | None:
        """The least value, in the unit of the output."""

    @property
    def maximum(self) -> float | None:
        """The greatest value, in the unit of the output."""

    @property
    def unit(self) -> str | None:
        """What a quantity is converted to."""

    @property
    def formats(self) -> tuple[str, ...]:
        """How timestamps are written, tried in turn; without any, in ISO 8601."""

    @property
    def zone(self) -> str:
        """The time zone of a time without an offset."""

    @property
    def decimal(self) -> str:
        """The decimal mark, a point or a comma."""

    @property
    def default(self) -> str | int | float | bool | None:
        """The value of a row that has none, written as in the data."""
