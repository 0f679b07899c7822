"""What becomes of a change: each part that shows it is drawn anew, once, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from devices.errors import NoAnswer
from labctl.views import DeviceState, TeamState
from tests.web.html import read
from tests.web.sample import SampleLab
from tests.web.test_feed import words
from web.feed import Feed, Reader
from web.live import Live


@pytest.fixture
def feed() -> Feed:
    return Feed(boot="b")


@pytest.fixture
def live(app: Flask, lab: SampleLab, feed: Feed) -> Iterator[Live]:
    live = Live(app, lab, feed)
    live.start()
    until(lambda: live._drawn is not None)
    yield live
    live.close()


def until(true: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def reader_of(feed: Feed, language: str = "az") -> Reader:
    feed.wants(language)
    reader = feed.reader(language, feed.cursor)
    feed.take(reader)
    return reader


def told(feed: Feed, reader: Reader) -> list[dict[str, str]]:
    """The patches of the next change, waited for."""
    last = reader.last
    until(lambda: feed._last > last)
    return [data["parts"] for kind, _id, data in words(feed.take(reader)) if kind == "patch"]  # type: ignore[index]


def test_only_the_parts_that_show_a_change_are_drawn(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.set_team(3, line="31 cm")
    (parts,) = told(feed, reader)
    assert set(parts) == {"team-3", "row-3", "panel-3"} - {"row-3"} or set(parts) == {"team-3", "row-3", "panel-3"}
    assert "31 cm" in parts["team-3"]


def test_a_burst_is_drawn_once(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    for value in range(200):
        lab.set_team(3, line=f"{value} cm")
    (parts,) = told(feed, reader)
    assert "199 cm" in parts["team-3"]
    time.sleep(0.3)
    assert feed.take(reader) == b""


def test_a_change_is_shown_in_every_language_that_is_read_and_in_no_other(
    live: Live, lab: SampleLab, feed: Feed
) -> None:
    az, en = reader_of(feed, "az"), reader_of(feed, "en")
    lab.set_team(3, state=TeamState.PAUSED)
    (in_az,), (in_en,) = told(feed, az), [data["parts"] for _k, _i, data in words(feed.take(en))]  # type: ignore[index]
    assert "Fasilədədir" in in_az["team-3"]
    assert "On a break" in in_en["team-3"]


def test_what_nobody_reads_is_not_drawn_and_who_comes_then_begins_anew(live: Live, lab: SampleLab, feed: Feed) -> None:
    before = feed.reader("az", feed.cursor)
    lab.set_team(3, line="31 cm")
    until(lambda: feed._last == 1)
    assert [kind for kind, _id, _data in words(feed.take(before))] == ["reset"]


def test_a_change_that_shows_nowhere_is_told_to_nobody(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.event("something.unseen")
    time.sleep(0.3)
    assert feed.take(reader) == b""


def test_stop_is_on_every_page_at_once(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.stop_all("t1")
    (parts,) = told(feed, reader)
    assert {"corner", "banner", "needs", "arena", "acts"} <= set(parts)
    assert "Hamısı" in parts["corner"] or "Dayandırılıb" in parts["corner"]


def test_patches_hold_nothing_of_one_session_and_nothing_that_goes_stale(
    live: Live, lab: SampleLab, feed: Feed
) -> None:
    reader = reader_of(feed)
    lab.stop_all("t1")
    lab.set_team(3, line="31 cm")
    for parts in told(feed, reader):
        for html in parts.values():
            tree = read(html)
            assert all(not one.get("value") for one in tree.all("input") if one.get("name") == "csrf")
            assert all(not one.words() for one in tree.all("span") if "data-reading" in one.attributes)
            assert all(not one.words() for one in tree.all("time"))


def test_readings_alone_draw_nothing(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.frame({"robot-1": {"distance": 12.0}}, {"robot-1": (1, 2, 3)})
    assert [kind for kind, _id, _data in words(feed.take(reader))] == ["frame"]
    lab.event("something.unseen")
    time.sleep(0.3)
    assert feed.take(reader) == b""


def test_pages_are_fetched_anew_when_devices_or_teams_come_or_go(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.adopt("usb:1", id="robot-9", chassis="two-motor")
    until(lambda: feed._last == 1)
    assert [kind for kind, _id, _data in words(feed.take(reader))] == ["reset"]
    lab.finish_run("t1")
    until(lambda: feed._last == 2)
    assert [kind for kind, _id, _data in words(feed.take(reader))] == ["reset"]


def test_a_lab_that_cannot_be_looked_at_is_looked_at_again(live: Live, lab: SampleLab, feed: Feed) -> None:
    reader = reader_of(feed)
    lab.fails = NoAnswer("the hub is blocked")
    lab.set_team(3, line="31 cm")
    time.sleep(0.3)
    assert feed.take(reader) == b""
    lab.fails = None
    (parts,) = told(feed, reader)
    assert "31 cm" in parts["team-3"]


def test_a_lab_that_does_not_answer_is_not_called_alive(
    live: Live, lab: SampleLab, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.live.PULSE_SECONDS", 0.05)
    lab.event("something")  # so that the thread comes round and waits for the shorter time
    lab.fails = NoAnswer("the hub is blocked")
    until(lambda: not feed.lab_answers)
    lab.fails = None
    until(lambda: feed.lab_answers)


def test_a_device_that_is_lost_has_no_readings_any_more(live: Live, lab: SampleLab, feed: Feed) -> None:
    lab.frame({"robot-1": {"distance": 12.0}})
    reader = reader_of(feed)
    lab.robots["robot-1"] = replace(lab.robots["robot-1"], state=DeviceState.LOST, readings={})
    lab.event("device.lost", device="robot-1")
    (parts,) = told(feed, reader)
    assert "data-reading" not in parts["team-1"]
    assert "robot-1.distance" not in parts["readings"]
    assert b"12.0" not in feed.take(feed.reader("az", feed.cursor))


def test_a_lesson_that_is_gone_does_not_silence_the_page(app: Flask, feed: Feed) -> None:
    lab = SampleLab("gone")
    live = Live(app, lab, feed)
    live.start()
    until(lambda: live._drawn is not None)
    reader = reader_of(feed)
    lab.store_problem = None
    lab.event("store.works")
    (parts,) = told(feed, reader)
    assert set(parts) == {"needs"}
    live.close()
