"""Names of the columns that a collector's envelope is read into."""

from __future__ import annotations

TIME = "@timestamp"

ENVELOPE = "@envelope"
