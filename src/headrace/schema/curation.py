"""A schema from statistics, the declarations of people, and the previous schema.

no previous schema    infer it from the statistics, then declare
freeze                the previous schema, then declare
widen                 the previous schema with the new features and values of the statistics, then declare
propose               the previous schema, then declare; separately, all changes that would make the data conform
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headrace.errors import UsageError
from headrace.schema.column_types import apply_types
from headrace.schema.declarations import Declarations
from headrace.schema.declare import declare
from headrace.schema.describe import describe
from headrace.schema.diff import Change, changes
from headrace.values import ColumnType

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

    from headrace.schema.tfdv_inference import Statistics

logger = logging.getLogger("headrace.schema")


@dataclass(frozen=True, kw_only=True)
class Curated:
    """A schema, and what differs from the previous one.

    Attributes:
        schema: the schema from now on.
        diff: what changed.
        pending: what did not: under `freeze`, the changes that `widen` would make; under `propose`, those of
            `proposed`.
        proposed: under `propose`, the schema that the data would conform to.
    """

    schema: schema_pb2.Schema
    diff: tuple[Change, ...]
    pending: tuple[Change, ...]
    proposed: schema_pb2.Schema | None = None


def curate(
    statistics: Statistics | Sequence[Statistics],
    declarations: Declarations,
    before: schema_pb2.Schema | None = None,
    types: Mapping[str, ColumnType] | None = None,
) -> Curated:
    """The schema from now on. Without a previous schema, every feature is a change.

    Args:
        statistics: of the rows, or of several splits of them: the schema then holds for all splits that have rows.
        declarations: what people declare.
        before: the previous schema.
        types: what the columns hold, as Ingest and the joins write it: times, units and identifiers are declared by it,
            where people declare nothing else.

    Raises:
        UsageError: declared features that the schema lacks, constraints that a type can't have; TFDV is not installed.
        DataError: the statistics are of no rows, so nothing can be inferred.
    """
    try:
        from headrace.schema.protos import copied
        from headrace.schema.tfdv_inference import has_rows, infer, propose, whole, widen
    except ModuleNotFoundError as error:
        raise UsageError(f"inferring a schema needs TFDV: pip install 'headrace[stats]' ({error})") from error

    given = list(statistics) if isinstance(statistics, Sequence) else [statistics]
    splits = [whole(split) for split in given if has_rows(split)] or [whole(split) for split in given]
    inferred = infer(splits)
    known = types or {}
    if before is None:
        apply_types(inferred, known)
        declare(inferred, declarations)
        return _logged(Curated(schema=inferred, diff=changes(None, describe(inferred)), pending=()))
    kept = copied(before)
    apply_types(kept, known)
    declare(kept, declarations)
    if declarations.policy == "propose":
        wide = propose(kept, inferred, splits)
    else:
        wide = copied(before)
        widen(wide, inferred, splits)
    apply_types(wide, known)
    declare(wide, declarations)
    if declarations.policy == "widen":
        return _logged(Curated(schema=wide, diff=changes(describe(before), describe(wide)), pending=()))
    return _logged(
        Curated(
            schema=kept,
            diff=changes(describe(before), describe(kept)),
            pending=changes(describe(kept), describe(wide)),
            proposed=wide if declarations.policy == "propose" else None,
        )
    )


def _logged(curated: Curated) -> Curated:
    counts = {"features": len(curated.schema.feature), "changed": len(curated.diff), "pending": len(curated.pending)}
    logger.info("curated the schema", extra=counts)
    return curated
