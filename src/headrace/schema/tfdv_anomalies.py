"""TFDV's anomalies of statistics against a schema, as faults (imports TFDV)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from headrace.schema.codes import WORDS
from headrace.schema.faults import SchemaFault
from headrace.schema.tfdv_inference import Statistics

BATCH = 100
"""Features that TFDV validates at once."""


def anomalies(
    dataset: Statistics, schema: schema_pb2.Schema, environment: str | None, sides: Mapping[str, Statistics]
) -> list[SchemaFault]:
    """A fault for each reason of each anomaly.

    Args:
        dataset: statistics of one data set.
        schema: what it should conform to.
        environment: one of the schema's; None for none.
        sides: `previous_statistics` and `serving_statistics` of `tfdv.validate_statistics`, each of one data set.
    """
    known = schema_pb2.Schema()
    known.CopyFrom(schema)
    for feature in known.feature:
        if feature.HasField("time_of_day_domain"):
            feature.ClearField("time_of_day_domain")  # TFDV calls it an unknown type of domain
    found: list[SchemaFault] = []
    for batch in _by_batches(dataset, known, environment, sides):
        found += [fault for feature, info in batch.anomaly_info.items() for fault in _faults(feature, info)]
        found += _faults("", batch.dataset_anomaly_info)
    return found


def _by_batches(
    dataset: Statistics, schema: schema_pb2.Schema, environment: str | None, sides: Mapping[str, Statistics]
) -> Iterator[anomalies_pb2.Anomalies]:
    # `BATCH` features at a time: the time TFDV takes grows with the square of their number.
    has = [feature.path.step[0] if feature.path.step else feature.name for feature in dataset.datasets[0].features]
    names = list(dict.fromkeys([feature.name for feature in schema.feature] + has))
    if len(names) <= BATCH or schema.sparse_feature or schema.weighted_feature:  # these concern several features
        yield tfdv.validate_statistics(dataset, schema, environment=environment, **sides)
        return
    for start in range(0, len(names), BATCH):
        batch = set(names[start : start + BATCH])
        part = schema_pb2.Schema()
        part.CopyFrom(schema)
        del part.feature[:]
        part.feature.extend(feature for feature in schema.feature if feature.name in batch)
        if start:
            part.ClearField("dataset_constraints")
        stats = {name: _of_features(side, batch) for name, side in sides.items()}
        yield tfdv.validate_statistics(_of_features(dataset, batch), part, environment=environment, **stats)


def _of_features(statistics: Statistics, names: AbstractSet[str]) -> Statistics:
    (whole_data,) = statistics.datasets
    features = [f for f in whole_data.features if (f.path.step[0] if f.path.step else f.name) in names]
    found = statistics_pb2.DatasetFeatureStatisticsList()
    found.datasets.add(
        name=whole_data.name,
        num_examples=whole_data.num_examples,
        weighted_num_examples=whole_data.weighted_num_examples,
        features=features,
    )
    return found


def _faults(feature: str, info: anomalies_pb2.AnomalyInfo) -> list[SchemaFault]:
    severity = anomalies_pb2.AnomalyInfo.Severity.Name(info.severity)
    name = ".".join(info.path.step) or feature
    return [
        SchemaFault(
            feature=name,
            code=(code := anomalies_pb2.AnomalyInfo.Type.Name(reason.type)),
            reason=WORDS.get(code, "an anomaly"),
            detail=reason.description or reason.short_description,
            severity=severity,
        )
        for reason in info.reason
    ]
