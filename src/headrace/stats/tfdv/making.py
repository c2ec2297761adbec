"""What a worker needs to make statistics: the specification, the schema, and TFDV's generators for both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2

from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.basic import Basic
from headrace.stats.tfdv.crosses import Crosses
from headrace.stats.tfdv.information import Information
from headrace.stats.tfdv.lift import Lift
from headrace.stats.tfdv.options import options, schema_of
from headrace.stats.tfdv.sampled import Sampled
from headrace.stats.tfdv.values import Sketched, Values


@dataclass(frozen=True)
class Making:
    """A specification, a serialized schema (or none), columns in the order of the data where it is known. Pickles."""

    spec: StatsSpec
    schema: bytes = b""
    columns: tuple[str, ...] = ()

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each column."""
        return {name: place for place, name in enumerate(self.columns)}

    @cached_property
    def parsed(self) -> schema_pb2.Schema | None:
        """The schema, with what the specification knows of categories."""
        return schema_of(self.spec, schema_pb2.Schema.FromString(self.schema) if self.schema else None)

    @cached_property
    def whole(self) -> list[Any]:
        """The generators for the data set of all rows."""
        return self._generators(sliced=False)

    @cached_property
    def sliced(self) -> list[Any]:
        """The generators for a slice."""
        return self._generators(sliced=True)

    def _generators(self, *, sliced: bool) -> list[Any]:
        spec, schema = self.spec, self.parsed
        made: list[Any] = [Basic(spec, schema, sliced=sliced), Values(spec, schema, sliced=sliced)]
        if any(override.sketched for override in spec.overrides.values()):
            made.append(Sketched(spec, schema, sliced=sliced))
        if schema is not None:
            by_schema = options(spec, schema)
            by_schema.add_default_generators = by_schema.enable_semantic_domain_stats = False
            made += stats_impl.get_generators(by_schema, in_memory=True)
        if spec.semantic_domains:
            semantic = tfdv.StatsOptions(add_default_generators=False, enable_semantic_domain_stats=True)
            made += [Sampled(g, spec.semantic_sample_rate) for g in stats_impl.get_generators(semantic, in_memory=True)]
        if spec.crosses:
            made.append(Crosses(spec))
        if spec.lift:
            made.append(Lift(spec))
        if spec.mutual_information and not sliced:
            made.append(Information(spec))
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {"spec": self.spec, "schema": self.schema, "columns": self.columns}
