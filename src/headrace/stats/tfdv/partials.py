"""Partial statistics: computed from rows, merged, and turned into TFDV's proto.

A data set is the whole or a slice. Its partial is the accumulator of each generator. `partials_of` computes one for
each data set from batches, `merge` makes one of several, `extract` turns one into TFDV's proto. Two things differ
from TFDV's defaults, because L-infinity and distribution functions are measured on them later: values are counted
exactly up to `rank_values`, and quantiles come in `quantile_buckets`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.statistics import merge_util

from headrace.errors import DataError
from headrace.stats.reading.columns import columns_to_read, refuse_weights, weights_in_doubles
from headrace.stats.reading.keyed_rows import KeyedRows, with_keys
from headrace.stats.reading.slicing import WHOLE, refuse_many, slices
from headrace.stats.spec.nested import Slice
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.tfdv.context import StatsContext
from headrace.stats.tfdv.sampled import RowsGenerator


class DataSet(NamedTuple):
    """The whole, or a slice: the key of the `Slice` that makes it, and its name, as in `("city", "city_Oslo")`."""

    slicing: str
    name: str


ALL_ROWS = DataSet("", WHOLE)

Partial = list[Any]
"""The accumulator of each generator. Pickles."""


def in_memory(batches: Iterable[pa.RecordBatch], context: StatsContext) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of consecutive batches of features (every column a list), computed one after the other.

    Raises:
        DataError: a feature to slice or to weight by can't be used so, or makes too many slices.
    """
    spec = context.spec
    rows = (rows.select(columns_to_read(spec, rows.batch.schema.names)) for rows in with_keys(batches))
    partials = dict(partials_of((each.sample(spec.sample_rate) for each in rows), context))
    result = statistics_pb2.DatasetFeatureStatisticsList()
    for data_set in in_order(partials):
        result.datasets.append(extract(data_set, partials.pop(data_set), context))
    return result


def partials_of(
    batches: Iterable[KeyedRows], context: StatsContext, place: str = "the rows"
) -> Iterator[tuple[DataSet, Partial]]:
    """The partials of the whole of some rows and of each slice.

    Raises:
        DataError: a feature to slice by can't be used so, or makes too many slices; TFDV can't take the rows.
    """
    spec = context.spec
    partials: dict[DataSet, Partial] = {ALL_ROWS: [generator.create_accumulator() for generator in context.whole]}
    for rows in batches:
        refuse_weights(rows.batch, spec.weights, place)
        rows = KeyedRows(weights_in_doubles(rows.batch, spec.weights), rows.keys)
        kept = _kept(spec, rows.batch.schema.names)
        for data_set, part in _data_sets(rows, spec.slicings):
            generators = _generators(data_set, context)
            known = partials.get(data_set) or [generator.create_accumulator() for generator in generators]
            fed = part.select(kept)
            try:
                partials[data_set] = [
                    _add(generator, accumulator, fed) for generator, accumulator in zip(generators, known, strict=True)
                ]
            except (TypeError, ValueError) as error:
                raise DataError(f"{place}: {error}") from error
        refuse_many_slices(partials)
    for data_set in list(partials):
        yield data_set, _compact(_generators(data_set, context), partials.pop(data_set))


def merge(data_set: DataSet, partials: Sequence[Partial], context: StatsContext) -> Partial:
    """One partial of several of a data set, merged in the given order. Consumes its arguments.

    Raises:
        DataError: a feature has different types in different parts.
    """
    generators = _generators(data_set, context)
    if len(partials) == 1:
        return partials[0]
    try:
        merged = [
            generator.merge_accumulators(accumulators)
            for generator, accumulators in zip(generators, zip(*partials, strict=True), strict=True)
        ]
    except (TypeError, ValueError, pa.ArrowInvalid) as error:
        raise DataError(f"the parts of the data don't fit each other: {error}") from error
    return _compact(generators, merged)


def extract(data_set: DataSet, partial: Partial, context: StatsContext) -> statistics_pb2.DatasetFeatureStatistics:
    """TFDV's proto of a data set, features in the order of the columns, others by name. Consumes its argument.

    A schema is inferred in this order, and stock Transform reads Parquet only with a schema in the order of the file.
    """
    spec, position = context.spec, context.position
    outputs = [g.extract_output(known) for g, known in zip(_generators(data_set, context), partial, strict=True)]
    (result,) = merge_util.merge_dataset_feature_statistics(outputs).datasets
    features = sorted(
        result.features, key=lambda feature: (position.get(feature.path.step[0], len(position)), [*feature.path.step])
    )
    wanted = [f for f in features if not spec.features or f.path.step[0] in spec.features]
    del result.features[:]
    result.features.extend(wanted)
    result.name = data_set.name if spec.slices else ""
    return result


def in_order(data_sets: Iterable[DataSet]) -> list[DataSet]:
    """The whole first, then the slices by name."""
    return sorted(data_sets, key=lambda one: (one != ALL_ROWS, one.name, one.slicing))


def refuse_many_slices(data_sets: Iterable[DataSet]) -> None:
    """Holds the limit of slices over all batches and parts, each of which may stay within it.

    Raises:
        DataError: a `Slice` makes too many.
    """
    for slicing, count in Counter(one.slicing for one in data_sets if one.slicing).items():
        refuse_many(slicing, count)


def _data_sets(rows: KeyedRows, slicings: Sequence[Slice]) -> Iterator[tuple[DataSet, KeyedRows]]:
    yield ALL_ROWS, rows
    for slicing in slicings:
        for name, part in slices(rows, slicing):
            yield DataSet(slicing.key, name), part


def _kept(spec: StatsSpec, names: Sequence[str]) -> set[str]:
    # A feature that is read only to slice by it gets no statistics.
    if not spec.features:
        return set(names)
    return {*spec.features, *spec.weights} | ({spec.label} if spec.mutual_information or spec.lift else set())


def _generators(data_set: DataSet, context: StatsContext) -> list[Any]:
    return context.whole if data_set == ALL_ROWS else context.sliced


def _add(generator: Any, accumulator: Any, rows: KeyedRows) -> Any:
    if isinstance(generator, RowsGenerator):
        return generator.add_rows(accumulator, rows)
    return generator.add_input(accumulator, rows.batch)


def _compact(generators: Sequence[Any], accumulators: Partial) -> Partial:
    return [generator.compact(known) for generator, known in zip(generators, accumulators, strict=True)]
