"""The lessons that a lab can choose from: those that ship, and a school's own beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.errors import BadFile, UnknownName
from devices.text import _
from lessons.load import PLAN_FILE, Lesson, load
from lessons.mistakes import nearest

SHIPPED = Path(__file__).parent / "library"
"""The folder of the lessons that come with the product."""


@dataclass(frozen=True)
class Shelf:
    """The lessons that can be taught, by id, and what is wrong with those that cannot, by folder."""

    lessons: Mapping[str, Lesson]
    broken: Mapping[Path, BadFile]

    def find(self, id: str) -> Lesson:
        """A lesson by its id.

        Raises:
            BadFile: It is there, but has mistakes.
            UnknownName: There is none of that name.
        """
        if id in self.lessons:
            return self.lessons[id]
        for folder, error in self.broken.items():
            if folder.name == id:
                raise error
        meant = nearest(id, self.lessons)
        raise UnknownName(
            _("There is no lesson %(lesson)s", lesson=id),
            hint=_("Did you mean %(lesson)s?", lesson=meant)
            if meant
            else _("There is: %(lessons)s.", lessons=", ".join(sorted(self.lessons)) or "-"),
        )


def shelf(own: Sequence[Path] = ()) -> Shelf:
    """Every lesson that ships, and those in a school's own folders.

    A school that changes a lesson keeps its name: the lesson of a later folder takes the place of one of the same
    name. A lesson with mistakes hides no other. A folder that is not there has no lessons.
    """
    lessons: dict[str, Lesson] = {}
    broken: dict[Path, BadFile] = {}
    for shelf_folder in (SHIPPED, *own):
        for folder in _folders(shelf_folder):
            try:
                lessons[folder.name] = load(folder)
            except BadFile as error:
                broken[folder] = error
    return Shelf(lessons, broken)


def _folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{PLAN_FILE}"))
