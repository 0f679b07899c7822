"""The catalogues and the script that keeps them: complete, fitting, and changed only where a sentence changes."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

PYTHON = """
from devices.text import _, ngettext, Text
STOP = _("Stop all")
USED = _("%(name)s is used by %(who)s", name="a", who="b")
COUNT = ngettext("%(count)s robot", "%(count)s robots", 2)
OTHER = Text("Made by hand", {})
"""
PAGE = """<h1>{{ _("Stop all") }}</h1> {{ _('The room of %(name)s', name=name) }} {{ ngettext("one", "many", n) }}"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project of the same shape."""
    for file in (
        "scripts/messages",
        "labctl/__init__.py",
        "labctl/languages.py",
        "labctl/catalogue.py",
        "devices/text.py",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for folder in ("lessons", "web/templates/parts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "devices/some.py").write_text(PYTHON)
    (tmp_path / "web/templates/parts/room.html").write_text(PAGE)
    return tmp_path


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, tree / "scripts/messages", *words], capture_output=True, text=True, timeout=50, check=False
    )


def catalogue(tree: Path) -> Path:
    return tree / "labctl/locales/az/LC_MESSAGES/labctl.po"


def test_every_sentence_of_the_lab_is_in_azerbaijani() -> None:
    done = run(ROOT, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_sentence_stands_inside_an_f_string_where_the_script_overlooks_it() -> None:
    files = [file for room in ("devices", "lessons", "labctl", "web") for file in (ROOT / room).rglob("*.py")]
    overlooked = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in files
        for string in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "ngettext")
    ]
    assert files
    assert not overlooked


def test_sentences_are_gathered_from_code_and_pages(tree: Path) -> None:
    assert run(tree).returncode == 0
    content = catalogue(tree).read_text("utf-8")
    assert sorted(line for line in content.splitlines() if line.startswith("msgid")) == [
        'msgid ""',
        'msgid "%(count)s robot"',
        'msgid "%(name)s is used by %(who)s"',
        'msgid "Made by hand"',
        'msgid "Stop all"',
        'msgid "The room of %(name)s"',
        'msgid "one"',
        'msgid_plural "%(count)s robots"',
        'msgid_plural "many"',
    ]
    assert "#: devices/some.py web/templates/parts/room.html\n" in content


def test_a_second_run_changes_nothing_and_neither_do_new_lines_in_the_code(tree: Path) -> None:
    run(tree)
    before = catalogue(tree).read_bytes()
    (tree / "devices/some.py").write_text("# A comment more.\n\n\n" + PYTHON)
    run(tree)
    assert catalogue(tree).read_bytes() == before
    assert b"Date" not in before
    assert b"Babel" not in before


def test_translations_stay_where_their_sentence_does(tree: Path) -> None:
    run(tree)
    file = catalogue(tree)
    file.write_text(
        file.read_text("utf-8")
        .replace('msgid "Stop all"\nmsgstr ""', 'msgid "Stop all"\nmsgstr "Hamısını dayandır"')
        .replace('msgid "Made by hand"\nmsgstr ""', 'msgid "Made by hand"\nmsgstr "Əl ilə"'),
        "utf-8",
    )
    (tree / "devices/some.py").write_text(PYTHON.replace("Made by hand", "Made by hands"))
    run(tree)
    content = file.read_text("utf-8")
    assert 'msgstr "Hamısını dayandır"' in content
    assert "Əl ilə" not in content
    assert 'msgid "Made by hands"\nmsgstr ""' in content


def test_a_check_names_what_is_to_be_done_and_changes_nothing(tree: Path) -> None:
    run(tree)
    file = catalogue(tree)
    translated = (
        file.read_text("utf-8")
        .replace('"Stop all"\nmsgstr ""', '"Stop all"\nmsgstr "Hamısını dayandır"')
        .replace('used by %(who)s"\nmsgstr ""', 'used by %(who)s"\nmsgstr "%(who)s: %(nane)s"')
        .replace('robots"\nmsgstr[0] ""\nmsgstr[1] ""', 'robots"\nmsgstr[0] "bir"\nmsgstr[1] "%(count)s robot"')
        .replace('"Made by hand"\nmsgstr ""', '"Made by hand"\nmsgstr "100 % əl ilə"')
        .replace('many"\nmsgstr[0] ""\nmsgstr[1] ""', 'many"\nmsgstr[0] "bir"\nmsgstr[1] "çox"')
    )
    file.write_text(translated, "utf-8")

    done = run(tree, "--check")

    assert done.returncode == 1
    assert "places do not fit: %(name)s is used by %(who)s: %(who)s: %(nane)s" in done.stdout
    assert "places do not fit: Made by hand: 100 % əl ilə" in done.stdout
    assert "not translated: The room of %(name)s" in done.stdout
    assert done.stdout.count("places do not fit") == 3, "a count may be left out only where the English leaves it out"
    assert file.read_text("utf-8") == translated


def test_a_check_notices_a_catalogue_that_is_behind_the_code(tree: Path) -> None:
    run(tree)
    (tree / "lessons/new.py").write_text('from devices.text import _\n_("Quite new")\n')
    done = run(tree, "--check")
    assert done.returncode == 1
    assert "not up to date" in done.stdout
    assert "not translated: Quite new" in done.stdout
