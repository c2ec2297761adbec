"""Read-only connections to PostgreSQL and SQLite by ADBC (https://arrow.apache.org/adbc). No message has a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa

from headrace.config.secrets import masked
from headrace.errors import DataError, UsageError


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """How a worker reaches the database of a source; `password_env` names the variable with the password."""

    source: str
    uri: str
    password_env: str = "PGPASSWORD"

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of SQLite, else a PostgreSQL server."""
        return self.uri.startswith("sqlite:")


@contextmanager
def cursor_of(connection: DatabaseConnection) -> Iterator[Any]:
    """A cursor of a read-only connection.

    Raises:
        DataError: the database fails; in the driver's words, without the password.
        UsageError: the driver or the password is missing.
    """
    driver, options = _driver(connection)
    secrets = _secrets(connection)
    try:
        with driver.connect(_target(connection), autocommit=True) as opened, opened.cursor(**options) as cursor:
            if not connection.is_sqlite:
                cursor.execute("SET default_transaction_read_only = on")
                cursor.execute("SET TIME ZONE 'UTC'")
            yield cursor
    except (driver.Error, pa.ArrowException, OSError) as error:  # Arrow's, for what goes wrong while rows come
        words = str(error)
        for secret in secrets:
            words = words.replace(secret, "***")
        # From None: a traceback would print what was just taken out.
        raise DataError(f"source {connection.source!r}, {connection.uri}: {' '.join(masked(words).split())}") from None


def _driver(connection: DatabaseConnection) -> tuple[Any, dict[str, Any]]:
    extra = "sqlite" if connection.is_sqlite else "postgres"
    try:
        if connection.is_sqlite:
            import adbc_driver_sqlite.dbapi as sqlite

            # SQLite's columns have no type: by default the first rows would decide, and others fail.
            return sqlite, {"adbc_stmt_kwargs": {"adbc.sqlite.query.batch_rows": str(1 << 30)}}
        import adbc_driver_postgresql.dbapi as postgresql

        return postgresql, {}
    except ImportError:
        raise UsageError(f"source {connection.source!r} needs a driver: pip install 'headrace[{extra}]'") from None


def _target(connection: DatabaseConnection) -> str:
    if connection.is_sqlite:
        path = unquote(urlsplit(connection.uri).path)[1:]
        if not os.path.isfile(path):
            raise DataError(f"source {connection.source!r}: no such file: {path}")
        return f"file:{quote(path)}?mode=ro"
    if connection.password_env == "PGPASSWORD":
        return connection.uri  # the driver looks there itself, and into ~/.pgpass
    password = os.environ.get(connection.password_env)
    if password is None:
        raise UsageError(
            f"source {connection.source!r}: the environment variable {connection.password_env}, which is to hold the "
            "password, is not set"
        )
    return f"{connection.uri}{'&' if '?' in connection.uri else '?'}password={quote(password, safe='')}"


def _secrets(connection: DatabaseConnection) -> list[str]:
    password = os.environ.get(connection.password_env, "")
    return [secret for secret in (quote(password, safe=""), password) if secret]
