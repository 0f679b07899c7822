"""Every page, in every language and state: it is drawn, it is sound, and it leads somewhere."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import MapAdapter

from labctl.views import TeamState
from tests.web.conftest import KEY, csrf_of, right_token, sign_in
from tests.web.html import Element, faults, read
from tests.web.sample import PASSWORD, SampleLab
from web.app import create_app
from web.render import LANGUAGES

SCENES = ("idle", "empty", "lesson", "stopped", "stopping", "trouble", "interrupted", "restarted", "gone")
PAGES = ("/", "/lesson", "/lessons", "/lessons/first-drive", "/devices", "/devices/robot-1", "/settings")


@cache
def client_for(scene: str, language: str, **more: int) -> FlaskClient:
    """Somebody who only looks; shared, because compiling the templates anew for each test takes its time."""
    lab = SampleLab(scene, **more)
    lab.people.create_teacher("Aygün", PASSWORD, language)
    return sign_in(create_app(lab, secret_key=KEY, right_token=right_token).test_client())


def page(client: FlaskClient, path: str) -> Element:
    answer = client.get(path, follow_redirects=True)
    assert answer.mimetype == "text/html"
    return read(answer.text)


def main_of(tree: Element) -> str:
    return next(tree.all("main")).words()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES)
def test_every_page_is_sound_in_every_state_and_language(scene: str, language: str) -> None:
    client = client_for(scene, language)
    for path in PAGES:
        tree = page(client, path)
        assert faults(tree) == [], path
        assert next(tree.all("html")).get("lang") == language
        assert len(list(tree.all("main"))) == 1
        assert len(list(tree.all("h1"))) == 1, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_doors_are_sound(language: str) -> None:
    for scene_has_teacher in (True, False):
        lab = SampleLab("empty")
        if scene_has_teacher:
            lab.people.create_teacher("Aygün", PASSWORD, language)
        client = create_app(lab, secret_key=KEY, right_token=right_token).test_client()
        client.post("/language", data={"language": language, "csrf": csrf_of(client)})
        tree = page(client, "/sign-in")
        assert faults(tree) == []
        assert next(tree.all("html")).get("lang") == language
        assert any(field.get("type") == "password" for field in tree.all("input"))


@pytest.mark.parametrize("has_teacher", [True, False])
def test_the_doors_say_their_words_once(has_teacher: bool) -> None:
    lab = SampleLab("empty")
    if has_teacher:
        lab.people.create_teacher("Aygün", PASSWORD, "en")
    client = create_app(lab, secret_key=KEY, right_token=right_token).test_client()
    header = next(page(client, "/sign-in").all("header"))
    assert [one.words() for one in header.children] == ["labctl", "AZ Azərbaycanca EN English"]


@pytest.mark.parametrize("scene", SCENES)
def test_every_link_and_form_leads_somewhere(scene: str) -> None:
    client = client_for(scene, "az")
    routes: MapAdapter = client.application.url_map.bind("localhost")
    for path in PAGES:
        tree = page(client, path)
        for link in tree.all("a"):
            to = urlsplit(link.get("href"))
            if to.path:
                routes.match(to.path, method="GET")
            if to.fragment and not to.path:
                assert any(one.get("id") == to.fragment for one in tree.all()), link.get("href")
        for form in tree.all("form"):
            routes.match(form.get("action"), method=form.get("method").upper())


def test_stop_is_on_every_page_of_a_teacher(teacher: FlaskClient) -> None:
    for path in (*PAGES, "/devices/no-such", "/no-such-page"):
        forms = [form for form in page(teacher, path).all("form") if form.get("action") == "/stop"]
        assert len(forms) == 1, path
        assert any(parent.name == "header" for parent in [forms[0].parent]), path


def test_the_navigation_shows_only_pages_that_are_there(teacher: FlaskClient) -> None:
    nav = next(page(teacher, "/").all("nav"))
    for link in nav.all("a"):
        assert teacher.get(link.get("href"), follow_redirects=True).status_code == 200


def test_an_empty_room_says_what_to_do_first() -> None:
    said = main_of(page(client_for("empty", "en"), "/"))
    assert "Connect the devices" in said
    assert "Choose a lesson" in said
    assert "Team 1: appears with its robot" in said


def test_the_room_names_who_waits_and_what_to_do() -> None:
    tree = page(client_for("lesson", "en"), "/")
    needs = next(one for one in tree.all("aside") if one.get("id") == "needs")
    assert "Team 5 has not got it yet" in needs.words()
    assert "Robot 6 does not answer" in needs.words()
    assert "Check its cable and its switch" in needs.words()
    assert any(form.get("action") == "/devices/robot-6/reconnect" for form in needs.all("form"))


def test_a_stopped_room_names_what_did_not_confirm_and_keeps_release_out_of_the_corner() -> None:
    tree = page(client_for("stopped", "en"), "/")
    said = tree.words()
    assert "Robot 6: not known to have stopped" in said
    assert "Confirmed: 7" in said
    actions = {form.get("action") for form in tree.all("form")}
    assert {"/stop", "/release", "/devices/robot-6/acknowledge"} <= actions
    header = next(tree.all("header"))
    assert not any(form.get("action") == "/release" for form in header.all("form"))
    teams = [one for one in tree.all("article") if one.get("id").startswith("team-")]
    assert {one.get("data-s") for one in teams} == {"stop", "err", "ok"}


def test_what_is_still_waited_for_is_never_called_stopped() -> None:
    said = page(client_for("stopping", "en"), "/").words()
    assert "Stopping …" in said
    assert "Everything is stopped" not in said
    assert "Has not answered yet: 2" in said


def test_teams_that_all_wait_for_the_same_press_are_one_entry() -> None:
    lab = SampleLab("lesson")
    lab.people.create_teacher("Aygün", PASSWORD, "en")
    for number in range(1, 9):
        lab.set_team(number, state=TeamState.WAITING, step=4, outcome=None, stuck=False)
    client = sign_in(create_app(lab, secret_key=KEY, right_token=right_token).test_client())
    needs = next(one for one in page(client, "/").all("aside"))
    assert "Teams that wait for you: 8" in needs.words()
    assert sum(form.get("action") == "/lesson/go-on" for form in needs.all("form")) == 1


def test_teams_named_together_hide_nobody_else_and_only_they_go_on() -> None:
    lab = SampleLab("lesson")
    lab.people.create_teacher("Aygün", PASSWORD, "en")
    for number in (3, 6, 7, 8):
        lab.set_team(number, state=TeamState.WAITING, step=4, outcome=None, stuck=False)
    client = sign_in(create_app(lab, secret_key=KEY, right_token=right_token).test_client())
    needs = next(page(client, "/").all("aside"))
    entries = {next(one.all("h3")).words(): one for one in needs.all("li")}
    assert {"Robot 6 does not answer", "Teams that wait for you: 4", "Team 5 has not got it yet"} <= set(entries)
    hints = [form for form in entries["Team 5 has not got it yet"].all("form") if form.get("action") == "/lesson/hint"]
    assert len(hints) == 1
    together = next(entries["Teams that wait for you: 4"].all("form"))
    asked = [field.get("value") for field in together.all("input") if field.get("name") == "team"]
    assert asked == ["3", "6", "7", "8"]
    client.post("/lesson/go-on", data={"csrf": csrf_of(client), "team": asked})
    assert [call[1] for call in lab.calls if call[0] == "go_on"] == [3, 6, 7, 8]


def test_the_devices_page_shows_trouble_first_with_what_to_do() -> None:
    tree = page(client_for("trouble", "en"), "/devices")
    said = main_of(tree)
    assert said.index("Not working: 2") < said.index("Newly found: 2") < said.index("The list: 8 devices")
    assert "Close Arduino IDE, then press Reconnect." in said
    assert "does not stop by itself" in said
    assert "2 boards look just the same" in said


def test_a_self_test_is_shown_with_its_limits(teacher: FlaskClient) -> None:
    answer = teacher.post("/devices/robot-1/test", data={"csrf": csrf_of(teacher)})
    assert answer.headers["Location"] == "/devices/robot-1"
    said = main_of(page(teacher, "/devices/robot-1"))
    assert "1,62 s" in said
    assert "≤ 3 s" in said
    assert "2 – 400 sm" in said


def test_a_lesson_page_opens_the_team_that_needs_somebody(teacher: FlaskClient) -> None:
    tree = page(teacher, "/lesson")
    panel = next(one for one in tree.all("section") if one.get("id") == "panel-5")
    assert "Divardan əvvəl dayanın" in panel.words()
    assert (
        next(one for one in page(teacher, "/lesson?team=2").all("div") if one.get("id") == "panel").get("data-team")
        == "2"
    )
    assert page(teacher, "/lesson?team=99")  # a team that is not there opens another


def test_without_a_lesson_the_lesson_page_leads_to_the_choice() -> None:
    answer = client_for("idle", "az").get("/lesson")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/lessons")


def test_a_lesson_that_cannot_start_says_why_before_anybody_presses() -> None:
    client = client_for("lesson", "en")
    tree = page(client, "/lessons/first-drive")
    boxes = [one for one in tree.all("input") if one.get("name") == "team"]
    assert [one.get("value") for one in boxes if "disabled" in one.attributes] == ["6"]
    assert "7 of 8 are ready" in tree.words()


def test_thirty_robots_fit_on_the_page() -> None:
    tree = page(client_for("lesson", "az", robots=30), "/")
    assert sum(one.get("id").startswith("team-") for one in tree.all("article")) == 30
    assert faults(tree) == []


def test_numbers_are_written_as_in_the_language() -> None:
    for language, shown in (("az", "0,01 s"), ("en", "0.01 s")):
        assert shown in page(client_for("stopped", language), "/").words()


def test_a_name_cannot_become_code(lab: SampleLab, teacher: FlaskClient) -> None:
    lab.set_team(1, members=("<script>alert(1)</script>", '"><img src=x>'), line="<b>bold</b>")
    tree = page(teacher, "/")
    assert faults(tree) == []
    assert "<script>alert(1)</script>" in tree.words()
    assert not list(tree.all("img"))


def test_after_a_release_the_lesson_waits_for_a_word(lab: SampleLab, teacher: FlaskClient) -> None:
    lab.stop_all("t1")
    assert "Dərs dayandırılıb" not in page(teacher, "/").words()
    lab.release("t1")
    needs = next(page(teacher, "/").all("aside"))
    assert "Dərs dayandırılıb" in needs.words()
    assert any(form.get("action") == "/lesson/go-on" for form in needs.all("form"))
