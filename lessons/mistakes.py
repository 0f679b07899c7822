"""Mistakes in a lesson plan, said so that its author finds and mends them: file, step, field, what was meant."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from devices.text import Text, _
from lessons.format import Plan

Loc = tuple[int | str, ...]

LIKE = 0.6
"""How alike two words must be, 0 to 1, for one to be a slip of the other."""


@dataclass(frozen=True)
class Mistake:
    """One thing to mend. ``step`` and ``field`` are empty where it is not in a step, or about no one field."""

    what: Text
    field: str = ""
    step: str = ""

    def sentence(self, file: str) -> Text:
        """The mistake with its place in front."""
        places = {"file": file, "step": self.step, "field": self.field, "what": self.what}
        match (bool(self.step), bool(self.field)):
            case (True, True):
                return _("%(file)s, step %(step)s, %(field)s: %(what)s", **places)
            case (True, False):
                return _("%(file)s, step %(step)s: %(what)s", **places)
            case (False, True):
                return _("%(file)s, %(field)s: %(what)s", **places)
            case _:
                return _("%(file)s: %(what)s", **places)


def mistakes(error: ValidationError, data: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """What pydantic minds about the data of a plan, in the words of whoever writes lessons."""
    found = (cast("dict[str, Any]", each) for each in error.errors(include_url=False))
    return tuple(_mistake(each, data) for each in found if not _echo(each))


def _echo(error: Mapping[str, Any]) -> bool:
    """Whether a list is called too short only because pydantic does not count entries that have mistakes."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None where nothing is near."""
    likeness = {each: difflib.SequenceMatcher(None, word.lower(), each).ratio() for each in known}
    best = max(likeness, key=lambda each: likeness[each], default=None)
    return best if best is not None and likeness[best] >= LIKE else None


def not_one_of(found: str, known: Sequence[str]) -> Text:
    """That a name is not one of the known ones, with the one that was probably meant."""
    if meant := nearest(found, known):
        return _("%(found)s is not known; did you mean %(meant)s?", found=quoted(found), meant=quoted(meant))
    return _(
        "%(found)s is not known; there is: %(known)s",
        found=quoted(found),
        known=", ".join(quoted(each) for each in known) or "-",
    )


def quoted(value: object) -> str:
    """A value as it would stand in the file; long ones are cut, tables and lists are only named."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value if len(value) <= 40 else value[:39] + "…"}"'
        case int() | float():
            return f"{value:g}"
        case Mapping():
            return "{ … }"
        case list() | tuple():
            return "[ … ]"
        case _:
            return str(value)


def _mistake(error: Mapping[str, Any], data: Mapping[str, Any]) -> Mistake:
    loc: Loc = error["loc"]
    step, inside = _split(loc, data)
    match error["type"]:
        case "missing" if isinstance(loc[-1], str):
            field, what = _path(inside[:-1]), _("%(field)s is missing", field=loc[-1])
        case "union_tag_not_found":
            field, what = _path(inside), _("%(field)s is missing", field="do")
        case "union_tag_invalid":
            tag = str(error["ctx"]["tag"])
            field, what = "do", not_one_of(tag, re.findall(r"'([^']*)'", error["ctx"]["expected_tags"]))
        case "extra_forbidden":
            field, what = _path(inside), _no_such_field(loc)
        case _:
            field, what = _path(inside), _what(error)
    return Mistake(what, field, step)


def _split(loc: Loc, data: Mapping[str, Any]) -> tuple[str, Loc]:
    """The name of the step that a location is in, and the location within it (without pydantic's union tag)."""
    if len(loc) < 2 or loc[0] != "step" or not isinstance(loc[1], int):
        return "", loc
    steps: Any = data.get("step", ())
    step: Any = steps[loc[1]] if loc[1] < len(steps) else None
    name: Any = cast("Mapping[str, Any]", step).get("id") if isinstance(step, Mapping) else None
    return (name if isinstance(name, str) and name else f"#{loc[1] + 1}"), loc[3:]


def _path(loc: Loc) -> str:
    path = ""
    for element in loc if loc[-1:] != ("[key]",) else loc[:-1]:  # pydantic's word for a key that is wrong itself
        path += f"[{element + 1}]" if isinstance(element, int) else f"{'.' if path else ''}{element}"
    return path


def _no_such_field(loc: Loc) -> Text:
    known = _fields_at(loc[:-1])
    if meant := nearest(str(loc[-1]), known):
        return _("there is no such field; did you mean %(meant)s?", meant=meant)
    return _("there is no such field; there is: %(known)s", known=", ".join(known))


def _what(error: Mapping[str, Any]) -> Text:
    ctx: Mapping[str, Any] = error.get("ctx", {})
    found = quoted(error["input"])
    match error["type"]:
        case "int_type" | "int_from_float":
            return _("expected a whole number, found %(found)s", found=found)
        case "float_type" | "finite_number":
            return _("expected a number, found %(found)s", found=found)
        case "string_type":
            return _("expected text in quotes, found %(found)s", found=found)
        case "bool_type":
            return _("expected true or false, found %(found)s", found=found)
        case "tuple_type":
            return _("expected a list in [ ], found %(found)s", found=found)
        case "mapping_type" | "dict_type" | "model_type" | "model_attributes_type":
            return _("expected a table, found %(found)s", found=found)
        case "literal_error":
            return not_one_of(str(error["input"]), re.findall(r"'([^']*)'", ctx["expected"]))
        case "greater_than":
            return _("must be more than %(limit)s, is %(found)s", limit=quoted(ctx["gt"]), found=found)
        case "greater_than_equal":
            return _("must be at least %(limit)s, is %(found)s", limit=quoted(ctx["ge"]), found=found)
        case "less_than_equal":
            return _("must be at most %(limit)s, is %(found)s", limit=quoted(ctx["le"]), found=found)
        case "string_pattern_mismatch":
            return _wrong_shape(str(ctx["pattern"]), found)
        case "string_too_short":
            return _("must not be empty")
        case "string_too_long":
            return _("is too long: at most %(limit)s characters", limit=ctx["max_length"])
        case "too_short":
            return _("has too few entries: at least %(limit)s", limit=ctx["min_length"])
        case "too_long":
            return _("has too many entries: at most %(limit)s", limit=ctx["max_length"])
        case "missing":
            return _("is missing")
        case "value_error" if isinstance(ctx["error"].args[0], Text):
            return ctx["error"].args[0]
        case _:
            return _("%(reason)s", reason=error["msg"])


def _wrong_shape(pattern: str, found: str) -> Text:
    match pattern:
        case r"^[a-z]{2,3}$":
            return _("expected a language such as az or en, found %(found)s", found=found)
        case r"^https://\S+$":
            return _("expected an address that begins with https://, found %(found)s", found=found)
        case r"^[a-z]+(\.[a-z][a-z0-9-]*)?$":
            return _("expected a capability such as drives or senses.distance, found %(found)s", found=found)
        case _:
            return _("expected small letters a to z, digits and single hyphens, found %(found)s", found=found)


def _fields_at(loc: Loc) -> tuple[str, ...]:
    """The fields of the table at a location, as the file spells them."""
    kind: Any = Plan
    for element in loc:
        kind = _into(kind, element)
    kind = _table(kind)
    return tuple(_fields(kind)) if kind else ()


def _into(kind: Any, element: int | str) -> Any:
    """What is at an element of a location, under a model, a list, a table of names, or a union and its tag."""
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _fields(kind).get(str(element))
    if get_origin(kind) in (Union, types.UnionType):
        for each in get_args(kind):
            if _tag(each) == element:
                return each
        return _into(_table(kind), element)
    inner = get_args(kind)
    return inner[0] if get_origin(kind) is tuple else inner[-1]


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _table(kind: Any) -> type[BaseModel] | None:
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _fields(kind: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _tag(kind: Any) -> str | None:
    field = _fields(kind).get("do") if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return get_args(field)[0] if get_origin(field) is Literal else None
