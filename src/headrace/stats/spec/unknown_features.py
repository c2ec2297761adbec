"""Features that a specification names and the data lack.

StatsSpec(slices=("cty",), exclude=("id",)), data with city, id   ->   'cty' (slices); they have: city, id

The data have a feature if any shard of any split has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from headrace.errors import UsageError
from headrace.stats.spec.stats_spec import StatsSpec


def refuse_unknown(spec: StatsSpec, known: Collection[str]) -> None:
    """Checks that the data have every feature that the specification names.

    Data without any feature, such as a file without records, can't tell: then nothing is refused. Features in
    conditions of slices are left to the evaluation of the condition.

    Raises:
        UsageError: they lack some; all of them are named, each with the fields that name it.
    """
    fields: dict[str, list[str]] = {}
    for field, name in _named(spec):
        if name not in known and field not in fields.setdefault(name, []):
            fields[name].append(field)
    missing = {name: found for name, found in fields.items() if found}
    if missing and known:
        listed = ", ".join(f"{name!r} ({', '.join(missing[name])})" for name in sorted(missing))
        raise UsageError(
            f"the statistics name features that the data do not have: {listed}; they have: {', '.join(sorted(known))}"
        )


def _named(spec: StatsSpec) -> Iterator[tuple[str, str]]:
    for field in ("features", "exclude"):
        yield from ((field, name) for name in getattr(spec, field))
    yield from (("slices", name) for slicing in spec.slicings for name in slicing.features)
    yield from (("identifiers", name) for name in spec.identifiers)
    yield from (("weight", name) for name in spec.weights)
    yield from (("label", name) for name in (spec.label,) if name)
    if not isinstance(spec.crosses, bool):
        yield from (("crosses", name) for pair in spec.crosses for name in pair)
    if spec.mutual_information:
        yield from (("mutual_information", name) for name in spec.mutual_information.categorical)
    yield from (("overrides", name) for name in spec.overrides)
