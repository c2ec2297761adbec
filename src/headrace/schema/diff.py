"""What changed from one schema to another, by feature and aspect, and whether old and new data still conform.

    before: city in {Oslo}   after: city in {Oslo, Rome}   ->   domain: + 'Rome'   backward compatible

A change is *backward* compatible when the new schema reads old data: whatever conformed before still conforms. It is
*forward* compatible when the old schema reads new data: whatever conforms now would have conformed before. Both are
*full*, neither is *breaking*, as Avro and schema registries call it. A change whose effect is unknown is neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.schema.describe import ASPECTS, WHOLE_ASPECTS, Description

WHOLE = "(all rows)"
"""The name of the data set as a whole where a feature is named."""
_SHOWN = 8
# The range of a boolean that has no texts for true and false.
_BOOLEAN = {"min": 0, "max": 1}
# Aspects that determine how data sets are compared and what is reported, not which data conform.
_NOT_OF_DATA = ("drift", "skew", "checks", "unit")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One changed aspect of one feature.

    Attributes:
        feature: its name; empty for the data set as a whole.
        aspect: one of `describe.ASPECTS` or `WHOLE_ASPECTS`; `feature` for one that is new or removed, `first` for each
            feature of a first schema.
        before, after: as in `describe`; None if there is none.
        backward, forward: whether the change is backward or forward compatible.
    """

    feature: str
    aspect: str
    before: Any
    after: Any
    backward: bool
    forward: bool

    @property
    def compatibility(self) -> str:
        """`full`, `backward`, `forward` or `breaking`."""
        if self.backward and self.forward:
            return "full"
        return "backward" if self.backward else "forward" if self.forward else "breaking"

    @property
    def words(self) -> str:
        """The change in one line, without the feature."""
        return _words(self)

    def to_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.__dict__, "compatibility": self.compatibility, "words": self.words}


def changes(before: Description | None, after: Description) -> tuple[Change, ...]:
    """The changes between two schemas, by feature and aspect; a first schema (None before) breaks nothing."""
    if before is None:
        return tuple(_change(feature, "first", None, after[feature]) for feature in sorted(after) if feature)
    found: list[Change] = _whole_changes(before.get("", {}), after.get("", {}))
    environments = _environments(before), _environments(after)
    for feature in sorted((before.keys() | after.keys()) - {""}):
        if feature not in before:
            found.append(_change(feature, "feature", None, after[feature]))
        elif feature not in after:
            found.append(_change(feature, "feature", before[feature], None))
        else:
            found += [
                _change(feature, aspect, before[feature].get(aspect), after[feature].get(aspect), environments)
                for aspect in ASPECTS
                if before[feature].get(aspect) != after[feature].get(aspect)
                and not (aspect == "environments" and _is_everywhere(before[feature], after[feature], environments))
            ]
    return tuple(found)


def text(found: Sequence[Change]) -> str:
    """The changes as text, one line each."""
    if not found:
        return "no changes"
    width = max(len(change.feature or WHOLE) for change in found)
    return "\n".join(
        f"{change.feature or WHOLE:<{width}}  {change.words}  [{change.compatibility}]" for change in found
    )


def markdown(found: Sequence[Change]) -> str:
    """The changes as a Markdown table."""
    if not found:
        return "No changes.\n"
    rows = [f"| `{change.feature or WHOLE}` | {_escaped(change.words)} | {change.compatibility} |" for change in found]
    return "\n".join(["| feature | change | compatible |", "|---|---|---|", *rows, ""])


def _whole_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [
        _change("", aspect, before.get(aspect), after.get(aspect))
        for aspect in WHOLE_ASPECTS
        if before.get(aspect) != after.get(aspect)
    ]


def _environments(described: Description) -> frozenset[str]:
    """All environments of a schema."""
    return frozenset(described.get("", {}).get("environments") or ())


def _is_everywhere(
    before: Mapping[str, Any], after: Mapping[str, Any], environments: tuple[frozenset[str], frozenset[str]]
) -> bool:
    """Whether a feature is in all environments before and after: what changed then is the schema, not the feature."""
    return all(set(one["environments"]) == known for one, known in zip((before, after), environments, strict=True))


def _change(
    feature: str,
    aspect: str,
    before: Any,
    after: Any,
    environments: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
) -> Change:
    if aspect == "feature":
        # Old data conform to a new feature if rows may lack it; old data that have a removed feature do not conform.
        described = before if after is None else after
        optional = not described["presence"] or not (described["presence"]["share"] or described["presence"]["rows"])
        backward, forward = (False, optional) if after is None else (optional, False)
    elif aspect == "first" or aspect in _NOT_OF_DATA:
        backward = forward = True
    elif aspect == "environments" and feature:
        # A feature must be present in its environments, and must be absent in all others.
        # Data of an environment that only one of the schemas has are no data of the other.
        apart = environments[0] ^ environments[1]
        backward = forward = set(before) - apart == set(after) - apart
    else:
        backward, forward = _allows(aspect, after, before), _allows(aspect, before, after)
    return Change(feature=feature, aspect=aspect, before=before, after=after, backward=backward, forward=forward)


def _allows(aspect: str, wide: Any, narrow: Any) -> bool:
    # Whether whatever conforms to `narrow` conforms to `wide`.
    if aspect == "type":
        # INT to FLOAT breaks as well: to TFDV and to parsers of tf.Example an int64_list is not a float_list.
        return bool(wide == narrow)
    if aspect == "environments":
        return set(narrow or ()) <= set(wide or ())
    if aspect == "rules":
        return set(wide or ()) <= set(narrow or ())
    if wide is None or narrow is None:
        return wide is None
    if aspect == "presence":
        return bool(wide["share"] <= narrow["share"] and wide["rows"] <= narrow["rows"])
    if "values" in wide and "values" in narrow:
        covers = set(narrow["values"]) <= set(wide["values"]) and wide["new_values"] >= narrow["new_values"]
        return bool(wide["new_values"] >= 1 or covers)
    if aspect == "further":
        return False
    wide, narrow = (_BOOLEAN if side == {"kind": "bool"} else side for side in (wide, narrow))
    if aspect == "rows" and wide["drift"] != narrow["drift"]:
        return False
    if "min" in wide and "min" in narrow:
        if any(wide.get(flag) and not narrow.get(flag) for flag in ("disallow_nan", "disallow_inf")):
            return False
        return _low(wide) <= _low(narrow) and _high(wide) >= _high(narrow)
    return bool(wide == narrow)


def _low(bounds: Mapping[str, Any]) -> float:
    return -math.inf if bounds["min"] is None else float(bounds["min"])


def _high(bounds: Mapping[str, Any]) -> float:
    return math.inf if bounds["max"] is None else float(bounds["max"])


def _words(change: Change) -> str:
    before, after = change.before, change.after
    if change.aspect in ("first", "feature"):
        kind = (after or before)["type"]
        return f"new feature of type {kind}" if before is None else f"removed; it was of type {kind}"
    if change.aspect == "domain" and before and after and "values" in before and "values" in after:
        return "domain: " + "; ".join(_value_words(before, after))
    return f"{change.aspect}: {shown(before)} -> {shown(after)}"


def _value_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    words = []
    for sign, values in (
        ("+", sorted(set(after["values"]) - set(before["values"]))),
        ("-", sorted(set(before["values"]) - set(after["values"]))),
    ):
        if values:
            words.append(f"{sign} {_listed(values)}")
    if before["new_values"] != after["new_values"]:
        words.append(f"share of new values {before['new_values']:g} -> {after['new_values']:g}")
    return words


def shown(value: Any, *, quote: bool = True) -> str:
    """An aspect of a feature as text; `quote` puts the texts of lists in quotes."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return _listed(value, quote) if value else "none"
    if isinstance(value, dict):
        if "values" in value:
            new = f", {value['new_values']:g} may be new" if value["new_values"] else ""
            return f"{{{_listed(value['values'], quote)}}}{new}"
        return ", ".join(f"{name} {'none' if part is None else part}" for name, part in value.items())
    return str(value)


def _listed(values: Sequence[Any], quote: bool = True) -> str:
    some = ", ".join(repr(value) if quote else str(value) for value in values[:_SHOWN])
    return some if len(values) <= _SHOWN else f"{some} and {len(values) - _SHOWN:,} more"


def _escaped(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")
