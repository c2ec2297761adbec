"""A verdict as TFMD's `Anomalies`, which stock tools show (imports `tensorflow_metadata`, not TFDV)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorflow_metadata.proto.v0 import anomalies_pb2

from headrace.skew.distances.measure import measures
from headrace.skew.profiles.profile import WHOLE
from headrace.skew.verdict.findings import Finding, Verdict

TYPES = {
    "FEATURE_MISSING": "SCHEMA_MISSING_COLUMN",
    "FEATURE_NEW": "SCHEMA_NEW_COLUMN",
    "TYPE_CHANGED": "UNEXPECTED_DATA_TYPE",
    "ROWS_LOW": "COMPARATOR_LOW_NUM_EXAMPLES",
    "ROWS_HIGH": "COMPARATOR_HIGH_NUM_EXAMPLES",
    "TOO_FEW_ROWS": "DATASET_LOW_NUM_EXAMPLES",
    "NO_ROWS": "DATASET_LOW_NUM_EXAMPLES",
    "NOT_NEWER": "NO_DATA_IN_SPAN",
    "NOT_COMPARABLE": "STATS_NOT_AVAILABLE",
}
"""TFMD's anomaly type for each code that is not of a measure, which has its own; a code of the schema is a type."""


def to_anomalies(verdict: Verdict) -> anomalies_pb2.Anomalies:
    """Alarms and warnings by feature and of the data set, and what was measured of every feature, alarm or not.

    `drift_skew_info` holds the distances over the whole data; TFMD has no place for slices, so an alarm's words name
    its.
    """
    anomalies = anomalies_pb2.Anomalies(anomaly_name_format=anomalies_pb2.Anomalies.SERIALIZED_PATH)
    by_feature: dict[str, list[Finding]] = {}
    for finding in (*verdict.alarms, *verdict.warnings):
        by_feature.setdefault(finding.feature, []).append(finding)
    types = TYPES | {one.code: one.anomaly_type for one in measures().values() if one.anomaly_type}
    for feature, alarms in by_feature.items():
        info = anomalies.anomaly_info[feature] if feature else anomalies.dataset_anomaly_info
        _fill(info, feature, alarms, types)
    _measurements(anomalies, verdict.findings)
    return anomalies


def _fill(info: anomalies_pb2.AnomalyInfo, feature: str, alarms: list[Finding], type_names: Mapping[str, str]) -> None:
    grave = any(finding.alarm for finding in alarms)
    info.severity = anomalies_pb2.AnomalyInfo.ERROR if grave else anomalies_pb2.AnomalyInfo.WARNING
    if feature:
        info.path.step.append(feature)
    for finding in alarms:
        where = f" in {finding.slice}" if finding.slice else ""
        name = type_names.get(finding.code, finding.code)
        types = anomalies_pb2.AnomalyInfo.Type
        info.reason.add(
            type=types.Value(name) if name in types.keys() else types.Value("UNKNOWN_TYPE"),  # noqa: SIM118
            short_description=f"{finding.comparison}: {finding.code}{where}",
            description=_words(finding),
        )
    info.short_description = info.reason[0].short_description if len(alarms) == 1 else "Multiple errors"
    info.description = " ".join(reason.description for reason in info.reason)


def _words(finding: Finding) -> str:
    where = f"In {finding.slice}: " if finding.slice else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    if finding.distance is None or finding.threshold is None:
        return f"{where}{finding.reason}{hint}."
    noise = "" if finding.noise_floor is None else f", noise floor {finding.noise_floor:.4g}"
    figures = f"{finding.measure} {finding.distance:.4g}, threshold {finding.threshold:.4g}{noise}"
    return f"{where}{finding.reason}{hint}; {figures}."


def _measurements(anomalies: anomalies_pb2.Anomalies, findings: Iterable[Finding]) -> None:
    infos: dict[str, anomalies_pb2.DriftSkewInfo] = {}
    for finding in findings:
        measure = measures().get(finding.measure)
        if finding.slice != WHOLE or finding.distance is None or measure is None or not measure.measurement_type:
            continue
        if finding.feature not in infos:
            infos[finding.feature] = anomalies.drift_skew_info.add()
            infos[finding.feature].path.step.append(finding.feature)
        info = infos[finding.feature]
        into = info.drift_measurements if finding.comparison == "drift" else info.skew_measurements
        into.add(
            type=anomalies_pb2.DriftSkewInfo.Measurement.Type.Value(measure.measurement_type),
            value=finding.distance,
            threshold=finding.threshold or 0.0,
        )
