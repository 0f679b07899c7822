"""The ring: nothing missed without saying so, nothing queued that is only the latest, nothing without bounds."""

from __future__ import annotations

import json

from web.feed import FRAMES, Feed


def words(data: bytes) -> list[tuple[str, str, object]]:
    """The events of a stream: kind, id, data."""
    found: list[tuple[str, str, object]] = []
    for block in data.decode().split("\n\n"):
        if block:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append((fields.get("event", ""), fields.get("id", ""), json.loads(fields["data"])))
    return found


def patch(feed: Feed, number: int, *languages: str) -> None:
    feed.patch({language: {f"part-{number}": f"<p>{language} {number}</p>"} for language in languages or ("az", "en")})


def seen(feed: Feed, reader: object) -> list[str]:
    """The parts that a reader is told, or ``reset``."""
    return [
        "reset" if kind == "reset" else next(iter(data["parts"]))  # type: ignore[index]
        for kind, _id, data in words(feed.take(reader))  # type: ignore[arg-type]
        if kind != "frame"
    ]


def test_a_reader_is_told_everything_after_its_cursor_in_order() -> None:
    feed = Feed(boot="b")
    patch(feed, 1)
    reader = feed.reader("az", feed.cursor)
    patch(feed, 2)
    patch(feed, 3)
    assert seen(feed, reader) == ["part-2", "part-3"]
    assert seen(feed, reader) == []
    patch(feed, 4)
    assert seen(feed, reader) == ["part-4"]


def test_a_reader_that_was_away_goes_on_exactly_where_it_was() -> None:
    feed = Feed(boot="b")
    reader = feed.reader("az", feed.cursor)
    patch(feed, 1)
    ids = [id for _kind, id, _data in words(feed.take(reader))]
    patch(feed, 2)
    patch(feed, 3)
    assert seen(feed, feed.reader("az", ids[-1])) == ["part-2", "part-3"]


def test_each_reader_is_told_in_its_language() -> None:
    feed = Feed(boot="b")
    readers = {language: feed.reader(language, feed.cursor) for language in ("az", "en")}
    patch(feed, 1)
    for language, reader in readers.items():
        assert words(feed.take(reader)) == [("patch", "b.1", {"parts": {"part-1": f"<p>{language} 1</p>"}})]


def test_who_missed_something_is_told_to_begin_anew() -> None:
    feed = Feed(boot="b", size=4)
    late = feed.reader("az", feed.cursor)
    just = feed.reader("az", feed.cursor)
    for number in range(1, 5):
        patch(feed, number)
    assert seen(feed, just) == ["part-1", "part-2", "part-3", "part-4"]
    patch(feed, 5)
    assert seen(feed, late) == ["reset"]
    patch(feed, 6)
    assert seen(feed, late) == ["part-6"]


def test_an_id_that_is_not_ours_begins_anew() -> None:
    feed = Feed(boot="now")
    patch(feed, 1)
    for id in ("before.1", "now.7", "now.-1", "now.x", "now", "", ".", "now.１"):
        reader = feed.reader("az", id)
        assert seen(feed, reader) == ["reset"], id
        patch(feed, 2)
        assert len(seen(feed, reader)) == 1


def test_what_was_not_drawn_in_a_language_begins_anew_there() -> None:
    feed = Feed(boot="b")
    az, en = feed.reader("az", feed.cursor), feed.reader("en", feed.cursor)
    patch(feed, 1, "az")
    assert seen(feed, az) == ["part-1"]
    assert seen(feed, en) == ["reset"]
    feed.patch({})  # nobody wanted anything
    assert seen(feed, az) == ["reset"]


def test_a_change_of_shape_begins_anew_for_all() -> None:
    feed = Feed(boot="b")
    reader = feed.reader("az", feed.cursor)
    patch(feed, 1)
    feed.reset()
    assert words(feed.take(reader)) == [("reset", "b.2", {})]


def test_frames_are_told_as_they_come_and_have_no_number() -> None:
    feed = Feed(boot="b")
    reader = feed.reader("az", feed.cursor)
    feed.frame({"robot-1": {"distance": 31.256, "pose": (1.04, 2.06, 90)}})
    assert words(feed.take(reader)) == [("frame", "", {"robot-1": {"distance": 31.26, "pose": [1.0, 2.1, 90]}})]
    feed.frame({"robot-1": {"distance": 32.0}})
    feed.frame({"robot-2": {"distance": 50.0}})
    assert [data for _kind, _id, data in words(feed.take(reader))] == [
        {"robot-1": {"distance": 32.0}},
        {"robot-2": {"distance": 50.0}},
    ]


def test_a_reader_that_comes_late_or_falls_behind_gets_the_latest_of_everything_once() -> None:
    feed = Feed(boot="b")
    behind = feed.reader("az", feed.cursor)
    feed.frame({"robot-1": {"distance": 1, "travelled": 5}})
    feed.take(behind)
    for value in range(100):
        feed.frame({"robot-1": {"distance": value}, "robot-2": {"distance": -value}})
    everything = {"robot-1": {"distance": 99, "travelled": 5}, "robot-2": {"distance": -99}}
    assert [data for _kind, _id, data in words(feed.take(behind))] == [everything]
    assert [data for _kind, _id, data in words(feed.take(feed.reader("en", feed.cursor)))] == [everything]


def test_a_lost_device_leaves_no_numbers() -> None:
    feed = Feed(boot="b")
    feed.frame({"robot-1": {"distance": 1}, "robot-2": {"distance": 2}})
    feed.forget("robot-1")
    (_kind, _id, data), *_rest = words(feed.take(feed.reader("az", feed.cursor)))
    assert data == {"robot-2": {"distance": 2}}


def test_memory_is_bounded() -> None:
    feed = Feed(size=8)
    for number in range(1000):
        patch(feed, number)
        feed.frame({"robot-1": {"distance": number}})
    assert len(feed._ring) == 8
    assert len(feed._frames) == FRAMES
    assert len(feed._latest) == 1


def test_a_language_that_nobody_reads_is_forgotten() -> None:
    time = [0.0]
    feed = Feed(clock=lambda: time[0])
    assert feed.languages() == ()
    feed.wants("en")
    time[0] = 100
    feed.wants("az")
    assert feed.languages() == ("az", "en")
    time[0] = 130
    assert feed.languages() == ("az",)
