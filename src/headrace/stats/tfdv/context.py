"""What is needed to compute statistics: the specification, the schema, and TFDV's generators for both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2

from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.tfdv.basic import Basic
from headrace.stats.tfdv.cross_features import CrossFeatures
from headrace.stats.tfdv.distinct import Distinct
from headrace.stats.tfdv.lift import Lift
from headrace.stats.tfdv.mutual_information import MutualInformationGenerator
from headrace.stats.tfdv.options import options, schema_with_categories
from headrace.stats.tfdv.sampled import Sampled
from headrace.stats.tfdv.values import SketchedValues, Values


@dataclass(frozen=True)
class StatsContext:
    """Pickles without its generators, which are made anew in each process.

    Attributes:
        spec: the statistics to compute.
        schema: a serialized `Schema` proto; empty for none.
        columns: the features in the order of the data, as far as it is known.
    """

    spec: StatsSpec
    schema: bytes = b""
    columns: tuple[str, ...] = ()

    @cached_property
    def position(self) -> dict[str, int]:
        """The position of each column."""
        return {name: position for position, name in enumerate(self.columns)}

    @cached_property
    def parsed_schema(self) -> schema_pb2.Schema | None:
        """The schema, with the categorical features of the specification."""
        return schema_with_categories(self.spec, schema_pb2.Schema.FromString(self.schema) if self.schema else None)

    @cached_property
    def whole(self) -> list[Any]:
        """The generators for the data set of all rows."""
        return self._generators(sliced=False)

    @cached_property
    def sliced(self) -> list[Any]:
        """The generators for a slice."""
        return self._generators(sliced=True)

    def _generators(self, *, sliced: bool) -> list[Any]:
        spec, schema = self.spec, self.parsed_schema
        found: list[Any] = [Basic(spec, schema, sliced=sliced), Values(spec, schema, sliced=sliced)]
        if not sliced:
            found.append(Distinct(schema))
        if any(override.sketched for override in spec.overrides.values()):
            found.append(SketchedValues(spec, schema, sliced=sliced))
        if schema is not None:
            by_schema = options(spec, schema)
            by_schema.add_default_generators = by_schema.enable_semantic_domain_stats = False
            found += stats_impl.get_generators(by_schema, in_memory=True)
        if spec.semantic_domains:
            semantic = tfdv.StatsOptions(add_default_generators=False, enable_semantic_domain_stats=True)
            for generator in stats_impl.get_generators(semantic, in_memory=True):
                found.append(Sampled(generator, spec.semantic_sample_rate))
        if spec.crosses:
            found.append(CrossFeatures(spec))
        if spec.lift:
            found.append(Lift(spec))
        if spec.mutual_information and not sliced:
            found.append(MutualInformationGenerator(spec))
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {"spec": self.spec, "schema": self.schema, "columns": self.columns}
