"""Whether statistics conform to a schema (imports TFDV): TFDV's verdict, a fault for each of its reasons."""

from __future__ import annotations

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from headrace.errors import UsageError
from headrace.schema.faults import SchemaFault
from headrace.schema.tfdv import whole


def validate(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    *,
    environment: str | None = None,
) -> list[SchemaFault]:
    """Every way in which the rows as a whole do not conform, by feature and code. Slices are not looked at.

    Args:
        statistics: of the rows.
        schema: what they should conform to. Its comparators need a baseline and are left to the skew check.
        environment: such as `TRAINING` or `SERVING`, one of the schema's.

    Raises:
        UsageError: the schema has no such environment.
        DataError: the statistics are of no rows.
    """
    if environment is not None and environment not in schema.default_environment:
        has = ", ".join(schema.default_environment) or "none"
        raise UsageError(f"the schema has no environment {environment!r}; it has: {has}")
    anomalies = tfdv.validate_statistics(whole(statistics), schema, environment=environment)
    found = [fault for info in anomalies.anomaly_info.items() for fault in _faults(*info)]
    found += _faults("", anomalies.dataset_anomaly_info)
    return sorted(found, key=lambda fault: (fault.feature, fault.code))


def _faults(feature: str, info: anomalies_pb2.AnomalyInfo) -> list[SchemaFault]:
    severity = anomalies_pb2.AnomalyInfo.Severity.Name(info.severity)
    name = ".".join(info.path.step) or feature
    return [
        SchemaFault(
            feature=name,
            code=anomalies_pb2.AnomalyInfo.Type.Name(reason.type),
            words=reason.description or reason.short_description,
            severity=severity,
        )
        for reason in info.reason
    ]
