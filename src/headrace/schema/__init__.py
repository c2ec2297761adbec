"""A TFMD schema that people can review. What imports TFDV is in `tfdv` and `validate`; the rest is plain data."""

from headrace.schema.declarations import Declarations, Rows
from headrace.schema.declared_file import read_declarations
from headrace.schema.diff import Change, changes, markdown, text
from headrace.schema.faults import SchemaFault
from headrace.schema.feature import Feature
from headrace.schema.rules import Check, Rule

__all__ = [
    "Change",
    "Check",
    "Declarations",
    "Feature",
    "Rows",
    "Rule",
    "SchemaFault",
    "changes",
    "markdown",
    "read_declarations",
    "text",
]
