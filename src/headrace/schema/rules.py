"""Rules over several features, and what to think of an anomaly: plain data that a schema carries with it.

Rule(name="no car", expression="distance_km / (time_s / 3600.0) < 45", allowed_share=0.001)
Rule(name="hearts beat", over="statistics", expression="heart_rate.mean BETWEEN 90 AND 180")
Check(code="ENUM_TYPE_UNEXPECTED_STRING_VALUES", feature="city", severity="WARNING", allowed_share=0.01)
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from headrace.errors import UsageError
from headrace.schema.expressions import columns_of
from headrace.schema.feature import is_share

OVER = ("rows", "statistics")
NULLS = ("pass", "fail")
SEVERITIES = ("ERROR", "WARNING", "IGNORE")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An SQL expression that must be true.

    Attributes:
        name: what the rule is called.
        expression: over the features of a row, or over the statistics of all rows: `heart_rate.mean`, `num_examples`.
            DuckDB's SQL; no queries, no aggregates, no functions that say another thing each time.
        over: `rows` or `statistics`.
        nulls: whether a row whose expression is null, as of a missing value, passes (`pass`) or breaks it (`fail`).
        allowed_share: share of the rows, 0..1, that may break it.
        severity: `ERROR` or `WARNING`.

    Raises:
        UsageError: a value that can't be meant, or an expression that is none or may not be used.
    """

    name: str
    expression: str
    over: str = "rows"
    nulls: str = "pass"
    allowed_share: float = 0.0
    severity: str = "ERROR"

    def __post_init__(self) -> None:
        faults = []
        if not isinstance(self.name, str) or not self.name:
            faults.append(f"a rule needs a name, got {self.name!r}")
        for field, known in (("over", OVER), ("nulls", NULLS), ("severity", SEVERITIES[:2])):
            if getattr(self, field) not in known:
                faults.append(f"{field} must be one of {', '.join(known)}, got {getattr(self, field)!r}")
        if not is_share(self.allowed_share):
            faults.append(f"allowed_share must be in [0, 1], got {self.allowed_share!r}")
        elif self.over == "statistics" and self.allowed_share:
            faults.append("allowed_share is of rows: a rule over statistics is true or not")
        try:
            columns_of(self.expression)
        except UsageError as error:
            faults.append(str(error))
        if faults:
            raise UsageError(f"rule {self.name!r}: {'; '.join(faults)}")


@dataclass(frozen=True, kw_only=True)
class Check:
    """What an anomaly of a type and feature means; both may be globs.

    Attributes:
        code: TFMD's name of the anomaly type, such as `FLOAT_TYPE_HAS_NAN`.
        feature: the feature; empty for the data set.
        severity: `ERROR`, `WARNING` or `IGNORE`; None leaves it as it is.
        allowed_share: share of the rows, 0..1, that may be so.

    Raises:
        UsageError: a value that can't be meant, a code that fits no anomaly type.
    """

    code: str = "*"
    feature: str = "*"
    severity: str | None = None
    allowed_share: float = 0.0

    def __post_init__(self) -> None:
        from headrace.schema.codes import CODES

        faults = []
        if not isinstance(self.code, str) or not any(fnmatchcase(code, self.code) for code in CODES):
            faults.append(f"code {self.code!r} is none of TFMD's anomaly types, nor a glob that fits one")
        if not isinstance(self.feature, str):
            faults.append(f"feature must be a name or a glob, got {self.feature!r}")
        if self.severity is not None and self.severity not in SEVERITIES:
            faults.append(f"severity must be one of {', '.join(SEVERITIES)}, got {self.severity!r}")
        if not is_share(self.allowed_share):
            faults.append(f"allowed_share must be in [0, 1], got {self.allowed_share!r}")
        if self.severity is None and not self.allowed_share:
            faults.append("it says nothing: give a severity or an allowed_share")
        if faults:
            raise UsageError(f"check of {self.code!r}: {'; '.join(faults)}")

    def fits(self, code: str, feature: str) -> bool:
        """Whether it speaks of such an anomaly."""
        return fnmatchcase(code, self.code) and fnmatchcase(feature, self.feature)


Made = TypeVar("Made", Rule, Check)


def listed(kind: type[Made], given: object, field: str) -> tuple[Made, ...]:
    """Rules or checks from a list of them or of plain data.

    Raises:
        UsageError: one is not what it should be, or two rules have one name; all of them.
    """
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise UsageError(f"{field} must be a list, got {given!r}")
    known = [one.name for one in dataclasses.fields(kind)]
    made: list[Made] = []
    faults = []
    for one in given:
        try:
            if isinstance(one, kind):
                made.append(one)
            elif not isinstance(one, Mapping) or set(one) - set(known):
                faults.append(f"{field} have {', '.join(known)}, got {one!r}")
            else:
                made.append(kind(**one))
        except (UsageError, TypeError) as error:
            faults.append(str(error).replace(f"{kind.__name__}.__init__()", f"{field}: one is"))
    names = [one.name for one in made if isinstance(one, Rule)]
    faults += [f"two rules are called {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise UsageError("; ".join(faults))
    return tuple(made)


def to_tag(one: Rule | Check) -> str:
    """A line that a schema can carry; `from_tags` reads it."""
    said = {f.name: getattr(one, f.name) for f in dataclasses.fields(one) if getattr(one, f.name) != f.default}
    return f"{type(one).__name__.lower()}: {json.dumps(said, ensure_ascii=False, sort_keys=True)}"


def from_tags(kind: type[Made], tags: Iterable[str]) -> tuple[Made, ...]:
    """The rules, or checks, that the tags of a schema hold; other tags are passed over.

    Raises:
        UsageError: a tag that starts as one and is none.
    """
    prefix = f"{kind.__name__.lower()}: "
    made = []
    for tag in tags:
        if tag.startswith(prefix):
            try:
                made.append(json.loads(tag[len(prefix) :]))
            except ValueError as error:
                raise UsageError(f"the schema has a tag that is no {prefix[:-2]}: {tag!r}: {error}") from error
    return listed(kind, made, f"{prefix[:-2]}s")
