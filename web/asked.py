"""What a request says about where it came from, what its reader prefers, and the token it must show."""

from __future__ import annotations

import re
import secrets
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, request, session

_WHOLE = re.compile(r"[0-9]{1,18}")
"""Digits that int() and the database take: it counts in 64 bits, and int() refuses thousands of digits."""


def whole_number(text: str) -> int | None:
    """A whole number as a person or a page sends it; None where it is anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def within(path: str) -> str:
    """A path of ours that a person asked to go back to; the Room where it is anything else."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path and "\r" not in path
    return path if safe else "/"


def came_from() -> str:
    """The page of ours that this request was made from, or nothing."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if not parts.path or parts.netloc != request.host:
        return ""
    return within(parts.path + (f"?{parts.query}" if parts.query else ""))


def theme() -> str:
    """Light, dark, or nothing where the device decides."""
    wished = request.cookies.get("theme", "")
    return wished if wished in ("light", "dark") else ""


def token() -> str:
    """The token that every form of this session carries."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def the_app() -> Flask:
    """The application that this request is for."""
    return cast(Any, current_app)._get_current_object()  # noqa: SLF001 - Flask's documented way to the app itself
