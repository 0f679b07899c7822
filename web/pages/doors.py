"""The doors: the first teacher of a new lab, signing in, signing out."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, current_app, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from devices.errors import LabError
from devices.text import _
from web.asked import came_from, theme, token, within
from web.errors import status_of
from web.guard import EVERYONE, Sessions, on_loopback, open_to
from web.pages.shown import the_lab
from web.render import LANGUAGES, language, showing

pages = Blueprint("doors", __name__)


def _draw(template: str, problem: LabError | None = None, **more: Any) -> str:
    with showing(None, token=token()):
        open_line = not request.is_secure and not on_loopback()
        return render_template(template, theme=theme(), problem=problem, open_line=open_line, **more)


def _sessions() -> Sessions:
    return cast(Sessions, current_app.extensions["sessions"])


@pages.get("/sign-in")
@open_to(EVERYONE)
def sign_in_page() -> Response | str:
    """Ask for name and password."""
    if g.person is not None:
        return redirect("/", 303)
    if not the_lab().people.has_teacher():
        return redirect("/setup", 303)
    return _draw("sign_in.html", name="", next=within(request.args.get("next", "/")))


@pages.post("/sign-in")
@open_to(EVERYONE)
def sign_in() -> Response | tuple[str, int]:
    """Let a teacher in."""
    name, wanted = request.form.get("name", "").strip()[:80], within(request.form.get("next", "/"))
    try:
        person = the_lab().people.sign_in(name, request.form.get("password", "")[:200])
    except LabError as error:
        return _draw("sign_in.html", error, name=name, next=wanted), status_of(error)
    if person is None:
        error = LabError(_("The name or the password is not right"))
        return _draw("sign_in.html", error, name=name, next=wanted), 401
    _sessions().begin(session, person)
    session.permanent = True
    return redirect(wanted, 303)


@pages.post("/sign-out")
@open_to(EVERYONE)
def sign_out() -> Response:
    """Let a teacher out, on every page that is open in this browser."""
    _sessions().end(session)
    return redirect("/sign-in", 303)


@pages.get("/setup")
@open_to(EVERYONE)
def setup_page() -> Response | str:
    """The first page of a new lab."""
    if the_lab().people.has_teacher():
        return redirect("/", 303)
    return _draw("setup.html", name="", code=request.args.get("code", "")[:40], needs_code=not on_loopback())


@pages.post("/setup")
@open_to(EVERYONE)
def setup() -> Response | tuple[str, int]:
    """Make the first teacher: on this computer, or with the code that was printed where labctl was started."""
    people = the_lab().people
    if people.has_teacher():
        return redirect("/", 303)
    name, code = request.form.get("name", "").strip()[:80], request.form.get("code", "").strip()[:40]
    needs_code = not on_loopback()
    try:
        if needs_code and not people.fits_setup_code(code):
            error = LabError(_("This is not the code"), hint=_("Look where labctl was started; it is printed there."))
            return _draw("setup.html", error, name=name, code="", needs_code=needs_code), 403
        person = people.create_teacher(name, request.form.get("password", "")[:200], language())
    except LabError as error:
        return _draw("setup.html", error, name=name, code=code, needs_code=needs_code), status_of(error)
    _sessions().begin(session, person)
    session.permanent = True
    return redirect("/", 303)


@pages.post("/language")
@open_to(EVERYONE)
def speak_before() -> Response:
    """Another language, before anybody has signed in."""
    wished = request.form.get("language", "")
    if wished in LANGUAGES:
        session["language"] = wished
    return redirect(came_from() or "/sign-in", 303)
