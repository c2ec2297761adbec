"""`headrace schema` and specs on a real store: read, compared, accepted and written there as on a disk."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow_metadata")

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from headrace.files import storage
from headrace.files.outputs import whole_file
from headrace.ingest import IngestSpec
from headrace.ingest.spec.yaml_file import from_yaml
from headrace.schema.describe import describe
from headrace.schema.diff import changes
from headrace.schema.protos import read_schema, write_proposal, write_schema, write_schema_file
from headrace_cli.main import main

pytestmark = pytest.mark.stores

BEFORE = text_format.Parse(
    'feature { name: "city" type: BYTES } feature { name: "pace" type: FLOAT }', schema_pb2.Schema()
)
AFTER = text_format.Parse(
    'feature { name: "city" type: BYTES } feature { name: "pace" type: BYTES } feature { name: "new" type: INT }',
    schema_pb2.Schema(),
)


@pytest.fixture
def both(tmp_path, root):
    """A folder of a disk and one of the store, each with schemas and a proposal for the first of them."""
    for at in (str(tmp_path), root):
        write_schema(BEFORE, f"{at}/artifact")
        write_schema_file(AFTER, f"{at}/after.pbtxt")
        found = changes(describe(BEFORE), describe(AFTER))
        write_proposal(f"{at}/proposal.yaml", BEFORE, AFTER, found)
    return str(tmp_path), root


def outcome(words, at, capsys):
    code = main(["schema", *(word.format(at=at) for word in words)])
    printed = capsys.readouterr()
    return code, printed.out.replace(at, ""), printed.err.replace(at, "")


@pytest.mark.parametrize(
    "words",
    [
        ("show", "{at}/after.pbtxt", "--json"),
        ("show", "{at}/artifact"),
        ("diff", "{at}/artifact", "{at}/after.pbtxt", "--json"),
        ("diff", "{at}/artifact/schema.pbtxt", "{at}/after.pbtxt", "--markdown", "--compatible", "any"),
        ("show", "{at}/none.pbtxt"),
        ("show", "{at}/proposal.yaml"),
        ("accept", "{at}/none.yaml", "--schema", "{at}/artifact"),
        ("accept", "{at}/proposal.yaml", "--schema", "{at}/after.pbtxt"),
    ],
)
def test_a_schema_on_a_store_is_shown_and_compared_and_refused_as_on_a_disk(both, words, capsys):
    disk, store = (outcome(words, at, capsys) for at in both)
    assert store[:2] == disk[:2]
    assert bool(store[2]) == bool(disk[2])
    if "none" in words[1]:
        assert f"{words[1].format(at='')}: " in store[2]


@pytest.mark.parametrize("more", [(), ("--only", "new"), ("-o", "{at}/new/schema.pbtxt"), ("-o", "{at}/proposal.yaml")])
def test_a_proposal_on_a_store_is_accepted_there_as_on_a_disk(both, more, capsys):
    words = ("accept", "{at}/proposal.yaml", "--schema", "{at}/artifact", *more)
    disk, store = (outcome(words, at, capsys) for at in both)
    assert disk[0] == 0
    assert store == disk
    target = more[1] if more[:1] == ("-o",) else "{at}/artifact/schema.pbtxt"
    written = [read_schema(target.format(at=at)) for at in both]
    assert written[0] == written[1] != BEFORE
    assert (written[1] == AFTER) == (more != ("--only", "new"))


def test_a_schema_goes_from_a_store_to_a_disk_and_back(both, capsys):
    disk, store = both
    words = ["schema", "accept", f"{store}/proposal.yaml", "--schema", f"{disk}/artifact", "-o", f"{store}/made.pbtxt"]
    assert main(words) == 0
    assert main(["schema", "diff", f"{store}/made.pbtxt", f"{disk}/after.pbtxt"]) == 0
    assert "no changes" in capsys.readouterr().out
    assert read_schema(f"{disk}/artifact/schema.pbtxt") == BEFORE


def test_a_spec_on_a_store_is_what_it_is_on_a_disk(tmp_path, root):
    rows = "id,km\n" + "".join(f"{n},{n}.5\n" for n in range(100))
    texts = []
    for at in (str(tmp_path), root):
        with whole_file(f"{at}/rows.csv") as local:
            Path(local).write_text(rows)
        assert main(["infer-spec", f"{at}/rows.csv", "-o", f"{at}/specs/spec.yaml"]) == 0
        with storage.open_file(f"{at}/specs/spec.yaml") as stream:
            texts.append(stream.read().decode())
        assert isinstance(from_yaml(texts[-1]), IngestSpec)
        assert main(["ingest", f"{at}/specs/spec.yaml", "--out", f"{at}/out"]) == 0
    assert texts[1].replace(root, str(tmp_path)) == texts[0]
