"""Who may do what: sign-in by default, a token on every change, and the headers that keep others' code out.

Every route is for a signed-in teacher unless it says otherwise with :func:`open_to`; nothing is open by omission.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from devices.text import _
from web.asked import came_from, token
from web.errors import Refused
from web.facade import Lab, Person
from web.render import LANGUAGES, speak

EVERYONE, MACHINE, TEACHER = "everyone", "machine", "teacher"

SIGNED_IN_SECONDS = 12 * 3600
"""A sign-in ends by itself after a school day of two shifts."""

ENDED_KEPT = 10_000
"""Sign-outs that are remembered; a class set of teachers makes a few a day."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

View = TypeVar("View", bound=Callable[..., Any])


def open_to(who: str) -> Callable[[View], View]:
    """Mark a view as open to ``EVERYONE``, or to ``MACHINE``: holders of the local token, over loopback."""

    def mark(view: View) -> View:
        setattr(view, "open_to", who)  # noqa: B010 - a mark on a function has no type
        return view

    return mark


def audience(app: Flask, endpoint: str) -> str:
    """Whom a route is for."""
    return EVERYONE if endpoint == "static" else getattr(app.view_functions[endpoint], "open_to", TEACHER)


class Sessions:
    """Who is signed in. The cookie is signed and holds no secret; what ended here is refused even if shown again."""

    def __init__(self, lab: Lab, *, clock: Callable[[], float] = time.time) -> None:
        self._lab = lab
        self._clock = clock
        self._ended: dict[str, float] = {}

    def begin(self, kept: MutableMapping[str, Any], person: Person) -> None:
        """Sign ``person`` in, with nothing of the earlier session left."""
        kept.clear()
        kept.update(
            person=person.id,
            stamp=person.stamp,
            sid=secrets.token_urlsafe(12),
            at=int(self._clock()),
            csrf=secrets.token_urlsafe(24),
        )

    def end(self, kept: MutableMapping[str, Any]) -> None:
        """Sign out, here and on every page that shares the session."""
        now = self._clock()
        if sid := kept.get("sid"):
            self._ended[sid] = now
        if len(self._ended) > ENDED_KEPT:
            self._ended = {one: at for one, at in self._ended.items() if at > now - SIGNED_IN_SECONDS}
        kept.clear()

    def person(self, kept: Mapping[str, Any]) -> Person | None:
        """Who is signed in by a session, or None."""
        sid, id, at = kept.get("sid"), kept.get("person"), kept.get("at")
        if not (isinstance(sid, str) and isinstance(id, str) and isinstance(at, int)):
            return None
        if sid in self._ended or not 0 <= self._clock() - at + 60 <= SIGNED_IN_SECONDS:
            return None
        person = self._lab.people.person(id)
        return person if person is not None and person.stamp == kept.get("stamp") else None


def guard(app: Flask, sessions: Sessions, right_token: Callable[[str], bool], default_language: str) -> None:
    """Stand before every view of ``app``."""

    def check() -> AnyResponse | None:
        who = EVERYONE if request.endpoint is None else audience(app, request.endpoint)
        if request.endpoint == "static":
            return None
        if who == MACHINE:
            return _machine(right_token)
        g.person = sessions.person(session)
        speak(_language(g.person, default_language))
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _ours()
        if who == TEACHER and g.person is None and request.endpoint is not None:
            return _to_the_door()
        return None

    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(check)
    app.after_request(headers)


def _machine(right_token: Callable[[str], bool]) -> Response | None:
    """Only programs of this machine that can read the token's file; a page in a browser can reach neither."""
    kind, _space, shown = request.headers.get("Authorization", "").partition(" ")
    if not on_loopback():
        return make_response({"error": "not from here"}, 403)
    if kind != "Bearer" or not right_token(shown.strip()):
        return make_response({"error": "wrong token"}, 401)
    return None


def on_loopback() -> bool:
    """Whether this request was made on this machine, to this machine: no proxy between, no other name for it."""
    host = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
    return (
        _is_loopback(request.remote_addr or "")
        and (host == "localhost" or _is_loopback(host))
        and "X-Forwarded-For" not in request.headers
        and "Forwarded" not in request.headers
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _ours() -> None:
    """Refuse a change that was not made from a page of ours."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    elsewhere = site not in (None, "same-origin", "none")
    if origin is not None and urlsplit(origin).netloc != request.host:
        elsewhere = True
    shown = request.headers.get("X-CSRF") or request.form.get("csrf", "")
    if elsewhere or not hmac.compare_digest(token().encode(), shown.encode("utf-8", "replace")):
        raise Refused(
            _("This page was open for too long, or the request came from another page"),
            hint=_("Open the page anew and try again."),
        )


def _language(person: Person | None, default: str) -> str:
    wished = person.language if person is not None else session.get("language")
    if wished in LANGUAGES:
        return str(wished)
    return request.accept_languages.best_match(list(LANGUAGES)) or default


def _to_the_door() -> AnyResponse:
    lab: Lab = current_app.extensions["lab"]
    if not lab.people.has_teacher():
        return redirect("/setup", 303)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else came_from()
    return redirect(f"/sign-in?next={quote(wanted)}" if wanted and wanted != "/" else "/sign-in", 303)


def me() -> Person:
    """Who is signed in; only in views for teachers."""
    person: Person = g.person
    return person
