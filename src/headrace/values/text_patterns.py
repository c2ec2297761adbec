"""How numbers, codes, lengths of time and quantities are written: regular expressions of trimmed text.

Arrow matches them, by RE2.
"""

WHOLE = r"^[+-]?(?:0|[1-9][0-9]{0,18})$"
NUMBER = r"^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
INFINITE = r"^[+-]?(?i:inf|infinity)$"
PHONE = r"^\+[0-9]{5,}$"
CODE = r"^[+-]?0[0-9]+$"
"""Digits that a number would lose: zeros in front."""
DIGITS = r"^[+-]?[0-9]+$"
UUID = r"^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
LENGTH = r"^(?:[0-9]+:)?[0-5]?[0-9]:[0-5][0-9](?:\.[0-9]+)?$|^[0-9]+:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?$"
QUANTITY = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?\s*(?P<u>[^0-9,.+\-\s].*)$"
