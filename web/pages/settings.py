"""Settings: language, light or dark, and signing out."""

from __future__ import annotations

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from web.guard import me
from web.pages.shown import back, show, the_lab
from web.render import LANGUAGES

pages = Blueprint("settings", __name__)

YEAR = 365 * 24 * 3600


@pages.get("/settings")
def settings() -> str:
    """What a person can set for themselves."""
    return show("settings.html", "settings", version=the_lab().health().version)


@pages.post("/settings/language")
def set_language() -> Response:
    """Speak another language to this person from now on."""
    wished = request.form.get("language", "")
    if wished in LANGUAGES:
        the_lab().people.set_language(me().id, wished)
    return back("/settings")


@pages.post("/settings/theme")
def set_theme() -> Response:
    """Light, dark, or as the device wishes, on this device."""
    response = back("/settings")
    wished = request.form.get("theme", "")
    if wished in ("light", "dark"):
        secure = bool(current_app.extensions["https"])
        response.set_cookie("theme", wished, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    else:
        response.delete_cookie("theme")
    return response
