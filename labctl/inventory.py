"""The lab file: which devices the lab has and where each is reached. Read whole or refused whole."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from devices.addresses import address_problem
from devices.errors import BadFile, BadValue
from devices.plugin import drivers as installed_drivers
from devices.robots.chassis import names as chassis_names
from devices.text import Text, _
from labctl.files import write_atomic, writing
from labctl.languages import LANGUAGES
from labctl.tomlplaces import Lines, line_at, lines_of, what_and_where

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LabSection(_Strict):
    """``[lab]``: the name that pages show and the language of who has not chosen one."""

    name: str = ""
    language: Literal["az", "en"] | None = None


class DeviceEntry(_Strict):
    """``[devices.<id>]``: one device."""

    address: str
    chassis: str
    name: str = ""
    driver: str = "firmata"
    allow_no_watchdog: bool = False


class _File(_Strict):
    lab: LabSection = LabSection()
    devices: dict[str, DeviceEntry] = {}


@dataclass(frozen=True)
class Inventory:
    """What a lab file says. ``devices`` are in the order of the file, by id."""

    file: Path
    name: str = ""
    language: str | None = None
    devices: Mapping[str, DeviceEntry] = field(default_factory=dict[str, DeviceEntry])


def display_name(id: str, entry: DeviceEntry) -> str:
    """The name that people see: the one given, or the id made readable (``robot-1`` is ``Robot 1``)."""
    return entry.name or id[:1].upper() + id[1:].replace("-", " ")


def load_inventory(file: Path, *, chassis_folders: Sequence[Path] = ()) -> Inventory:
    """Read a lab file; one that does not exist is a lab without devices.

    Args:
        file: Usually ``lab.toml``.
        chassis_folders: Folders with chassis beside those that labctl ships.

    Raises:
        BadFile: It is not TOML, or says something that a lab file does not; ``problems`` lists every place.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Inventory(file)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _bad(file, [_at(file, line, "", _("this is not UTF-8 text"))]) from error
    except OSError as error:
        raise BadFile(
            _("%(file)s cannot be read: %(why)s", file=str(file), why=error.strerror or str(error)),
            hint=_("See that it is a file that you may read."),
        ) from error
    return read_inventory(text, file, chassis_folders=chassis_folders)


def read_inventory(text: str, file: Path, *, chassis_folders: Sequence[Path] = ()) -> Inventory:
    """The same from the text of a file; ``file`` is what errors name."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = what_and_where(error, text)
        raise _bad(file, [_at(file, line, "", _("this is not TOML: %(what)s", what=what))]) from error
    lines = lines_of(text)
    problems = list(_misused(file, lines, _written(data), chassis_names(chassis_folders)))
    try:
        parsed = _File.model_validate(data)
    except ValidationError as error:
        found = _without_echoes(error.errors(include_url=False))
        raise _bad(file, _in_order([*(_misfit(file, lines, data, one) for one in found), *problems])) from error
    if problems:
        raise _bad(file, _in_order(problems))
    return Inventory(file, parsed.lab.name, parsed.lab.language, parsed.devices)


def id_problem(id: str) -> Text | None:
    """What is wrong with a device's id, or None."""
    if SLUG.fullmatch(id):
        return None
    meant = re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")
    return _("an id is small letters a-z, digits and single hyphens, such as %(meant)s", meant=meant or "robot-1")


def add_device(file: Path, id: str, entry: DeviceEntry, *, chassis_folders: Sequence[Path] = ()) -> Inventory:
    """Append a device to the lab file, which keeps its comments and its order; a missing file is made.

    Raises:
        BadValue: The id or the address is taken, or says nothing that can be reached; the file is as it was.
        BadFile: The file was wrong before; it is as it was.
    """
    import tomlkit

    before = load_inventory(file, chassis_folders=chassis_folders)
    if id in before.devices:
        raise BadValue(
            _("There is a device %(id)s already, at %(address)s", id=id, address=before.devices[id].address),
            device=id,
            hint=_("Give it another id with --id."),
        )
    taken = {id: known.address for id, known in before.devices.items()}
    if (twin := _taken(taken, entry.address)) is not None:
        raise BadValue(_("%(address)s is the address of %(id)s already", address=entry.address, id=twin), device=twin)
    table = tomlkit.table()
    for key, value in entry.model_dump(exclude_defaults=True).items():
        table.add(key, value)
    snippet = tomlkit.document()
    snippet.add("devices", tomlkit.table(is_super_table=True).add(id, table))
    try:
        text = file.read_bytes().decode("utf-8-sig").rstrip() + "\n\n"
    except FileNotFoundError:
        text = ""
    newline = "\r\n" if "\r\n" in text else "\n"
    text = (text.replace("\r\n", "\n") + tomlkit.dumps(snippet)).replace("\n", newline)
    try:
        after = read_inventory(text, file, chassis_folders=chassis_folders)
    except BadFile as error:
        raise BadValue(error.problems[0] if error.problems else error.message, device=id) from error
    with writing(file, hint=_("See that you may write there.")):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, text)
    return after


def _taken(addresses: Mapping[str, str], address: str) -> str | None:
    if address.startswith("sim:"):
        return None  # each simulated device is a board of its own
    return next((id for id, known in addresses.items() if known == address), None)


def _bad(file: Path, problems: Sequence[str]) -> BadFile:
    return BadFile(
        _("%(file)s does not say what a lab file must; nothing was started", file=str(file)),
        problems=problems,
        hint=_("Correct it, then try again. docs/reference/lab-file.md lists every setting."),
    )


def _in_order(problems: Iterable[tuple[int, Text]]) -> list[Text]:
    return [text for _line, text in sorted(problems, key=lambda one: one[0])]


def _at(file: Path, line: int | None, setting: str, what: str) -> Text:
    if line is None:
        return _("%(file)s, %(setting)s: %(what)s", file=file.name, setting=setting, what=what)
    if not setting:
        return _("%(file)s, line %(line)s: %(what)s", file=file.name, line=line, what=what)
    return _("%(file)s, line %(line)s, %(setting)s: %(what)s", file=file.name, line=line, setting=setting, what=what)


def _spoken(path: Sequence[str]) -> str:
    """A place in the file as it is written there: ``[devices.robot-1] address``."""
    tables = 2 if path[:1] == ["devices"] else 1
    head, rest = path[:tables], path[tables:]
    return f"[{'.'.join(head)}] {'.'.join(rest)}".strip()


def _misfit(file: Path, lines: Lines, data: Mapping[str, Any], error: ErrorDetails) -> tuple[int, Text]:
    """A pydantic error as a sentence for people, with its line for sorting."""
    path = [str(part) for part in error["loc"]]
    line = line_at(lines, tuple(path))
    match error["type"]:
        case "extra_forbidden":
            what = _unknown(path, data)
        case "missing":
            what = _("this setting is missing")
        case _:
            what = _(
                "expected %(expected)s, found %(found)s", expected=_expected(path, error), found=_found(error["input"])
            )
            if (meant := _meant(path, error)) is not None:
                what = _("%(what)s. Did you mean %(meant)s?", what=what, meant=meant)
    return line or 0, _at(file, line, _spoken(path), what)


def _without_echoes(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without those of a missing setting that was written, only not well: one mistake, one line."""
    meant = {
        (*error["loc"][:-1], close)
        for error in errors
        if error["type"] == "extra_forbidden"
        for close in difflib.get_close_matches(
            str(error["loc"][-1]), _settings([str(part) for part in error["loc"][:-1]]), n=1
        )
    }
    return [error for error in errors if not (error["type"] == "missing" and error["loc"] in meant)]


def _settings(path: Sequence[str]) -> tuple[str, ...]:
    match path:
        case []:
            return tuple(_File.model_fields)
        case ["lab"]:
            return tuple(LabSection.model_fields)
        case _:
            return tuple(DeviceEntry.model_fields)


def _unknown(path: Sequence[str], data: Mapping[str, Any]) -> Text:
    name, known = path[-1], _settings(path[:-1])
    value = data.get(name)
    if len(path) == 1 and isinstance(value, dict) and "address" in value:
        return _("there is no such section. Did you mean [devices.%(id)s]?", id=name)
    if close := difflib.get_close_matches(name, known, n=1):
        return _("there is no such setting. Did you mean %(meant)s?", meant=close[0])
    return _("there is no such setting; there are %(known)s", known=", ".join(known))


def _expected(path: Sequence[str], error: ErrorDetails) -> Text:
    match error["type"]:
        case "string_type":
            return _("text in quotes")
        case "bool_type":
            return _("true or false")
        case "literal_error":
            return _("one of %(choices)s", choices=", ".join(f'"{one}"' for one in LANGUAGES))
        case "model_type" | "dict_type" | "model_attributes_type":
            section = "devices.robot-1" if path[:1] == ["devices"] else ".".join(path)
            return _("a section such as [%(section)s]", section=section)
        case _:
            return Text(str(error["msg"]).replace("%", "%%"), {})


def _found(value: Any) -> Text | str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case int() | float():
            return _("the number %(number)s", number=value)
        case list():
            return _("a list")
        case dict():
            return _("a section")
        case _:
            return str(value)


def _meant(path: Sequence[str], error: ErrorDetails) -> str | None:
    value = error["input"]
    match error["type"]:
        case "bool_type" if str(value).lower() in ("yes", "true", "on", "1"):
            return "true"
        case "bool_type" if str(value).lower() in ("no", "false", "off", "0"):
            return "false"
        case "string_type" if isinstance(value, int | float) and not isinstance(value, bool):
            return f'"{value}"'
        case "literal_error":
            spoken = {"azerbaijani": "az", "azərbaycan": "az", "aze": "az", "english": "en", "eng": "en"}
            meant = spoken.get(str(value).lower()) or (
                str(value).lower()[:2] if str(value).lower()[:2] in LANGUAGES else None
            )
            return f'"{meant}"' if meant else None
        case _:
            return None


def _written(data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The texts that are written of each device, also where something else of it, or of another, is wrong."""
    return {
        id: {key: value for key, value in _section(entry).items() if isinstance(value, str)}
        for id, entry in _section(data.get("devices")).items()
        if isinstance(entry, dict)
    }


def _section(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _misused(
    file: Path, lines: Lines, devices: Mapping[str, Mapping[str, str]], chassis: Sequence[str]
) -> Iterable[tuple[int, Text]]:
    """What the types allow and a lab does not, with its line: ids, addresses, names that nothing answers to."""
    drivers = installed_drivers()
    seen: dict[str, str] = {}
    for id, entry in devices.items():

        def place(setting: str, what: str, id: str = id) -> tuple[int, Text]:
            path = ("devices", id, *((setting,) if setting else ()))
            line = line_at(lines, path)
            return line or 0, _at(file, line, _spoken(list(path)), what)

        if (wrong := id_problem(id)) is not None:
            yield place("", wrong)
        if (address := entry.get("address")) is not None:
            if (wrong := address_problem(address)) is not None:
                yield place("address", wrong)
            elif (twin := _taken(seen, address)) is not None:
                yield place("address", _("%(address)s is the address of %(id)s already", address=address, id=twin))
            seen[id] = address
        for setting, known, what in (
            ("chassis", chassis, _("there is no chassis %(name)s", name=entry.get("chassis", ""))),
            ("driver", drivers, _("there is no driver %(name)s", name=entry.get("driver", ""))),
        ):
            if setting in entry and entry[setting] not in known:
                yield place(setting, _no_such(what, entry[setting], list(known)))


def _no_such(what: Text, name: str, known: Sequence[str]) -> Text:
    if close := difflib.get_close_matches(name, known, n=1):
        return _("%(what)s. Did you mean %(meant)s?", what=what, meant=close[0])
    return _("%(what)s; there are %(known)s", what=what, known=", ".join(known) or "-")
