"""Views as plain JSON data, for scripts in the reader's language, or for another process of ours and back."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from devices import errors
from devices.errors import BadFile, GroupFailed, LabError
from devices.text import Text, as_data, from_data

T = TypeVar("T")


def plain(value: Any, say: Callable[[str], Any] = str) -> Any:
    """A view as JSON data: objects, lists, numbers and strings; times as ISO 8601.

    Args:
        value: A view, or a mapping or sequence of views.
        say: Turns each translatable sentence into what its reader gets.
    """
    match value:
        case Text():
            return say(value)
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Mapping():
            pairs = typing.cast(Mapping[Any, Any], value)
            return {str(key): plain(one, say) for key, one in pairs.items()}
        case str() | int() | float() | None:
            return value
        case Sequence() | set() | frozenset():
            return [plain(one, say) for one in typing.cast(Sequence[Any], value)]
        case _ if dataclasses.is_dataclass(value):
            return {one.name: plain(getattr(value, one.name), say) for one in dataclasses.fields(value)}
        case _:
            return str(value)


def for_wire(value: Any) -> Any:
    """A view as JSON data that :func:`from_wire` rebuilds, with every sentence still translatable."""
    return plain(value, as_data)


def from_wire(kind: type[T], data: Any) -> T:
    """Rebuild what :func:`for_wire` wrote down.

    Raises:
        ValueError, KeyError, TypeError: The data is not of that kind.
    """
    return _rebuild(kind, data)


def _rebuild(kind: Any, data: Any) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return _untyped(data)
    if origin in (Union, types.UnionType):
        inner = [one for one in args if one is not type(None)]
        return None if data is None else _rebuild(inner[0], data)
    if origin is tuple:
        kinds = [args[0]] * len(data) if args[-1] is Ellipsis else args
        return tuple(_rebuild(one, item) for one, item in zip(kinds, data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {_key(args[0], key): _rebuild(args[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {one.name for one in dataclasses.fields(kind)}
        return typing.cast(Any, kind)(**{key: _rebuild(hints[key], item) for key, item in data.items() if key in known})
    if kind is str:
        return from_data(data) if isinstance(data, Mapping) else str(data)  # pyright: ignore[reportUnknownArgumentType]
    if kind is datetime:
        return datetime.fromisoformat(data)
    return kind(data)


def _key(kind: Any, key: str) -> Any:
    return int(key) if kind is int else key


def _untyped(data: Any) -> Any:
    if isinstance(data, Mapping) and "msgid" in data:
        return from_data(typing.cast(Mapping[str, Any], data))
    return typing.cast(Any, data)


def error_from_wire(data: Mapping[str, Any]) -> LabError:
    """The error that ``LabError.as_data`` wrote down, of its own class where we know it."""
    message, hint = from_data(data["message"]), from_data(data.get("hint") or {})
    kind = _kinds().get(str(data.get("slug")), LabError)
    if issubclass(kind, BadFile):
        return kind(message, problems=[from_data(one) for one in data.get("problems", ())], hint=hint)
    if issubclass(kind, GroupFailed):
        failures = {name: error_from_wire(one) for name, one in data.get("failures", {}).items()}
        return kind(message, failures, hint=hint)
    return kind(message, device=data.get("device"), hint=hint)


def _kinds() -> dict[str, type[LabError]]:
    return {one.slug: one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, LabError)}


def error_plain(error: LabError, say: Callable[[str], str] = str) -> dict[str, Any]:
    """An error as scripts read it: ``{"error": slug, "message", "device", "hint"}`` and, where there are any,
    ``problems`` (a list) or ``failures`` (by device)."""
    said: dict[str, Any] = {
        "error": error.slug,
        "message": say(error.message),
        "device": error.device,
        "hint": say(error.hint),
    }
    if isinstance(error, BadFile):
        said["problems"] = [say(one) for one in error.problems]
    if isinstance(error, GroupFailed):
        said["failures"] = {name: error_plain(one, say) for name, one in error.failures.items()}
    return said
