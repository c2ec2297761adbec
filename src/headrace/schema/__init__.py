"""A TFMD schema that people can review. What imports TFDV is in `tfdv` and `validate`; the rest is plain data."""

from headrace.schema.declarations import Declarations
from headrace.schema.diff import Change, changes, markdown, text
from headrace.schema.faults import SchemaFault

__all__ = ["Change", "Declarations", "SchemaFault", "changes", "markdown", "text"]
