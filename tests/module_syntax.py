"""The syntax of Python files, read once for all tests that look at it.

pytestmark = module_syntax.SHARED    # these tests run in one process, also where others run beside it
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SHARED = pytest.mark.xdist_group("module_syntax")
Import = ast.Import | ast.ImportFrom


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, of_type_checkers: bool = True) -> list[Import]:
    """The import statements of a file, wherever in it; of_type_checkers: also those that only these look at."""
    return [node for node in _statements(tree(path), of_type_checkers) if isinstance(node, Import)]


def _statements(node: ast.AST, of_type_checkers: bool) -> Iterator[ast.AST]:
    # Expressions, which are most of a tree, hold no statements.
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING" and not of_type_checkers:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from _statements(child, of_type_checkers)
