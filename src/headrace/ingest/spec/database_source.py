"""Rows of a database as a source: an SQL query, in partitions, and never a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from headrace.ingest.spec.fields import refuse

SCHEMES = ("postgresql", "postgres", "sqlite")
MAX_PARTITIONS = 10_000


@dataclass(frozen=True, kw_only=True)
class DatabaseSource:
    """What an SQL `query`, or several, give: PostgreSQL (`postgresql://user@host:5432/runs`) or SQLite (`sqlite:///runs.db`).

    Each query is one portion of work. With `partition_by`, a column of its result that holds numbers, dates or times,
    it is read in `partitions` ranges of that column instead, by as many workers; nulls and values beyond the ends are
    in the ranges too. A portion must fit in a worker's memory. The password stands in the environment variable
    `password_env` of each worker; a `uri` that holds one is refused. Transactions are read-only.
    """

    name: str
    uri: str
    query: str | tuple[str, ...]
    partition_by: str | None = None
    partitions: int = 8
    password_env: str = "PGPASSWORD"

    def __post_init__(self) -> None:
        if not isinstance(self.query, str):
            object.__setattr__(self, "query", tuple(self.query))
        faults = []
        if not self.name:
            faults.append("a source needs a name, got ''")
        faults.extend(_uri_faults(self.uri))
        if not self.queries or not all(isinstance(query, str) and query.strip(" \n\t;") for query in self.queries):
            faults.append(f"query must be an SQL query or several, got {self.query!r}")
        if self.partition_by is not None and not self.partition_by:
            faults.append("partition_by must be a column of the query's result, got ''")
        if not 1 <= self.partitions <= MAX_PARTITIONS:
            faults.append(f"partitions must be in [1, {MAX_PARTITIONS}], got {self.partitions!r}")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.password_env):
            # Whoever mistakes it for the password itself must not find that in a log.
            faults.append("password_env must be the name of an environment variable, such as PGPASSWORD")
        refuse(f"source {self.name!r}", faults)

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries, always as a tuple."""
        return (self.query,) if isinstance(self.query, str) else self.query

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of SQLite, else a PostgreSQL server."""
        return self.uri.startswith("sqlite:")


def masked(text: str) -> str:
    """`text` with `***` in place of whatever may be a password in a connection string."""
    text = re.sub(r"(://[^/@\s:]*):[^\s\"']*@", r"\1:***@", text)
    return re.sub(r"(?i)(password\s*=\s*)('[^']*'|[^\s&\"']+)", r"\1***", text)


def _uri_faults(uri: str) -> list[str]:
    # The URI itself is never repeated: it may hold what must not be told.
    scheme = uri.split("://", 1)[0] if "://" in uri else ""
    if scheme not in SCHEMES:
        got = f"scheme {scheme!r}" if re.fullmatch(r"[a-z0-9+]+", scheme) else "no scheme"
        return [f"uri must begin with postgresql:// or sqlite:///, got {got}"]
    try:
        parts = urlsplit(uri)
        password = parts.password
    except ValueError:
        return ["uri can't be read: expected such as postgresql://user@host:5432/database"]
    if password is not None or any(key.lower().endswith("password") for key in parse_qs(parts.query, True)):
        return ["uri holds a password, which would travel with the spec: take it out, and set it in the environment"]
    if scheme == "sqlite" and (parts.netloc or not parts.path.strip("/")):
        return ["uri of SQLite must be sqlite:///relative/path or sqlite:////absolute/path"]
    return []
