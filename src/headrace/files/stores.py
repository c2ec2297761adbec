"""Object stores and other file systems that are not local: what opens, lists and writes a path with a scheme.

    s3://bucket/key            Arrow's own client; s3a:// and s3n:// are the same
    gs://bucket/key            Arrow's own client; gcs:// is the same
    az://container/key         adlfs (`pip install 'headrace[azure]'`); abfs:// and abfss:// are the same
    hdfs://host/path, ...      what fsspec has for the scheme

Credentials, regions and profiles are those of the store's own variables and files (`AWS_PROFILE`, `AWS_REGION`,
`GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_CONNECTION_STRING`, ...); none of them is part of a path. Another
server than the vendor's is named by `AWS_ENDPOINT_URL`, by `STORAGE_EMULATOR_HOST`, or in the path of one file:

    s3://bucket/key?endpoint_override=http://127.0.0.1:9000&region=us-east-1

A key is taken literally: `%20` is three characters.
"""

from __future__ import annotations

import functools
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from pyarrow import fs

from headrace.errors import DataError, UsageError

S3, GCS, AZURE = ("s3", "s3a", "s3n"), ("gs", "gcs"), ("az", "abfs", "abfss")
WITH_FOLDERS = ("hdfs", "webhdfs", "sftp", "smb", "file")
"""Schemes of file systems that rename a folder with all that is in it."""
SETTINGS = ("endpoint_override", "region")
"""What may follow the path, behind a question mark."""
S3_ATTEMPTS = 10
GCS_RETRIES = timedelta(minutes=2)

_SETTINGS = re.compile(rf"\?((?:{'|'.join(SETTINGS)})=.*)$")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A path on a store.

    Attributes:
        files: the store's client.
        path: the bucket and the key, as the client takes them.
        start, end: what a path as users write it has before and behind `path`.
        has_folders: whether a folder can be renamed with all that is in it; an object store has none.
    """

    files: fs.FileSystem
    path: str
    start: str
    end: str = ""
    has_folders: bool = False

    @property
    def leaves_markers(self) -> bool:
        """Whether the client puts an empty object in place of a folder of which the last file is deleted."""
        return self.files.type_name == "s3"

    def written(self, path: str) -> str:
        """Another path of the same store, as users write it."""
        return f"{self.start}{path}{self.end}"


def place_of(path: str) -> Place:
    """Where a path with a scheme is.

    Raises:
        UsageError: nothing that is installed knows the scheme, a setting is wrong, or there is no bucket.
    """
    given, _, rest = path.partition("://")
    scheme, settings = given.lower(), ""
    if found := _SETTINGS.search(rest):
        settings, rest = found[1], rest[: found.start()]
    if scheme not in (*S3, *GCS, *AZURE):
        files, inside = _by_fsspec(path, scheme)
        return Place(files=files, path=inside, start=path.removesuffix(inside), has_folders=scheme in WITH_FOLDERS)
    bucket, _, key = rest.partition("/")
    if not bucket:
        raise UsageError(f"{path} names no bucket: expected {scheme}://bucket/key")
    files = _client(scheme, bucket, _options(path, settings))
    return Place(
        files=files,
        path=f"{bucket.partition('@')[0]}/{key}" if key else bucket.partition("@")[0],
        start=f"{given}://",
        end=f"?{settings}" if settings else "",
    )


def _options(path: str, settings: str) -> tuple[tuple[str, str], ...]:
    found = parse_qsl(settings, keep_blank_values=True)
    for name, value in found:
        if name not in SETTINGS or not value:
            raise UsageError(f"{path}: {name}={value} is not a setting of a store; expected {' or '.join(SETTINGS)}")
    return tuple(found)


@functools.lru_cache(maxsize=64)
def _client(scheme: str, bucket: str, options: tuple[tuple[str, str], ...]) -> fs.FileSystem:
    given = dict(options)
    if scheme in S3:
        return _s3(bucket, given)
    return _gcs(given) if scheme in GCS else _azure(bucket)


def _s3(bucket: str, given: dict[str, str]) -> fs.FileSystem:
    variables = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    endpoint = given.get("endpoint_override") or _variable(*variables)
    region = given.get("region") or _variable("AWS_REGION", "AWS_DEFAULT_REGION")
    # Amazon's standard strategy has a budget that Arrow never gives back: after 100 tries in vain a client has none.
    options: dict[str, Any] = {"retry_strategy": fs.AwsDefaultS3RetryStrategy(max_attempts=S3_ATTEMPTS)}
    if endpoint:
        options |= _endpoint(endpoint)
        region = region or "us-east-1"
    elif not region:
        try:
            region = fs.resolve_s3_region(bucket)
        except OSError:
            region = None  # the client says itself what is wrong
    return fs.S3FileSystem(region=region, **options)


def _gcs(given: dict[str, str]) -> fs.FileSystem:
    endpoint = given.get("endpoint_override") or _variable("STORAGE_EMULATOR_HOST")
    if not endpoint:
        return fs.GcsFileSystem(retry_time_limit=GCS_RETRIES)
    # What emulates the store knows no accounts.
    anonymous = "STORAGE_EMULATOR_HOST" in os.environ
    return fs.GcsFileSystem(anonymous=anonymous, retry_time_limit=GCS_RETRIES, **_endpoint(endpoint))


def _azure(container: str) -> fs.FileSystem:
    try:
        import adlfs
    except ModuleNotFoundError as error:
        raise UsageError("az:// and abfs:// need adlfs: pip install 'headrace[azure]'") from error
    # abfss://container@account.dfs.core.windows.net/key is how Azure itself writes it.
    account = container.partition("@")[2].partition(".")[0] or _variable("AZURE_STORAGE_ACCOUNT_NAME")
    return _of_fsspec(adlfs.AzureBlobFileSystem(account_name=account, anon=False))


def _by_fsspec(path: str, scheme: str) -> tuple[fs.FileSystem, str]:
    try:
        import fsspec
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{path}: s3://, gs:// and az:// are known; {scheme}:// needs fsspec, and the package that it uses for it: "
            "pip install fsspec"
        ) from error
    try:
        found, inside = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error
    return _of_fsspec(found), inside


def _of_fsspec(found: Any) -> fs.FileSystem:
    handler: Any = _Literal  # whose base the stubs take for abstract
    return fs.PyFileSystem(handler(found))


class _Literal(fs.FSSpecHandler):
    """Deletes and moves the file of a name; the base takes names for patterns, so that `[1].csv` would be `1.csv`."""

    fs: Any

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        # What was listed before may have changed; and of one level some file systems list all that is below.
        self.fs.invalidate_cache()
        base = selector.base_dir
        try:
            found = self.fs.find(base, detail=True).values() if selector.recursive else self.fs.ls(base, detail=True)
        except FileNotFoundError:
            if not selector.allow_not_found:
                raise
            return []
        create: Any = self._create_file_info  # type: ignore[attr-defined,unused-ignore]
        return [create(one["name"], one) for one in found if one["name"].rstrip("/") != base]

    def delete_file(self, path: str) -> None:
        self.fs.rm_file(path)

    def move(self, src: str, dest: str) -> None:
        if self.fs.isdir(src):
            self.fs.mv(src, dest, recursive=True)
        else:
            self.fs.cp_file(src, dest)
            self.fs.rm_file(src)


def _endpoint(url: str) -> dict[str, Any]:
    scheme, separator, host = url.rpartition("://")
    return {"endpoint_override": host.rstrip("/"), **({"scheme": scheme} if separator else {})}


def _variable(*names: str) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


class RangeReader(io.RawIOBase):
    """A file of a store as a stream that never asks for bytes behind its end, which some stores take for an error."""

    def __init__(self, file: Any, path: str) -> None:
        self._file, self._path = file, path
        self._size: int = file.size()
        self._place = 0

    def readinto(self, buffer: Any) -> int:
        """Fetches as many bytes as `buffer` has room for, if there are as many."""
        count = max(0, min(len(buffer), self._size - self._place))
        found = self._fetch(count)
        buffer[: len(found)] = found
        return len(found)

    def readall(self) -> bytes:
        """Fetches the rest; the base would ask for 8 KiB at a time."""
        return self._fetch(max(0, self._size - self._place))

    def _fetch(self, count: int) -> bytes:
        with named_errors(self._path):
            found: bytes = self._file.read_at(count, self._place) if count else b""
        self._place += len(found)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place; nothing is fetched."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()


def info_of(path: str) -> fs.FileInfo:
    """What there is: a file with its size and time, a folder, or nothing."""
    place = place_of(path.rstrip("/"))
    with named_errors(path):
        (info,) = place.files.get_file_info([place.path])
    found: fs.FileInfo = info
    return found


def version_of(path: str) -> tuple[object, ...] | None:
    """What tells a file of a store from another of the same name; None where there is none.

    Its ETag and generation, where the store has them, and else its size and the time of its last change.
    """
    info = info_of(path)
    if info.type != fs.FileType.File:
        return None
    with named_errors(path):
        return info.size, *(_tags(place_of(path)) or (info.mtime_ns,))


def _tags(place: Place) -> tuple[object, ...]:
    if isinstance(place.files, fs.PyFileSystem):
        handler: Any = place.files.handler
        told = handler.fs.info(place.path)
    else:
        with place.files.open_input_file(place.path) as file:
            told = file.metadata() or {}
    return tuple(value for name, value in told.items() if name.lower() in ("etag", "generation"))


@contextmanager
def named_errors(path: str) -> Iterator[None]:
    """Says of an error of a store which path it is about, and whether access is denied."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(2, "there is no such file", path) from error
    except OSError as error:
        words = str(error)
        if _DENIED.search(words):
            raise DataError(
                f"{path}: the store denies access (this is not a missing file): check the credentials, their rights to "
                f"read, list and write there, and the region; it says: {words}"
            ) from error
        if path in words:
            raise
        raise OSError(f"{path}: {words}") from error


_DENIED = re.compile(
    r"ACCESS_DENIED|AccessDenied|Forbidden|\b403\b|code \[?15\]?|InvalidAccessKeyId|SignatureDoesNotMatch"
)
