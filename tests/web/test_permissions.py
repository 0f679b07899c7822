"""Every route by hand: who may use it. A route that is not in the table fails, so that none is open by omission."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import csrf_of
from tests.web.sample import TOKEN, SampleLab
from web.guard import EVERYONE, MACHINE, TEACHER, audience

TABLE = {
    ("GET", "/"): TEACHER,
    ("POST", "/room/start-line"): TEACHER,
    ("POST", "/room/clock"): TEACHER,
    ("GET", "/lessons"): TEACHER,
    ("GET", "/lessons/<id>"): TEACHER,
    ("POST", "/lessons/<id>/start"): TEACHER,
    ("GET", "/lesson"): TEACHER,
    ("POST", "/lesson/go-on"): TEACHER,
    ("POST", "/lesson/hint"): TEACHER,
    ("POST", "/lesson/skip"): TEACHER,
    ("POST", "/lesson/hold"): TEACHER,
    ("POST", "/lesson/pause"): TEACHER,
    ("POST", "/lesson/resume"): TEACHER,
    ("POST", "/lesson/restart"): TEACHER,
    ("POST", "/lesson/finish"): TEACHER,
    ("GET", "/devices"): TEACHER,
    ("POST", "/devices/adopt"): TEACHER,
    ("GET", "/devices/<id>"): TEACHER,
    ("GET", "/devices/<id>/past/<sensor>"): TEACHER,
    ("POST", "/devices/<id>/test"): TEACHER,
    ("POST", "/devices/<id>/find"): TEACHER,
    ("POST", "/devices/<id>/stop"): TEACHER,
    ("POST", "/devices/<id>/reconnect"): TEACHER,
    ("POST", "/devices/<id>/acknowledge"): TEACHER,
    ("POST", "/stop"): TEACHER,
    ("POST", "/release"): TEACHER,
    ("GET", "/settings"): TEACHER,
    ("POST", "/settings/language"): TEACHER,
    ("POST", "/settings/theme"): TEACHER,
    ("GET", "/sign-in"): EVERYONE,
    ("POST", "/sign-in"): EVERYONE,
    ("POST", "/sign-out"): EVERYONE,
    ("GET", "/setup"): EVERYONE,
    ("POST", "/setup"): EVERYONE,
    ("POST", "/language"): EVERYONE,
    ("GET", "/healthz"): EVERYONE,
    ("GET", "/favicon.ico"): EVERYONE,
    ("POST", "/local/<question>"): MACHINE,
}
FILLED = {"<id>": "robot-1", "<sensor>": "distance", "<question>": "devices"}
CHANGES = [route for route in TABLE if route[0] == "POST" and TABLE[route] == TEACHER]
LOOKS = [route for route in TABLE if route[0] == "GET" and TABLE[route] == TEACHER]


def filled(path: str) -> str:
    for place, value in FILLED.items():
        path = path.replace(place, value)
    return path


def test_the_table_is_the_whole_panel(app: Flask) -> None:
    found = {
        (method, rule.rule): audience(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    assert found == TABLE


@pytest.mark.parametrize(("method", "path"), [*LOOKS, *CHANGES])
def test_a_stranger_is_sent_to_the_door(stranger: FlaskClient, lab: SampleLab, method: str, path: str) -> None:
    answer = stranger.open(filled(path), method=method, data={"csrf": csrf_of(stranger), "team": "1"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    assert lab.calls == []


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_change_without_the_token_changes_nothing(
    teacher: FlaskClient, lab: SampleLab, method: str, path: str
) -> None:
    answer = teacher.open(filled(path), method=method, data={"team": "1", "language": "en"})
    assert answer.status_code == 403
    assert lab.calls == []
    assert lab.people.all["t1"].language == "az"


@pytest.mark.parametrize("path", [path for method, path in TABLE if TABLE[method, path] == MACHINE])
def test_the_local_api_is_for_holders_of_its_token_on_this_machine(stranger: FlaskClient, path: str) -> None:
    def ask(token: str | None = TOKEN, host: str = "127.0.0.1:8000", remote: str = "127.0.0.1", **headers: str) -> int:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return stranger.post(
            filled(path), json={}, headers={"Host": host, **headers}, environ_base={"REMOTE_ADDR": remote}
        ).status_code

    assert ask() == 200
    assert ask(host="localhost:8000") == 200
    assert ask(host="[::1]:8000", remote="::1") == 200
    assert ask(token=None) == 401
    assert ask(token="a-guess") == 401
    assert ask(token="") == 401
    assert ask(host="evil.example") == 403  # a page of another site that had its name lead to this machine
    assert ask(host="127.0.0.1.evil.example") == 403
    assert ask(remote="192.168.1.20") == 403
    assert ask(**{"X-Forwarded-For": "192.168.1.20"}) == 403


def test_a_teacher_cannot_ask_the_local_api(teacher: FlaskClient) -> None:
    assert teacher.post("/local/devices", json={}).status_code == 401


def test_the_local_api_answers_what_the_command_line_can_rebuild(stranger: FlaskClient, lab: SampleLab) -> None:
    from labctl.plain import from_wire
    from labctl.views import DeviceView

    said = stranger.post("/local/devices", json={}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert from_wire(tuple[DeviceView, ...], said.json["answer"]) == lab.devices()
    said = stranger.post("/local/device", json={"id": "no-such"}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert said.status_code == 200
    assert said.json["error"]["slug"] == "unknown-name"
    said = stranger.post("/local/device", data="not json", headers={"Authorization": f"Bearer {TOKEN}"})
    assert said.status_code == 200
    assert "error" in said.json


@pytest.mark.parametrize(
    ("path", "data", "called"),
    [
        ("/stop", {}, ("stop_all", "t1")),
        ("/release", {}, ("release", "t1")),
        ("/room/start-line", {}, ("put_on_start",)),
        ("/room/clock", {}, ("confirm_clock", "t1")),
        ("/lessons/first-drive/start", {"team": ["1", "3"]}, ("start_run", "first-drive", (1, 3), "t1")),
        ("/lesson/go-on", {"team": "5"}, ("go_on", 5, "t1")),
        ("/lesson/go-on", {}, ("go_on", None, "t1")),
        ("/lesson/hint", {"team": "7"}, ("hint", 7, "t1")),
        ("/lesson/hint", {}, ("hint", None, "t1")),
        ("/lesson/skip", {"team": "2"}, ("skip", 2, "t1")),
        ("/lesson/hold", {"team": "2"}, ("hold", 2, "t1")),
        ("/lesson/pause", {}, ("pause", "t1")),
        ("/lesson/resume", {}, ("resume", "t1")),
        ("/lesson/restart", {}, ("restart_run", "t1")),
        ("/lesson/finish", {}, ("finish_run", "t1")),
        ("/devices/robot-2/find", {}, ("find", "robot-2")),
        ("/devices/robot-2/stop", {}, ("stop_device", "robot-2", "t1")),
        ("/devices/robot-6/reconnect", {}, ("reconnect", "robot-6")),
        ("/devices/robot-6/acknowledge", {}, ("acknowledge", "robot-6", "t1")),
        (
            "/devices/adopt",
            {"address": "usb:1", "id": "robot-9", "chassis": "two-motor"},
            ("adopt", "usb:1", "robot-9", "two-motor"),
        ),
    ],
)
def test_a_press_of_a_teacher_reaches_the_lab(
    teacher: FlaskClient, lab: SampleLab, path: str, data: dict[str, str], called: tuple[object, ...]
) -> None:
    answer = teacher.post(path, data={**data, "csrf": csrf_of(teacher)})
    assert answer.status_code == 303
    assert lab.calls == [called]


@pytest.mark.parametrize("path", ["/lesson/skip", "/lesson/hold", "/lessons/first-drive/start"])
def test_what_is_about_one_team_is_not_done_to_all(teacher: FlaskClient, lab: SampleLab, path: str) -> None:
    for team in ("", "all", "-1", "1; 2"):
        answer = teacher.post(path, data={"team": team, "csrf": csrf_of(teacher)})
        assert answer.status_code == 400
    assert lab.calls == []
