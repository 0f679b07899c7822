"""The panel as it is served: streams, slow and vanished readers, presses on stop, and the way out."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from devices.errors import PortBusy, PortMissing
from labctl import views
from tests.web.conftest import KEY, Served, right_token, sign_in
from tests.web.sample import SampleLab
from tests.web.test_feed import words
from web import asgi
from web.app import create_app
from web.asgi import Panel
from web.feed import Feed
from web.serving import listen


def cookie_of(served: Served) -> str:
    """The cookie of a teacher who signed in, which is good wherever the same key signs."""
    client = create_app(served.lab, secret_key=KEY, right_token=right_token).test_client()
    sign_in(client)
    cookie = client.get_cookie("labctl")
    assert cookie is not None
    return f"labctl={cookie.value}"


@contextmanager
def stream(served: Served, cookie: str, *, since: str = "", **headers: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as line:
        line.request("GET", f"/events?language=az&since={since}", headers={"Cookie": cookie, **headers})
        yield line.getresponse()


def next_word(answer: http.client.HTTPResponse, *kinds: str) -> tuple[str, str, Any]:
    """The next event of one of these kinds."""
    while True:
        block = b""
        while not block.endswith(b"\n\n"):
            line = answer.readline()
            assert line, "the stream ended"
            block += line
        if b"data:" in block:
            ((kind, id, data),) = words(block)
            if kind in kinds:
                return kind, id, data


def test_a_page_hears_what_changes(served: Served) -> None:
    with stream(served, cookie_of(served)) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        assert abs(next_word(answer, "beat")[2] / 1000 - time.time()) < 5
        _kind, at, _data = next_word(answer, "reset")  # an empty cursor knows nothing
        served.lab.frame({"robot-1": {"distance": 12.5}})
        while next_word(answer, "frame")[2].get("robot-1") != {"distance": 12.5}:
            pass
        served.lab.set_team(3, line="31 cm")
        _kind, then, data = next_word(answer, "patch")
        assert "31 cm" in data["parts"]["team-3"]
    served.lab.set_team(3, line="32 cm")
    time.sleep(0.5)
    with stream(served, cookie_of(served), since=then) as answer:
        assert "32 cm" in next_word(answer, "patch", "reset")[2]["parts"]["team-3"]
    with stream(served, cookie_of(served), since="x.1", **{"Last-Event-ID": at}) as answer:
        assert "31 cm" in next_word(answer, "patch", "reset")[2]["parts"]["team-3"]


def test_a_quiet_stream_beats(served: Served) -> None:
    with stream(served, cookie_of(served)) as answer:
        next_word(answer, "beat")
        began = time.monotonic()
        next_word(answer, "beat")
        next_word(answer, "beat")
        assert time.monotonic() - began < 2 * asgi.BEAT_SECONDS + 1


def test_a_stranger_hears_nothing(served: Served) -> None:
    for cookie in ("", "labctl=forged"):
        with stream(served, cookie) as answer:
            assert answer.status == 401
            assert answer.read() == b""
    with stream(served, cookie_of(served), **{"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403


def test_the_way_out_is_short_with_pages_open(served: Served) -> None:
    cookie = cookie_of(served)
    lines = [http.client.HTTPConnection("127.0.0.1", served.port, timeout=10) for _ in range(40)]
    try:
        answers = []
        for line in lines:
            line.request("GET", "/events?language=az", headers={"Cookie": cookie})
            answers.append(line.getresponse())
        for answer in answers:
            next_word(answer, "beat")
        began = time.monotonic()
        served.leave.set()
        assert served.ended.wait(5)
        assert time.monotonic() - began < 1.0
        for answer in answers:
            answer.read()  # each ended cleanly, with the last chunk
    finally:
        for line in lines:
            line.close()


def test_a_press_on_stop_waits_behind_nothing(lab: SampleLab, serving: Callable[[SampleLab], Served]) -> None:
    """Eight self-tests take every thread that pages have; the press on stop gets through all the same."""
    begun, enough = threading.Semaphore(0), threading.Event()

    def slow_test(id: str, *, move: bool = False) -> views.TestReport:
        begun.release()
        enough.wait(20)
        return views.TestReport(id, id, "pass", 1.0, ())

    lab.test_device = slow_test  # type: ignore[method-assign]
    served = serving(lab)
    cookie = cookie_of(served)
    token = csrf_of_page(served, cookie)

    def press(path: str) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)) as line:
            headers = {"Cookie": cookie, "X-CSRF": token, "Content-Length": "0"}
            line.request("POST", path, headers=headers)
            return line.getresponse().status

    tests = [threading.Thread(target=press, args=("/devices/robot-1/test",)) for _ in range(8)]
    for test in tests:
        test.start()
    try:
        for _ in tests:
            assert begun.acquire(timeout=10)
        began = time.monotonic()
        assert press("/stop") == 303
        assert time.monotonic() - began < 1
        assert ("stop_all", "t1") in lab.calls
    finally:
        enough.set()
        for test in tests:
            test.join()


def csrf_of_page(served: Served, cookie: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as line:
        line.request("GET", "/settings", headers={"Cookie": cookie})
        return line.getresponse().read().decode().split('data-csrf="')[1].split('"')[0]


def test_a_form_that_never_comes_holds_no_thread(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as line:
        line.sendall(b"POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
        assert line.recv(100).startswith(b"HTTP/1.1 408")


def test_a_form_that_is_too_long_is_not_read_to_its_end(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as line:
        line.sendall(b"POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 100_000)
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_port_that_cannot_be_had_is_said_with_what_to_do(served: Served) -> None:
    with pytest.raises(PortBusy, match="Another program") as busy:
        listen("127.0.0.1", served.port)
    assert busy.value.hint
    with pytest.raises(PortMissing, match=r"192\.0\.2\.1 is not an address"):
        listen("192.0.2.1", 0)


class Line:
    """One end of an ASGI connection, whose reader may take nothing."""

    def __init__(self, cookie: str, query: str = "language=az") -> None:
        headers = [(b"cookie", cookie.encode())]
        self.scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": "/events", "query_string": query.encode(), "headers": headers,
        }  # fmt: skip
        self.told = b""
        self.stuck = False
        self.aborted = False
        self.left = asyncio.Event()
        self.status = 0
        self.transport = self

    def abort(self) -> None:
        self.aborted = True

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        if self.stuck:
            await asyncio.Event().wait()
        self.told += message.get("body", b"")


@pytest.fixture
def panel(app: Flask) -> Iterator[Panel]:
    panel = Panel(app, app.extensions["feed"])
    yield panel
    panel.close()


@pytest.fixture
def cookie(app: Flask) -> str:
    client = sign_in(app.test_client())
    kept = client.get_cookie("labctl")
    assert kept is not None
    return f"labctl={kept.value}"


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_reader_that_takes_nothing_is_dropped_and_blocks_nobody(
    panel: Panel, app: Flask, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "STALL_SECONDS", 0.2)
    feed: Feed = app.extensions["feed"]
    slow, quick = Line(cookie), Line(cookie)
    tasks = [asyncio.create_task(panel(line.scope, line.receive, line.send)) for line in (slow, quick)]
    await until(lambda: panel.streams == 2 and quick.told and slow.told)
    slow.stuck = True
    for value in range(50):
        feed.frame({"robot-1": {"distance": value}})
        await asyncio.sleep(0.01)
    await until(lambda: slow.aborted)
    await tasks[0]
    assert panel.streams == 1
    assert b'"distance":49' in quick.told
    quick.left.set()
    await tasks[1]
    assert panel.streams == 0


async def test_signing_out_ends_the_streams_of_the_session(
    panel: Panel, app: Flask, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(asgi, "BEAT_SECONDS", 0.02)
    line = Line(cookie)
    task = asyncio.create_task(panel(line.scope, line.receive, line.send))
    await until(lambda: line.told.count(b"beat") > 5)
    client = app.test_client()
    client.set_cookie("labctl", cookie.removeprefix("labctl="))
    with client.session_transaction() as kept:
        token = kept["csrf"]
    client.post("/sign-out", data={"csrf": token})
    await task
    assert line.told.endswith(b"event: bye\ndata: {}\n\n")


async def test_a_new_password_ends_them_too(
    panel: Panel, lab: SampleLab, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(asgi, "BEAT_SECONDS", 0.02)
    line = Line(cookie)
    task = asyncio.create_task(panel(line.scope, line.receive, line.send))
    await until(lambda: line.told)
    lab.people.all["t1"] = replace(lab.people.all["t1"], stamp="b")
    await task
    assert b"event: bye" in line.told


async def test_there_are_only_so_many_streams(panel: Panel, cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "MOST_STREAMS", 3)
    lines = [Line(cookie) for _ in range(3)]
    tasks = [asyncio.create_task(panel(line.scope, line.receive, line.send)) for line in lines]
    await until(lambda: panel.streams == 3)
    one_too_many = Line(cookie)
    await panel(one_too_many.scope, one_too_many.receive, one_too_many.send)
    assert one_too_many.status == 503
    for line in lines:
        line.left.set()
    await asyncio.gather(*tasks)


async def test_many_changes_wake_the_readers_once(panel: Panel, app: Flask, cookie: str) -> None:
    """What is said in one turn is told in one piece, so that forty pages cost forty writes, not forty times fifty."""
    feed: Feed = app.extensions["feed"]
    pieces: list[bytes] = []
    line = Line(cookie, f"language=az&since={feed.cursor}")
    task = asyncio.create_task(panel(line.scope, line.receive, line.send))
    await until(lambda: line.told)
    send = line.send

    async def count(message: dict[str, Any]) -> None:
        pieces.append(message.get("body", b""))
        await send(message)

    line.send = count  # type: ignore[method-assign]
    before = line.told
    for number in range(50):
        feed.patch({"az": {"part": f"<p>{number}</p>"}})
    await until(lambda: b"<p>49</p>" in line.told)
    told = [data["parts"]["part"] for kind, _id, data in words(line.told[len(before) :]) if kind == "patch"]  # type: ignore[index]
    assert told == [f"<p>{number}</p>" for number in range(50)]
    line.left.set()
    await task


def test_answers_of_the_panel_are_json_for_scripts(served: Served) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as line:
        line.request("GET", "/healthz")
        assert json.loads(line.getresponse().read())["status"] == "ok"
