import pytest

from headrace.errors import DataError, UsageError
from headrace_pipelines.nodes.ir import read_dag

URIS = [
    "db.internal/metadata",
    "oracle://u:s3cret@db/metadata",
    "postgresql:///metadata",
    "postgresql://u:s3cret@db",
    "mysql://u:s3cret@/metadata",
    "sqlite://",
    "sqlite://host/file",
]


@pytest.mark.tfx
@pytest.mark.parametrize("uri", URIS)
def test_a_uri_of_another_kind_is_refused_without_its_password(uri: str) -> None:
    from headrace_pipelines.nodes.connection import connection_config

    with pytest.raises(UsageError, match="expected ML Metadata's URI as sqlite:///PATH") as refused:
        connection_config(uri)
    assert "s3cret" not in str(refused.value)


@pytest.mark.tfx
def test_a_server_s_uri_names_host_port_user_password_and_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from headrace_pipelines.nodes.connection import connection_config

    found = connection_config("postgresql://tfx:a%2Fb@db:5433/metadata").postgresql
    assert (found.host, found.port, found.user, found.password) == ("db", "5433", "tfx", "a/b")
    assert found.dbname == "metadata"
    quoted = connection_config("postgresql://tfx:it%27s%20%5C@db/metadata").postgresql
    assert quoted.password == r"'it\'s \\'"
    monkeypatch.setenv("MYSQL_PWD", "from outside")
    other = connection_config("mysql://tfx@db/metadata").mysql
    assert (other.host, other.port, other.password, other.database) == ("db", 3306, "from outside", "metadata")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nodes": []}', '{"pipelineInfo": {"id": "a"}, "nodes": [1]}'])
def test_a_file_that_is_no_compiled_pipeline_is_named(tmp_path, text: str) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"pipeline\.json: expected a pipeline as `headrace compile ir` writes it"):
        read_dag(str(path))
