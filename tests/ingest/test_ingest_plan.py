"""The plan of an ingest: any engine gives the same bytes, and each element may run twice."""

import functools
import gzip
import random
from pathlib import Path

import pytest
from execution.engines_under_test import two_processes

from headrace import DataError
from headrace.execution import engine_named
from headrace.execution.plan import Plan, Step
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest

RECORD = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")), unknown="keep")
SPECS = {
    "declared": {"record": RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")))},
    "inferred": {},
    "inferred, with a key": {"key": ("town",), "keep": "last", "order_by": "id"},
    "keep unknown, exact splits": {"record": RECORD, "split_exact": True},
    "all at once": {"record": RECORD, "key": ("town",), "split_exact": True, "policy": "null_field"},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A CSV file whose last chunk shows other kinds than the first, so that some are parsed again; and a packed one."""
    folder = tmp_path_factory.mktemp("files")
    rows = [f"{n},town {n % 37},{n}" for n in range(60)] + ["x,y,1.5", "5,,2"]
    (folder / "a.csv").write_text("id,town,n\n" + "\n".join(rows) + "\n")
    packed = "id,town,n\n" + "".join(f"{n},town {n},{n}\n" for n in range(40, 90))
    (folder / "b.csv.gz").write_bytes(gzip.compress(packed.encode()))
    return str(folder / "*.csv*")


@pytest.fixture(scope="module")
def by_one_thread(files, tmp_path_factory):
    """What one thread writes, by the name of the spec."""
    return functools.cache(lambda name: run(files, tmp_path_factory.mktemp("one"), SPECS[name], "threads:1"))


def run(files: str, out: Path, settings: dict, engine=None):
    spec = IngestSpec(sources=(Source(name="app", pattern=files),), chunk_bytes=240, buckets=3, **settings)
    result = ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"), engine=engine)
    assert result.ledger.total == 112
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


class Twice:
    """Runs every element twice, in any order, and the second attempt of a step after all others are done."""

    def run(self, plan, observe=None):
        results = {}
        for step in plan.steps:
            items = list(step.items(results) if callable(step.items) else step.items)
            order = random.Random(7).sample(range(len(items)), len(items))
            first = {n: step.work(items[n]) for n in order}
            second = {n: step.work(items[n]) for n in reversed(order)}
            assert first == second
            results[step.name] = [first[n] for n in range(len(items))]
        return results


class Late:
    """A first attempt that was given up on ends when the next step is through."""

    def run(self, plan, observe=None):
        results, before = {}, []
        for step in plan.steps:
            items = list(step.items(results) if callable(step.items) else step.items)
            results[step.name] = [step.work(item) for item in items]
            for work, item in before:
                work(item)
            before = [(step.work, item) for item in items]
        return results


@pytest.mark.parametrize("name", SPECS)
def test_threads_and_processes_write_the_same_bytes(tmp_path, files, by_one_thread, name):
    assert run(files, tmp_path / "two", SPECS[name], "threads:2") == by_one_thread(name)
    assert run(files, tmp_path / "processes", SPECS[name], two_processes()) == by_one_thread(name)


@pytest.mark.beam
@pytest.mark.parametrize("name", ["inferred, with a key", "all at once"])
def test_beam_writes_the_same_bytes(tmp_path, files, by_one_thread, name):
    assert run(files, tmp_path / "beam", SPECS[name], "beam") == by_one_thread(name)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("engine", [Twice(), Late()])
def test_a_second_attempt_changes_nothing_be_it_at_once_or_late(tmp_path, files, by_one_thread, name, engine):
    assert run(files, tmp_path / "out", SPECS[name], engine) == by_one_thread(name)


def test_progress_is_reported_by_step(tmp_path, files):
    seen = []
    spec = IngestSpec(sources=(Source(name="app", pattern=files),), chunk_bytes=240, key=("id",))
    ingest(
        spec,
        examples_dir=str(tmp_path / "e"),
        rejects_dir=str(tmp_path / "r"),
        on_progress=lambda step, done, total: seen.append((step, done, total)),
    )
    names = list(dict.fromkeys(step for step, _, _ in seen))
    assert names == ["unpack", "guess", "parse again", "mark duplicates", "finish"]
    for name in names:
        counts = [(done, total) for step, done, total in seen if step == name]
        assert [done for done, _ in counts] == list(range(counts[0][1] + 1))


def test_a_broken_chunk_is_named_with_its_file_and_step(tmp_path):
    (tmp_path / "a.avro").write_bytes(b"Obj\x01" + b"\0" * 40)
    spec = IngestSpec(sources=(Source(name="app", pattern=str(tmp_path / "a.avro")),))
    with pytest.raises(DataError, match=r"a\.avro"):
        ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


def test_the_engine_named_in_the_environment_is_used(tmp_path, files, monkeypatch):
    monkeypatch.setenv("HEADRACE_ENGINE", "nowhere")
    with pytest.raises(Exception, match="there is no engine 'nowhere'"):
        run(files, tmp_path, {})
    assert engine_named("threads:2").run(Plan(name="p", steps=(Step(name="s", work=str, items=[1]),))) == {"s": ["1"]}
