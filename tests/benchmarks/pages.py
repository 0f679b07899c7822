"""Open pages in a process of their own: the live streams that browsers would read, with the time of every word.

``python -m tests.benchmarks.pages`` takes where and how many as a line of JSON, says when all streams are open, and
with the next line what has come since: each different event once, and for each page the events and their times.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from tests.benchmarks.panel import Browser
from tests.benchmarks.processes import Talker

FRAME = b"event: frame\ndata: "
PATCH = b"event: patch\ndata: "


class Pages(Talker):
    """The process, as a benchmark sees it. Each page is fetched first, as a browser does."""

    def __init__(self, browser: Browser, count: int) -> None:
        super().__init__([sys.executable, "-m", "tests.benchmarks.pages"])
        cursors = []
        for _ in range(count):
            browser.get("/")
            cursors.append(browser.since)
        where = {"host": browser.host, "port": browser.port, "cookie": browser.cookie, "cursors": cursors}
        self.open: int = self.ask(where)["open"]

    def heard(self) -> dict[str, Any]:
        """What has come since the last question: ``events``, and for each of ``pages`` pairs of time and event."""
        return self.ask({"do": "tell"})


class Page(asyncio.Protocol):
    """One stream."""

    def __init__(self, request: bytes, opened: asyncio.Future[None]) -> None:
        self._request, self._opened = request, opened
        self.words: list[tuple[float, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.words.append((time.monotonic(), data))
        if not self._opened.done() and b"event: beat" in data:
            self._opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(RuntimeError(f"refused: {self.words[:1]}"))

    def events(self) -> list[tuple[float, bytes]]:
        """The events that are complete, each with the time at which its end came; what is not stays for later."""
        found: list[tuple[float, bytes]] = []
        rest, at = b"", 0.0
        for at, data in self.words:
            *whole, rest = (rest + data).split(b"\n\n")
            found += ((at, event) for event in whole)
        self.words = [(at, rest)] if rest else []
        return found


async def main() -> None:
    """Open the streams, then tell what came as often as asked."""
    loop = asyncio.get_running_loop()
    where = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    pages = [await _open(where, cursor) for cursor in where["cursors"]]
    _say({"open": len(pages)})
    while await loop.run_in_executor(None, sys.stdin.readline):
        _say(_told(pages))


async def _open(where: dict[str, Any], cursor: str) -> Page:
    loop = asyncio.get_running_loop()
    request = (
        f"GET /events?language=en&since={cursor} HTTP/1.1\r\nHost: {where['host']}:{where['port']}\r\n"
        f"Cookie: {where['cookie']}\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    )
    opened: asyncio.Future[None] = loop.create_future()
    page = Page(request.encode(), opened)
    await loop.create_connection(lambda: page, where["host"], where["port"])
    async with asyncio.timeout(10):
        await opened
    return page


def _told(pages: list[Page]) -> dict[str, Any]:
    known: dict[bytes, int] = {}
    told: list[list[tuple[float, int]]] = []
    for page in pages:
        events = []
        for at, event in page.events():
            for kind in (FRAME, PATCH):
                begins = event.find(kind)
                if begins >= 0:  # before it: the number of the chunk and of the event
                    events.append((at, known.setdefault(event[begins:], len(known))))
        told.append(events)
    return {"events": [event.decode() for event in known], "pages": told}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
