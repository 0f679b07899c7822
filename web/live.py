"""What turns changes of the lab into patches: one thread that draws each changed part once a language."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask

from devices.errors import LabError
from labctl.changes import Change
from labctl.views import RoomView
from web.facade import Lab
from web.feed import Feed
from web.parts import Part, draw, parts_of, shape_of
from web.render import showing, speak

GATHER_SECONDS = 0.03
"""How long after a change further ones are waited for: a burst is drawn once. Nobody sees 30 ms."""

PAUSE_SECONDS = 0.1
"""The least time between two drawings: ten a second is smooth, more is work for nobody."""

RETRY_SECONDS = 0.5
"""When the lab cannot be looked at (a blocked hub), how soon we look again."""

PULSE_SECONDS = 1.0
"""How long the lab may say nothing before it is asked whether it is there: pages must not look alive when it is not."""

GONE = frozenset({"device.lost", "device.error", "device.connecting"})
"""What is told of a device whose last numbers are no longer true."""

log = logging.getLogger(__name__)


class Live:
    """Listens to the lab, and publishes to the feed what the open pages must show differently."""

    def __init__(self, app: Flask, lab: Lab, feed: Feed) -> None:
        self._app = app
        self._lab = lab
        self._feed = feed
        self._stirred = threading.Event()
        self._closing = threading.Event()
        self._shape: tuple[Any, ...] | None = None
        self._drawn: Mapping[str, Part] | None = None
        self._read: tuple[tuple[str, str], Mapping[str, str]] = (("", ""), {})
        self._thread = threading.Thread(target=self._work, name="panel-live", daemon=True)
        self._unsubscribe = lab.subscribe(self._heard)

    def start(self) -> None:
        """Begin to draw."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening and drawing; the thread is gone when this returns."""
        self._unsubscribe()
        self._closing.set()
        self._stirred.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _heard(self, change: Change) -> None:
        """On the hub's thread: pass on numbers as they are, note everything else for the thread that draws."""
        if change.kind == "frame":
            self._feed.frame(change.data)
            return
        if change.topic in GONE and change.device is not None:
            self._feed.forget(change.device)
        self._stirred.set()

    def _work(self) -> None:
        self._look()
        self._warm_up()
        while not self._closing.is_set():
            if not self._stirred.wait(PULSE_SECONDS):
                self._feel_pulse()
                continue
            self._closing.wait(GATHER_SECONDS)
            self._stirred.clear()
            if self._closing.is_set():
                return
            began = time.monotonic()
            if not self._look():
                self._stirred.set()
                self._closing.wait(RETRY_SECONDS)
            self._closing.wait(max(0.0, PAUSE_SECONDS - (time.monotonic() - began)))

    def _warm_up(self) -> None:
        """Compile every template now, so that the first page is as fast as the next."""
        for name in self._app.jinja_env.list_templates():
            if self._closing.is_set():
                return
            self._app.jinja_env.get_template(name)

    def _feel_pulse(self) -> None:
        try:
            self._lab.stop_view()
            self._feed.lab_answers = True
        except LabError:
            self._feed.lab_answers = False

    def _look(self) -> bool:
        """Look at the lab and publish what has changed; False where it could not be seen."""
        try:
            room = self._lab.room()
        except LabError:
            self._feed.lab_answers = False
            return False
        self._feed.lab_answers = True
        try:
            self._publish(room)
        except Exception:
            log.exception("a part could not be drawn")
            self._drawn = None
            self._feed.reset()
        return True

    def _publish(self, room: RoomView) -> None:
        shape, parts = shape_of(room), parts_of(room)
        known, languages = self._drawn, self._feed.languages()
        lesson = room.run.lesson if room.run and room.run.steps else ""  # a lesson that is gone has no text
        if known is None or shape != self._shape:
            if self._shape is not None:
                self._feed.reset()
        else:
            changed = [part for id, part in parts.items() if known.get(id) != part]
            if changed:
                self._feed.patch({language: self._draw(changed, language, lesson) for language in languages})
        self._shape, self._drawn = shape, parts

    def _draw(self, parts: list[Part], language: str, lesson: str) -> dict[str, str]:
        speak(language)
        with showing(None, briefs=self._briefs(lesson, language)), self._app.app_context():
            return {part.id: str(draw(self._app, part)) for part in parts}

    def _briefs(self, lesson: str, language: str) -> Mapping[str, str]:
        """What the teams of a lesson read, kept until the lesson or the language is another."""
        if self._read[0] != (lesson, language):
            self._read = ((lesson, language), self._lab.lesson_text(lesson, language) if lesson else {})
        return self._read[1]
