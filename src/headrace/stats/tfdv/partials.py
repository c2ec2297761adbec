"""What is known of some rows, made, merged and drawn.

A data set is the whole or a slice. Its partial is the accumulator of each generator. `partials_of` makes one for each
data set from batches, `merge` makes one of several, `extract` turns one into TFDV's proto. Two things differ from
TFDV's defaults, because L-infinity and distribution functions are measured on them later: values are counted exactly
up to `rank_values`, and quantiles come in `quantile_buckets`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.statistics import merge_util

from headrace.errors import DataError
from headrace.stats.declared import Slice
from headrace.stats.reading import columns_to_read, refuse_weights, weights_in_doubles
from headrace.stats.rows import Rows, rows_of, select
from headrace.stats.slices import WHOLE, refuse_many, slices
from headrace.stats.spec import StatsSpec
from headrace.stats.tfdv.making import Making
from headrace.stats.tfdv.sampled import RowsGenerator

Key = tuple[str, str]
"""A data set: what cuts it and its name, as in `("city", "city_Oslo")`."""

Partial = list[Any]
"""The accumulator of each generator. Pickles."""

ALL_ROWS: Key = ("", WHOLE)


def statistics(
    batches: Iterable[pa.RecordBatch], spec: StatsSpec, schema: schema_pb2.Schema | None = None
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of batches of features (every column a list) that follow each other, in this process.

    Raises:
        DataError: a feature to slice or to weigh by can't be, or has too many values.
    """
    making = Making(spec, schema.SerializeToString() if schema is not None else b"")
    rows = (
        Rows(select(rows.batch, columns_to_read(spec, rows.batch.schema.names)), rows.keys) for rows in rows_of(batches)
    )
    partials = dict(partials_of((each.sample(spec.sample_rate) for each in rows), making))
    result = statistics_pb2.DatasetFeatureStatisticsList()
    for key in in_order(partials):
        result.datasets.append(extract(key, partials.pop(key), making))
    return result


def partials_of(batches: Iterable[Rows], making: Making, place: str = "the rows") -> Iterator[tuple[Key, Partial]]:
    """What is known of the whole of some rows and of each slice.

    Raises:
        DataError: a feature to slice by can't be, or has too many values in these rows; TFDV can't take the rows.
    """
    partials: dict[Key, Partial] = {ALL_ROWS: [generator.create_accumulator() for generator in making.whole]}
    for rows in batches:
        refuse_weights(rows.batch, making.spec.weights, place)
        rows = Rows(weights_in_doubles(rows.batch, making.spec.weights), rows.keys)
        kept = _kept(making.spec, rows.batch.schema.names)
        for key, part in _data_sets(rows, making.spec.cuts):
            generators = _generators(key, making)
            known = partials.get(key) or [generator.create_accumulator() for generator in generators]
            fed = Rows(select(part.batch, kept), part.keys)
            try:
                partials[key] = [_add(g, accumulator, fed) for g, accumulator in zip(generators, known, strict=True)]
            except (TypeError, ValueError) as error:
                raise DataError(f"{place}: {error}") from error
        refuse_many_slices(partials)
    for key in list(partials):
        yield key, _compact(_generators(key, making), partials.pop(key))


def merge(key: Key, partials: Sequence[Partial], making: Making) -> Partial:
    """What is known of a data set from several partials, merged in the given order. Uses up its arguments.

    Raises:
        DataError: a feature is of another type in another part.
    """
    generators = _generators(key, making)
    if len(partials) == 1:
        return partials[0]
    try:
        merged = [
            g.merge_accumulators(column) for g, column in zip(generators, zip(*partials, strict=True), strict=True)
        ]
    except (TypeError, ValueError, pa.ArrowInvalid) as error:
        raise DataError(f"the parts of the data don't fit each other: {error}") from error
    return _compact(generators, merged)


def extract(key: Key, partial: Partial, making: Making) -> statistics_pb2.DatasetFeatureStatistics:
    """TFDV's proto of a data set, features in the order of the columns, others by name. Uses up its argument.

    A schema is inferred in this order, and stock Transform reads Parquet only by one in that of the file.
    """
    spec = making.spec
    outputs = [g.extract_output(known) for g, known in zip(_generators(key, making), partial, strict=True)]
    (dataset,) = merge_util.merge_dataset_feature_statistics(outputs).datasets
    place = making.place
    features = sorted(
        dataset.features, key=lambda feature: (place.get(feature.path.step[0], len(place)), list(feature.path.step))
    )
    wanted = [f for f in features if not spec.features or f.path.step[0] in spec.features]
    del dataset.features[:]
    dataset.features.extend(wanted)
    dataset.name = key[1] if spec.slices else ""
    return dataset


def in_order(keys: Iterable[Key]) -> list[Key]:
    """The whole first, then the slices by name."""
    return sorted(keys, key=lambda key: (key != ALL_ROWS, key[1], key[0]))


def refuse_many_slices(keys: Iterable[Key]) -> None:
    """Holds the limit of slices over all batches and parts: each batch may keep within it, and many would not.

    Raises:
        DataError: something to slice by makes too many.
    """
    for cut, count in Counter(cut for cut, _ in keys if cut).items():
        refuse_many(cut, count)


def _data_sets(rows: Rows, cuts: Sequence[Slice]) -> Iterator[tuple[Key, Rows]]:
    yield ALL_ROWS, rows
    for cut in cuts:
        for name, part in slices(rows, cut):
            yield (cut.key, name), part


def _kept(spec: StatsSpec, names: Sequence[str]) -> set[str]:
    # What was read only to slice by it gets no statistics.
    if not spec.features:
        return set(names)
    return {*spec.features, *spec.weights} | ({spec.label} if spec.mutual_information or spec.lift else set())


def _generators(key: Key, making: Making) -> list[Any]:
    return making.whole if key == ALL_ROWS else making.sliced


def _add(generator: Any, accumulator: Any, rows: Rows) -> Any:
    if isinstance(generator, RowsGenerator):
        return generator.add_rows(accumulator, rows)
    return generator.add_input(accumulator, rows.batch)


def _compact(generators: Sequence[Any], accumulators: Partial) -> Partial:
    return [generator.compact(known) for generator, known in zip(generators, accumulators, strict=True)]
