"""Numbers that people and pages send: what cannot be read is refused, and never comes to mean everybody."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import csrf_of
from tests.web.sample import SampleLab
from web.asked import whole_number
from web.feed import Feed

UNREADABLE = ("", " ", "x", "²", "٣", "-1", "1.5", "1e3", "0x1", "1\n", "9" * 5000)
ACTS = ("go-on", "hint", "skip", "hold")


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_not_a_whole_number_is_none(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_is_read(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("act", ACTS)
def test_an_unreadable_team_is_refused_and_nobody_is_told(act: str, teacher: FlaskClient, lab: SampleLab) -> None:
    for text in UNREADABLE:
        answer = teacher.post(f"/lesson/{act}", data={"csrf": csrf_of(teacher), "team": text})
        assert answer.status_code == 400, text[:10]
        assert lab.calls == [], text[:10]


def test_only_a_form_without_a_team_means_all(teacher: FlaskClient, lab: SampleLab) -> None:
    teacher.post("/lesson/go-on", data={"csrf": csrf_of(teacher)})
    teacher.post("/lesson/hint", data={"csrf": csrf_of(teacher)})
    teacher.post("/lesson/go-on", data={"csrf": csrf_of(teacher), "team": ["2", "5", "2"]})
    assert lab.calls == [("go_on", None, "t1"), ("hint", None, "t1"), ("go_on", 2, "t1"), ("go_on", 5, "t1")]


def test_a_lesson_does_not_start_with_a_team_that_cannot_be_read(teacher: FlaskClient, lab: SampleLab) -> None:
    for text in UNREADABLE:
        answer = teacher.post("/lessons/first-drive/start", data={"csrf": csrf_of(teacher), "team": ["1", text]})
        assert answer.status_code == 400, text[:10]
    assert lab.calls == []


def test_a_page_for_an_unreadable_team_opens_another(teacher: FlaskClient) -> None:
    for text in ("", "²", "9" * 5000):
        answer = teacher.get("/lesson", query_string={"team": text})
        assert answer.status_code == 200, text[:10]
        assert 'id="panel" data-team="5"' in answer.text


def test_a_stream_with_an_unreadable_place_begins_anew() -> None:
    feed = Feed()
    for text in UNREADABLE:
        assert feed.reader("az", f"{feed.boot}.{text}") == feed.reader("az", "")
