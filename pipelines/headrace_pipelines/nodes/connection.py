"""Where ML Metadata is, as a URI: a file where nodes run one after the other, a server where they run at once.

sqlite:///state/metadata.sqlite
postgresql://tfx:password@db.internal:5432/metadata
mysql://tfx:password@db.internal/metadata
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from headrace.errors import UsageError

VARIABLE = "HEADRACE_METADATA"
"""Environment variable with the URI, so that a password stands in no command."""

PORTS = {"postgresql": 5432, "mysql": 3306}
PASSWORDS = {"postgresql": "PGPASSWORD", "mysql": "MYSQL_PWD"}
"""Environment variables with the password where the URI, or the pipeline, has none."""


def connection_of(uri: str) -> Any:
    """A `ConnectionConfig` of ML Metadata.

    Raises:
        UsageError: the URI is of none of the three kinds; it is named without its password.
    """
    from ml_metadata.proto import metadata_store_pb2

    parts = urlsplit(uri)
    found = metadata_store_pb2.ConnectionConfig()
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        path = unquote(parts.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        found.sqlite.filename_uri = path
        found.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return found
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in PORTS or not parts.hostname or not database:
        raise UsageError(
            "expected ML Metadata's URI as sqlite:///PATH, postgresql://USER@HOST:PORT/DATABASE or "
            f"mysql://USER@HOST:PORT/DATABASE, got {_without_password(uri)!r}"
        )
    server = getattr(found, parts.scheme)
    port = parts.port or PORTS[parts.scheme]
    server.host, server.port = parts.hostname, str(port) if parts.scheme == "postgresql" else port
    server.user, server.password = unquote(parts.username or ""), unquote(parts.password or "")
    setattr(server, "dbname" if parts.scheme == "postgresql" else "database", database)
    return with_password(found)


def with_password(connection: Any) -> Any:
    """The connection with its password, from the environment where it has none, as ML Metadata takes it."""
    kind = connection.WhichOneof("config")
    if kind in PASSWORDS:
        server = getattr(connection, kind)
        server.password = server.password or os.environ.get(PASSWORDS[kind], "")
        if kind == "postgresql" and re.search(r"[\s'\\]", server.password):
            # ML Metadata pastes it as it is into libpq's `name=value name=value`, where such a value is quoted.
            server.password = "'{}'".format(re.sub(r"(['\\])", r"\\\1", server.password))
    return connection


def _without_password(uri: str) -> str:
    credentials, at, rest = uri.rpartition("@")
    return f"{credentials.rpartition(':')[0]}:...@{rest}" if at and ":" in credentials.partition("://")[2] else uri
