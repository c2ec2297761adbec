"""A way in which data does not conform to a schema, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from headrace.schema.rules import Check

ALLOWED = "ALLOWED"
"""Severity of a fault of no more rows than a check allows."""


@dataclass(frozen=True, kw_only=True)
class SchemaFault:
    """One fault of one feature.

    Attributes:
        feature: its name; empty for a fault of the data set as a whole; of a rule, the rule's name.
        code: the name of TFMD's anomaly type, such as `UNEXPECTED_DATA_TYPE`, or `RULE_BROKEN`, `RULE_NOT_CHECKED`.
        reason: what is wrong, for people.
        detail: what TFDV says of it.
        severity: `ERROR`, `WARNING`, or `ALLOWED`.
        rows: how many rows are at fault; None if it is no fault of rows, or statistics can't tell.
        of: how many rows there are.
        about: `rows` is an estimate from statistics.
        examples: some of the offending values, most frequent first.
    """

    feature: str
    code: str
    reason: str
    severity: str
    detail: str = ""
    rows: int | None = None
    of: int = 0
    about: bool = False
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Share of the rows, 0..1, that are at fault, as far as it is known."""
        return None if self.rows is None or not self.of else self.rows / self.of

    @property
    def words(self) -> str:
        """Everything that is known of it, in a line."""
        said = self.reason + (f": {self.detail.rstrip('. ')}" if self.detail else "")
        if self.rows is not None:
            share = f" ({100 * self.share:.3g} %)" if self.share is not None else ""
            said += f"; {'about ' if self.about else ''}{self.rows:,} of {self.of:,} rows{share}"
        return said + (f", such as {', '.join(self.examples)}" if self.examples else "")

    def __str__(self) -> str:
        return f"{self.severity}: {self.feature or 'the data set'}: {self.words} ({self.code})"


def judged(faults: Sequence[SchemaFault], checks: Sequence[Check]) -> list[SchemaFault]:
    """The faults with the severities that the checks give them; what is to be ignored is left out.

    A fault whose share of rows is not known is not of few rows.
    """
    kept = []
    for fault in faults:
        check = next((check for check in checks if check.fits(fault.code, fault.feature)), None)
        severity = fault.severity if check is None or check.severity is None else check.severity
        if severity == "IGNORE":
            continue
        if check is not None and check.allowed_share and fault.share is not None and fault.share <= check.allowed_share:
            severity = ALLOWED
        kept.append(replace(fault, severity=severity))
    return kept
