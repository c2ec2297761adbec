"""A TFMD schema that people can review. Only `protos` and modules named tfdv import TFMD and TFDV when they are
imported themselves."""

from headrace.schema.curation import Curated, curate
from headrace.schema.declarations import Declarations, RowLimits
from headrace.schema.declared_file import read_declarations
from headrace.schema.diff import Change, changes, markdown, text
from headrace.schema.faults import SchemaFault
from headrace.schema.feature import Feature
from headrace.schema.rules import Check, Rule
from headrace.schema.validation import validate

__all__ = [
    "Change",
    "Check",
    "Curated",
    "Declarations",
    "Feature",
    "RowLimits",
    "Rule",
    "SchemaFault",
    "changes",
    "curate",
    "markdown",
    "read_declarations",
    "text",
    "validate",
]
