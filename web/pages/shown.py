"""How a page is drawn: the room as it is now, the parts of it, and what every page is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app, redirect, render_template
from werkzeug.wrappers import Response

from labctl.views import RoomView
from web.asked import came_from, the_app, theme, token
from web.facade import Lab
from web.feed import Feed
from web.guard import me
from web.parts import artist
from web.render import language, showing


def the_lab() -> Lab:
    """The lab of this panel."""
    return cast(Lab, current_app.extensions["lab"])


def show(
    template: str, here: str, room: RoomView | None = None, *, briefs: Mapping[str, str] | None = None, **more: Any
) -> str:
    """Draw a page for the person who is signed in.

    Args:
        template: Its file.
        here: Which entry of the navigation it belongs to.
        room: The room where the view has looked already.
        briefs: What the teams read, by step, where the page shows it.
        more: What else the template needs.
    """
    feed = cast(Feed, current_app.extensions["feed"])
    feed.wants(language())
    cursor = feed.cursor  # before the look: what happens in between is told twice rather than never
    room = room or the_lab().room()
    shown = token()
    with showing(room, token=shown, briefs=briefs or {}):
        return render_template(
            template,
            here=here,
            room=room,
            part=artist(the_app(), room),
            cursor=cursor,
            token=shown,
            theme=theme(),
            person=me(),
            zone=round((datetime.now().astimezone().utcoffset() or timedelta()) / timedelta(minutes=1)),
            problem=None,
            **more,
        )


def back(otherwise: str) -> Response:
    """After a change: to the page it was made from."""
    return redirect(came_from() or otherwise, 303)
