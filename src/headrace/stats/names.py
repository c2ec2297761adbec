"""Features that a specification names, against those that the data have.

StatsSpec(slices=("cty",), exclude=("id",)), data with city, id   ->   'cty' (slices); they have: city, id

A feature counts as there if any shard of any split has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from headrace.stats.spec import StatsSpec


def unknown(spec: StatsSpec, there: Collection[str]) -> str:
    """What the specification names and the data lack, all of it, in words; empty if there is nothing such.

    Data that show no feature at all, such as a file without records, tell nothing: then nothing is unknown. What a
    condition of a slice names is left to the condition.
    """
    fields: dict[str, list[str]] = {}
    for field, name in _named(spec):
        if name not in there and field not in fields.setdefault(name, []):
            fields[name].append(field)
    missing = {name: found for name, found in fields.items() if found}
    if not missing or not there:
        return ""
    named = ", ".join(f"{name!r} ({', '.join(missing[name])})" for name in sorted(missing))
    return f"the statistics name features that the data have not: {named}; they have: {', '.join(sorted(there))}"


def _named(spec: StatsSpec) -> Iterator[tuple[str, str]]:
    for field in ("features", "exclude"):
        yield from ((field, name) for name in getattr(spec, field))
    yield from (("slices", name) for cut in spec.cuts for name in cut.features)
    yield from (("identifiers", name) for name in spec.identifiers)
    yield from (("weight", name) for name in spec.weights)
    yield from (("label", name) for name in (spec.label,) if name)
    if not isinstance(spec.crosses, bool):
        yield from (("crosses", name) for pair in spec.crosses for name in pair)
    if spec.mutual_information:
        yield from (("mutual_information", name) for name in spec.mutual_information.categorical)
    yield from (("overrides", name) for name in spec.overrides)
