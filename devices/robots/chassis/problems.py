"""What is wrong in a chassis file, said so that whoever wrote it finds and mends it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from devices.robots.chassis.model import Chassis
from devices.text import Text, _


def problem(detail: ErrorDetails) -> str:
    """One of pydantic's complaints as a sentence: where, what was expected, what is there."""
    where, context = _place(detail["loc"]), detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return _("%(where)s is missing", where=where)
        case "union_tag_not_found":
            return _("%(where)s is missing", where=f"{where}.kind")
        case "union_tag_invalid":
            return _expected(f"{where}.kind", context["expected_tags"], context["tag"])
        case "extra_forbidden":
            return _unknown(where, detail["loc"])
        case "value_error":
            reason: str = context["error"].args[0]
            return _("%(where)s: %(reason)s", where=where, reason=reason) if where else reason
        case "literal_error":
            return _expected(where, context["expected"], detail["input"])
        case "greater_than":
            return _expected(where, _("more than %(limit)s", limit=context["gt"]), detail["input"])
        case "greater_than_equal":
            return _expected(where, _("%(limit)s or more", limit=context["ge"]), detail["input"])
        case "less_than_equal":
            return _expected(where, _("%(limit)s or less", limit=context["le"]), detail["input"])
        case kind:
            return _expected(where, _KINDS.get(kind) or detail["msg"], detail["input"])


_KINDS: Final[Mapping[str, Text]] = {
    "int_type": _("a whole number"),
    "float_type": _("a number"),
    "bool_type": _("true or false"),
    "string_type": _("a text in quotes"),
    "string_pattern_mismatch": _("a name of small letters, digits and dashes"),
    "string_too_short": _("a text that is not empty"),
    "model_type": _("a table"),
    "mapping_type": _("a table"),
}


def _expected(where: str, expected: str, found: object) -> Text:
    said = str(found).lower() if isinstance(found, bool) else repr(found)
    return _("%(where)s: expected %(expected)s, not %(value)s", where=where, expected=expected, value=said)


def _place(loc: Sequence[str | int]) -> str:
    """Where it is, as it is written in the file; the kind of a sensor is not part of that."""
    parts = [str(part) for part in loc if part != "[key]"]
    if len(parts) > 2 and parts[0] == "sensors":
        del parts[2]
    return ".".join(parts)


def _unknown(where: str, loc: Sequence[str | int]) -> Text:
    written = _keys_there(loc)
    near = difflib.get_close_matches(str(loc[-1]), written, n=1)
    if near:
        return _("%(where)s is not a key here; did you mean “%(key)s”?", where=where, key=near[0])
    return _("%(where)s is not a key here; there are: %(keys)s", where=where, keys=", ".join(written))


def _keys_there(loc: Sequence[str | int]) -> list[str]:
    """The keys that may stand where an unknown one does, read off the model's schema."""
    schema = Chassis.model_json_schema()
    here: Mapping[str, Any] = schema
    for part in loc[:-1]:
        here = _resolve(_step(here, str(part)), schema)
    return list(here.get("properties", {}))


def _step(here: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    if part in here.get("properties", {}):
        return here["properties"][part]
    if "patternProperties" in here:
        return next(iter(here["patternProperties"].values()))
    if "discriminator" in here:
        return {"$ref": here["discriminator"]["mapping"][part]}
    return here.get("additionalProperties") or {}


def _resolve(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "anyOf" in node:
        node = node["anyOf"][0]
    if "$ref" in node:
        return schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node
