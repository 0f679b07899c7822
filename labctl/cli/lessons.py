"""``labctl lessons``: what can be taught here, and what is wrong with a lesson that someone writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devices.errors import UnknownName
from devices.text import _
from labctl.cli.reaching import DataOption, JsonOption, places_of
from labctl.cli.speech import PROBLEM, error_lines, print_json, print_table, say, spoken_language

if TYPE_CHECKING:
    from lessons.load import Lesson

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.command("list", help=say(_("List the lessons that this lab can teach.")))
def list_lessons(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List lessons; exit 1 where one has mistakes."""
    from labctl.plain import error_plain
    from lessons.shelf import shelf

    places = places_of(data)
    found = shelf([places.lessons])
    if as_json:
        lessons = [_summary(lesson) for lesson in found.lessons.values()]
        print_json({"lessons": lessons, "broken": [error_plain(error, say) for error in found.broken.values()]})
    else:
        head = [say(_("id")), say(_("title")), say(_("minutes")), say(_("steps")), say(_("languages"))]
        rows = [
            [
                id,
                _title(lesson),
                str(lesson.plan.minutes),
                str(len(lesson.plan.steps)),
                ", ".join(lesson.plan.languages),
            ]
            for id, lesson in found.lessons.items()
        ]
        print_table(head, rows)
        for error in found.broken.values():
            print("\n" + "\n".join(error_lines(error)))
    if found.broken:
        raise typer.Exit(PROBLEM)


def _title(lesson: Lesson) -> str:
    titles = lesson.plan.title
    return titles.get(spoken_language()) or next(iter(titles.values()))


def _summary(lesson: Lesson) -> dict[str, object]:
    plan = lesson.plan
    return {
        "id": plan.id,
        "title": dict(plan.title),
        "minutes": plan.minutes,
        "steps": [step.id for step in plan.steps],
        "languages": list(plan.languages),
        "folder": str(lesson.folder),
    }


@app.command(help=say(_("Check a lesson's folder; or every lesson, where none is given.")))
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help=say(_("The folder with lesson.toml in it.")))
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check lessons; exit 2 where one has mistakes, with each place and what was expected."""
    from lessons.load import PLAN_FILE, load
    from lessons.shelf import shelf

    places = places_of(data)
    if folder is not None:
        folder = folder.parent if folder.name == PLAN_FILE else folder
        if not (folder / PLAN_FILE).is_file():
            raise UnknownName(
                _("There is no %(file)s in %(folder)s", file=PLAN_FILE, folder=str(folder)),
                hint=_("Give the folder of one lesson."),
            )
        fine = [load(folder.resolve()).plan.id]
    else:
        found = shelf([places.lessons])
        for error in found.broken.values():
            raise error
        fine = list(found.lessons)
    if as_json:
        print_json({"fine": fine})
    else:
        for id in fine:
            print(say(_("%(lesson)s is fine", lesson=id)))
