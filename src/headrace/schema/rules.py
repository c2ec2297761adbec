"""Rules over several features, and how severe an anomaly is: plain data that a schema carries.

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
        name: the name of the rule.
        expression: over the features of a row, or over the statistics of all rows: `heart_rate.mean`, `num_examples`.
            DuckDB's SQL, without queries, aggregates, and functions that give another result each time.
        over: `rows` or `statistics`.
        nulls: whether a row for which the expression is null, as for a missing value, passes (`pass`) or breaks the
            rule (`fail`).
        allowed_share: share of the rows, 0..1, that may break the rule.
        severity: `ERROR` or `WARNING`.

    Raises:
        UsageError: settings are invalid, or the expression is not allowed.
    """

    name: Name
    expression: Annotated[str, accepted(columns_of)]
    over: Annotated[str, one_of(OVER)] = "rows"
    nulls: Annotated[str, one_of(NULLS)] = "pass"
    allowed_share: Share = 0.0
    severity: Annotated[str, one_of(SEVERITIES[:2])] = "ERROR"

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        if self.over == "statistics" and self.allowed_share:
            return ["allowed_share applies to rows: a rule over statistics is either true or not"]
        return []


def _fits_a_code(glob: str) -> bool:
    from headrace.schema.codes import CODES

    return any(fnmatchcase(code, glob) for code in CODES)


@dataclass(frozen=True, kw_only=True)
class Check(Spec):
    """How severe anomalies of a type and a feature are; both may be globs.

    Attributes:
        code: TFMD's name of the anomaly type, such as `FLOAT_TYPE_HAS_NAN`.
        feature: the feature; empty for the data set.
        severity: `ERROR`, `WARNING` or `IGNORE`; None does not change it.
        allowed_share: share of the rows, 0..1, that may be affected.

    Raises:
        UsageError: settings are invalid, or the code fits no anomaly type.
    """

    code: Annotated[str, expect(_fits_a_code, "one of TFMD's anomaly types, or a glob that fits one")] = "*"
    feature: str = "*"
    severity: Annotated[str, one_of(SEVERITIES)] | None = None
    allowed_share: Share = 0.0

    def conflicts(self) -> Iterable[str]:
        """What is wrong with several settings together."""
        if self.severity is None and not self.allowed_share:
            return ["it has no effect: give a severity or an allowed_share"]
        return []

    def fits(self, code: str, feature: str) -> bool:
        """Whether it applies to such an anomaly."""
        return fnmatchcase(code, self.code) and fnmatchcase(feature, self.feature)


Tagged = TypeVar("Tagged", Rule, Check)


def same_names(rules: Iterable[Rule]) -> list[str]:
    """What is wrong if several rules have the same name."""
    return [f"{count} rules are called {name!r}" for name, count in twice(rule.name for rule in rules)]


def to_tag(one: Rule | Check) -> str:
    """A tag of a schema; `from_tags` reads it."""
    settings = one.to_settings(defaults=False)
    return f"{type(one).__name__.lower()}: {json.dumps(settings, ensure_ascii=False, sort_keys=True)}"


def from_tags(kind: type[Tagged], tags: Iterable[str]) -> tuple[Tagged, ...]:
    """The rules, or checks, in the tags of a schema; other tags are skipped.

    Raises:
        UsageError: a tag starts like one but can't be read, or two rules have the same name.
    """
    prefix = f"{kind.__name__.lower()}: "
    found: list[Tagged] = []
    for tag in tags:
        if tag.startswith(prefix):
            try:
                found.append(kind.from_json(tag[len(prefix) :]))
            except UsageError as error:
                raise UsageError(f"the schema has a tag that is not a valid {prefix[:-2]}: {tag!r}: {error}") from error
    if faults := same_names(one for one in found if isinstance(one, Rule)):
        raise UsageError(f"the schema: {'; '.join(faults)}")
    return tuple(found)
