"""Signing in and out, tokens, headers, cookies, and the first teacher."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import KEY, csrf_of, right_token, sign_in
from tests.web.sample import PASSWORD, SETUP_CODE, SampleLab
from web.app import create_app
from web.asked import within
from web.guard import SIGNED_IN_SECONDS, Sessions


def signed_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def test_signing_in_leads_to_where_one_wanted_to_go(stranger: FlaskClient) -> None:
    asked = stranger.get("/devices/robot-3?x=1")
    assert asked.headers["Location"] == "/sign-in?next=/devices/robot-3%3Fx%3D1"
    page = stranger.get(asked.headers["Location"])
    assert 'value="/devices/robot-3?x=1"' in page.text
    answer = stranger.post(
        "/sign-in",
        data={"name": "Aygün", "password": PASSWORD, "next": "/devices/robot-3?x=1", "csrf": csrf_of(stranger)},
    )
    assert answer.headers["Location"] == "/devices/robot-3?x=1"
    assert signed_in(stranger)


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb"]
)
def test_nobody_is_led_elsewhere_by_signing_in(path: str) -> None:
    assert within(path) == "/"


def test_a_wrong_password_says_so_and_keeps_the_name(stranger: FlaskClient) -> None:
    answer = stranger.post("/sign-in", data={"name": "Aygün", "password": "guess", "csrf": csrf_of(stranger)})
    assert answer.status_code == 401
    assert 'value="Aygün"' in answer.text
    assert "guess" not in answer.text
    assert not signed_in(stranger)


def test_who_signs_in_over_an_open_line_is_told(stranger: FlaskClient) -> None:
    def warned(**where: str) -> bool:
        return "şifrələnməyib" in stranger.get("/sign-in", **where).text  # type: ignore[arg-type]

    assert not warned()
    assert not warned(base_url="https://lab.local", environ_base={"REMOTE_ADDR": "192.168.1.7"})
    assert warned(base_url="http://192.168.1.2:8000", environ_base={"REMOTE_ADDR": "192.168.1.7"})


def test_too_many_tries_are_said_with_their_own_status(stranger: FlaskClient, lab: SampleLab) -> None:
    from labctl.passwords import TooManyTries

    lab.people.sign_in = lambda name, password: (_ for _ in ()).throw(TooManyTries(7))  # type: ignore[method-assign]
    answer = stranger.post("/sign-in", data={"name": "Aygün", "password": PASSWORD, "csrf": csrf_of(stranger)})
    assert answer.status_code == 429


def test_signing_out_ends_the_session_even_for_a_copy_of_its_cookie(teacher: FlaskClient) -> None:
    copy = teacher.application.test_client()
    copy.set_cookie("labctl", teacher.get_cookie("labctl").value)  # type: ignore[union-attr]
    assert signed_in(copy)
    assert teacher.post("/sign-out", data={"csrf": csrf_of(teacher)}).headers["Location"] == "/sign-in"
    assert not signed_in(teacher)
    assert not signed_in(copy)


def test_a_new_password_ends_what_was_begun_under_the_old_one(teacher: FlaskClient, lab: SampleLab) -> None:
    lab.people.all["t1"] = replace(lab.people.all["t1"], stamp="b")
    assert not signed_in(teacher)


def test_a_person_who_is_gone_is_signed_out(teacher: FlaskClient, lab: SampleLab) -> None:
    lab.people.all.clear()
    assert teacher.get("/").headers["Location"] == "/setup"


def test_a_sign_in_ends_after_a_school_day() -> None:
    lab = SampleLab("empty")
    person = lab.people.create_teacher("Aygün", PASSWORD, "az")
    time = [1_000_000.0]
    sessions = Sessions(lab, clock=lambda: time[0])
    kept: dict[str, object] = {}
    sessions.begin(kept, person)
    time[0] += SIGNED_IN_SECONDS - 120
    assert sessions.person(kept) == person
    time[0] += 240
    assert sessions.person(kept) is None


def test_signing_in_leaves_nothing_of_the_session_before(stranger: FlaskClient) -> None:
    before = csrf_of(stranger)
    with stranger.session_transaction() as kept:
        kept["planted"] = "by somebody else"
    sign_in(stranger)
    with stranger.session_transaction() as kept:
        assert "planted" not in kept
        assert kept["csrf"] != before


def test_a_cookie_that_we_did_not_sign_is_nobody(lab: SampleLab, teacher: FlaskClient) -> None:
    forger = create_app(lab, secret_key="another key", right_token=right_token).test_client()
    forger.set_cookie("labctl", teacher.get_cookie("labctl").value)  # type: ignore[union-attr]
    assert not signed_in(forger)


def test_cookies_are_kept_from_scripts_and_other_sites(lab: SampleLab) -> None:
    for https in (False, True):
        client = create_app(lab, secret_key=KEY, right_token=right_token, https=https).test_client()
        base = "https://localhost" if https else "http://localhost"
        with client.session_transaction(base_url=base) as kept:
            kept["csrf"] = "t"
        answer = client.post("/sign-in", data={"name": "Aygün", "password": PASSWORD, "csrf": "t"}, base_url=base)
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == https
        assert PASSWORD not in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_change_from_another_site_is_refused_even_with_the_token(
    teacher: FlaskClient, lab: SampleLab, headers: dict[str, str]
) -> None:
    assert teacher.post("/stop", data={"csrf": csrf_of(teacher)}, headers=headers).status_code == 403
    assert lab.calls == []


def test_the_token_may_come_in_a_header(teacher: FlaskClient, lab: SampleLab) -> None:
    headers = {"X-CSRF": csrf_of(teacher), "Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert teacher.post("/stop", headers=headers).status_code == 303
    assert lab.calls == [("stop_all", "t1")]


def test_after_a_press_one_is_where_one_was(teacher: FlaskClient) -> None:
    def press(referer: str) -> str:
        headers = {"Referer": referer}
        return teacher.post("/stop", data={"csrf": csrf_of(teacher)}, headers=headers).headers["Location"]

    assert press("http://localhost/lesson?team=3") == "/lesson?team=3"
    assert press("http://evil.example/lesson") == "/"
    assert press("http://localhost//evil.example") == "/"
    assert press("") == "/"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/healthz", "/stop"])
def test_every_answer_carries_the_headers(teacher: FlaskClient, path: str) -> None:
    headers = teacher.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_by_browsers_and_change_their_address_with_their_content(teacher: FlaskClient) -> None:
    page = teacher.get("/").text
    sheet = next(part for part in page.split('"') if part.endswith("tokens.css"))
    answer = teacher.get(sheet)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()
    assert teacher.get("/static/another/css/tokens.css").status_code == 404
    assert teacher.get(sheet.replace("css/tokens.css", "../app.py")).status_code == 404


def test_a_form_that_is_too_long_is_refused(teacher: FlaskClient) -> None:
    answer = teacher.post("/lesson/hint", data={"csrf": csrf_of(teacher), "team": "1" * 100_000})
    assert answer.status_code == 413


class TestTheFirstTeacher:
    @pytest.fixture
    def new(self) -> FlaskClient:
        return create_app(SampleLab("empty"), secret_key=KEY, right_token=right_token).test_client()

    def make(self, client: FlaskClient, *, code: str = "", remote: str = "127.0.0.1", host: str = "localhost") -> int:
        base = f"http://{host}"
        with client.session_transaction(base_url=base) as kept:
            kept["csrf"] = "t"
        return client.post(
            "/setup",
            data={"name": "Aygün", "password": PASSWORD, "code": code, "csrf": "t"},
            environ_base={"REMOTE_ADDR": remote},
            base_url=base,
        ).status_code

    def test_everything_leads_to_the_first_page_of_a_new_lab(self, new: FlaskClient) -> None:
        assert new.get("/devices").headers["Location"] == "/setup"
        assert new.get("/sign-in").headers["Location"] == "/setup"

    def test_on_this_computer_no_code_is_needed(self, new: FlaskClient) -> None:
        assert self.make(new) == 303
        assert new.get("/").status_code == 200

    def test_from_elsewhere_the_code_of_the_terminal_is(self, new: FlaskClient) -> None:
        assert self.make(new, remote="192.168.1.7", host="192.168.1.2") == 403
        assert self.make(new, remote="192.168.1.7", host="192.168.1.2", code="WRONG") == 403
        assert self.make(new, remote="192.168.1.7", host="192.168.1.2", code=SETUP_CODE) == 303

    def test_a_name_that_was_made_to_lead_here_is_elsewhere(self, new: FlaskClient) -> None:
        assert self.make(new, host="evil.example") == 403

    def test_there_is_only_one_first_teacher(self, stranger: FlaskClient, lab: SampleLab) -> None:
        assert self.make(stranger) == 303
        assert [one.name for one in lab.people.all.values()] == ["Aygün"]
        assert not signed_in(stranger)

    def test_a_password_that_will_not_do_is_said_on_the_page(self, new: FlaskClient) -> None:
        with new.session_transaction() as kept:
            kept["csrf"] = "t"
        answer = new.post("/setup", data={"name": "Aygün", "password": "short", "csrf": "t"})
        assert answer.status_code == 400
        assert 'value="Aygün"' in answer.text


def test_the_language_is_the_persons_then_the_browsers_then_the_labs(lab: SampleLab, stranger: FlaskClient) -> None:
    def lang(**headers: str) -> str:
        return stranger.get("/sign-in", headers=headers).text.split('lang="')[1][:2]

    assert lang() == "az"
    assert lang(**{"Accept-Language": "en-GB,en;q=0.9"}) == "en"
    assert lang(**{"Accept-Language": "fr"}) == "az"
    stranger.post("/language", data={"language": "en", "csrf": csrf_of(stranger)})
    assert lang() == "en"
    sign_in(stranger)
    assert 'lang="az"' in stranger.get("/").text
    stranger.post("/settings/language", data={"language": "en", "csrf": csrf_of(stranger)})
    assert 'lang="en"' in stranger.get("/").text
    stranger.post("/settings/language", data={"language": "xx", "csrf": csrf_of(stranger)})
    assert lab.people.all["t1"].language == "en"


def test_the_theme_is_kept_on_this_device(teacher: FlaskClient) -> None:
    assert "data-theme" not in teacher.get("/settings").text.split(">")[1]
    teacher.post("/settings/theme", data={"theme": "dark", "csrf": csrf_of(teacher)})
    assert 'data-theme="dark"' in teacher.get("/").text
    teacher.post("/settings/theme", data={"theme": "<script>", "csrf": csrf_of(teacher)})
    assert "data-theme=" not in teacher.get("/").text
