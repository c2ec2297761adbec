"""The connection to ML Metadata, from a URI: a file for nodes that run one after the other, else a server.

sqlite:///state/metadata.sqlite
postgresql://tfx:password@db.internal:5432/metadata
mysql://tfx:password@db.internal/metadata
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from headrace.errors import UsageError

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

URI_VARIABLE = "HEADRACE_METADATA"
"""Environment variable with the URI, so that no command line has to contain a password."""

PORTS = {"postgresql": 5432, "mysql": 3306}
PASSWORD_VARIABLES = {"postgresql": "PGPASSWORD", "mysql": "MYSQL_PWD"}
"""Environment variables with the password, where neither the URI nor the pipeline contains one."""


def connection_config(uri: str) -> metadata_store_pb2.ConnectionConfig:
    """The connection that a URI describes.

    Raises:
        UsageError: the URI is not one of the three kinds; the message shows it without its password.
    """
    from ml_metadata.proto import metadata_store_pb2

    parts = urlsplit(uri)
    config = metadata_store_pb2.ConnectionConfig()
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        path = unquote(parts.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        config.sqlite.filename_uri = path
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return config
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in PORTS or not parts.hostname or not database:
        raise UsageError(
            "expected ML Metadata's URI as sqlite:///PATH, postgresql://USER@HOST:PORT/DATABASE or "
            f"mysql://USER@HOST:PORT/DATABASE, got {_without_password(uri)!r}"
        )
    server = getattr(config, parts.scheme)
    port = parts.port or PORTS[parts.scheme]
    server.host, server.port = parts.hostname, str(port) if parts.scheme == "postgresql" else port
    server.user, server.password = unquote(parts.username or ""), unquote(parts.password or "")
    setattr(server, "dbname" if parts.scheme == "postgresql" else "database", database)
    return with_password(config)


def with_password(config: metadata_store_pb2.ConnectionConfig) -> metadata_store_pb2.ConnectionConfig:
    """The connection with a password as ML Metadata expects it, taken from the environment if it has none."""
    kind = config.WhichOneof("config")
    if kind in PASSWORD_VARIABLES:
        server = getattr(config, kind)
        server.password = server.password or os.environ.get(PASSWORD_VARIABLES[kind], "")
        if kind == "postgresql" and re.search(r"[\s'\\]", server.password):
            # ML Metadata inserts it unchanged into libpq's `name=value name=value`, where such a value must be quoted.
            server.password = "'{}'".format(re.sub(r"(['\\])", r"\\\1", server.password))
    return config


def _without_password(uri: str) -> str:
    credentials, at, rest = uri.rpartition("@")
    return f"{credentials.rpartition(':')[0]}:...@{rest}" if at and ":" in credentials.partition("://")[2] else uri
