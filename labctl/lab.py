"""The lab as pages, the command line and scripts see it: one facade, every call with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

from devices.api import DRIVE_LIMIT
from devices.discover import discover
from devices.errors import LabError
from labctl.building import build
from labctl.changes import Change, Changes
from labctl.core import Core
from labctl.finding import found_views, next_id
from labctl.hub import Hub
from labctl.inventory import DeviceEntry, add_device
from labctl.languages import DEFAULT
from labctl.people import People
from labctl.places import Places
from labctl.portal import Portal
from labctl.runs import step_views
from labctl.store.journal import Event
from labctl.views import (
    DeviceView,
    FoundView,
    HealthView,
    LessonSummary,
    PreflightView,
    RoomView,
    RunView,
    StopView,
    TestReport,
)
from lessons.load import Lesson

T = TypeVar("T")

LOOK = 2.5
"""Seconds a page waits for a view; making one takes about a millisecond, but a small computer may be busy."""

ACT = 3.0
"""Seconds a caller waits for an act that answers quickly."""

STOP_WAIT = 1.5
"""Seconds the caller of stop-all waits for the report; the stop itself belongs to the hub."""

TEST_WAIT = 120.0


class Lab:
    """A lab that is open. Methods may be called from any thread but the hub's, and raise only LabError.

    ``by`` is the id of the person who acts, or a word such as ``cli`` where there is none.
    """

    def __init__(self, core: Core, portal: Portal, places: Places, people: People) -> None:
        self._core = core
        self.people = people
        self._portal = portal
        self._hub: Hub = core.hub
        self._changes: Changes = core.changes
        self.places = places

    @property
    def language(self) -> str:
        """What those read who have not chosen a language."""
        return self._core.inventory.language or DEFAULT

    # Looking.

    def room(self) -> RoomView:
        """Everything the Room shows."""
        return self._look(self._core.room)

    def devices(self) -> tuple[DeviceView, ...]:
        """Every device."""
        return self._look(self._core.device_views)

    def device(self, id: str) -> DeviceView:
        """One device. Raises UnknownName."""
        return self._look(lambda: self._core.device_view(self._core.registry[id]))

    def past(self, id: str, sensor: str, seconds: float = 60) -> tuple[tuple[float, float], ...]:
        """The readings of the last ``seconds``, oldest first, each with its age in seconds. Raises UnknownName."""
        return self._look(lambda: self._core.past(id, sensor, seconds))

    def stop_view(self) -> StopView:
        """The latch and what the last press did."""
        return self._look(self._core.stop_view)

    def run(self) -> RunView | None:
        """The lesson under way."""
        return self._look(self._core.runs.view)

    def health(self) -> HealthView:
        """How the lab is; answers also where the hub does not."""
        hub = self._hub
        try:
            states = {device.id: str(device.state) for device in self.devices()}
            stopped = self._core.latch.latched
            status = "ok" if self._core.store.problem is None else "degraded"
        except LabError:
            states, stopped, status = {}, self._core.latch.latched, "blocked"
        return HealthView(
            status=status,
            version=version("labctl"),
            seconds_up=round(time.monotonic() - hub.started_at, 1),
            devices=states,
            hub_lag_ms=hub.lag_ms(),
            stopped=stopped,
        )

    def subscribe(self, on_change: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``on_change`` on the hub's thread for each change, until the returned function is called."""
        return self._changes.subscribe(on_change)

    # Stop.

    def stop_all(self, by: str) -> StopView:
        """Stop everything and raise the latch. What has not confirmed within a second is named in the answer.

        Raises:
            NoAnswer: The hub did not answer in time. The stop goes on.
        """
        return self._portal.hand_over(lambda: self._core.press_stop(by), seconds=STOP_WAIT, name="stop all")

    def release(self, by: str) -> StopView:
        """Release the latch; teams go on when they are told to."""
        return self._act_async(lambda: self._core.release(by))

    def stop_device(self, id: str, by: str) -> StopView:
        """Stop one device. Raises UnknownName, NotStopped."""
        return self._portal.hand_over(lambda: self._core.stop_device(id, by), seconds=STOP_WAIT, name=f"stop {id}")

    def acknowledge(self, id: str, by: str) -> StopView:
        """A person saw to a device that did not confirm. Raises UnknownName."""
        self._act(lambda: self._core.acknowledge(id, by))
        return self.stop_view()

    def confirm_clock(self, by: str) -> None:
        """Take the clock's time as right. Raises StoreFailed."""
        self._act_async(lambda: self._core.confirm_clock(by))

    # Devices.

    def reconnect(self, id: str) -> None:
        """Try a device at once. Raises UnknownName."""
        self._act(lambda: self._core.registry.reconnect(id))

    def drive(self, id: str, left: float, right: float, seconds: float, *, epoch: int, by: str) -> None:
        """One move by hand, made under ``epoch`` (see :meth:`stop_view`).

        Raises:
            Stopped, InUse, BadValue, DeviceLost, NotSupported, UnknownName: Nothing moves, or no longer.
        """
        core = self._core
        self._portal.ask(
            lambda: core.drive(id, left, right, seconds=seconds, epoch=epoch, by=by), seconds=DRIVE_LIMIT + ACT
        )

    def test_device(self, id: str, *, move: bool = False) -> TestReport:
        """Test a device; ``move`` lets its wheels turn. Raises UnknownName, InUse, DeviceLost, Stopped."""
        return self._portal.ask(lambda: self._core.test(id, move=move), seconds=TEST_WAIT)

    def find(self, id: str) -> None:
        """Blink a device's light. Raises UnknownName, NotSupported, DeviceLost."""
        self._portal.ask(lambda: self._core.find(id), seconds=ACT + 3)

    def scan(self) -> tuple[FoundView, ...]:
        """What is plugged in, and what of it the lab knows already. Opens nothing."""
        return found_views(discover(), self._core.inventory.devices)

    def adopt(self, address: str, *, id: str | None = None, chassis: str = "two-motor", by: str = "cli") -> DeviceView:
        """Take a device into the lab file and open it. Raises BadValue, BadFile, UnknownName."""
        core = self._core
        entry = DeviceEntry(address=address, chassis=chassis)
        id = id or next_id(core.inventory.devices)
        folders = (self.places.chassis,)
        core.inventory = add_device(self.places.lab_file, id, entry, chassis_folders=folders)

        built = build(id, entry, sims=core.sims, chassis_folders=folders)

        def take() -> DeviceView:
            slot = core.add(id, built)
            core.tell(Event("device.adopted", device=id, person=by or None, data={"address": address}))
            return core.device_view(slot)

        return self._act(take)

    def put_on_start(self) -> None:
        """Put the simulated robots back on the start line."""
        if self._core.sims is not None:
            self._core.sims.put_on_start()

    # Lessons.

    def lessons(self) -> tuple[LessonSummary, ...]:
        """The lessons that can be taught."""
        return tuple(_summary(lesson) for lesson in self._core.shelf.lessons.values())

    def lesson_text(self, lesson_id: str, language: str) -> Mapping[str, str]:
        """What students read, by step, as safe HTML. Raises UnknownName, BadFile."""
        return self._core.shelf.find(lesson_id).brief(language)

    def preflight(self, lesson_id: str, teams: tuple[int, ...] | None = None) -> PreflightView:
        """Whether teams (all, where none are given) can start a lesson. Raises UnknownName, BadFile."""
        lesson = self._core.shelf.find(lesson_id)
        return self._look(lambda: self._core.preflight(lesson, self._core.team_numbers() if teams is None else teams))

    def start_run(self, lesson_id: str, teams: tuple[int, ...] | None, by: str) -> str:
        """Start a lesson with the teams that have what it needs. Raises InUse, Stopped, UnknownName, BadFile."""
        lesson = self._core.shelf.find(lesson_id)
        core = self._core
        taking_part = self._look(core.team_numbers) if teams is None else teams
        self._look(lambda: core.startable(lesson, taking_part))
        self.put_on_start()  # where nobody can carry a robot back by hand
        return self._act(lambda: core.start_run(lesson, taking_part, by))

    def go_on(self, team: int | None, by: str) -> None:
        """Let one team, or all that wait, go on. Raises NoRun, Stopped, InUse."""
        self._act(lambda: self._core.runs.go_on(team, by=by))

    def skip(self, team: int, by: str) -> None:
        """Take a team past its step. Raises NoRun, Stopped, InUse."""
        self._act(lambda: self._core.runs.skip(team, by=by))

    def hint(self, team: int | None, by: str) -> None:
        """Give one team, or all, their next hint. Raises NoRun."""
        self._act(lambda: self._core.runs.hint(team, by=by))

    def hold(self, team: int, by: str) -> None:
        """Have a team wait before its next step. Raises NoRun."""
        self._act(lambda: self._core.runs.hold(team, by=by))

    def pause(self, by: str) -> None:
        """Bring every team to rest. Raises NoRun."""
        self._act(lambda: self._core.runs.pause(by=by))

    def resume(self, by: str) -> None:
        """Let every team begin its step again. Raises NoRun, Stopped, InUse."""
        self._act(lambda: self._core.runs.resume(by=by))

    def finish_run(self, by: str) -> None:
        """End the lesson. Raises NoRun."""
        self._act_async(lambda: self._core.runs.finish(by=by))

    def restart_run(self, by: str) -> None:
        """Go on with an interrupted lesson. Raises NoRun, Stopped, InUse."""
        self._act(lambda: self._core.runs.restart(by=by))

    def _look(self, look: Callable[[], T]) -> T:
        return self._portal.tell(look, seconds=LOOK)

    def _act(self, act: Callable[[], T]) -> T:
        return self._portal.tell(act, seconds=ACT)

    def _act_async(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self._portal.hand_over(act, seconds=ACT, name="act")


def _summary(lesson: Lesson) -> LessonSummary:
    plan = lesson.plan
    needs = sorted({need for role in plan.roles.values() for need in role.needs})
    return LessonSummary(
        id=plan.id,
        title=plan.title,
        summary=plan.summary,
        topic=plan.topic,
        ages=plan.ages,
        minutes=plan.minutes,
        steps=step_views(lesson),
        needs=tuple(needs),
    )
