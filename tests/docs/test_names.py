"""Every module, name and file of the project that a page, a docstring, a comment or a setting mentions exists.

Nothing is imported: modules are files, and the names in them are read from their syntax trees.
"""

import ast
import io
import re
import shutil
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import module_syntax
import pytest

pytestmark = module_syntax.SHARED

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "headrace": ROOT / "src",
    "headrace_cli": ROOT / "src",
    "headrace_components": ROOT / "components",
    "headrace_pipelines": ROOT / "pipelines",
    "examples": ROOT,
    "benchmarks": ROOT,
}
DOTTED = re.compile(
    r"(?<![\w./@-])((?:headrace(?:_cli|_components|_pipelines)?|examples\.runner_suggestions|benchmarks)"
    r"(?:\.[A-Za-z_]\w*)+(?::\w+)?)"
)
FILES = re.compile(
    r"(?<![\w./$}-])((?:src|components|pipelines|tests|benchmarks|\.ci|examples/runner_suggestions)/[\w./-]*\w"
    r"|docs/[\w-]+\.\w+)"
)
FILE_ENDINGS = {"json", "md", "py", "sh", "svg", "txt", "yaml"}
# Not modules of ours: groups of entry points, a key of a file's metadata, a logger, and modules that tests make.
OTHER_NAMES = {
    "headrace.dialects",
    "headrace.formats",
    "headrace.escaped",
    "headrace.pipelines",
    "headrace.ingest.dialects.race_gate",
    "headrace.ingest.formats.star_text",
}
READ = (".md", ".py", ".sh", ".toml", ".yaml", ".yml", "Dockerfile", "Makefile", ".ci/run", ".ci/second-line")

MADE = (".venv", ".uv", "build/", "dist/", "out/")


def files() -> list[Path]:
    git = shutil.which("git") or "false"  # a copy of the tree has neither git nor what it ignores
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    read = [ROOT / name for name in sorted(names) if name.endswith(READ) and not name.startswith(MADE)]
    return [path for path in read if path.is_file() and path != Path(__file__)]  # here stand names that do not exist


def texts(path: Path) -> Iterator[str]:
    """The strings and comments of a Python file that may hold mistakes; all of any other file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py" or not any(mistakes(text)):  # to take a file apart takes long
        yield text
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if tokenize.tok_name[token.type] in ("STRING", "FSTRING_MIDDLE", "COMMENT"):
            yield token.string


@cache
def bound_names(module: Path) -> dict[str, ast.stmt]:
    """The names that a module binds outside of its functions and classes, and the statements that do."""
    bound: dict[str, ast.stmt] = {}
    waiting: list[ast.stmt] = list(module_syntax.tree(module).body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                bound[node.name] = node
            case ast.Import() | ast.ImportFrom():
                bound |= {alias.asname or alias.name: node for alias in node.names}
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [name for target in targets for name in ast.walk(target)]
                bound |= {name.id: node for name in names if isinstance(name, ast.Name)}
            case _:
                waiting += [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt)]
    return bound


@cache
def missing_part(dotted: str) -> str | None:
    """The first part of a dotted name that does not exist, if any; members of classes are not looked up."""
    first, *parts = re.split("[.:]", dotted)
    here = FOLDERS[first] / first
    while parts and ((here / parts[0]).is_dir() or (here / f"{parts[0]}.py").exists()):
        here /= parts.pop(0)
    module = here.with_suffix(".py") if here.with_suffix(".py").exists() else here / "__init__.py"
    return parts[0] if parts and parts[0] not in bound_names(module) else None


def mistakes(text: str) -> Iterator[str]:
    for dotted in DOTTED.findall(text):
        if dotted not in OTHER_NAMES and dotted.rpartition(".")[2] not in FILE_ENDINGS and missing_part(dotted):
            yield f"{dotted}: there is no {missing_part(dotted)!r}"
    for name in FILES.findall(text):
        if not (ROOT / name).exists() and not (ROOT / name.partition(":")[0]).exists():
            yield f"{name}: there is no such file"


def imports(path: Path) -> Iterator[str]:
    """What a Python file imports of the project, wherever in it: `headrace.ingest.Field`."""
    for node in module_syntax.imports(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_import_of_the_project_exists_also_those_inside_of_functions() -> None:
    """A benchmark imports what it measures in the function that prepares it: nothing else would notice before a run."""
    found = [
        f"{path.relative_to(ROOT)}: {name}: there is no {missing_part(name)!r}"
        for path in files()
        if path.suffix == ".py"
        for name in imports(path)
        if name.partition(".")[0] in FOLDERS and missing_part(name)
    ]
    assert not found, "\n".join(found)


def test_every_module_name_and_file_that_is_mentioned_exists() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {mistake}" for path in files() for text in texts(path) for mistake in mistakes(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("see `headrace.ingest.no_such_module.Field`", "headrace.ingest.no_such_module.Field"),
        ("see `headrace.ingest.NoSuchSpec`", "headrace.ingest.NoSuchSpec"),
        ("`tests/docs/no_such_test.py` states it", "tests/docs/no_such_test.py"),
        ("`headrace.ingest.Field` and `headrace.ingest.spec.fields` stand in src/headrace/ingest", None),
    ],
)
def test_a_name_that_does_not_exist_is_found(text: str, mistake: str | None) -> None:
    assert [found.partition(":")[0] for found in mistakes(text)] == ([mistake] if mistake else [])
