"""YAML as people write it by hand: words without quotes are texts, and a key that is given twice is an error.

{missing: [NA, no], day: 2026-03-01, strict: true}  ->  {"missing": ["NA", "no"], "day": "2026-03-01", "strict": True}

Unlike in YAML 1.1, `no`, `NA` and `2026-03-01` are texts, only `true` and `false` are booleans: what means missing in
data often looks like these.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import yaml

from headrace.config.checks import shown
from headrace.errors import UsageError
from headrace.files.storage import read_text

Parsed = TypeVar("Parsed")


def settings_of(text: str, such_as: str) -> dict[str, Any]:
    """The settings that a YAML (or JSON) text holds, unchecked; `such_as` names some that are expected.

    Raises:
        UsageError: not YAML, with its line; no settings; a key given twice.
    """
    data = settings(text)
    if not isinstance(data, dict):
        raise UsageError(f"expected settings such as {such_as}, got {shown(data)}")
    return data


def settings(text: str) -> Any:
    """The plain data of a YAML (or JSON) text.

    Raises:
        UsageError: not YAML, with its line; a key given twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UsageError(f"line {line}: this is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"this is not YAML: {error}") from error


def to_block(data: Mapping[str, Any]) -> str:
    """Plain data as YAML that `settings` reads."""
    return "\n".join(block(data)) + "\n"


def read(path: str, parse: Callable[[str], Parsed]) -> Parsed:
    """What `parse` makes of the text of a file.

    Raises:
        UsageError: as `parse`, and if there is no such file; names the file.
    """
    try:
        return parse(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


class _Loader(yaml.SafeLoader):
    """YAML whose plain words are texts."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012


class _Dumper(yaml.SafeDumper):
    """Writes what both our loader and others read: what looks like a boolean or date to any is quoted.

    A next-line character is written as an escape: as it stands, YAML 1.1 reads it back as a line break.
    """

    def analyze_scalar(self, scalar: str) -> Any:
        """PyYAML's analysis, with a next-line character taken for one that can't be printed."""
        found = super().analyze_scalar(scalar)
        if "\x85" in scalar:
            found.allow_flow_plain = found.allow_block_plain = found.allow_single_quoted = found.allow_block = False
        return found


def _unique_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a name must be a text", problem_mark=key.start_mark)
        if key.value in seen:
            raise yaml.MarkedYAMLError(problem=f"{key.value!r} is said twice", problem_mark=key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


_PLAIN = (
    ("bool", r"^(true|false)$", "tf"),
    ("null", r"^(null|~)$", "n~"),
    ("int", r"^[-+]?(0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$", "-+0123456789."),
)
for _kind, _form, _first in _PLAIN:
    for _user in (_Loader, _Dumper):
        _user.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_form), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
_Loader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


def block(settings: Any) -> list[str]:
    """Plain data as lines of YAML."""
    return str(yaml.dump(settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 30)).splitlines()


def flow(settings: Any) -> str:
    """Plain data, whose names are short, as YAML in one line."""
    if isinstance(settings, Mapping):
        return "{" + ", ".join(f"{flow(name)}: {flow(value)}" for name, value in settings.items()) + "}"
    if isinstance(settings, (list, tuple)):
        return "[" + ", ".join(map(flow, settings)) + "]"
    if settings is None or isinstance(settings, int):  # and true and false
        return json.dumps(settings)
    return _flow_text(settings) if isinstance(settings, str) else _flow_value(settings)


@functools.lru_cache(maxsize=1024)
def _flow_text(text: str) -> str:
    # PyYAML takes its time, and a spec of thousands of fields says few things but their names.
    if _WORD.fullmatch(text) and not any(form.match(text) for _, form in _RESOLVERS.get(text[0], ())):
        return text
    return _flow_value(text)


def _flow_value(value: Any) -> str:
    text = yaml.dump(
        [value], Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=True, width=1 << 30
    )
    return str(text).strip()[1:-1]


_WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")
"""What is a plain text in YAML, unless it is one of the words that some take for a boolean or nothing."""
_RESOLVERS = _Dumper.yaml_implicit_resolvers
