"""`choose` is right for every slice of every type, and nothing else uses Arrow's own `if_else`."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.values.choose import choose

SRC = Path(__file__).parents[2] / "src"
TYPES = {
    pa.string(): st.text(max_size=4),
    pa.binary(): st.binary(max_size=4),
    pa.large_string(): st.text(max_size=4),
    pa.int64(): st.integers(-9, 9),
}


@pytest.mark.parametrize("kind", TYPES, ids=str)
@given(st.data())
def test_slices_chunks_and_scalars_give_what_python_gives(kind, data):
    size = data.draw(st.integers(0, 6))
    flags = data.draw(st.lists(st.none() | st.booleans(), min_size=size, max_size=size))
    expected, sides = [], []
    for _ in range(2):
        values = data.draw(st.lists(st.none() | TYPES[kind], min_size=size, max_size=size))
        shape = data.draw(st.sampled_from(["array", "slice", "chunks", "scalar"]))
        before = data.draw(st.lists(TYPES[kind], min_size=1, max_size=3))
        whole = pa.array([*before, *values, *before], kind).slice(len(before), size)
        if shape == "scalar":
            one = data.draw(st.none() | TYPES[kind])
            values, whole = [one] * size, pa.scalar(one, kind)
        elif shape == "chunks":
            whole = pa.chunked_array([whole.slice(0, size // 2), whole.slice(size // 2)], kind)
        elif shape == "array":
            whole = pa.array(values, kind)
        expected.append(values)
        sides.append(whole)
    found = choose(pa.array(flags, pa.bool_()), *sides)
    for chunk in found.chunks if isinstance(found, pa.ChunkedArray) else [found]:
        chunk.validate(full=True)
    rows = zip(flags, *expected, strict=True)
    assert found.to_pylist() == [None if flag is None else then if flag else other for flag, then, other in rows]


def test_nothing_else_calls_if_else_of_arrow():
    places = [path.relative_to(SRC) for path in SRC.rglob("*.py") if ".if_else(" in path.read_text()]
    assert places == [Path("headrace/values/choose.py")]
