"""The panel as a Flask application over one lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from web.errors import answer_errors
from web.facade import Lab
from web.feed import Feed
from web.guard import SIGNED_IN_SECONDS, Sessions, guard
from web.looks import outcome_look, phase_look
from web.pages import devices, doors, health, lesson, local_api, room, settings, stop
from web.render import digest_of, furnish
from web.words import capability, digits, limits

HERE = Path(__file__).parent
FORM_LIMIT = 64 * 1024  # bytes; the largest form of the panel is under 2 kB


def create_app(
    lab: Lab,
    *,
    secret_key: bytes | str,
    right_token: Callable[[str], bool],
    feed: Feed | None = None,
    default_language: str = "az",
    https: bool = False,
) -> Flask:
    """The panel of ``lab``.

    Args:
        lab: The facade that every page stands on.
        secret_key: Signs the session cookies; keep it, or everybody is signed out by a restart.
        right_token: Whether a token is that of the local API.
        feed: Where changes are published; None for an app whose pages are not live.
        default_language: For those who have not chosen one and whose browser asks for none that we have.
        https: Whether the panel is reached by HTTPS, so that cookies are never sent without it.
    """
    statics = f"/static/{digest_of(HERE / 'static')}"
    app = Flask("web", root_path=str(HERE), static_url_path=statics)
    config: dict[str, Any] = {
        "SECRET_KEY": secret_key,
        "MAX_CONTENT_LENGTH": FORM_LIMIT,
        "MAX_FORM_PARTS": 200,
        "PERMANENT_SESSION_LIFETIME": timedelta(seconds=SIGNED_IN_SECONDS),
        "SESSION_COOKIE_NAME": "labctl",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_REFRESH_EACH_REQUEST": False,
    }
    app.config.from_mapping(config)
    sessions = Sessions(lab)
    extensions: Mapping[str, Any] = {"lab": lab, "feed": feed or Feed(), "sessions": sessions, "https": https}
    app.extensions.update(extensions)
    furnish(app, statics=statics)
    filters: dict[str, Any] = {"capability": capability, "digits": digits}
    app.jinja_env.filters.update(filters)
    more: dict[str, Any] = {
        "limits": limits,
        "outcome_look": outcome_look,
        "phase_look": phase_look,
        "timedelta": timedelta,
    }
    app.jinja_env.globals.update(more)
    guard(app, sessions, right_token, default_language)
    answer_errors(app)
    for page in (doors, room, lesson, devices, stop, settings, local_api, health):
        app.register_blueprint(page.pages)
    return app
