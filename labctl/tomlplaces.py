"""Where in a TOML file a setting stands, so that a mistake in it can be shown with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

_HEADER = re.compile(r"^\s*\[\[?(?P<key>[^\[\]]+)\]\]?\s*(#.*)?$")
_SETTING = re.compile(
    r"""^\s*(?P<key>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_LONG_STRING = re.compile(r'"""|\'\'\'')
_AT_LINE = re.compile(r"\s*\(at line (?P<line>\d+), column \d+\)$")
_AT_END = re.compile(r"\s*\(at end of document\)$")

Lines = Mapping[tuple[str, ...], int]


def lines_of(text: str) -> Lines:
    """The line, counted from 1, on which each table and each setting of a TOML text begins."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    inside = ""  # the quotes that end the long string we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if (header := _HEADER.match(line)) is not None:
            table = _key(header["key"])
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif (setting := _SETTING.match(line)) is not None:
            found.setdefault((*table, *_key(setting["key"])), number)
            quotes = _LONG_STRING.findall(line)
            inside = quotes[0] if len(quotes) == 1 else ""
    return found


def _key(text: str) -> tuple[str, ...]:
    try:
        value: Any = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return (text.strip(),)
    key: list[str] = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        key.append(str(name))  # pyright: ignore[reportUnknownArgumentType]
    return tuple(key)


def line_at(lines: Lines, path: tuple[str, ...]) -> int | None:
    """The line of a setting, or of the nearest thing around it that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def what_and_where(error: tomllib.TOMLDecodeError, text: str) -> tuple[str, int]:
    """What the TOML parser minds, and the line. Python 3.11 tells the line only in its sentence."""
    sentence = str(error)
    if (at := _AT_LINE.search(sentence)) is not None:
        return sentence[: at.start()], int(at["line"])
    return _AT_END.sub("", sentence), max(1, len(text.splitlines()))
