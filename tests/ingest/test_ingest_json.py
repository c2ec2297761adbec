"""JSON lines become columns of text as the json module reads them, or are turned away and counted."""

import json

import numpy as np
import pyarrow.parquet as pq
from example_counts import examples
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.examples.layout import from_features
from headrace.ingest import IngestSpec, Source, ingest
from headrace.ingest.infer_spec import infer
from headrace.ingest.records.find_records import find_records
from headrace.ingest.records.json_members import by_member
from headrace.ingest.records.json_objects import json_names, json_objects, json_rows
from headrace.ingest.records.json_paths import by_path

KEYS = st.sampled_from(["a", "b", "a b", "ż", "~", "x/y", '"', "$"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.text(alphabet='aż"\\\n\0/', max_size=5)
)
OBJECTS = st.dictionaries(KEYS, st.one_of(SCALARS, st.dictionaries(KEYS, SCALARS, max_size=3)), max_size=4)


def records_of(lines):
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
    return objects_of(data)


def objects_of(data):
    return json_objects(find_records(np.frombuffer(data, dtype=np.uint8)))


def as_text(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def flat(value, path=()):
    """Dotted name to scalar."""
    if not isinstance(value, dict) or (path and not value):
        return {".".join(path): value}
    found = {}
    for key, inner in value.items():
        found.update(flat(inner, (*path, key)))
    return found


def reasons(rows):
    return {index: faulty.reason for faulty in rows.faulty for index in faulty.records.tolist()}


@given(st.lists(OBJECTS, max_size=5))
@example([{"a": {"b": 1}}, {"a": 5}, {"a": None}, {}])
def test_every_scalar_is_found_as_the_json_module_finds_it(objects):
    records = records_of(objects)
    names = json_names(records)
    rows = json_rows(records, names)
    expected = [flat(value) if value else {} for value in objects]
    assert set(names) == {name for row in expected for name, value in row.items() if value != {}}
    for name in names:
        # An empty object is a value only where no other line has something inside it.
        parent = any(other.startswith(name + ".") for other in names)
        values = [None if parent and row.get(name) == {} else row.get(name) for row in expected]
        assert rows.columns[name].to_pylist() == [as_text(value) for value in values]


@given(
    st.lists(st.one_of(st.text(max_size=8).filter(lambda s: not set(s) & set("\r\n")), SCALARS, OBJECTS), max_size=8)
)
def test_no_line_is_lost_whatever_it_is(lines):
    records = records_of(lines)
    rows = json_rows(records, json_names(records))
    away = reasons(rows)
    assert sorted([*rows.kept.tolist(), *away]) == list(range(len(records.records)))


def test_each_fault_costs_one_line_and_has_its_reason():
    lines = b'{"a": 1}\n[1]\n{"a":\n5\n{"a": "\xff"}\n{"a": 1} x\n\0\n  {"a": 2}\n'
    rows = json_rows(objects_of(lines), ["a"])
    assert reasons(rows) == {
        1: "not_an_object",
        2: "truncated_json",
        3: "not_an_object",
        4: "invalid_utf8",
        5: "malformed_json",
        6: "malformed_json",
    }
    assert rows.columns["a"].to_pylist() == ["1", "2"]


def test_text_that_looks_like_a_number_can_be_told_from_a_number():
    rows = json_rows(records_of([{"a": 5}, {"a": "5"}, {"a": None}, {"b": 1}]), ["a"], with_types=True)
    assert rows.columns["a"].to_pylist() == ["5", "5", None, None]
    assert rows.quoted["a"].to_pylist() == ["UBIGINT", "VARCHAR", None, None]


def test_numbers_keep_all_their_digits():
    rows = json_rows(records_of(['{"a": 12345678901234567890123}', '{"a": 1e400}', '{"a": 0.1}']), ["a"])
    assert rows.columns["a"].to_pylist() == ["12345678901234567890123", "1e400", "0.1"]


def given_twice(pairs, names):
    """The dotted names that an object gives twice, and that are among `names` or lead to one of them."""
    every = list(members(pairs, ()))
    repeated = {".".join((*path, key)) for path, own in objects_in(pairs, ()) for key, _ in own if count(own, key) > 1}
    found = {name for name in repeated if any(one == name or one.startswith(f"{name}.") for one in names)}
    return found | {name for name in names if sum(one == name and value is not None for one, value in every) > 1}


def count(pairs, key):
    return sum(one == key for one, _ in pairs)


def objects_in(pairs, path):
    yield path, pairs
    for key, value in pairs:
        if isinstance(value, Pairs):
            yield from objects_in(value, (*path, key))


def members(pairs, path):
    for path_, own in objects_in(pairs, path):
        yield from ((".".join((*path_, key)), value) for key, value in own)


class Pairs(list):
    """The members of an object, which may have a key twice."""

    def text(self, colon):
        values = [value.text(colon) if isinstance(value, Pairs) else json.dumps(value) for _, value in self]
        return (
            "{" + ",".join(json.dumps(key) + colon + value for (key, _), value in zip(self, values, strict=True)) + "}"
        )


SOME_KEYS = st.sampled_from(["a", "b", "a.b", "id", "b.a", "the latitude of home", "the latitude of work", "x{", '"'])
VALUES = st.sampled_from([1, None, "x", "}", "{", '":', "a: b", [1], True])
MEMBERS = st.lists(st.tuples(SOME_KEYS, VALUES), max_size=4).map(Pairs)
NESTED = st.lists(st.tuples(SOME_KEYS, st.one_of(VALUES, MEMBERS)), max_size=5).map(Pairs)


@given(st.lists(NESTED, max_size=4), st.sampled_from([":", ": ", " :", " : "]), st.booleans())
@example([Pairs([("a", 1), ("a", 2)])], ":", False)
@example([Pairs([("a.b", 1), ("a", Pairs([("b", 2)]))])], ":", False)
@example([Pairs([("a", 1), ("a", None)]), Pairs([("a", None)])], ":", False)
@example([Pairs([("id", 1), ("a", Pairs([("id", 2)]))])] * 3, ": ", True)
@example([Pairs([("a", 1), ("b", "}"), ("a", 2)])], ":", True)
def test_an_object_that_gives_a_wanted_name_twice_is_turned_away_and_no_other_is(objects, colon, with_types):
    records = records_of([one.text(colon) for one in objects])
    names = json_names(records)
    rows = json_rows(records, names, with_types=with_types)
    expected = {index for index, one in enumerate(objects) if given_twice(one, names)}
    assert set(reasons(rows)) == expected
    assert set(reasons(rows).values()) <= {"repeated_key"}
    for faulty in rows.faulty:
        for index, words, field in zip(faulty.records.tolist(), faulty.words, faulty.fields, strict=True):
            assert field in given_twice(objects[index], names)
            assert repr(field) in words


def test_a_name_given_twice_that_is_not_wanted_is_no_fault():
    rows = json_rows(records_of(['{"a": 1, "z": 1, "z": 2}', '{"a": 2}']), ["a"])
    assert (rows.columns["a"].to_pylist(), rows.faulty) == (["1", "2"], ())


def test_infer_spec_and_ingest_reject_a_row_that_gives_a_name_twice(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1, "b": {"c": 1}}\n{"a": 1, "a": 2}\n{"a": 2, "b": {"c": 1}, "b.c": 3}\n')
    inferred = infer([str(tmp_path / "a.jsonl")])
    assert "line 2: the object has several values for 'a'" in inferred.notes[""]
    ingest(inferred.spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    rejects = pq.read_table(tmp_path / "rejects" / "rejects.parquet")
    assert rejects["reason"].to_pylist() == ["repeated_key"] * 2
    assert rejects["field"].to_pylist() == ["a", "b.c"]


def test_a_dotted_name_is_a_path_or_a_key_with_a_dot():
    rows = json_rows(records_of([{"a": {"b": 1}}, {"a.b": 2}, {"a": 3}]), ["a.b"])
    assert rows.columns["a.b"].to_pylist() == ["1", "2", None]


def test_deep_nesting_is_text_from_some_depth_on():
    records = records_of(['{"a":' * 5000 + "1" + "}" * 5000])
    (name,) = json_names(records)
    assert name == ".".join("a" * 16)
    assert json_rows(records, [name]).columns[name][0].as_py().startswith('{"a":')


def test_a_key_that_is_refused_turns_its_line_away():
    rows = json_rows(records_of([{"a": 1}, {"a": 1, "z": {"y": 2}}, {}]), ["a"], only=True)
    assert reasons(rows) == {1: "unknown_field"}
    assert rows.faulty[0].words == ["the record declares no field z.y"]
    assert rows.columns["a"].to_pylist() == ["1", None]


@given(
    st.dictionaries(st.text(max_size=4), st.recursive(st.text(max_size=4), st.lists, max_leaves=4), min_size=1),
    st.integers(1, 40),
)
def test_any_cut_of_an_object_is_told_as_cut_off_and_no_other_fault_is(value, place):
    line = json.dumps(value, ensure_ascii=False)
    cut = line.encode()[: max(1, len(line.encode()) - place)]
    lines = [b"garbage {", cut, line.encode() + b"}", b"", b'{"a": 1} x', b'"a\\', cut]
    rows = json_rows(json_objects(find_records(np.frombuffer(b"\n".join(lines), np.uint8))), [])
    found = reasons(rows)
    whole = cut.decode(errors="replace").encode() == cut
    wrong = "truncated_json" if whole else "invalid_utf8"
    assert found == {
        0: "malformed_json",
        1: wrong,
        2: "malformed_json",
        3: "malformed_json",
        4: "malformed_json",
        5: wrong,
    }


def test_a_key_without_a_name_keeps_its_values(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"": 1}\n{"": 2, "a": {"": 3}}\n')
    spec = IngestSpec(sources=(Source(name="s", pattern=str(tmp_path / "a.jsonl")),), splits={"all": 1})
    ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
    (shard,) = (tmp_path / "e" / "Split-all").glob("*.parquet")
    assert from_features(pq.read_table(shard)).to_pydict() == {"nameless": [1, 2], "a.": [None, 3]}


KEYS = st.sampled_from(["a", "b", "a.b", "", "c/d", "e~", "ü", 'q"'])
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text('x1{["\\é', max_size=3))
OBJECT = st.dictionaries(KEYS, PLAIN, max_size=3)
VALUE = st.one_of(PLAIN, OBJECT, st.dictionaries(KEYS, OBJECT, max_size=2), st.lists(PLAIN, max_size=2))


@examples(1.2)
@given(st.lists(st.dictionaries(KEYS, VALUE, max_size=4), min_size=1, max_size=5))
def test_all_keys_read_at_once_and_paths_looked_up_give_the_same(records):
    objects = records_of(records)
    wanted = json_names(objects)
    members, paths = (found(lines, wanted, wanted) for found, lines in
                      ((by_member, objects.members), (by_path, objects.lines)))  # fmt: skip
    for one, other in zip(members, paths[:2], strict=True):
        assert {name: one[name].to_pylist() for name in wanted} == {name: other[name].to_pylist() for name in wanted}
