"""The Room: the home of the panel."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from web.pages.shown import back, me, show, the_lab

pages = Blueprint("room", __name__)


@pages.get("/")
def room() -> str:
    """Every team, what waits for the teacher, the arena and the readings."""
    return show("room.html", "room")


@pages.post("/room/clock")
def clock() -> Response:
    """The teacher says that the clock is right."""
    the_lab().confirm_clock(me().id)
    return back("/")


@pages.post("/room/start-line")
def start_line() -> Response:
    """Put the simulated robots back to where they start."""
    the_lab().put_on_start()
    return back("/")
