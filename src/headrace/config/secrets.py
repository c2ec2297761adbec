"""What must not be repeated in a message: passwords in connection strings."""

from __future__ import annotations

import re


def masked(text: str) -> str:
    """`text` with `***` in place of whatever may be a password in a connection string."""
    text = re.sub(r"(://[^/@\s:]*):[^\s\"']*@", r"\1:***@", text)
    return re.sub(r"(?i)(password\s*=\s*)('[^']*'|[^\s&\"']+)", r"\1***", text)
