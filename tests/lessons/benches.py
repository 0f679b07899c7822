"""A plain bench for tests of lessons: one robot on the shipped emulator, kept open, behind a latch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from devices.api import Device, Drives, Identity, Reading, Senses, Sensor
from devices.connect import Entry, connect
from devices.errors import DeviceLost, LabError, Stopped, UnknownName
from devices.sim.host import SimHost
from devices.text import _
from lessons.format import Plan
from lessons.load import as_tuples
from lessons.outcomes import EventKind, Outcome, RunEvent
from lessons.runner import TeamRun
from lessons.states import TeamState


class Latched(Device, Drives, Senses):
    """A robot whose drives are refused from a stop until the bench is taken again."""

    def __init__(self, robot: Any, bench: OneRobot) -> None:
        self._robot, self._bench = robot, bench

    @property
    def name(self) -> str:
        return self._robot.name

    @property
    def capabilities(self) -> frozenset[str]:
        return self._robot.capabilities

    @property
    def identity(self) -> Identity | None:
        return self._robot.identity

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        return self._robot.sensors

    async def open(self) -> Identity:
        return await self._robot.open()

    async def stop(self) -> None:
        await self._robot.stop()

    async def close(self) -> None:
        await self._robot.close()

    async def gone(self) -> DeviceLost:
        return await self._robot.gone()

    async def drive(self, left: float, right: float, *, seconds: float) -> None:
        if self._bench.stopped:
            raise Stopped(_("Everything is stopped"))
        self._bench.longest_drive = max(self._bench.longest_drive, seconds)
        await self._robot.drive(left, right, seconds=seconds)

    async def sense(self, name: str) -> Reading:
        return await self._robot.sense(name)

    def listen(self, on_reading: Callable[[Reading], None]) -> Callable[[], None]:
        return self._robot.listen(on_reading)


class OneRobot:
    """A bench with one robot, at the place ``robot``."""

    def __init__(self, host: SimHost, name: str) -> None:
        self.host, self.name = host, name
        self.robot: Any = connect(Entry(name, "sim:labctl-robot", chassis="two-motor"), sims=host)
        self.stopped = False
        self.longest_drive = 0.0
        self.rests = 0
        self.runs: list[asyncio.Task[Outcome]] = []
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self.robot.open()
        self._ready.set()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        tasks = [*self.runs, *([self._keeper] if self._keeper else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self.robot.close()

    async def _keep(self) -> None:
        while True:
            await self.robot.gone()
            self._ready.clear()
            while not self._ready.is_set():
                with contextlib.suppress(LabError):
                    await self.robot.open()
                    self._ready.set()
                await asyncio.sleep(0.05)

    def device(self, role: str) -> Device:
        if role != "robot":
            raise UnknownName(_("This lesson has no role %(role)s", role=role))
        return Latched(self.robot, self)

    def origin(self, role: str) -> str:
        return "simulator"

    async def back(self, role: str) -> None:
        await self._ready.wait()

    async def rest(self) -> None:
        self.rests += 1
        with contextlib.suppress(LabError):
            await self.robot.stop()

    async def stop_all(self) -> None:
        self.stopped = True
        await self.robot.stop()

    @property
    def wheels(self) -> tuple[float, float]:
        """What the robot's motors are told now."""
        return self.host.wheels(self.name)

    async def until_driving(self) -> None:
        async with asyncio.timeout(5):
            while self.wheels == (0, 0):
                await asyncio.sleep(0.01)

    async def until_resting(self, seconds: float = 3) -> None:
        async with asyncio.timeout(seconds):
            while self.wheels != (0, 0):
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def one_robot(host: SimHost, name: str = "robot-1") -> AsyncIterator[OneRobot]:
    bench = OneRobot(host, name)
    try:
        await bench.open()
        yield bench
    finally:
        await bench.close()


class Team:
    """A team's run with what it told, and a person who presses."""

    def __init__(self, plan: Plan, bench: OneRobot, *, goes_on: bool = False, **options: Any) -> None:
        self.events: list[RunEvent] = []
        self._bench = bench
        self._goes_on = goes_on
        self._changed = asyncio.Event()
        self.run = TeamRun(plan, bench, self._hear, **{"announce": 0.05, **options})
        self.task: asyncio.Task[Outcome] | None = None

    def _hear(self, event: RunEvent) -> None:
        self.events.append(event)
        self._changed.set()
        waits_for_anyone = self.run.plan.steps[event.step].do in ("read", "hold")
        state = event.data.get("state") if event.kind is EventKind.STATE else None
        # On a crowded machine this loop may hang for half a second: the dead man acts, and a person says go on.
        if self._goes_on and (state == "stopped" or (state == "waiting" and waits_for_anyone)):
            asyncio.get_running_loop().call_soon(self.run.go_on)

    def start(self) -> asyncio.Task[Outcome]:
        self.task = asyncio.create_task(self.run.run())
        self._bench.runs.append(self.task)
        return self.task

    async def until(self, state: str, step: str | None = None, seconds: float = 10) -> None:
        """Wait until the team is in a state (and at a step)."""
        async with asyncio.timeout(seconds):
            while self.run.state != TeamState(state) or (step is not None and self.at != step):
                assert self.task is None or not self.task.done() or self.run.state == TeamState(state), (
                    "the run is over"
                )
                self._changed.clear()
                await self._changed.wait()

    @property
    def at(self) -> str:
        return self.run.plan.steps[self.run.step].id

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        return [event.data for event in self.events if event.kind == EventKind(kind)]

    @property
    def states(self) -> list[str]:
        return [data["state"] for data in self.told("state")]

    @property
    def lines(self) -> list[str]:
        return [data["line"]["text"] for data in self.told("line")]

    @property
    def done(self) -> list[str | None]:
        return [None if outcome is None else str(outcome) for outcome in self.run.done]


def both(text: str) -> dict[str, str]:
    return {"az": text, "en": text}


def read(id: str = "talk", **more: Any) -> dict[str, Any]:
    return {"id": id, "do": "read", "title": both(id), "stage": "build", "minutes": 1, **more}


def sense(id: str = "look", low: float = 20, **more: Any) -> dict[str, Any]:
    measure = {"sensor": "distance", "min": low, "unit": "cm"}
    hints = [both(f"{id} {n}") for n in (1, 2)]
    step = {"id": id, "do": "sense", "with": "robot", "measure": measure, "seconds": 0.2, "hints": hints}
    return {"title": both(id), "stage": "build", "minutes": 1, **step, **more}


def drive(id: str = "go", seconds: float = 0.5, speed: float = 0.5, low: float = 5, **more: Any) -> dict[str, Any]:
    check = [{"sensor": "travelled", "change": True, "min": low, "unit": "cm"}]
    hints = [both(f"{id} {n}") for n in (1, 2)]
    step = {"id": id, "do": "drive", "with": "robot", "left": speed, "right": speed, "check": check, "hints": hints}
    ends = {} if "until" in more else {"seconds": seconds}
    return {"title": both(id), "stage": "build", "minutes": 1, **step, **ends, **more}


def plan_of(*steps: dict[str, Any]) -> Plan:
    """A plan of these steps, for a robot with everything."""
    needs = ["drives", "senses.distance", "senses.travelled", "senses.turned"]
    data = {
        "format": 1,
        "id": "trial",
        "version": 1,
        "title": both("Trial"),
        "summary": both("Trial."),
        "topic": "foundations",
        "ages": [10, 17],
        "minutes": 45,
        "group_size": [1, 4],
        "driving_question": both("Does it?"),
        "public_product": both("A poster."),
        "success": [both("It does.")],
        "roles": {"robot": {"title": both("Robot"), "needs": needs}},
        "licence": "CC BY 4.0",
        "step": list(steps),
    }
    return Plan.model_validate(as_tuples(data))
