"""What TFX's cache has to see of the files that an Ingest node reads: it compares parameters, not files."""

import glob
import hashlib
import os

from headrace.ingest import IngestSpec


def fingerprint(spec: IngestSpec) -> str:
    """A hash of path, size and time of change of every local file that the patterns match now; empty if none does."""
    patterns = [pattern for source in spec.sources for pattern in source.patterns if "://" not in pattern]
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern, recursive=True)})
    if not paths:
        return ""
    seen = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
