"""Policy `null_field`: a value at fault becomes null in a field that may be without one, and is counted.

bpm (optional) "x1"   ->  bpm null, the row stays; NulledValues(field="bpm", reason="bad_integer", count=1, ...)
id (required)  ""     ->  the row is rejected, as under any other policy
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headrace.ingest.records.text_rows import TextRows
from headrace.ingest.spec.fields import Field
from headrace.ingest.values.typed import Typed
from headrace.values.choose import choose


@dataclass(frozen=True, kw_only=True)
class NulledValues:
    """Faulty values of one field that became null for one reason: how many, and the first of them with its line.

    `file` and `source` are set where chunks of several files are looked at together.
    """

    field: str
    reason: str
    count: int
    value: str | None
    line: int
    file: str = ""
    source: str = ""


def null_faults(typed: Mapping[str, Typed], nullable: Collection[str]) -> tuple[dict[str, Typed], dict[str, pa.Array]]:
    """`typed` with null for each faulty value of the `nullable` fields, and the reasons taken from those."""
    taken = {name: one.reasons for name, one in typed.items() if name in nullable and one.reasons is not None}
    cleared = {name: _cleared(typed[name], reasons) for name, reasons in taken.items()}
    return {name: cleared.get(name, one) for name, one in typed.items()}, taken


def _cleared(one: Typed, reasons: pa.Array) -> Typed:
    return Typed(values=choose(reasons.is_valid(), pa.scalar(None, one.values.type), one.values), reasons=None)


def count_nulled(
    rows: TextRows,
    taken: Mapping[str, pa.Array],
    good: npt.NDArray[np.bool_],
    fields: Sequence[Field],
) -> tuple[NulledValues, ...]:
    """How many values of each field became null, by reason, in rows that stay; value and line of the first of each.

    Lines count from the chunk's start. Order: fields, then reasons by name.
    """
    found = []
    for field in fields:
        if field.name not in taken:
            continue
        reasons = choose(pa.array(good), taken[field.name], None)
        for reason in sorted(pc.unique(reasons.drop_null()).to_pylist()):
            which = np.flatnonzero(pc.equal(reasons, pa.scalar(reason)).fill_null(False).to_numpy(zero_copy_only=False))
            found.append(
                NulledValues(
                    field=field.name,
                    reason=reason,
                    count=len(which),
                    value=rows.columns[field.path][int(which[0])].as_py(),
                    line=int(rows.records.lines[rows.kept[which[0]]]),
                )
            )
    return tuple(found)


def merge_nulled(counts: Iterable[NulledValues]) -> list[NulledValues]:
    """Counts of chunks, in their order, as counts of all: value, line and file are those of the first."""
    found: dict[tuple[str, str], NulledValues] = {}
    for one in counts:
        key = one.field, one.reason
        found[key] = replace(found[key], count=found[key].count + one.count) if key in found else one
    return list(found.values())
