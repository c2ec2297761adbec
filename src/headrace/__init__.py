"""The TFX-free core of headrace: Arrow in, Arrow out."""

from headrace.errors import DataError, HeadraceError, LedgerError, UsageError
from headrace.ledger import Ledger

__all__ = ["DataError", "HeadraceError", "Ledger", "LedgerError", "UsageError"]
