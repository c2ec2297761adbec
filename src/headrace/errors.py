"""Two families of errors: the data is at fault, or the call is.

A message names the file, the row or feature, the value, what was expected, and the cure.
"""

from __future__ import annotations


class HeadraceError(Exception):
    """What every error that headrace raises on purpose derives from."""


class DataError(HeadraceError):
    """The data is at fault: a file, a row or a value is not what was declared."""


class UsageError(HeadraceError):
    """The call is at fault: a configuration or an argument can't be meant as it stands."""


class LedgerError(HeadraceError):
    """Rows were lost or invented: counts that must add up do not. Always a bug or broken storage, never bad input."""


class WorkError(HeadraceError):
    """Work on one element ended by an error that headrace did not foresee, which is its cause, or its worker died."""
