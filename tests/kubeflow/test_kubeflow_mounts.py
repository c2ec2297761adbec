import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace_pipelines.kubeflow import mounts

KEYS = st.from_regex(r"[a-z0-9][a-z0-9/._-]{0,40}", fullmatch=True)


@given(scheme=st.sampled_from(["minio://", "s3://", "gs://"]), key=KEYS)
def test_a_uri_comes_back_from_its_path(scheme: str, key: str) -> None:
    assert mounts.to_uri(mounts.to_path(scheme + key)) == scheme + key


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("minio://mlpipeline/v2/a", "/minio/mlpipeline/v2/a"),
        ("s3://bucket/a", "/s3/bucket/a"),
        ("gs://bucket/a", "/gcs/bucket/a"),
        ("/data/a", "/data/a"),
        ("", ""),
    ],
)
def test_uris_become_the_paths_where_the_launcher_puts_files(uri: str, path: str) -> None:
    assert mounts.to_path(uri) == path


def test_the_root_of_the_mounts_can_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mounts.ROOT_VARIABLE, "/pod")
    assert mounts.to_path("minio://b/a") == "/pod/minio/b/a"
    assert mounts.to_uri("/pod/minio/b/a") == "minio://b/a"
    assert mounts.to_uri("/minio/b/a") == "/minio/b/a"
