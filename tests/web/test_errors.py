"""Errors as pages: the right status, what happened, what to do next, and never a traceback."""

from __future__ import annotations

import inspect

import pytest
from flask.testing import FlaskClient

from devices import errors
from devices.errors import BadFile, GroupFailed, LabError, PortBusy
from devices.text import _
from tests.web.conftest import csrf_of
from tests.web.html import faults, read
from tests.web.sample import SampleLab
from web.errors import STATUS, Refused, status_of

KINDS = [kind for _name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LabError)]


def made(kind: type[LabError]) -> LabError:
    message, hint = _("%(name)s is used by another program", name="Robot 3"), _("Close %(program)s.", program="Mu")
    if issubclass(kind, BadFile):
        return kind(message, problems=[_("line 3: %(what)s", what="steps")], hint=hint)
    if issubclass(kind, GroupFailed):
        return kind(message, {"robot-3": PortBusy(message)}, hint=hint)
    return kind(message, device="robot-3", hint=hint)


@pytest.mark.parametrize("kind", [*KINDS, Refused])
def test_every_error_is_a_page_with_its_status_and_what_to_do(
    kind: type[LabError], teacher: FlaskClient, lab: SampleLab
) -> None:
    error = lab.fails = made(kind)
    answer = teacher.get("/")
    assert answer.status_code == status_of(error)
    assert 400 <= answer.status_code < 600
    assert faults(read(answer.text)) == []
    assert "Robot 3" in answer.text
    assert "Mu" in answer.text
    assert "Traceback" not in answer.text


def test_every_error_of_the_devices_has_a_status_of_its_own() -> None:
    assert set(KINDS) <= set(STATUS)


def test_a_file_with_mistakes_lists_them(teacher: FlaskClient, lab: SampleLab) -> None:
    lab.fails = made(BadFile)
    assert "line 3: steps" in teacher.get("/").text


def test_what_nobody_foresaw_is_said_calmly(teacher: FlaskClient, lab: SampleLab) -> None:
    lab.lessons = lambda: 1 // 0  # type: ignore[method-assign]
    answer = teacher.get("/lessons")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "labctl doctor --report" in answer.text


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/no-such-page", "GET", 404), ("/stop", "GET", 405), ("/devices/none", "GET", 404)]
)
def test_wrong_addresses_are_pages_too(teacher: FlaskClient, path: str, method: str, status: int) -> None:
    answer = teacher.open(path, method=method)
    assert answer.status_code == status
    assert faults(read(answer.text)) == []
    assert 'lang="az"' in answer.text


def test_a_press_that_failed_leads_back_to_where_it_was_made(teacher: FlaskClient, lab: SampleLab) -> None:
    headers = {"Referer": "http://localhost/devices"}
    answer = teacher.post("/devices/none/find", data={"csrf": csrf_of(teacher)}, headers=headers)
    assert answer.status_code == 404
    assert 'href="/devices"' in answer.text


def test_health_is_for_scripts(stranger: FlaskClient) -> None:
    said = stranger.get("/healthz")
    assert said.status_code == 200
    assert {"status", "version", "seconds_up", "devices", "hub_lag_ms"} <= set(said.json)
    assert said.json["devices"]["robot-6"] == "lost"
