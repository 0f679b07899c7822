"""Stop-all, its release, and what a person saw to: the acts that every page has."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from web.guard import me
from web.pages.shown import back, the_lab

pages = Blueprint("stop", __name__)


@pages.post("/stop")
def stop_all() -> Response:
    """Stop everything; what did not confirm is on the page that follows."""
    the_lab().stop_all(me().id)
    return back("/")


@pages.post("/release")
def release() -> Response:
    """Release the stop; nothing moves by it."""
    the_lab().release(me().id)
    return back("/")
