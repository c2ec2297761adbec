"""Rules over several features, and what to think of an anomaly: plain data that a schema carries with it.

Rule(name="no car", expression="distance_km / (time_s / 3600.0) < 45", allowed_share=0.001)
Rule(name="hearts beat", over="statistics", expression="heart_rate.mean BETWEEN 90 AND 180")
Check(code="ENUM_TYPE_UNEXPECTED_STRING_VALUES", feature="city", severity="WARNING", allowed_share=0.01)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, TypeVar

from headrace.config.checks import Name, Share, accepted, expect, one_of, twice
from headrace.config.settings import Spec
from headrace.errors import UsageError
from headrace.schema.expressions import columns_of

OVER = ("rows", "statistics")
NULLS = ("pass", "fail")
SEVERITIES = ("ERROR", "WARNING", "IGNORE")


@dataclass(frozen=True, kw_only=True)
class Rule(Spec):
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

    name: Name
    expression: Annotated[str, accepted(columns_of)]
    over: Annotated[str, one_of(OVER)] = "rows"
    nulls: Annotated[str, one_of(NULLS)] = "pass"
    allowed_share: Share = 0.0
    severity: Annotated[str, one_of(SEVERITIES[:2])] = "ERROR"

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        if self.over == "statistics" and self.allowed_share:
            return ["allowed_share is of rows: a rule over statistics is true or not"]
        return []


def _fits_a_code(glob: str) -> bool:
    from headrace.schema.codes import CODES

    return any(fnmatchcase(code, glob) for code in CODES)


@dataclass(frozen=True, kw_only=True)
class Check(Spec):
    """What an anomaly of a type and feature means; both may be globs.

    Attributes:
        code: TFMD's name of the anomaly type, such as `FLOAT_TYPE_HAS_NAN`.
        feature: the feature; empty for the data set.
        severity: `ERROR`, `WARNING` or `IGNORE`; None leaves it as it is.
        allowed_share: share of the rows, 0..1, that may be so.

    Raises:
        UsageError: a value that can't be meant, a code that fits no anomaly type.
    """

    code: Annotated[str, expect(_fits_a_code, "one of TFMD's anomaly types, or a glob that fits one")] = "*"
    feature: str = "*"
    severity: Annotated[str, one_of(SEVERITIES)] | None = None
    allowed_share: Share = 0.0

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together."""
        if self.severity is None and not self.allowed_share:
            return ["it says nothing: give a severity or an allowed_share"]
        return []

    def fits(self, code: str, feature: str) -> bool:
        """Whether it speaks of such an anomaly."""
        return fnmatchcase(code, self.code) and fnmatchcase(feature, self.feature)


Made = TypeVar("Made", Rule, Check)


def same_names(rules: Iterable[Rule]) -> list[str]:
    """What is wrong where several rules have one name."""
    return [f"{count} rules are called {name!r}" for name, count in twice(rule.name for rule in rules)]


def to_tag(one: Rule | Check) -> str:
    """A line that a schema can carry; `from_tags` reads it."""
    said = one.to_settings(defaults=False)
    return f"{type(one).__name__.lower()}: {json.dumps(said, ensure_ascii=False, sort_keys=True)}"


def from_tags(kind: type[Made], tags: Iterable[str]) -> tuple[Made, ...]:
    """The rules, or checks, that the tags of a schema hold; other tags are passed over.

    Raises:
        UsageError: a tag that starts as one and is none.
    """
    prefix = f"{kind.__name__.lower()}: "
    made: list[Made] = []
    for tag in tags:
        if tag.startswith(prefix):
            try:
                made.append(kind.from_json(tag[len(prefix) :]))
            except UsageError as error:
                raise UsageError(f"the schema has a tag that is no {prefix[:-2]}: {tag!r}: {error}") from error
    if faults := same_names(one for one in made if isinstance(one, Rule)):
        raise UsageError(f"the schema: {'; '.join(faults)}")
    return tuple(made)
