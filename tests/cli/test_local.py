"""Asking the lab that another process runs: over a real socket, with what can go wrong there."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devices.errors import LabError, UnknownName
from devices.text import _
from labctl import views
from labctl.local import NotReached, RunningLab, answer, new_token, reach, right_token
from labctl.lock import Holder
from labctl.places import find_places
from labctl.views import DeviceView, FoundView, HealthView, StopView
from tests.cli.examples import DEVICE, VIEWS


class FakeLab:
    """A lab that answers from constants and writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def devices(self) -> tuple[DeviceView, ...]:
        return (DEVICE,)

    def device(self, id: str) -> DeviceView:
        if id != DEVICE.id:
            raise UnknownName(_("There is no device %(id)s", id=id), hint=_("The lab has: robot-1"))
        return DEVICE

    def scan(self) -> tuple[FoundView, ...]:
        return (VIEWS[1],)

    def adopt(self, address: str, *, id: str | None = None, chassis: str) -> DeviceView:
        self.asked.append(("adopt", address, id, chassis))
        return DEVICE

    def find(self, id: str) -> None:
        self.asked.append(("find", id))

    def test_device(self, id: str, *, move: bool = False) -> views.TestReport:
        self.asked.append(("test", id, move))
        return VIEWS[2]

    def stop_all(self, by: str) -> StopView:
        self.asked.append(("stop all", by))
        return VIEWS[3]

    def stop_device(self, id: str, by: str) -> StopView:
        self.asked.append(("stop", id, by))
        return VIEWS[3]

    def health(self) -> HealthView:
        return VIEWS[4]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Bearer right":
            self.send_error(403)
            return
        time.sleep(server.delay)
        said = server.says or json.dumps(answer(server.lab, self.path.removeprefix("/local/"), body)).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.lab, server.says, server.delay = FakeLab(), b"", 0
    server.block_on_close = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def running(server: Any, token: str = "right") -> RunningLab:
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    return RunningLab(Holder(pid=4242, since=datetime(2026, 11, 23, tzinfo=UTC), address=address, local=address), token)


def test_every_question_has_its_answer(server):
    lab = running(server)

    assert lab.devices() == (DEVICE,)
    assert lab.device("robot-1") == DEVICE
    assert lab.scan() == (VIEWS[1],)
    assert lab.adopt("usb:9", id="robot-9", chassis="two-motor") == DEVICE
    lab.find("robot-1")
    assert lab.test_device("robot-1", move=True) == VIEWS[2]
    assert lab.stop_all("cli") == VIEWS[3]
    assert lab.stop_device("robot-1", "cli") == VIEWS[3]
    assert lab.health() == VIEWS[4]
    assert server.lab.asked == [
        ("adopt", "usb:9", "robot-9", "two-motor"),
        ("find", "robot-1"),
        ("test", "robot-1", True),
        ("stop all", "cli"),
        ("stop", "robot-1", "cli"),
    ]


def test_an_error_there_is_the_same_error_here(server):
    with pytest.raises(UnknownName, match="There is no device robot-7") as caught:
        running(server).device("robot-7")
    assert caught.value.hint == "The lab has: robot-1"


def test_a_question_without_an_answer_is_said():
    said = answer(FakeLab(), "sing", {})

    assert said["error"]["slug"] == "unknown-name"


def test_a_question_with_parts_missing_is_an_error_and_no_crash():
    assert answer(FakeLab(), "device", {})["error"]["slug"] == "lab-error"


def test_the_wrong_token_is_refused(server):
    with pytest.raises(NotReached, match=r"process 4242 .* it answered 403"):
        running(server, "wrong").devices()


@pytest.mark.parametrize("says", [b"<html>", b"{}", b"[]", b'{"answer": 3}', b'{"error": {}}'])
def test_something_else_that_answers_is_not_taken_for_the_lab(server, says):
    server.says = says

    with pytest.raises(NotReached):
        running(server).health()


def test_a_lab_that_hangs_is_given_up(server):
    server.delay = 0.5
    lab = running(server)

    with pytest.raises(NotReached, match="did not answer in time"):
        lab._ask(HealthView, "health", seconds=0.1)


def test_nobody_there(server):
    lab = running(server)
    lab.holder = Holder(pid=4242, since=None, address="", local="http://127.0.0.1:1/")

    with pytest.raises(NotReached, match="process 4242"):
        lab.devices()


def test_a_proxy_is_not_asked(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")

    assert running(server).devices() == (DEVICE,)


def test_the_token_is_private_and_new_each_time(tmp_path):
    places = find_places(tmp_path)

    first, second = new_token(places), new_token(places)

    assert first != second
    assert right_token(places, second)
    assert not right_token(places, first)
    assert not right_token(places, "")
    assert not right_token(places, "ə")
    assert os.name == "nt" or places.token.stat().st_mode & 0o777 == 0o600


def test_no_token_is_right_where_there_is_none(tmp_path):
    assert not right_token(find_places(tmp_path), "")


def test_a_holder_without_a_panel_cannot_be_asked(tmp_path):
    with pytest.raises(NotReached, match="process 7 since \\?, which cannot be asked"):
        reach(find_places(tmp_path), Holder(pid=7, since=None))


def test_a_token_of_another_user_is_said(tmp_path: Path):
    with pytest.raises(NotReached, match="cannot be read") as caught:
        reach(find_places(tmp_path), Holder(pid=7, since=None, local="http://127.0.0.1:1/"))
    assert isinstance(caught.value, LabError)
    assert "user who started the lab" in caught.value.hint
