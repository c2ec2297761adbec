"""Features that a specification names, against those that the data have.

StatsSpec(slices=("cty",), exclude=("id",)), data with city, id   ->   'cty' (slices); they have: city, id

A feature counts as there if any shard of any split has it.
"""

from __future__ import annotations

from collections.abc import Collection

from headrace.stats.spec import StatsSpec

FIELDS = ("exclude", "slices", "identifiers")
"""The fields of a `StatsSpec` that name features."""


def unknown(spec: StatsSpec, there: Collection[str]) -> str:
    """What the specification names and the data lack, all of it, in words; empty if there is nothing such.

    Data that show no feature at all, such as a file without records, tell nothing: then nothing is unknown.
    """
    fields: dict[str, list[str]] = {}
    for field in FIELDS:
        for name in getattr(spec, field):
            if name not in there:
                fields.setdefault(name, []).append(field)
    if not fields or not there:
        return ""
    named = ", ".join(f"{name!r} ({', '.join(fields[name])})" for name in sorted(fields))
    return f"the statistics name features that the data have not: {named}; they have: {', '.join(sorted(there))}"
