"""The one place where an error of the lab gets an HTTP status, and becomes a page that says what to do next."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from devices.errors import (
    AmbiguousDevice,
    BadFile,
    BadValue,
    DeviceLost,
    GroupFailed,
    InUse,
    LabError,
    NoAnswer,
    NotStopped,
    NotSupported,
    PortBusy,
    PortForbidden,
    PortMissing,
    Stopped,
    UnknownName,
    WrongFirmware,
    WrongReply,
)
from devices.text import _
from labctl.hub import HubClosed
from labctl.passwords import TooManyTries
from labctl.people import AlreadySetUp
from labctl.store.errors import StoreFailed
from web.asked import came_from, the_app, theme, token
from web.parts import Part, draw
from web.render import said, showing

log = logging.getLogger(__name__)


class Refused(LabError):
    """The request was not made from one of our pages, or not by somebody who may."""

    slug = "refused"


STATUS: dict[type[LabError], int] = {
    BadValue: 400,
    Refused: 403,
    UnknownName: 404,
    AlreadySetUp: 409,
    AmbiguousDevice: 409,
    InUse: 409,
    PortBusy: 409,
    Stopped: 409,
    BadFile: 422,
    NotSupported: 422,
    TooManyTries: 429,
    LabError: 500,
    GroupFailed: 502,
    NotStopped: 502,
    WrongFirmware: 502,
    WrongReply: 502,
    DeviceLost: 503,
    HubClosed: 503,
    PortForbidden: 503,
    PortMissing: 503,
    StoreFailed: 503,
    NoAnswer: 504,
}
"""The status of each error; a kind that is not listed has that of the nearest one it descends from."""

_HTTP = {
    400: (_("This request cannot be understood"), _("Go back and try again.")),
    403: (_("This is not allowed from here"), _("Open the page anew and try again.")),
    404: (_("There is no such page"), _("Go to the Room; everything is reached from there.")),
    405: (_("There is no such page"), _("Go to the Room; everything is reached from there.")),
    413: (_("That is too much at once"), _("Send less.")),
}
_BROKEN = (
    _("Something went wrong inside labctl"),
    _("Try again. If it happens twice, send the report of labctl doctor --report to whoever looks after the lab."),
)


def status_of(error: LabError) -> int:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer_errors(app: Flask) -> None:
    """Make every error of ``app`` a page in the reader's language, with no traceback on it."""

    def lab_error(error: LabError) -> Response:
        return page(error, status_of(error))

    def http_error(error: HTTPException) -> Response:
        code = error.code or 500
        if error.response is not None:
            return make_response(error.get_response())
        message, hint = _HTTP.get(code, _BROKEN)
        return page(LabError(message, hint=hint), code)

    def any_error(error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        message, hint = _BROKEN
        return page(LabError(message, hint=hint), 500)

    app.register_error_handler(LabError, lab_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, any_error)


def page(error: LabError, status: int) -> Response:
    """An error as a page: what happened, to what, and what to do next."""
    lines: list[str] = list(error.problems) if isinstance(error, BadFile) else []
    if isinstance(error, GroupFailed):
        lines += [f"{name}: {said(one.message)}" for name, one in error.failures.items()]
    signed_in = g.get("person") is not None
    with showing(None, token=token() if signed_in else ""):
        html = render_template(
            "error.html",
            title=said(_("That did not work")) if status < 500 else said(_("Something went wrong")),
            problem=error,
            lines=lines,
            back=came_from() or "/",
            theme=theme(),
            corner=draw(the_app(), Part("corner", "corner", {"latched": False})) if signed_in else "",
        )
    return make_response(html, status)
