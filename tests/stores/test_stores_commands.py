"""Every command on a real store: inputs, specs and outputs there give what the same files give on a disk."""

from pathlib import Path

import pytest

from headrace.files import storage
from headrace.files.outputs import MANIFEST, whole_file
from headrace_cli.main import main

pytestmark = pytest.mark.stores

ROWS = 400
SHOWN = "suggestion_id,runner_id,shown_at\n" + "".join(
    f"s{n},r{n % 7},2026-03-{1 + n % 9:02}T10:{n % 60:02}:00Z\n" for n in range(ROWS)
)
ANSWERED = "response_id,suggestion_id,responded_at,received_at,accepted\n" + "".join(
    f"a{n},s{n},2026-03-{1 + n % 9:02}T11:{n % 60:02}:00Z,2026-03-{1 + n % 9:02}T12:00:00Z,{n % 3 == 0:d}\n"
    for n in range(0, ROWS, 2)
)
RUNNERS = "runner_id,changed_at,region\n" + "".join(
    f"r{n},2026-02-01T00:00:00Z,{'lake' if n % 2 else 'hill'}\n" for n in range(7)
)
RUNS = "km,pace,place,won\n" + "".join(f"{n % 40},{300 + n % 17}.5,p{n % 5},{n % 4 == 0:d}\n" for n in range(ROWS))
FILES = {
    "shown.csv": SHOWN,
    "answered.csv": ANSWERED,
    "runners.csv": RUNNERS,
    "runs.csv": RUNS,
    "day/1.csv": SHOWN,
    "ingest.yaml": 'sources: [{name: shown, pattern: "{DATA}/day/*.csv"}]\nkey: [suggestion_id]\n'
    "record: {fields: [{name: suggestion_id}, {name: runner_id}, {name: shown_at, kind: timestamp}]}\n",
    "labels.yaml": (
        "keys: [suggestion_id]\nevent_time: shown_at\noutcome_time: responded_at\nknown_at: received_at\n"
        "labels:\n- {name: accepted, value: accepted, window: [0, 1d]}\nsplits: {train: 2, eval: 1}\n"
    ),
    "features.yaml": (
        "event_time: shown_at\ntables:\n"
        "- {kind: as_of, name: runners, keys: [runner_id], time: changed_at, features: [region], ttl: 365d}\n"
    ),
}
AS_OF = ("--as-of", "2026-03-20T00:00:00Z")
COMMANDS = {
    "ingest": ("ingest", "{at}/ingest.yaml", "--data", "{at}", "--out", "{at}/ingested"),
    "join": ("join", "{at}/labels.yaml", "--events", "{at}/shown.csv", "--outcomes", "{at}/answered.csv", *AS_OF,
             "--out", "{at}/labeled"),
    "features": ("features", "{at}/features.yaml", "--events", "{at}/shown.csv", "--table", "runners={at}/runners.csv",
                 "--out", "{at}/featured"),
    "infer-spec": ("infer-spec", "{at}/runs.csv", "-o", "{at}/inferred.yaml"),
    "check": ("check", "{at}/runs.csv", "{at}/runs.csv", "--json", "{at}/verdict.json", "--report", "{at}/check.html"),
    "effectiveness": ("effectiveness", "{at}/runs.csv", "--label", "won", "--json", "{at}/effect.json"),
}  # fmt: skip


@pytest.fixture
def here(tmp_path, root):
    """A folder that holds what the folder of the store holds."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        with whole_file(f"{root}/{name}") as local:
            Path(local).write_text(text)
    return tmp_path


def on_disk(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def on_store(root):
    found = {}
    for path in storage.matches(f"{root}/**"):
        if not path.endswith(MANIFEST):
            with storage.open_file(path) as stream:
                found[path.removeprefix(f"{root}/")] = stream.read()
    return found


def run(command, at):
    return main([word.format(at=at) for word in COMMANDS[command]])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_writes_on_the_store_what_it_writes_on_a_disk(here, root, command, capsys):
    code = run(command, here)
    printed = capsys.readouterr().out
    assert run(command, root) == code
    assert capsys.readouterr().out.replace(root, str(here)) == printed
    local, remote = on_disk(here), on_store(root)
    assert set(remote) == set(local)
    assert len(remote) > len(FILES)
    for name, data in local.items():
        # What names its input differs by that name alone; Parquet of rejects has it in a dictionary.
        if not name.endswith("rejects.parquet"):
            assert remote[name].replace(root.encode(), str(here).encode()) == data, name


def test_of_one_store_and_of_a_disk_and_back(here, root):
    # Examples that were ingested on the store are joined with outcomes of a disk, and the result is checked there.
    assert run("ingest", root) == 0
    assert main(["join", f"{here}/labels.yaml", "--events", f"{root}/ingested", "--outcomes", f"{here}/answered.csv",
                 *AS_OF, "--out", f"{root}/labeled"]) == 0  # fmt: skip
    with storage.open_file(f"{root}/labeled/examples/ledger.json") as stream:
        assert f'"total": {ROWS}' in stream.read().decode()


@pytest.mark.parametrize(
    "words",
    [
        ("check", "{at}/none.csv", "{at}/runs.csv"),
        ("effectiveness", "{at}/none.csv", "--label", "won"),
        ("infer-spec", "{at}/none.csv"),
        ("ingest", "{at}/none.yaml", "--out", "{at}/out"),
        (
            "join",
            "{at}/labels.yaml",
            "--events",
            "{at}/none",
            "--outcomes",
            "{at}/answered.csv",
            "--out",
            "{at}/out",
            *AS_OF,
        ),
    ],
)
def test_a_file_that_is_not_there_is_named(here, root, words, capsys):
    assert main([word.format(at=root) for word in words]) == 2
    assert f"{root}/none" in capsys.readouterr().err


@pytest.mark.tfx
def test_statistics_on_the_store_are_those_of_a_disk(here, root, capsys):
    words = ("stats", "{at}/runs.csv", "--statistics", "{at}/s.binpb", "--report", "{at}/s.html")
    assert main([word.format(at=here) for word in words]) == 0
    assert main([word.format(at=root) for word in words]) == 0
    capsys.readouterr()
    assert on_store(root)["s.binpb"] == on_disk(here)["s.binpb"]
