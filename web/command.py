"""How the command line starts the panel: found by entry point, so that nothing in labctl knows the web."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from functools import partial

from labctl.files import PRIVATE_FILE, write_atomic, writing
from labctl.lab import Lab
from labctl.local import right_token
from labctl.places import Places
from web.serving import serve as serve_panel


def serve(lab: Lab, places: Places, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve the panel of ``lab`` on a socket that listens, until SIGTERM or Ctrl-C."""
    serve_panel(
        lab,
        listening,
        secret_key=session_key(places),
        right_token=partial(right_token, places),
        default_language=lab.language,
        on_ready=on_ready,
    )


def session_key(places: Places) -> str:
    """The key that signs sessions, made with the first start and kept, so that a restart signs nobody out.

    Raises:
        LabError: It cannot be written.
    """
    file = places.session_key
    try:
        kept = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(32)
        with writing(file):
            write_atomic(file, kept + "\n", mode=PRIVATE_FILE)
    return kept
