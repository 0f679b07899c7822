"""The panel as plain ASGI: Flask in threads, and beside it the live stream, which needs none.

A press on stop has threads of its own: it never waits behind a slow page or a self-test.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from a2wsgi import WSGIMiddleware
from flask import Flask

from devices.errors import LabError
from web.app import FORM_LIMIT
from web.feed import Feed
from web.guard import HEADERS, Sessions
from web.render import LANGUAGES

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

EVENTS = "/events"
STOPS = frozenset({"/stop", "/local/stop-all", "/local/stop"})

BEAT_SECONDS = 1.0
"""A page that has heard nothing for three of these says that the lab is lost."""

STALL_SECONDS = 10.0
"""A reader whose network takes nothing for so long is dropped; it comes back by itself."""

CHECK_SECONDS = 15.0
"""How often an open stream asks whether its teacher is still signed in."""

BODY_SECONDS = 10.0
"""How long a browser may take to send a form."""

MOST_STREAMS = 400

BYE = b"event: bye\ndata: {}\n\n"
RETRY = b"retry: 1000\n\n"

_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
]


class Panel:
    """The ASGI application: ``await panel(scope, receive, send)`` for every request."""

    def __init__(self, app: Flask, feed: Feed, *, workers: int = 8) -> None:
        self._app = app
        self._feed = feed
        self._sessions: Sessions = app.extensions["sessions"]
        self._pages: Any = WSGIMiddleware(app.wsgi_app, workers=workers)  # pyright: ignore[reportArgumentType]
        self._stops: Any = WSGIMiddleware(app.wsgi_app, workers=4)  # pyright: ignore[reportArgumentType]
        self._asking = ThreadPoolExecutor(2, thread_name_prefix="panel-sessions")
        self.streams = 0

    def close(self) -> None:
        """Let go of the threads. Those that still work on a page end with it."""
        for pool in (self._pages.executor, self._stops.executor, self._asking):
            pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self._feed.serve_on(asyncio.get_running_loop())
        if scope["path"] == EVENTS:
            await self._stream(scope, receive, send)
            return
        body = await _whole_body(scope, receive)
        if isinstance(body, int):
            await _refuse(send, body)
            return
        lane = self._stops if scope["path"] in STOPS else self._pages
        await lane(scope, _again(body, receive), send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One page's stream, until it goes away, is signed out, stalls, or the panel closes."""
        headers = dict(scope["headers"])
        if scope["method"] != "GET" or headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            await _refuse(send, 403)
            return
        if not await self._signed_in(scope):
            await _refuse(send, 401)
            return
        if self.streams >= MOST_STREAMS or self._feed.closing:
            await _refuse(send, 503)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        language = asked.get("language", [""])[0]
        since = headers.get(b"last-event-id", b"").decode("latin-1") or asked.get("since", [""])[0]
        reader = self._feed.reader(language if language in LANGUAGES else next(iter(LANGUAGES)), since)
        self._feed.wants(reader.language)
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
        with self._counted(receive):
            try:
                await self._tell(scope, reader, _Line(send))
            except TimeoutError:
                _abort(send)
            except asyncio.CancelledError:
                if not self._feed.closing:
                    return  # the page went away; nothing is left to say
                raise

    @contextlib.contextmanager
    def _counted(self, receive: Receive) -> Generator[None]:
        """Count this stream, and cancel it when its page goes away."""
        stream = asyncio.current_task()
        watch = asyncio.ensure_future(_gone(receive, stream))
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1
            watch.cancel()

    async def _tell(self, scope: Scope, reader: Any, line: _Line) -> None:
        feed, loop = self._feed, asyncio.get_running_loop()
        check_at = loop.time() + CHECK_SECONDS
        await line.put(RETRY + _beat(feed))
        while not feed.closing:
            tick = feed.tick
            if data := feed.take(reader):
                await line.put(data)
            else:
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        await tick.wait()
                except TimeoutError:
                    await line.put(_beat(feed))
            if loop.time() >= check_at:
                feed.wants(reader.language)
                if not await self._signed_in(scope):
                    await line.put(BYE)
                    break
                check_at = loop.time() + CHECK_SECONDS
        await line.end()

    async def _signed_in(self, scope: Scope) -> bool:
        """Whether the session cookie of a request is that of somebody who is signed in."""
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        request = self._app.request_class({"REQUEST_METHOD": "GET", "HTTP_COOKIE": cookies})
        kept = self._app.session_interface.open_session(self._app, request)
        if kept is None:
            return False

        def ask() -> bool:
            try:
                return self._sessions.person(kept) is not None
            except LabError:
                return True  # the lab cannot be asked now; the next check will

        return await asyncio.get_running_loop().run_in_executor(self._asking, ask)


def _beat(feed: Feed) -> bytes:
    """A sign of life with the lab's time in milliseconds; where the lab itself gives none, we say that instead."""
    if not feed.lab_answers:
        return b"event: deaf\ndata: {}\n\n"
    return b"event: beat\ndata: %d\n\n" % (time.time() * 1000)


class _Line:
    """The sending end of a stream, each write with a deadline."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def put(self, data: bytes) -> None:
        async with asyncio.timeout(STALL_SECONDS):
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        async with asyncio.timeout(STALL_SECONDS):
            await self._send({"type": "http.response.body"})


async def _gone(receive: Receive, stream: asyncio.Task[Any] | None) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if stream is not None:
        stream.cancel()


def _abort(send: Send) -> None:
    """Free a stalled reader's buffers now; closing politely would wait for it."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()


async def _whole_body(scope: Scope, receive: Receive) -> bytes | int:
    """The body of a request, read here so that no thread waits for a slow sender; a status where it is refused."""
    names = {name for name, _value in scope["headers"]}
    if not names & {b"content-length", b"transfer-encoding"}:
        return b""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return 400
                body += message.get("body", b"")
                if len(body) > FORM_LIMIT:
                    return 413
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return 408


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, once."""
    left: list[bytes] = [body]

    async def replay() -> dict[str, Any]:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replay


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body"})
