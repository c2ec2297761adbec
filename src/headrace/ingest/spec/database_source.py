"""Rows of a database as a source: an SQL query, in partitions, and never a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from urllib.parse import parse_qs, urlsplit

from headrace.config.checks import HIDDEN, NOT_EMPTY, Check, Name, between, expect
from headrace.config.settings import Spec
from headrace.ingest.formats.database_connection import DatabaseConnection

SCHEMES = ("postgresql", "postgres", "sqlite")
MAX_PARTITIONS = 10_000


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# If somebody takes it for the password itself, that must not get into a log.
_VARIABLE_IN_WORDS = "the name of an environment variable, such as PGPASSWORD"

Query: TypeAlias = Annotated[str, expect(lambda query: query.strip(" \n\t;"), "an SQL query")]


def _uri_fault(uri: str) -> str:
    # The URI itself is never repeated: it may hold a password.
    scheme = uri.split("://", 1)[0] if "://" in uri else ""
    if scheme not in SCHEMES:
        got = f"scheme {scheme!r}" if re.fullmatch(r"[a-z0-9+]+", scheme) else "no scheme"
        return f"must begin with postgresql:// or sqlite:///, got {got}"
    try:
        parts = urlsplit(uri)
        password = parts.password
    except ValueError:
        return "can't be read: expected such as postgresql://user@host:5432/database"
    if password is not None or any(key.lower().endswith("password") for key in parse_qs(parts.query, True)):
        return "holds a password, which would travel with the spec: take it out, and set it in the environment"
    if scheme == "sqlite" and (parts.netloc or not parts.path.strip("/")):
        return "of SQLite must be sqlite:///relative/path or sqlite:////absolute/path"
    return ""


@dataclass(frozen=True, kw_only=True)
class DatabaseSource(Spec):
    """What an SQL `query`, or several, give: PostgreSQL (`postgresql://user@host:5432/runs`) or SQLite (`sqlite:///runs.db`).

    Each query is one portion of work. With `partition_by`, a column of its result that holds numbers, dates or times,
    it is read in `partitions` ranges of that column instead, each a portion; nulls and values beyond the ends are in
    the ranges too. A portion must fit in a worker's memory. The password is in the environment variable `password_env`
    of each worker; a `uri` that holds one is refused. Transactions are read-only.
    """

    name: Name
    uri: Annotated[str, HIDDEN, Check(_uri_fault)]
    query: Query | Annotated[tuple[Query, ...], NOT_EMPTY]
    partition_by: Name | None = None
    partitions: Annotated[int, between(1, MAX_PARTITIONS)] = 8
    password_env: Annotated[str, HIDDEN, expect(_VARIABLE.fullmatch, _VARIABLE_IN_WORDS)] = "PGPASSWORD"

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries, always as a tuple."""
        return (self.query,) if isinstance(self.query, str) else self.query

    @property
    def connection(self) -> DatabaseConnection:
        """How a worker reaches the database."""
        return DatabaseConnection(source=self.name, uri=self.uri, password_env=self.password_env)
