"""``GET /healthz``: how the lab is, for scripts; stable."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app

from labctl.plain import plain
from web.guard import EVERYONE, open_to
from web.pages.shown import the_lab

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@open_to(EVERYONE)
def healthz() -> tuple[dict[str, Any], int]:
    """JSON: status, version, seconds up, devices and their states, hub lag; 503 where the hub does not answer."""
    health = the_lab().health()
    return plain(health), 503 if health.status == "blocked" else 200


@pages.get("/favicon.ico")
@open_to(EVERYONE)
def favicon() -> Response:
    """For browsers that ask without reading the page."""
    return current_app.send_static_file("favicon.ico")
