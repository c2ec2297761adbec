"""A way in which data does not conform to a schema, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SchemaFault:
    """One fault of one feature.

    Attributes:
        feature: its name; empty for a fault of the data set as a whole.
        code: the name of TFMD's anomaly type, such as `UNEXPECTED_DATA_TYPE`.
        words: what is wrong, for people.
        severity: `ERROR` or `WARNING`.
    """

    feature: str
    code: str
    words: str
    severity: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.feature or 'the data set'}: {self.words} ({self.code})"
