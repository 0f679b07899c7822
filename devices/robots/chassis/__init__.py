"""Chassis as data: one TOML file each, those that come with labctl and a school's own."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from devices.errors import BadFile, UnknownName
from devices.robots.chassis.model import Chassis
from devices.robots.chassis.problems import problem
from devices.text import _

__all__ = ["Chassis", "chassis", "names", "read"]

OURS: Final = Path(__file__).parent


def names(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The names of all chassis: ours, and those in a school's folders."""
    return tuple(sorted({path.stem for folder in (*folders, OURS) for path in folder.glob("*.toml")}))


def chassis(name: str, folders: Sequence[Path] = ()) -> Chassis:
    """The chassis of that name; a school's own goes before ours.

    Raises:
        UnknownName: There is none; the hint says what was probably meant.
        BadFile: Its file does not say what it must.
    """
    for folder in (*folders, OURS):
        path = folder / f"{name}.toml"
        if "/" not in name and "\\" not in name and path.is_file():
            return read(path)
    known = names(folders)
    near = difflib.get_close_matches(name, known, n=1)
    raise UnknownName(
        _("There is no chassis “%(chassis)s”", chassis=name),
        hint=_("Did you mean “%(name)s”?", name=near[0]) if near else _("There are: %(names)s", names=", ".join(known)),
    )


def read(path: Path) -> Chassis:
    """The chassis that a file describes.

    Raises:
        BadFile: It does not say what it must; ``problems`` lists each place.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(path, [_("it cannot be read: %(reason)s", reason=str(error))]) from error
    try:
        return Chassis.model_validate(data)
    except ValidationError as error:
        raise _bad(path, [problem(detail) for detail in error.errors()]) from error


def _bad(path: Path, problems: Iterable[str]) -> BadFile:
    listed = tuple(problems)
    return BadFile(
        _("The chassis %(file)s is not right: %(problem)s", file=path.name, problem=listed[0]),
        problems=listed,
        hint=_("Correct %(file)s. What may be in it is described in docs/reference/chassis.md.", file=str(path)),
    )
