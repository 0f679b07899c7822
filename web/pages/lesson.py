"""Lessons: choose one, see whether it can start, start it, and watch every team at its step."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from devices.errors import BadValue, UnknownName
from devices.text import _
from labctl.views import LessonSummary, RoomView
from web.asked import whole_number
from web.guard import me
from web.pages.shown import back, show, the_lab
from web.parts import parts_of
from web.render import language

pages = Blueprint("lesson", __name__)


@pages.get("/lessons")
def choose() -> str:
    """The lessons there are."""
    return show("lessons.html", "lesson", lessons=the_lab().lessons())


@pages.get("/lessons/<id>")
def before(id: str) -> str:
    """A lesson before it starts: what it needs, and which teams have it."""
    lab = the_lab()
    lesson = _lesson(id)
    room = lab.room()
    preflight = lab.preflight(id, tuple(team.number for team in room.teams))
    return show(
        "lesson_before.html",
        "lesson",
        room,
        lesson=lesson,
        preflight=preflight,
        ready=[team for team, missing in preflight.teams.items() if not missing],
        teams=room.teams,
        names={device.id: device.name for device in room.devices},
        text=lab.lesson_text(id, language()),
    )


def _lesson(id: str) -> LessonSummary:
    for lesson in the_lab().lessons():
        if lesson.id == id:
            return lesson
    raise UnknownName(_("There is no lesson %(id)s", id=id), hint=_("Choose one from the list."))


@pages.post("/lessons/<id>/start")
def start(id: str) -> Response:
    """Start a lesson with the teams that were chosen."""
    teams = _teams()
    if not teams:
        raise BadValue(_("No team was chosen"), hint=_("Choose at least one team."))
    the_lab().start_run(id, teams, me().id)
    return redirect("/lesson", 303)


@pages.get("/lesson")
def lesson() -> Response | str:
    """The lesson under way: teams by steps, and one team open."""
    lab = the_lab()
    room = lab.room()
    if room.run is None:
        return redirect("/lessons", 303)
    number = _open_team(room, request.args.get("team", ""))
    briefs = lab.lesson_text(room.run.lesson, language()) if room.run.steps else None  # else the lesson is gone
    gone = None if room.run.steps else next((need for need in room.needs if need.kind == "interrupted"), None)
    return show("lesson.html", "lesson", room, briefs=briefs, run=room.run, gone=gone, team=number)


def _open_team(room: RoomView, wished: str) -> int | None:
    """The team that is open: the one that was asked for, else the first that needs somebody, else the first."""
    numbers = [team.number for team in room.run.teams] if room.run else []
    if (number := whole_number(wished)) in numbers:
        return number
    parts = parts_of(room)
    loud = [number for number in numbers if parts[f"team-{number}"].shows["look"].s in ("wait", "err", "lost")]
    return next(iter(loud or numbers), None)


def _teams() -> tuple[int, ...]:
    """The teams that a form names. A number that cannot be read is refused: it must never come to mean all."""
    teams = [whole_number(team) for team in request.form.getlist("team")]
    if None in teams:
        raise BadValue(_("This is not the number of a team"), hint=_("Go back and try again."))
    return tuple(dict.fromkeys(team for team in teams if team is not None))


def _teams_or_all() -> tuple[int | None, ...]:
    """The teams that a form names; None, which is all, only where it has no such field."""
    return _teams() or (None,)


def _one_team() -> int:
    teams = _teams()
    if len(teams) != 1:
        raise BadValue(_("No team was chosen"), hint=_("Choose at least one team."))
    return teams[0]


@pages.post("/lesson/go-on")
def go_on() -> Response:
    """Let the teams that are named, or all that wait, go on."""
    for team in _teams_or_all():
        the_lab().go_on(team, me().id)
    return back("/lesson")


@pages.post("/lesson/hint")
def hint() -> Response:
    """Give the teams that are named, or all, the next hint."""
    for team in _teams_or_all():
        the_lab().hint(team, me().id)
    return back("/lesson")


@pages.post("/lesson/skip")
def skip() -> Response:
    """Take a team past its step."""
    the_lab().skip(_one_team(), me().id)
    return back("/lesson")


@pages.post("/lesson/hold")
def hold() -> Response:
    """Have a team wait before its next step."""
    the_lab().hold(_one_team(), me().id)
    return back("/lesson")


@pages.post("/lesson/pause")
def pause() -> Response:
    """Bring every team to rest."""
    the_lab().pause(me().id)
    return back("/lesson")


@pages.post("/lesson/resume")
def resume() -> Response:
    """Let every team go on after a break."""
    the_lab().resume(me().id)
    return back("/lesson")


@pages.post("/lesson/restart")
def restart() -> Response:
    """Take up a lesson that was interrupted."""
    the_lab().restart_run(me().id)
    return back("/lesson")


@pages.post("/lesson/finish")
def finish() -> Response:
    """End the lesson."""
    the_lab().finish_run(me().id)
    return redirect("/", 303)
