"""Lessons keep to their room: what they import, and that their texts name no brand."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import lessons
from lessons.shelf import shelf

ROOM = Path(lessons.__file__).parent
MODULES = sorted(ROOM.rglob("*.py"))
ALLOWED = {"devices.api", "devices.errors", "devices.text", "pydantic", "markdown_it", "markdown_it.token", "nh3"}
BRANDS = ("arduino", "micro:bit", "firmata", "maqueen", "cutebot", "mbot", "elegoo", "hc-sr04", "lego")


@pytest.mark.parametrize("module", MODULES, ids=[str(path.relative_to(ROOM)) for path in MODULES])
def test_a_module_of_lessons_sees_no_driver_no_wire_and_no_page(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom():
                assert node.level == 0, "imports are absolute"
                names = [node.module or ""]
            case _:
                continue
        for name in names:
            top = name.partition(".")[0]
            assert top == "lessons" or top in sys.stdlib_module_names or name in ALLOWED, name


@pytest.mark.parametrize("module", MODULES, ids=[str(path.relative_to(ROOM)) for path in MODULES])
def test_a_module_of_lessons_says_what_lives_in_it_and_is_not_too_long(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 420


@pytest.mark.parametrize("name", shelf().lessons)
def test_a_shipped_lesson_names_no_brand(name: str) -> None:
    for path in (ROOM / "library" / name).iterdir():
        text = path.read_text(encoding="utf-8").lower()
        assert not [brand for brand in BRANDS if brand in text], path.name


@pytest.mark.parametrize("name", shelf().lessons)
def test_azerbaijani_is_written_with_its_own_letters(name: str) -> None:
    """A combining dot is what careless lowering of İ leaves; U+01DD looks like ə and is another letter."""
    for path in (ROOM / "library" / name).iterdir():
        text = path.read_text(encoding="utf-8")
        assert not set(text) & {"\u0307", "\u01dd", "\u018e"}, path.name
