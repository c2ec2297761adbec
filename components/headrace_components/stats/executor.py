"""What a Stats node does when it runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfx.types import artifact, artifact_utils

from headrace import ledger
from headrace.errors import UsageError
from headrace.stats import StatsSpec, write_statistics
from headrace.values import ColumnType
from headrace_components import parameters, payload
from headrace_components.beam_executor import BeamExecutor

READS = (payload.PARQUET, payload.TF_EXAMPLE)


class Executor(BeamExecutor):
    """Computes `statistics` of `examples`."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the output appears whole or not at all."""
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = input_dict["examples"]
        types = payload.types_of(*examples)
        spec = with_identifiers(StatsSpec.from_json(exec_properties["spec"]), types)
        schema = payload.optional(input_dict, "schema")
        (statistics,) = output_dict["statistics"]
        paths = paths_of(
            examples,
            union=parameters.text(exec_properties, "union"),
            each=bool(parameters.integer(exec_properties, "each")),
            exclude=json.loads(parameters.text(exec_properties, "exclude_splits") or "[]"),
        )

        rows = write_statistics(
            paths,
            statistics.uri,
            spec,
            schema=payload.read_schema(schema.uri) if schema else None,
            engine=self._engine(exec_properties),
        )

        statistics.split_names = artifact_utils.encode_split_names(list(paths))
        statistics.span = max(each.span or 0 for each in examples)
        payload.describe_ledgers(statistics, {"rows": ledger.total(rows.values())})
        payload.describe_types(statistics, types)
        payload.inherit_alarms(statistics, *examples)


def with_identifiers(spec: StatsSpec, types: Mapping[str, ColumnType]) -> StatsSpec:
    """The specification, with the columns whose type is identifier among its identifiers."""
    found = [name for name, kind in types.items() if kind.kind == "identifier" and name not in spec.exclude]
    return replace(spec, identifiers=tuple(dict.fromkeys([*spec.identifiers, *found])))


def paths_of(
    examples: Sequence[artifact.Artifact], *, union: str = "", each: bool = False, exclude: Sequence[str] = ()
) -> dict[str, list[str]]:
    """The shards of each split of the statistics, in the order of the artifacts.

    Raises:
        UsageError: all splits are excluded.
        DataError: a payload that can't be read, a split without files.
    """
    spans = [one.span for one in examples]
    found: dict[str, list[str]] = {}
    for number, one in enumerate(examples, 1):
        suffix = f"span-{one.span}" if all(spans) and len(set(spans)) == len(spans) else str(number)
        for split in payload.splits(one):
            if split not in exclude:
                name = f"{union or split}-{suffix}" if each else union or split
                found.setdefault(name, []).extend(payload.shards(one, split, payloads=READS))
    if not found:
        raise UsageError(
            f"exclude_splits ({', '.join(exclude)}) leaves no split of {', '.join(one.uri for one in examples)}"
        )
    return found
