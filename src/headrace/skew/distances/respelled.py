"""Values that had another spelling before: with leading zeros, in other letters, in another Unicode form.

    before "02139" "10001"     now "2139" "10001"     ->  0.5: '2139' for '02139', leading zeros
    before "Zürich" (NFC)      now "Zürich" (NFD)     ->  1.0: another Unicode form
    before "Oslo"              now "OSLO "            ->  1.0: case and blanks

Two spellings of a value are one value to people, and two to a join or a model.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.new_values import NewValuesNoise, all_now
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats
from headrace.words import counted, percent

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


@register
class Respelled(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "respelled", "RESPELLED_VALUES", 0.01
    title = "share of respelled values"
    needs = "values"
    kinds = ("categorical",)
    anomaly_type = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"

    def measure(self, pair: FeaturePair) -> Measurement | None:
        """The share of rows whose value is new, but for its spelling; None where there is none."""
        new = self._respelled(pair)
        if not new:
            return None
        counts = pair.counts
        share = float(counts.b[list(new)].sum() / counts.rows_b)
        first = max(new, key=lambda place: (counts.b[place], counts.values[place]))
        value, former = counts.values[first], counts.values[new[first]]
        weights: Counter[str] = Counter()
        for place, old in new.items():
            weights[difference(counts.values[old], counts.values[place])] += int(counts.b[place])
        words = (
            f"{percent(share)} of rows have one of {counted(len(new), 'value')} that had another spelling "
            f"{pair.labels[0]}, such as {_seen(value, former)} for {_seen(former, value)}"
        )
        return Measurement(distance=share, reason=words, hint=weights.most_common(1)[0][0])

    def noise(self, pair: FeaturePair, *, tested: bool) -> NewValuesNoise:
        """Its law."""
        groups = _groups(pair.counts.values)
        pooled = np.round(pair.counts.a + pair.counts.b)
        own = np.array([pooled[place] for group in groups for place in group])
        others = np.array([pooled[group].sum() - pooled[place] for group in groups for place in group])
        return RespelledNoise(own, others, *pair.present)

    def _respelled(self, pair: FeaturePair) -> dict[int, int]:
        """Places of values that are new, each with the place of the most frequent spelling that it had before."""
        counts = pair.counts
        if not np.any((counts.a == 0) & (counts.b > 0)):
            return {}
        found: dict[int, int] = {}
        for group in _groups(counts.values):
            former = max(group, key=lambda place: counts.a[place])
            if counts.a[former] > 0:
                found |= {place: former for place in group if counts.a[place] == 0 and counts.b[place] > 0}
        return found


class RespelledNoise(NewValuesNoise):
    """The law of the share: by chance all rows of a spelling fall on the current side, and not all of the others do."""

    def __init__(self, own: Floats, others: Floats, rows_a: int, rows_b: int) -> None:
        p = all_now(own, rows_a, rows_b) * (1 - all_now(others, rows_a, rows_b))
        self._sum_up(own, p, np.ones(len(own)), rows_b)


def _seen(text: str, other: str) -> str:
    # Two Unicode forms of a text look the same.
    alike = unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", other)
    return ascii(text) if alike else repr(text)


def _groups(values: Sequence[str]) -> list[list[int]]:
    """Places of the values that differ in spelling only, where there are several."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        groups[spelling_free(value)].append(place)
    return [group for group in groups.values() if len(group) > 1]


def spelling_free(value: str) -> str:
    """A text that all spellings of a value share."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    value = "".join(value.split()).casefold()
    return _bare_number(value) if value[:1] in "+-0123456789" else value


def _bare_number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        return value
    sign, digits = ("-", value[1:]) if value[0] == "-" else ("", value.lstrip("+"))
    whole, _, part = digits.partition(".")
    part = part.rstrip("0")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + part if part else ''}"


def difference(former: str, value: str) -> str:
    """In what two spellings of a value differ, in words."""
    normal = [next((form for form in _FORMS if unicodedata.is_normalized(form, text)), "") for text in (former, value)]
    if unicodedata.normalize("NFC", former) == unicodedata.normalize("NFC", value):
        return f"another Unicode form, {' -> '.join(normal)}" if all(normal) else "another Unicode form"
    one, other = (unicodedata.normalize("NFKC", text) for text in (former, value))
    if one == other:
        return "another Unicode form, as of full-width letters or no-break spaces"
    bare, other_bare = "".join(one.split()), "".join(other.split())
    if bare.casefold() == other_bare.casefold():
        words = "case" if one.casefold() == other.casefold() else "blanks" if bare == other_bare else "case and blanks"
        return f"looks like a change of {words}"
    if bare.lstrip("0") == other_bare.lstrip("0"):
        return f"leading zeros are {'lost' if len(bare) > len(other_bare) else 'new'}"
    return "the same numbers, written differently"
