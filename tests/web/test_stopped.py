"""What pages say while the lab is stopped or was cut off: no more than is known, and no promise of motion."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from devices.text import _
from labctl.views import DeviceState, Problem, TeamState
from tests.web.conftest import KEY, right_token, sign_in
from tests.web.html import Element, read
from tests.web.sample import PASSWORD, SampleLab
from web.app import create_app
from web.parts import parts_of

PROMISE = _("%(device)s moves in %(seconds)s s. Hands off.", device="Robot 2", seconds=3)
CLAIM = _("%(name)s stopped by itself: it had heard nothing from this computer for too long", name="Robot 2")


def look_at(lab: SampleLab) -> FlaskClient:
    lab.people.create_teacher("Aygün", PASSWORD, "en")
    return sign_in(create_app(lab, secret_key=KEY, right_token=right_token).test_client())


def part(client: FlaskClient, id: str, path: str = "/") -> Element:
    return next(one for one in read(client.get(path).text).all() if one.get("id") == id)


def acts(element: Element) -> list[str]:
    return [form.get("action") for form in element.all("form")]


def test_a_stop_kept_over_a_restart_claims_no_confirmation() -> None:
    client = look_at(SampleLab("restarted"))
    for id in ("banner", "needs"):
        said = part(client, id).words()
        assert "The stop from before the restart still holds" in said
        assert "confirmed" not in said.lower()
        assert "Everything is stopped" not in said
    assert acts(part(client, "banner")) == ["/release"]
    assert acts(part(client, "acts")) == ["/lesson/finish"]  # nothing can be taken up before the release


def test_a_stop_that_was_pressed_still_tells_what_confirmed() -> None:
    client = look_at(SampleLab("stopped"))
    assert "confirmed: 7" in part(client, "banner").words()
    assert "before the restart" not in client.get("/").text


@pytest.mark.parametrize("scene", ["interrupted", "restarted"])
def test_teams_of_an_interrupted_lesson_are_interrupted(scene: str) -> None:
    client = look_at(SampleLab(scene))
    words = part(client, "team-1").words()
    assert "Interrupted" in words
    assert "Stopped" not in words


@pytest.mark.parametrize("state", [state for state in TeamState if state is not TeamState.STOPPED])
def test_during_a_stop_no_team_promises_motion(state: TeamState) -> None:
    lab = SampleLab("lesson")
    lab.stop_all("t1")
    lab.set_team(2, state=state, line=PROMISE)
    parts = parts_of(lab.room())
    assert parts["team-2"].shows["line"] == ""
    assert parts["panel-2"].shows["line"] == ""


def test_what_a_stopped_team_says_is_shown_and_after_the_release_what_any_says() -> None:
    lab = SampleLab("lesson")
    lab.stop_all("t1")
    lab.set_team(2, state=TeamState.STOPPED, line="Stopped at 41 cm")
    client = look_at(lab)
    assert "Stopped at 41 cm" in part(client, "team-2").words()
    lab.release("t1")
    lab.set_team(2, state=TeamState.RUNNING, line=PROMISE)
    assert "Hands off" in part(client, "team-2").words()


def test_the_promise_is_on_neither_page_during_a_stop() -> None:
    lab = SampleLab("lesson")
    lab.stop_all("t1")
    lab.set_team(2, state=TeamState.RUNNING, line=PROMISE)
    client = look_at(lab)
    assert "Hands off" not in client.get("/").text
    assert "Hands off" not in client.get("/lesson?team=2").text


@pytest.mark.parametrize("latched", [True, False])
def test_a_robot_that_did_not_confirm_is_never_said_to_have_stopped(latched: bool) -> None:
    lab = SampleLab("lesson")
    if latched:
        lab.stop_all("t1")
    lab.robots["robot-2"] = replace(lab.robots["robot-2"], state=DeviceState.UNCONFIRMED)
    lab.set_team(2, state=TeamState.STOPPED, line=CLAIM, problem=Problem("device-lost", CLAIM))
    client = look_at(lab)
    for element in (part(client, "team-2"), part(client, "panel-2", "/lesson?team=2")):
        assert "stopped by itself" not in element.words()
        assert "Robot 2: not known to have stopped" in element.words()
    assert "Robot 2: not known to have stopped" in part(client, "needs").words()


@pytest.mark.parametrize("latched", [True, False])
def test_a_full_disk_is_an_error_with_what_to_do_also_during_a_stop(latched: bool) -> None:
    lab = SampleLab("lesson")
    lab.store_problem = Problem("store-failed", _("Nothing can be written down now"), _("Free some space."))
    if latched:
        lab.stop_all("t1")
    needs = part(look_at(lab), "needs")
    entry = next(one for one in needs.all("li") if "Nothing can be written down now" in one.words())
    assert entry.get("data-s") == "err"
    assert [one.words() for one in entry.all("p") if one.get("class") == "do"] == ["Free some space."]
    assert list(entry.all("button")) == []


def test_a_full_disk_is_not_drawn_anew_at_every_look() -> None:
    lab = SampleLab("lesson")
    lab.store_problem = Problem("store-failed", _("Nothing can be written down now"))
    first = parts_of(lab.room())["needs"]
    lab.now += timedelta(seconds=1)
    assert parts_of(lab.room())["needs"] == first


def test_an_interrupted_lesson_that_is_gone_can_only_be_ended() -> None:
    client = look_at(SampleLab("gone"))
    for path in ("/", "/lesson"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "/lesson/restart" not in answer.text
        assert "/lesson/finish" in answer.text
    assert acts(part(client, "needs")) == ["/lesson/finish"]
    assert "appears with its robot" not in client.get("/").text
    assert "is not in the library any more" in part(client, "main", "/lesson").words()
