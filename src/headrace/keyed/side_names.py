"""What the sides of a join are called: in specs, ledgers, errors, files, and inputs of components."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from headrace.config.checks import expect

EVENTS = "events"
"""The side of the events; the others have names of the user's."""

_NAME = re.compile(r"[a-z](?!.*__)[a-z0-9_]*")


def is_side_name(name: str) -> bool:
    """Whether a source of outcomes or a table can have this name."""
    return bool(_NAME.fullmatch(name)) and name != EVENTS


SideName: TypeAlias = Annotated[
    str, expect(is_side_name, "small letters, digits and single underscores, and not 'events'")
]
