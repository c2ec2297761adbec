"""Point-in-time features: what was known about an event's keys at its time, and nothing that came later."""

from headrace.point_in_time.aggregate import Aggregate, Where
from headrace.point_in_time.join import Joined, join_features
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.tables import AsOfTable, EventStream

__all__ = ["Aggregate", "AsOfTable", "EventStream", "Joined", "PointInTimeSpec", "Where", "join_features"]
