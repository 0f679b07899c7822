"""``labctl panel`` on a lab of robots at other addresses, in a process of its own, and a teacher who is signed in."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.benchmarks.machine import ROOT
from tests.benchmarks.processes import Talker

LABCTL = ROOT / ".venv" / "bin" / "labctl"
READY_WITHIN = 60.0  # seconds, for thirty robots on a crowded machine
LESSON = "bench-drive"

ROBOT = '[devices.{robot}]\nchassis = "two-motor"\naddress = "{address}"\n'
PLAN = """\
format = 1
id = "bench-drive"
version = 1
title = { en = "Turn on the spot" }
summary = { en = "Every robot turns until it is stopped." }
topic = "foundations"
ages = [10, 17]
minutes = 45
group_size = [1, 4]
licence = "CC BY 4.0"
driving_question = { en = "How fast is a stop?" }
public_product = { en = "A table of figures." }
success = [{ en = "Every robot stands still." }]
hazards = [{ risk = { en = "None." }, rule = { en = "None." } }]

[roles.robot]
title = { en = "Robot" }
needs = ["drives", "senses.turned"]

[[step]]
id = "ready"
do = "read"
stage = "launch"
minutes = 1
title = { en = "Ready" }

[[step]]
id = "turn"
do = "drive"
stage = "build"
minutes = 20
title = { en = "Turn" }
with = "robot"
left = 0.3
right = -0.3
seconds = 30
check = [{ sensor = "turned", change = true, min = 1, max = 100000, unit = "deg" }]
hints = [{ en = "One." }, { en = "Two." }, { en = "Three." }]
"""
BRIEF = "# Turn on the spot\n\n## ready\n\nReady.\n\n## turn\n\nTurn.\n"


def lay_out(folder: Path, addresses: Mapping[str, str]) -> None:
    """Write a lab of robots at these addresses, and the lesson that has them turn."""
    robots = (ROBOT.format(robot=robot, address=address) for robot, address in addresses.items())
    (folder / "lab.toml").write_text("\n".join(robots), "utf-8")
    lesson = folder / "lessons" / LESSON
    lesson.mkdir(parents=True)
    (lesson / "lesson.toml").write_text(PLAN, "utf-8")
    (lesson / "brief.en.md").write_text(BRIEF, "utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Panel:
    """The running panel; a context manager that ends it."""

    def __init__(self, folder: Path, command: str = "panel", program: Path = LABCTL) -> None:
        words = [str(program), command, "--data", str(folder), "--port", str(free_port()), "--no-browser", "--json"]
        self.process = Talker(words, env={"LABCTL_LANG": "en"})
        self.said = self.process.hear()
        self.address: str = self.said["address"]

    def health(self) -> dict[str, Any]:
        """What ``GET /healthz`` says."""
        return json.loads(Browser(self.address).get("/healthz")[1])

    def wait_ready(self, robots: int) -> None:
        """Wait until so many devices are ready."""
        wait_for(lambda: list(self.health()["devices"].values()).count("ready") == robots, READY_WITHIN)

    def sign_in(self) -> Browser:
        """A teacher's browser: the demo's own teacher, or a new one where there is none."""
        browser = Browser(self.address)
        if "password" in self.said:
            browser.post_form("/sign-in", name=self.said["name"], password=self.said["password"])
        else:
            browser.post_form("/setup", name="bench", password=secrets.token_urlsafe(12))
        return browser

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()


class Browser:
    """What a browser keeps: cookies, and the token of the page that is open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None
        assert parts.port is not None
        self.host, self.port = parts.hostname, parts.port
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.since = ""

    @property
    def cookie(self) -> str:
        """The Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> tuple[int, str]:
        """Open a page, following where it leads; the status and the text."""
        return self._ask("GET", path, "")

    def post(self, path: str, follow: bool = True, **fields: Any) -> tuple[int, str]:
        """Press a button, as the page's script does."""
        body = urlencode([("csrf", self.csrf), *_pairs(fields)])
        return self._ask("POST", path, body, follow=follow)

    def post_form(self, path: str, **fields: str) -> None:
        """Open a page with a form, fill it in and send it; raises where it is refused."""
        self.get(path)
        status, text = self.post(path, **fields)
        if status != 200 or "data-cursor" not in text:
            raise RuntimeError(f"{path} was refused: {status}")

    def _ask(self, method: str, path: str, body: str, *, follow: bool = True) -> tuple[int, str]:
        line = http.client.HTTPConnection(self.host, self.port, timeout=15)
        headers = {"Cookie": self.cookie, "X-CSRF": self.csrf, "Accept-Language": "en"}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, kept = value.partition(";")[0].partition("=")
                self.cookies[key] = kept
        if found := re.search(r'(?:data-csrf|name="csrf" value)="([^"]+)"', text):
            self.csrf = found[1]
        if found := re.search(r'data-cursor="([^"]+)"', text):
            self.since = found[1]
        if answer.status in (302, 303) and follow:
            where = urlsplit(answer.getheader("Location", "/"))
            return self._ask("GET", where._replace(scheme="", netloc="").geturl(), "")
        return answer.status, text


def wait_for(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so; raises when it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)


def _pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    lists = ((name, value if isinstance(value, list) else [value]) for name, value in fields.items())
    return [(name, str(one)) for name, values in lists for one in values]
