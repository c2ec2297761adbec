"""Proposals: made from data, accepted by a person, on the command line."""

import json
import subprocess
import sys

import pyarrow as pa
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features
from headrace.schema import Declarations, Feature
from headrace.schema.describe import describe
from headrace.stats import StatsSpec
from headrace_cli.main import main

pytestmark = pytest.mark.tfx
pytest.importorskip("tensorflow_data_validation")

ROWS = 200
PROPOSE = Declarations(
    labels=("accepted",), serving_only=("device",), policy="propose", features={"device": Feature(type="BYTES")}
)


def events(**columns):
    table = {
        "city": [("Oslo", "Rome")[i % 2] for i in range(ROWS)],
        "pace": [4 + i / ROWS for i in range(ROWS)],
        "accepted": [i % 2 for i in range(ROWS)],
    }
    return pa.table({name: column for name, column in {**table, **columns}.items() if column is not None})


def statistics(table):
    from headrace.stats import statistics

    return statistics(to_features(table).to_batches(), StatsSpec())


@pytest.fixture(scope="module")
def before():
    from headrace.schema import curate

    return curate(statistics(events()), PROPOSE).schema


@pytest.fixture(scope="module")
def now():
    return statistics(events(city=["Bergen"] * ROWS, pace=["4:30"] * ROWS, extra=[None, 1] * (ROWS // 2)))


@pytest.fixture
def proposal(before, now, tmp_path):
    from headrace.schema import curate
    from headrace.schema.protos import write_proposal, write_schema_file

    curated = curate(now, PROPOSE, before)
    assert curated.schema == before
    write_schema_file(before, str(tmp_path / "schema.pbtxt"))
    write_proposal(str(tmp_path / "proposal.yaml"), before, curated.proposed, curated.pending)
    return tmp_path


def test_what_would_make_the_data_conform_is_proposed(before, now):
    from headrace.schema import curate, validate

    curated = curate(now, PROPOSE, before)
    assert [(change.feature, change.words, change.compatibility) for change in curated.pending] == [
        ("city", "domain: + 'Bergen'", "backward"),
        ("extra", "new feature of type INT", "breaking"),
        ("pace", "type: FLOAT -> BYTES", "breaking"),
        ("pace", "domain: none -> {'4:30'}", "forward"),
        ("pace", "drift: jensen_shannon_divergence 0.05 -> infinity_norm 0.05", "full"),
        ("pace", "skew: jensen_shannon_divergence 0.05 -> infinity_norm 0.05", "full"),
    ]
    assert validate(now, curated.schema, environment="TRAINING")
    assert validate(now, curated.proposed, environment="TRAINING") == []


def test_a_feature_that_is_gone_is_proposed_to_go_but_not_one_of_serving(before):
    from headrace.schema import curate

    curated = curate(statistics(events(city=None)), PROPOSE, before)
    assert [(change.feature, change.words) for change in curated.pending] == [("city", "removed; it was of type BYTES")]
    assert "device" in describe(curated.proposed)


def test_data_that_conform_propose_nothing(before):
    from headrace.schema import curate

    curated = curate(statistics(events()), PROPOSE, before)
    assert (curated.pending, curated.proposed) == ((), before)


def test_a_proposal_is_accepted_whole(proposal, now, capsys):
    from headrace.schema import validate
    from headrace.schema.protos import read_schema

    schema, target = str(proposal / "schema.pbtxt"), str(proposal / "new.pbtxt")
    assert main(["schema", "accept", str(proposal / "proposal.yaml"), "--schema", schema, "-o", target]) == 0
    assert "new feature of type INT" in capsys.readouterr().out
    assert validate(now, read_schema(target), environment="TRAINING") == []


def test_a_proposal_is_accepted_in_part_by_option_or_by_striking_out(proposal, before):
    from headrace.schema.protos import read_schema

    schema, target, path = (str(proposal / name) for name in ("schema.pbtxt", "new.pbtxt", "proposal.yaml"))
    assert main(["schema", "accept", path, "--schema", schema, "-o", target, "--only", "city"]) == 0
    found = describe(read_schema(target))
    assert found["city"]["domain"]["values"] == ["Bergen", "Oslo", "Rome"]
    assert {**found, "city": None} == {**describe(before), "city": None}
    lines = (proposal / "proposal.yaml").read_text().splitlines(keepends=True)
    # A change takes three lines: all but those of city are struck out.
    start = next(n for n, line in enumerate(lines) if line.startswith("- feature: city"))
    end = next(n for n, line in enumerate(lines) if line.startswith("schema: |"))
    (proposal / "proposal.yaml").write_text("".join([*lines[: start + 3], *lines[end:]]))
    assert main(["schema", "accept", path, "--schema", schema]) == 0
    assert describe(read_schema(schema)) == found


def test_a_proposal_for_another_schema_or_feature_is_refused(proposal, before, capsys):
    from headrace.schema.protos import accepted, copied, read_proposal, write_schema_file

    read = read_proposal(str(proposal / "proposal.yaml"))
    with pytest.raises(UsageError, match="the proposal has no town; it lists: city, extra, pace"):
        accepted(before, read, ["town"])
    other = copied(before)
    other.feature[0].presence.min_count = 7
    write_schema_file(other, str(proposal / "other.pbtxt"))
    code = main(["schema", "accept", str(proposal / "proposal.yaml"), "--schema", str(proposal / "other.pbtxt")])
    assert code == 2
    assert "the proposal was made for another schema" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "of: x", "changes: [", "of: x\nchanges: []\nschema: 'nope {'"])
def test_what_is_no_proposal_is_refused(tmp_path, text):
    from headrace.schema.protos import read_proposal

    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(DataError, match=r"p\.yaml: expected a proposal"):
        read_proposal(str(tmp_path / "p.yaml"))


@pytest.mark.parametrize(("demanded", "code"), [("backward", 0), ("forward", 1), ("full", 1), ("any", 0)])
def test_the_difference_of_two_schemas_has_an_exit_code(before, tmp_path, capsys, demanded, code):
    from headrace.schema.protos import copied, write_schema, write_schema_file

    write_schema_file(before, str(tmp_path / "a.pbtxt"))
    wide = copied(before)
    wide.string_domain[0].value.append("Bergen")
    write_schema(wide, str(tmp_path / "b"))
    given = ["schema", "diff", str(tmp_path / "a.pbtxt"), str(tmp_path / "b")]
    assert main([*given, "--compatible", demanded]) == code
    assert "domain: + 'Bergen'" in capsys.readouterr().out
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["compatibility"] == "backward"
    assert main([*given, "--markdown"]) == 0
    assert "| `city` | domain: + 'Bergen' | backward |" in capsys.readouterr().out
    assert main(["schema", "diff", given[2], given[2]]) == 0
    assert "no changes" in capsys.readouterr().out


def test_a_schema_is_shown_as_a_table_or_json(before, tmp_path, capsys, monkeypatch):
    from headrace.schema.protos import write_schema_file

    monkeypatch.setenv("COLUMNS", "200")
    write_schema_file(before, str(tmp_path / "a.pbtxt"))
    assert main(["schema", "show", str(tmp_path / "a.pbtxt")]) == 0
    shown = capsys.readouterr().out
    assert "{Oslo, Rome}" in shown
    assert "4 features" in shown
    assert main(["schema", "show", str(tmp_path / "a.pbtxt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == describe(before)
    assert main(["schema", "show", str(tmp_path / "nothing.pbtxt")]) == 2
    assert "nothing.pbtxt: expected a TFMD schema" in capsys.readouterr().err


def test_the_command_imports_no_tfx_tfdv_nor_tensorflow(before, tmp_path):
    from headrace.schema.protos import write_schema_file

    write_schema_file(before, str(tmp_path / "a.pbtxt"))
    path = str(tmp_path / "a.pbtxt")
    code = (
        f"import sys; from headrace_cli.main import main; main(['schema', 'show', {path!r}]); "
        "print([m for m in ('tfx', 'tensorflow', 'tensorflow_data_validation', 'apache_beam') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
