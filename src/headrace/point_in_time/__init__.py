"""Point-in-time features: what was known about an event's keys at its time, and nothing that came later."""

from headrace.point_in_time.aggregate import Aggregate, Where
from headrace.point_in_time.join import JoinedFeatures, join_features
from headrace.point_in_time.run import FeatureJoinResult, join_feature_files
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import AsOfTable, EventStream

__all__ = [
    "Aggregate",
    "AsOfTable",
    "EventStream",
    "FeatureJoinResult",
    "JoinedFeatures",
    "PointInTimeSpec",
    "Where",
    "join_feature_files",
    "join_features",
]
