"""A lesson from its folder: the plan and the briefs, or a list of what its author has to mend."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from devices.errors import BadFile
from devices.text import Text, _
from lessons.briefs import sections
from lessons.coherence import contradictions
from lessons.format import FORMAT, Plan
from lessons.mistakes import Mistake, mistakes, quoted

PLAN_FILE = "lesson.toml"

LARGEST = 256 * 1024
"""Bytes that a plan or a brief may have; a whole lesson of prose is about 20 kB."""


@dataclass(frozen=True)
class Lesson:
    """A lesson as it is taught: its plan, and by language and step what students read, as safe HTML."""

    plan: Plan
    briefs: Mapping[str, Mapping[str, str]]
    folder: Path

    def brief(self, language: str) -> Mapping[str, str]:
        """What students read, by step: in a language, or else in the first that the lesson has."""
        return self.briefs.get(language) or self.briefs[self.plan.languages[0]]


def load(folder: Path) -> Lesson:
    """Read a lesson from its folder.

    Raises:
        BadFile: Something in it is missing or wrong; ``problems`` names each place and what was expected there.
    """
    name = f"{folder.name}/{PLAN_FILE}"
    try:
        plan = _plan(folder, name)
        briefs = _briefs(folder, plan)
    except _Mistaken as error:
        raise BadFile(
            _("The lesson %(lesson)s has mistakes", lesson=folder.name),
            problems=error.problems,
            hint=_("Mend what is listed, then open the lesson again."),
        ) from error.__cause__
    return Lesson(plan, briefs, folder)


class _Mistaken(Exception):
    def __init__(self, *problems: Text) -> None:
        super().__init__(*problems)
        self.problems = problems


def _plan(folder: Path, name: str) -> Plan:
    data = _toml(folder / PLAN_FILE, name)
    number: Any = data.get("format")
    if type(number) is not int or number != FORMAT:
        what = (
            _("format is missing; write format = %(known)s", known=FORMAT)
            if number is None
            else _("%(found)s is not a format that is known here; it is %(known)s", found=quoted(number), known=FORMAT)
        )
        raise _Mistaken(Mistake(what, "" if number is None else "format").sentence(name))
    try:
        plan = Plan.model_validate(as_tuples(data))
    except ValidationError as error:
        raise _Mistaken(*(each.sentence(name) for each in mistakes(error, data))) from error
    found = contradictions(plan)
    if plan.id != folder.name:
        what = _("it must be the name of the folder, %(folder)s", folder=quoted(folder.name))
        found = (Mistake(what, "id"), *found)
    if found:
        raise _Mistaken(*(each.sentence(name) for each in found))
    return plan


def _toml(path: Path, name: str) -> dict[str, Any]:
    text = _read(path, name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _Mistaken(_("%(file)s is not TOML: %(reason)s", file=name, reason=str(error))) from error


def _briefs(folder: Path, plan: Plan) -> dict[str, dict[str, str]]:
    problems: list[Text] = []
    briefs: dict[str, dict[str, str]] = {}
    steps = [step.id for step in plan.steps]
    for language in plan.languages:
        name = f"{folder.name}/brief.{language}.md"
        try:
            briefs[language], found = sections(_read(folder / f"brief.{language}.md", name), steps)
        except _Mistaken as error:
            problems += error.problems
            continue
        problems += [_("%(file)s: %(what)s", file=name, what=what) for what in found]
    for path in sorted(folder.glob("brief.*.md")):
        language = path.name.split(".")[1]
        if language not in plan.languages:
            name = f"{folder.name}/{path.name}"
            what = _("the plan has no texts in %(language)s", language=quoted(language))
            problems.append(_("%(file)s: %(what)s", file=name, what=what))
    if problems:
        raise _Mistaken(*problems)
    return briefs


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise _Mistaken(_("%(file)s is missing", file=name)) from error
    except OSError as error:
        raise _Mistaken(_("%(file)s cannot be read: %(reason)s", file=name, reason=error.strerror)) from error
    if len(data) > LARGEST:
        raise _Mistaken(_("%(file)s is too large: at most %(limit)s kB", file=name, limit=LARGEST // 1024))
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # Notepad writes a mark and its own line ends
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Mistaken(_("%(file)s, line %(line)s: this is not UTF-8 text", file=name, line=line)) from error


def as_tuples(value: Any) -> Any:
    """The data with tuples for lists: the plan is frozen, and pydantic's strict mode wants what it keeps."""
    if isinstance(value, dict):
        return {key: as_tuples(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return tuple(as_tuples(each) for each in cast("list[Any]", value))
    return value
