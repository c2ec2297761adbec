"""The TFX-free core of headrace: Arrow in, Arrow out."""

import logging

from headrace.errors import DataError, HeadraceError, LedgerError, UsageError
from headrace.ledger import Ledger
from headrace.unpickling import forbid_unpickling

__all__ = ["DataError", "HeadraceError", "Ledger", "LedgerError", "UsageError"]

forbid_unpickling()

# A library logs nothing unless the program that uses it sets up logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())
