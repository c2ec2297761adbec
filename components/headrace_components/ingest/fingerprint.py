"""What TFX's cache has to see of the files that an Ingest node reads: it compares parameters, not files."""

import glob
import hashlib
import os
import re

from headrace.ingest import IngestSpec, Source


def fingerprint(spec: IngestSpec) -> str:
    """A hash of path, size and time of change of every local file that the patterns match now; empty if none does.

    Of patterns with spans every span counts; what is elsewhere or in a database is not seen.
    """
    files = [source for source in spec.sources if isinstance(source, Source)]
    patterns = [re.sub(r"{[^}]*}", "*", pattern) for source in files for pattern in source.patterns]
    patterns = [pattern for pattern in patterns if "://" not in pattern]
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern, recursive=True)})
    if not paths:
        return ""
    seen = [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
