"""SQL expressions that can be trusted: one value from the columns of a row, and nothing else.

distance_km / (time_s / 3600.0) < 45        fine: reads distance_km, time_s
(SELECT count(*) FROM read_csv('/etc/x'))   refused: a query
random() < 0.5                              refused: another result each time

DuckDB's own parser takes an expression apart; only kinds of nodes and functions that are known to be harmless pass.
Besides, expressions are evaluated without access to files (`headrace.schema.row_views`).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from headrace.duckdb_engine import connected, first_row
from headrace.errors import UsageError

_NODES = frozenset(
    (
        *("COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "BETWEEN", "CASE", "CAST", "COLLATE"),
        *("FUNCTION", "OPERATOR", "LAMBDA", "LAMBDA_REF"),
    )
)
_REFUSED = {
    "SUBQUERY": "a query",
    "WINDOW": "a window over several rows",
    "STAR": "all columns at once",
    "PARAMETER": "a parameter",
    "DEFAULT": "a default",
    "POSITIONAL_REFERENCE": "a column by its number",
}
# DuckDB counts these as functions of their arguments alone, but they read the session.
_OF_THE_SESSION = frozenset(("current_setting", "getvariable", "getenv", "read_text", "read_blob"))


@functools.lru_cache(maxsize=1024)
def columns_of(expression: str) -> frozenset[str]:
    """The columns that an expression reads.

    Raises:
        UsageError: it is not an expression, or has parts that are not allowed: queries, aggregates and windows,
            functions that give another result each time or that read the session.
    """
    root = _parsed(expression)
    faults = [fault for node in _nodes(root) for fault in _node_faults(node)]
    if faults:
        raise UsageError(f"{expression!r} {'; '.join(dict.fromkeys(faults))}")
    return frozenset(_columns(root, frozenset()))


def _parsed(expression: str) -> Any:
    if not isinstance(expression, str) or not expression.strip():
        raise UsageError(f"a rule is an SQL expression such as 'a < b', got {expression!r}")
    # The line break keeps a comment at the end of the expression from swallowing the bracket.
    with connected() as connection:
        (text,) = first_row(connection, "SELECT json_serialize_sql(?)", [f"SELECT (\n{expression}\n)"])
    parsed = json.loads(text)
    if parsed["error"]:
        raise UsageError(f"{expression!r} is not an SQL expression: {parsed['error_message']}")
    statements = parsed["statements"]
    query = statements[0]["node"]
    alone = (
        len(statements) == 1
        and query["type"] == "SELECT_NODE"
        and len(query["select_list"]) == 1
        and query["from_table"]["type"] == "EMPTY"
        and not query["where_clause"]
        and not query["group_expressions"]
        and not query["group_sets"]
        and not query["having"]
        and not query["qualify"]
        and not query["sample"]
        and not query["modifiers"]
        and not query["cte_map"]["map"]
    )
    if not alone:
        raise UsageError(f"{expression!r} is more than one expression: expected one that is true or false of a row")
    return query["select_list"][0]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for part in tree.values():
            yield from _nodes(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def _node_faults(node: dict[str, Any]) -> list[str]:
    kind = node["class"]
    if kind not in _NODES:
        return [f"has {_REFUSED.get(kind, kind.lower())}: only expressions over the columns of a row are allowed"]
    if kind != "FUNCTION":
        return []
    name = str(node["function_name"]).lower()
    if node.get("filter") or node.get("distinct") or node["order_bys"]["orders"]:
        return [f"has {name}(...) over several rows: only expressions over the columns of a row are allowed"]
    return [] if node.get("is_operator") else _function_faults(name)


@functools.lru_cache(maxsize=1024)
def _function_faults(name: str) -> list[str]:
    query = "SELECT function_type, stability, macro_definition FROM duckdb_functions() WHERE function_name = ?"
    with connected() as connection:
        found = connection.execute(query, [name]).fetchall()
    if not found:
        return [f"has a function {name}(), which DuckDB does not have"]
    kinds = {kind for kind, _, _ in found}
    if name in _OF_THE_SESSION or not kinds <= {"scalar", "macro"}:
        what = "several rows" if "aggregate" in kinds else "more than the row"
        return [f"has {name}(), which reads {what}: only functions of the columns of a row are allowed"]
    if any(kind == "scalar" and stability != "CONSISTENT" for kind, stability, _ in found):
        return [
            f"has {name}(), which gives another result each time: a check of the same data must give the same result"
        ]
    faults = [f for _, _, macro in found if macro for node in _nodes(_parsed(macro)) for f in _node_faults(node)]
    return [f"has {name}(), which {fault}" for fault in faults[:1]]


def _columns(tree: Any, bound: frozenset[str]) -> Iterator[str]:
    # Parameters of lambdas are not columns.
    if isinstance(tree, list):
        for part in tree:
            yield from _columns(part, bound)
    elif isinstance(tree, dict):
        if tree.get("class") == "COLUMN_REF":
            name = tree["column_names"][0]
            if name not in bound:
                yield name
        elif tree.get("class") == "LAMBDA":
            parameters = {node["column_names"][0] for node in _nodes(tree["lhs"]) if node["class"] == "COLUMN_REF"}
            yield from _columns(tree["expr"], bound | parameters)
        else:
            for part in tree.values():
                yield from _columns(part, bound)
