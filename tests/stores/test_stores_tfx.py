"""A pipeline of TFX whose root is on a store: its nodes, and TFX's own files, by one client."""

import pytest

pytestmark = [pytest.mark.tfx, pytest.mark.stores]


def test_tfx_asks_for_files_of_a_store_as_it_asks_for_those_of_a_disk(root, tmp_path):
    from tfx.dsl.io import fileio

    import headrace_components  # noqa: F401

    def tried(base):
        """What TFX is told, step by step."""
        fileio.makedirs(f"{base}/a/b")
        with fileio.open(f"{base}/a/b/1.txt", "w") as file:
            file.write("Łódź\n")
        with fileio.open(f"{base}/a/b/2.bin", "wb") as file:
            file.write(b"\x00\xff")
        yield fileio.open(f"{base}/a/b/1.txt").read()
        yield fileio.open(f"{base}/a/b/2.bin", "rb").read()
        fileio.copy(f"{base}/a/b/1.txt", f"{base}/a/c.txt")
        yield sorted(one.removeprefix(base) for one in fileio.glob(f"{base}/a/*"))
        yield sorted(fileio.listdir(f"{base}/a"))
        yield [fileio.exists(f"{base}{name}") for name in ("/a", "/a/b", "/a/c.txt", "/a/d")]
        yield [fileio.isdir(f"{base}{name}") for name in ("/a", "/a/b", "/a/c.txt", "/a/d")]
        yield [(top.removeprefix(base), folders, sorted(files)) for top, folders, files in fileio.walk(f"{base}/a")]
        fileio.copy(f"{base}/a/c.txt", f"{base}/a/b/1.txt", overwrite=True)
        fileio.rename(f"{base}/a/b", f"{base}/z")
        yield sorted(fileio.listdir(f"{base}/z")), fileio.exists(f"{base}/a/b/1.txt")
        fileio.remove(f"{base}/z/1.txt")
        yield fileio.stat(f"{base}/z/2.bin").length
        fileio.rmtree(f"{base}/a")
        yield fileio.exists(f"{base}/a")

    assert list(tried(root)) == list(tried(str(tmp_path)))
    with pytest.raises(OSError, match=r"2\.bin"):
        fileio.copy(f"{root}/z/2.bin", f"{root}/z/2.bin")
    for missing in (fileio.listdir, fileio.remove, fileio.stat, lambda path: fileio.open(path).read()):
        with pytest.raises(fileio.NotFoundError):
            missing(f"{root}/none")


def test_a_file_of_a_block_that_fails_is_not_written(root):
    from tfx.dsl.io import fileio

    import headrace_components  # noqa: F401

    def fail():
        with fileio.open(f"{root}/a.txt", "w") as file:
            file.write("half")
            raise RuntimeError("half")

    with pytest.raises(RuntimeError, match="half"):
        fail()
    assert not fileio.exists(f"{root}/a.txt")
    with pytest.raises(ValueError, match="expected the mode"):
        fileio.open(f"{root}/a.txt", "a")


def run(out, days, root=None):
    """What each node of the example did, without the places of its outputs; and these places."""
    import time

    from rich.console import Console

    from examples.runner_suggestions import summary
    from examples.runner_suggestions.__main__ import run_days
    from examples.runner_suggestions.generate import generate

    generate(str(out / "data"), runners=300, days=2)
    ran = run_days(out, days, summary.Progress(Console(quiet=True), time.monotonic()), root=root)
    nodes = [(day.span, node) for day in ran for node in day.nodes]
    said = [
        {
            "day": day,
            "node": node.node,
            "blessed": node.blessed,
            "alarms": sorted(map(str, node.alarms)),
            "ledgers": {key: str(output.properties.get("ledger")) for key, output in node.outputs.items()},
        }
        for day, node in nodes
    ]
    return said, [output.uri for _, node in nodes for output in node.outputs.values()]


@pytest.fixture(scope="session")  # each store has the module for itself
def on_disk(tmp_path_factory):
    return run(tmp_path_factory.mktemp("disk"), 2)[0]


def test_the_example_runs_with_its_root_on_a_store_as_on_a_disk(root, tmp_path, on_disk):
    days = 2 if root.startswith("s3:") else 1  # the second day reads what the first wrote
    on_store, uris = run(tmp_path, days, f"{root}/artifacts")
    assert all(uri.startswith(f"{root}/artifacts/") for uri in uris)
    assert not (tmp_path / "artifacts").exists()
    for node in on_store:
        assert node in on_disk
    assert len(on_store) == sum(node["day"] <= days for node in on_disk)
