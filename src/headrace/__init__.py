"""The TFX-free core of headrace: Arrow in, Arrow out."""

from headrace.errors import DataError, HeadraceError, LedgerError, UsageError
from headrace.ledger import Ledger
from headrace.unpickling import forbid_unpickling

__all__ = ["DataError", "HeadraceError", "Ledger", "LedgerError", "UsageError"]

forbid_unpickling()
