"""The end of the process: robots at rest, journal flushed, exit 0 within three seconds, with pages open."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import pytest

from labctl.store.store import Store
from tests.whole.panels import Panel, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

END_SECONDS = 3.0


class Visitor:
    """A signed-in teacher without a browser: cookies, forms and the event stream by hand."""

    def __init__(self, panel: Panel) -> None:
        self.host = urllib.parse.urlsplit(panel.address).netloc
        self.cookie = ""
        form = self.get("/sign-in")
        self.token = re.findall(r'name="csrf" value="([^"]+)"', form)[0]
        fields = {"name": panel.said["name"], "password": panel.said["password"], "csrf": self.token}
        self.post("/sign-in", fields)
        self.token = re.findall(r'name="csrf" value="([^"]+)"', self.get("/"))[0]

    def _ask(self, method: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
        self.connection = http.client.HTTPConnection(self.host, timeout=10)
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookie = value.split(";")[0]
        return answer

    def get(self, path: str) -> str:
        answer = self._ask("GET", path)
        text = answer.read().decode()
        self.connection.close()
        return text

    def post(self, path: str, fields: dict[str, str]) -> int:
        answer = self._ask("POST", path, urllib.parse.urlencode(fields))
        answer.read()
        self.connection.close()
        return answer.status

    def watch(self) -> threading.Thread:
        """Open the event stream, as a page does, and read it to its end."""
        answer = self._ask("GET", "/events")
        assert answer.status == 200
        connection = self.connection

        def read() -> None:
            try:
                while answer.read1(4096):
                    pass
            except OSError:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=read)
        thread.start()
        return thread


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_time_with_pages_open_and_a_lesson_under_way(tmp_path: Path, sig: signal.Signals) -> None:
    panel = Panel("demo", tmp_path)
    try:
        panel.wait_for_devices("ready")
        visitor = Visitor(panel)
        pages = [visitor.watch() for _page in range(5)]
        teams = [("team", str(n)) for n in range(1, 9)]
        body = urllib.parse.urlencode([("csrf", visitor.token), *teams])
        answer = visitor._ask("POST", "/lessons/first-drive/start", body)
        answer.read()
        visitor.connection.close()
        assert answer.status == 303
        time.sleep(0.5)
    finally:
        code, seconds = panel.end(sig)
    assert code == 0
    assert seconds < END_SECONDS
    for page in pages:
        page.join(5)
        assert not page.is_alive()
    store = Store.open(tmp_path / "lab.db")
    try:
        kinds = [event.kind for event in store.since_now(0)]
    finally:
        store.close_now()
    assert "run.started" in kinds
    assert kinds.count("team.state") >= 16, "the last word of every team is in the journal"


def test_a_second_lab_on_one_folder_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    with running("demo", tmp_path) as panel:
        words = [sys.executable, "-m", "labctl", "demo", "--no-browser", "--data", str(tmp_path)]
        second = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        assert second.returncode == 1
        assert str(panel.process.pid) in second.stderr
        assert panel.address in second.stderr
        assert "Traceback" not in second.stderr
        assert panel.health()["status"] == "ok"


def test_the_command_line_asks_the_running_lab(tmp_path: Path) -> None:
    with running("demo", tmp_path) as panel:
        panel.wait_for_devices("ready")

        def labctl(*words: str) -> tuple[int, object]:
            command = [sys.executable, "-m", "labctl", *words, "--json", "--data", str(tmp_path)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert "Traceback" not in done.stderr
            return done.returncode, json.loads(done.stdout or done.stderr)

        code, devices = labctl("devices", "list")
        assert code == 0
        assert len(devices) == 8 if isinstance(devices, list) else len(devices["devices"]) == 8  # type: ignore[index]
        code, report = labctl("devices", "test", "robot-1")
        assert code == 0
        assert report["outcome"] == "pass"  # type: ignore[index]
        code, _doctor = labctl("doctor")
        assert code in (0, 1)
        code, _stopped = labctl("devices", "stop")
        assert code == 0
        panel.wait_for_devices("stopped")
        code, missing = labctl("devices", "test", "robot-99")
        assert code == 2
        assert "robot-99" in json.dumps(missing)
