"""A way in which data do not conform to a schema, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from headrace.schema.rules import Check

ALLOWED = "ALLOWED"
"""Severity of a fault that affects no more rows than a check allows."""


@dataclass(frozen=True, kw_only=True)
class SchemaFault:
    """One fault of one feature.

    Attributes:
        feature: its name; empty for a fault of the data set as a whole; the rule's name for a rule.
        code: TFMD's anomaly type, such as `UNEXPECTED_DATA_TYPE`, or `RULE_BROKEN`, `RULE_NOT_CHECKED`.
        reason: what is wrong, in plain words.
        detail: TFDV's own description.
        severity: `ERROR`, `WARNING`, or `ALLOWED`.
        rows: number of affected rows; None if the fault is not one of rows, or statistics do not show it.
        of: number of all rows.
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
        """Share of the rows, 0..1, that are affected, if known."""
        return None if self.rows is None or not self.of else self.rows / self.of

    @property
    def words(self) -> str:
        """The fault in one line, without its feature, severity and code."""
        line = self.reason + (f": {self.detail.rstrip('. ')}" if self.detail else "")
        if self.rows is not None:
            share = f" ({100 * self.share:.3g} %)" if self.share is not None else ""
            line += f"; {'about ' if self.about else ''}{self.rows:,} of {self.of:,} rows{share}"
        return line + (f", such as {', '.join(self.examples)}" if self.examples else "")

    def __str__(self) -> str:
        return f"{self.severity}: {self.feature or 'the data set'}: {self.words} ({self.code})"


def apply_checks(faults: Sequence[SchemaFault], checks: Sequence[Check]) -> list[SchemaFault]:
    """The faults with the severities that the checks give them, without those that are ignored.

    A fault whose share of rows is unknown does not count as allowed.
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
