"""Which room of the core imports which: the two tables in docs/design.md, held against the code."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import module_syntax

pytestmark = module_syntax.SHARED

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "headrace"
ROW = re.compile(r"^\| `([\w.]+)` \|.*\|([^|]*)\|$", re.MULTILINE)
Rooms = dict[str, set[str]]


def declared(title: str) -> Rooms:
    """By room, what stands in the last column of the table under a heading."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = page.split(f"\n### {title}\n")[1].split("\n#")[0]
    return {room: set(re.findall(r"`([\w.]+)`", imports)) for room, imports in ROW.findall(table)}


def room_of(module: str) -> str:
    """`headrace.ingest.formats.avro` -> `ingest.formats`, `headrace.ingest.run` -> `ingest`."""
    area, *more = module.split(".")[1:] or ["headrace"]
    return f"{area}.{more[0]}" if more and (CORE / area / more[0]).is_dir() else area


@cache
def imported() -> Rooms:
    """By room, the other rooms that its modules import, also inside functions."""
    files = {file.relative_to(CORE.parent).with_suffix("").parts: file for file in CORE.rglob("*.py")}
    modules = {".".join(parts[:-1] if parts[-1] == "__init__" else parts): file for parts, file in files.items()}
    rooms: Rooms = {}
    for module, file in modules.items():
        if module == "headrace":
            continue
        found = rooms.setdefault(room_of(module), set())
        for node in module_syntax.imports(file):
            names: set[str] = set()
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names if alias.name.startswith("headrace.")}
            elif (node.module or "").split(".")[0] == "headrace":
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                names = {name if name in modules else str(node.module) for name in names}
            found |= {room_of(name) for name in names}
        found.discard(room_of(module))
    return rooms


def test_the_tables_have_every_room_and_no_other() -> None:
    assert set(imported()) == {*declared("Ground"), *declared("Areas")}


def test_ground_rooms_import_what_the_table_says_and_no_area() -> None:
    ground, code = declared("Ground"), imported()
    assert {room: code[room] for room in ground} == ground
    assert all(rooms <= set(ground) for rooms in ground.values())


def test_areas_import_what_the_table_says_beside_the_ground() -> None:
    ground, areas, code = set(declared("Ground")), declared("Areas"), imported()
    assert {room: code[room] - ground for room in areas} == areas


def test_no_rooms_import_each_other() -> None:
    TopologicalSorter(imported()).prepare()  # raises CycleError, which names the rooms
