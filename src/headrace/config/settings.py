"""`Spec`, the base of all specs, made from plain data: every fault at once, each with its path and what was expected.

    LabelSpec.from_settings({"keys": ["id"], "event_time": "at", "labels": [{"nme": "yes"}], "buckets": 0})
        ->  UsageError: LabelSpec: labels[0]: has no 'nme'; did you mean 'name'?; labels[0].name: is missing, expected
            a name, a text that is not empty; as_of: is missing, ...; buckets: expected a whole number from 1 to 10,000

The type of a setting is all that is needed: `tuple[Label, ...]`, `Mapping[str, Share]`, `Source | DatabaseSource`,
`Annotated[int, between(1, 8)]`. A spec made in Python is held to the same. `Spec.conflicts` checks
several settings together, once each of them is valid.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import operator
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from headrace.config.checks import Check, Hidden, shown
from headrace.config.secrets import masked
from headrace.errors import UsageError

S = TypeVar("S", bound="Spec")

MAX_FAULTS = 50
"""Faults that one message lists; more are counted."""

_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "null"}


class Fault(NamedTuple):
    """What is wrong with the setting at `path`; an empty path is the spec itself."""

    path: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}: {self.words}" if self.path else self.words

    def below(self, path: str) -> Fault:
        """The same fault, seen from a spec that has this one at `path`."""
        dot = "." if path and self.path and not self.path.startswith("[") else ""
        return Fault(f"{path}{dot}{self.path}", self.words)


class SettingsError(UsageError):
    """A spec can't be meant as it stands; `faults` are all that is wrong with it."""

    def __init__(self, kind: str, faults: Iterable[Fault]) -> None:
        self.kind, self.faults = kind, tuple(faults)
        words = "; ".join(map(str, self.faults[:MAX_FAULTS]))
        more = len(self.faults) - MAX_FAULTS
        super().__init__(f"{kind}: {words}" + (f"; and {more:,} more" if more > 0 else ""))

    def __reduce__(self) -> tuple[type[SettingsError], tuple[str, tuple[Fault, ...]]]:
        return type(self), (self.kind, self.faults)


class Spec:
    """Base of a frozen, keyword-only dataclass that holds a configuration and refuses to exist when it is wrong.

    When one is made, lists become tuples and plain data in the place of a spec becomes that spec.
    """

    tag: ClassVar[str] = ""
    """What the setting `kind` says in plain data, where a list may have specs of several kinds."""

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        sound = _sound_defaults(type(self))
        for name, hint in _hints(type(self)).items():
            value = getattr(self, name)
            # Most settings of most specs are the default, and a file of 5,000 columns has as many fields.
            if name in sound and value is sound[name]:
                continue
            try:
                made = _read_known(type(self), name, value) if _is_plain(value) else _read(hint, value, name, faults)
            except SettingsError as error:
                faults += error.faults
            else:
                object.__setattr__(self, name, made)
        if not faults:
            faults = [Fault("", words) for words in self.conflicts()]
        if faults:
            raise SettingsError(type(self).__name__, faults)

    def conflicts(self) -> Iterable[str]:
        """What is wrong with settings together, each of which is well by itself."""
        return ()

    @classmethod
    def from_settings(cls: type[S], data: Any) -> S:
        """The spec with the settings `data`: plain data, as YAML and JSON have it. What is left out is the default.

        Raises:
            UsageError: no mapping, names that are not known, settings that are missing, of another type or out of
                range, at any depth: all of them, each with its path.
        """
        faults: list[Fault] = []
        spec = _read(cls, data, "", faults)
        if faults:
            raise SettingsError(cls.__name__, faults)
        made: S = spec
        return made

    @classmethod
    def from_json(cls: type[S], text: str) -> S:
        """Inverse of `to_json`.

        Raises:
            UsageError: it is not JSON; as `from_settings`.
        """
        try:
            data = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"{cls.__name__}: expected JSON, got {shown(text)}: {masked(str(error))}") from error
        return cls.from_settings(data)

    def to_settings(self, *, defaults: bool = True) -> dict[str, Any]:
        """Plain data, from which `from_settings` makes an equal spec; without `defaults`, what differs from them."""
        said = {name: getattr(self, name) for name in _fields(type(self))}
        if not defaults:
            said = {name: value for name, value in said.items() if value != _default(type(self), name)}
        plain = {name: _plain(value, defaults) for name, value in said.items()}
        return {"kind": self.tag, **plain} if self.tag else plain

    def to_json(self) -> str:
        """One JSON text, from which `from_json` makes an equal spec; names stand as given: their order may count."""
        return json.dumps(self.to_settings())


def _plain(value: Any, defaults: bool) -> Any:
    if isinstance(value, Spec):
        return value.to_settings(defaults=defaults)
    if isinstance(value, Mapping):
        return {name: _plain(one, defaults) for name, one in value.items()}
    return [_plain(one, defaults) for one in value] if isinstance(value, (tuple, list)) else value


def _types(kind: Any) -> dict[str, Any]:
    """The type of each setting."""
    hints = get_type_hints(kind, include_extras=True)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind)}


_hints: Callable[[Any], dict[str, Any]] = functools.cache(_types)


def _by_name(kind: Any) -> dict[str, dataclasses.Field[Any]]:
    return {one.name: one for one in dataclasses.fields(kind)}


_fields: Callable[[Any], dict[str, dataclasses.Field[Any]]] = functools.cache(_by_name)


def _defaults_as_they_are(kind: Any) -> dict[str, Any]:
    """The defaults that are read as what they are, so that there is nothing to do where a spec has them."""
    found = {}
    for name, hint in _hints(kind).items():
        default = _fields(kind)[name].default
        faults: list[Fault] = []
        if default is not dataclasses.MISSING and _read(hint, default, name, faults) == default and not faults:
            found[name] = default
    return found


_sound_defaults: Callable[[Any], dict[str, Any]] = functools.cache(_defaults_as_they_are)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    return kind is str or kind is bool or kind is int or (kind is tuple and all(type(one) is str for one in value))


def _as_read(kind: type[Spec], name: str, value: str | bool | int | tuple[str, ...]) -> Any:
    faults: list[Fault] = []
    made = _read(_hints(kind)[name], value, name, faults)
    if faults:
        raise SettingsError(kind.__name__, faults)
    return made


# Fields of a file of 5,000 columns say the same few values again and again. 1 and True differ. Faults are not kept.
_read_known: Callable[[Any, str, Any], Any] = functools.lru_cache(maxsize=1 << 16, typed=True)(_as_read)


def _default(kind: type[Spec], name: str) -> Any:
    one = _fields(kind)[name]
    return one.default if one.default_factory is dataclasses.MISSING else one.default_factory()


def _read(hint: Any, value: Any, path: str, faults: list[Fault]) -> Any:
    """`value` as `hint` wants it; what is wrong with it is added to `faults`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _read_checked(hint, value, path, faults)
    if origin in (Union, types.UnionType):
        return _read_one_of(arguments, value, path, faults)
    if isinstance(hint, type) and issubclass(hint, Spec):
        return _read_spec(hint, value, path, faults)
    if not _is_like(hint, value):
        faults.append(Fault(path, _unlike(hint, value)))
    elif origin is tuple:
        return _read_list(arguments, value, path, faults)
    elif origin is Mapping:
        return _read_mapping(arguments, value, path, faults)
    elif hint in (int, float):
        return value if isinstance(value, (int, float)) else hint(value)  # numpy's numbers are not JSON's
    return value


def _read_checked(hint: Any, value: Any, path: str, faults: list[Fault]) -> Any:
    plain, *marks = get_args(hint)
    hidden = any(isinstance(mark, Hidden) for mark in marks)
    if not _is_like(plain, value):
        faults.append(Fault(path, f"expected {_described(hint)}" if hidden else _unlike(hint, value)))
        return value
    found: list[Fault] = []
    made = _read(plain, value, path, found)
    if not found:
        checks = [mark for mark in marks if isinstance(mark, Check)]
        failed = ((check, words) for check in checks if (words := check.fault(made)))
        if first := next(failed, None):
            check, words = first
            found = [Fault(path, f"expected {check.words}" if hidden and check.words else words)]
    faults += found
    return made


def _read_one_of(options: Sequence[Any], value: Any, path: str, faults: list[Fault]) -> Any:
    fitting = [option for option in options if _is_like(option, value)]
    if isinstance(value, str) and len(fitting) > 1:  # a text is a list of one only where no text can stand
        fitting = [option for option in fitting if not _is_like(option, [])]
    if isinstance(value, Mapping) and len(fitting) > 1:
        kinds = [option for option in fitting if isinstance(option, type) and issubclass(option, Spec)]
        if len(kinds) > 1:
            fitting = _meant(kinds, value, path, faults)
            if not fitting:
                return value
    found: list[Fault] = []
    for option in fitting:
        found = []
        made = _read(option, value, path, found)
        if not found:
            return made
    faults += found or [Fault(path, _unlike(functools.reduce(operator.or_, options), value))]
    return value


def _meant(kinds: Sequence[type[Spec]], data: Mapping[Any, Any], path: str, faults: list[Fault]) -> list[type[Spec]]:
    """Of several kinds of specs the one that `data` are of: by their `kind`, else by the names of the settings."""
    tags = {kind.tag: kind for kind in kinds if kind.tag}
    if not tags:
        return [max(kinds, key=lambda kind: len(set(data) & set(_hints(kind))))]
    tag = data.get("kind")
    if isinstance(tag, str) and tag in tags:
        return [tags[tag]]
    got = f"got {shown(tag)}" if "kind" in data else "it is missing"
    faults.append(Fault(f"{path}.kind", f"expected one of {', '.join(tags)}, {got}"))
    return []


def _read_spec(kind: type[Spec], data: Any, path: str, faults: list[Fault]) -> Any:
    if isinstance(data, kind):
        return data
    if not isinstance(data, Mapping):
        faults.append(Fault(path, _unlike(kind, data)))
        return data
    hints = _hints(kind)
    if kind.tag and data.get("kind") == kind.tag:
        data = {name: value for name, value in data.items() if name != "kind"}
    found = [Fault("", _unknown(name, hints)) for name in data if name not in hints]
    made = {}
    for name, hint in hints.items():
        if name in data:
            made[name] = _read(hint, data[name], name, found)
        elif _default(kind, name) is dataclasses.MISSING:
            found.append(Fault(name, f"is missing, expected {_described(hint)}"))
    if not found:
        try:
            return kind(**made)
        except SettingsError as error:
            found = list(error.faults)
    faults += [fault.below(path) for fault in found]
    return data


def _unknown(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"has no {shown(name)}; " + (f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}")


def _read_list(kinds: tuple[Any, ...], value: Any, path: str, faults: list[Fault]) -> Any:
    if isinstance(value, str):
        value = (value,)
    each = [kinds[0]] * len(value) if ... in kinds else list(kinds)
    if len(each) != len(value):
        faults.append(Fault(path, f"expected a list of {len(each)}, got {shown(value)}"))
        return value
    return tuple(
        _read(kind, one, f"{path}[{at}]", faults) for at, (kind, one) in enumerate(zip(each, value, strict=True))
    )


def _read_mapping(kinds: tuple[Any, ...], value: Mapping[Any, Any], path: str, faults: list[Fault]) -> dict[Any, Any]:
    for name in value:
        _read(kinds[0], name, path, faults)
    return {name: _read(kinds[1], one, f"{path}[{shown(name)}]", faults) for name, one in value.items()}


def _is_like(hint: Any, value: Any) -> bool:
    """Whether a value has the type or the shape that `hint` wants; what is in it may be wrong."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _is_like(arguments[0], value)
    if origin in (Union, types.UnionType):
        return any(_is_like(option, value) for option in arguments)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in arguments)
    if hint is Any:
        return True
    if hint is bool or isinstance(value, bool):
        return hint is bool and isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, Integral) or (hint is float and isinstance(value, Real) and bool(value == value))
    if origin is tuple:
        # One text stands for a list of one: never for a list of its letters.
        one_text = isinstance(value, str) and ... in arguments and _is_like(arguments[0], value)
        return one_text or isinstance(value, (tuple, list))
    if origin is Mapping:
        return isinstance(value, Mapping)
    return isinstance(value, hint) or (issubclass(hint, Spec) and isinstance(value, Mapping))


def _unlike(hint: Any, value: Any) -> str:
    quote = isinstance(value, (int, float)) and _is_like(hint, "") and not (_is_like(hint, 0) or _is_like(hint, []))
    return f"expected {_described(hint)}, got {shown(value)}" + (": put it in quotes" if quote else "")


def _described(hint: Any) -> str:
    """What is expected of a setting, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        words = [mark.words for mark in arguments[1:] if isinstance(mark, Check) and mark.words]
        inner = _described(arguments[0])
        return words[0] if words and not inner.startswith("a list") else inner
    if origin in (Union, types.UnionType):
        words = list(dict.fromkeys(map(_described, arguments)))
        return " or ".join(one for one in words if one != _EXPECTED[int] or _EXPECTED[float] not in words)
    if origin is Literal:
        # A word stands as it is; anything else, such as a comma, would be unreadable without quotes.
        return f"one of {', '.join(str(one) if str(one).isidentifier() else repr(one) for one in arguments)}"
    if hint in _EXPECTED:
        return _EXPECTED[hint]
    if origin is tuple:
        size = "a list" if ... in arguments else f"a list of {len(arguments)}"
        return f"{size} (each: {_described(arguments[0])})"
    return "settings by name" + ("" if origin else f", such as {', '.join(list(_hints(hint))[:3])}")
