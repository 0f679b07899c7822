"""The lab on the hub's loop: devices, latch, run and journal put together; everything here is called on that loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

from devices.api import Actuates, Reading
from devices.errors import LabError, NotSupported, UnknownName
from devices.sim.host import SimHost
from devices.text import _
from labctl import clock
from labctl.assign import Need, assign, natural
from labctl.bench import Gate, Gated, TeamBench
from labctl.building import Built
from labctl.changes import Change, Changes
from labctl.hub import Hub
from labctl.inventory import Inventory
from labctl.keeping import KeptRun, RunKeeper
from labctl.latch import Latch
from labctl.leases import BY_HAND, Leases
from labctl.needs import needs_of
from labctl.registry import Link, Registry, Slot
from labctl.report import report_on
from labctl.runs import RENEW_SECONDS, NoRun, Runs
from labctl.showing import device_view, problem, problem_if, stop_view
from labctl.stopping import StopAll
from labctl.store.journal import Event, new_id
from labctl.store.settings import put_setting, setting
from labctl.store.store import Store
from labctl.telemetry import Frame, Frames, Telemetry
from labctl.views import ArenaView, DeviceView, PreflightView, Problem, RoomView, StopView, TeamView, TestReport
from lessons.format import Plan
from lessons.load import Lesson
from lessons.preflight import fits, preflight
from lessons.shelf import Shelf

POSE_SECONDS = 0.1
"""How often the poses of simulated robots are looked at; pages need ten a second."""

POSE = "pose"
"""Where a simulated robot is, beside its readings: x and y in centimetres, heading in degrees."""

LATCHED = "stop.latched"
"""The setting that keeps the latch over a restart."""

LATCH_LIMIT = 1.0
"""Seconds that closing waits for the latch to be on disk."""

FIND_BLINKS = 5

log = logging.getLogger(__name__)


class Core:
    """Everything of a lab that lives on the hub."""

    def __init__(
        self,
        hub: Hub,
        store: Store,
        inventory: Inventory,
        shelf: Shelf,
        *,
        sims: SimHost | None,
        changes: Changes,
    ) -> None:
        self.hub = hub
        self.store = store
        self.inventory = inventory
        self.shelf = shelf
        self.changes = changes
        self.sims = sims
        self.latch = Latch()
        self.leases = Leases(time.monotonic)
        self.telemetry = Telemetry(time.monotonic)
        self.registry = Registry(hub, on_change=self._on_slot, on_reading=self._on_reading, now=clock.now)
        self.stop_all = StopAll(self.registry, self.latch, now=clock.now, on_news=lambda: self.hint_at("stop.progress"))
        self._keeper = RunKeeper(store)
        self.runs = Runs(
            hub,
            self._keeper,
            now=clock.now,
            tell=self.tell,
            hint_at=self.hint_at,
            latched=lambda: self.latch.latched,
        )
        self.members: Mapping[int, tuple[str, ...]] = {}
        self.class_name = ""
        self.clock_behind: datetime | None = None
        self._latch_kept: asyncio.Task[None] | None = None

    async def open(self, devices: Mapping[str, Built]) -> None:
        """Take up what the last process left, and begin to open every device."""
        self._frames = Frames(self._on_frame)
        self._unsubscribe = self.store.subscribe(self._on_event)
        self.latch.latched = bool(await self.store.read(lambda session: setting(session, LATCHED, False)))
        for id, built in devices.items():
            self.add(id, built)
        self.hub.spawn(self._keeper.keep(), name="keep the run")
        if self.sims is not None:
            self.hub.spawn(self._watch_poses(self.sims), name="poses")

    def take_up(self, kept: KeptRun | None) -> None:
        """Show a run that was under way when the last process ended; nothing of it moves by itself."""
        if kept is None:
            return
        try:
            lesson = self.shelf.find(kept.lesson)
        except LabError as error:
            log.warning("the interrupted lesson %s cannot be gone on with: %s", kept.lesson, error)
            self.runs.orphan = kept
            return
        self.runs.found(kept, lesson, self.members, self.bench)

    def add(self, id: str, built: Built) -> Slot:
        """Give a device its slot, and begin to keep it open."""
        return self.registry.add(id, built.device, built.about)

    async def close(self) -> None:
        """Bring everything to rest, write down what is left to write, let go of every port."""
        await self.runs.close()
        await self.registry.close()
        self._frames.close()
        await self._keeper.flush()
        if self._latch_kept is not None:
            await asyncio.wait({self._latch_kept}, timeout=LATCH_LIMIT)
        self._unsubscribe()

    # What the lab tells.

    def tell(self, event: Event) -> None:
        """Write an event down; pages hear of it once it is on disk, or at once where it cannot be kept."""
        try:
            self.store.append(event)
        except LabError as error:
            log.warning("%s is not kept: %s", event.kind, error)
            self._on_event(event)

    def hint_at(self, topic: str, team: int | None = None) -> None:
        """Tell pages that something changed which is not worth keeping."""
        self.changes.publish(Change("event", topic=topic, team=team))

    def _on_event(self, event: Event) -> None:
        self.changes.publish(
            Change("event", event.kind, event.seq or None, event.device, event.team, event.run, event.data)
        )

    def _on_frame(self, frame: Frame) -> None:
        self.changes.publish(Change("frame", data=frame))

    def _on_reading(self, id: str, reading: Reading) -> None:
        if self.telemetry.put(id, reading):
            self._frames.put(id, reading.sensor, reading.value)

    def _on_slot(self, slot: Slot) -> None:
        if slot.link is Link.OPEN and slot.unconfirmed is None:
            self.stop_all.settle(slot, seconds=0.0)
        else:
            self.telemetry.forget(slot.id)
            self._frames.forget(slot.id)
        data = slot.problem.as_data() if slot.problem and slot.link is not Link.OPEN else {}
        self.tell(Event(f"device.{slot.link}", device=slot.id, data=data))

    async def _watch_poses(self, sims: SimHost) -> None:
        shown: dict[str, tuple[float, float, float]] = {}
        while True:
            await asyncio.sleep(POSE_SECONDS)
            poses = self._poses(sims)
            for id, pose in poses.items():
                if shown.get(id) != pose:
                    self._frames.put(id, POSE, pose)
            shown = poses

    def _poses(self, sims: SimHost) -> dict[str, tuple[float, float, float]]:
        """Where the simulated robots are, by device; the floor knows them by name."""
        poses = sims.poses()
        return {slot.id: _rounded(poses[slot.device.name]) for slot in self.registry if slot.device.name in poses}

    # Stop.

    async def press_stop(self, by: str) -> StopView:
        """Stop everything; see :mod:`labctl.stopping`. The report is complete when this returns."""
        report = self.stop_all.press(by)
        self._latch_kept = self.hub.spawn(self._keep_latch(), name="keep the latch")
        stopping = self.hub.spawn(self.stop_all.carry_out(report), name="stop every device")
        for _turn in range(2):  # of the loop: in the second every device is sent its stop, before anything else is done
            await asyncio.sleep(0)
        self.runs.stop()
        self.hint_at("stop.pressed")
        await stopping
        confirmed = {id: round(seconds, 4) for id, seconds in report.confirmed.items()}
        failed = {id: error.as_data() for id, error in report.failed.items()}
        self.tell(Event("stop.done", person=by or None, data={"confirmed": confirmed, "failed": failed}))
        return self.stop_view()

    async def release(self, by: str) -> StopView:
        """Release the latch. Nothing moves by it; teams go on when they are told to."""
        self.latch.release()
        await self._keep_latch()
        self.tell(Event("stop.released", person=by or None))
        return self.stop_view()

    async def _keep_latch(self) -> None:
        latched = self.latch.latched
        try:
            await self.store.write(lambda session: put_setting(session, LATCHED, latched))
        except LabError as error:
            log.warning("the latch is not kept over a restart: %s", error)

    async def confirm_clock(self, by: str) -> None:
        """A teacher says that the clock is right; what waited for it goes on. Raises StoreFailed."""
        at = clock.now()
        await self.store.write(lambda session: clock.confirm(session, at))
        self.clock_behind = None
        self.tell(Event("clock.confirmed", person=by or None))

    async def stop_device(self, id: str, by: str) -> StopView:
        """Stop one device; what it did not confirm is in the view. Raises UnknownName, NotStopped."""
        slot = self.registry[id]
        try:
            seconds = await self.stop_all.stop_one(slot)
            self.stop_all.settle(slot, seconds)
        finally:
            self.tell(Event("device.stop", device=id, person=by or None))
        return self.stop_view()

    def acknowledge(self, id: str, by: str) -> None:
        """Take a device off the list of those that did not confirm: a person switched it off. Raises UnknownName."""
        self.stop_all.settle(self.registry[id])
        self.tell(Event("device.acknowledged", device=id, person=by or None))

    def stop_view(self) -> StopView:
        """The latch and the last press."""
        return stop_view(self.stop_all.report, epoch=self.latch.epoch, latched=self.latch.latched)

    # Devices.

    def device_view(self, slot: Slot) -> DeviceView:
        """One device as pages show it."""
        return device_view(slot, latched=self.latch.latched, leases=self.leases, telemetry=self.telemetry)

    def device_views(self) -> tuple[DeviceView, ...]:
        """Every device, in the order of their ids as people count."""
        return tuple(self.device_view(slot) for slot in sorted(self.registry, key=lambda slot: natural(slot.id)))

    def past(self, id: str, sensor: str, seconds: float) -> tuple[tuple[float, float], ...]:
        """The readings of the last ``seconds``, oldest first, each with its age in seconds. Raises UnknownName."""
        self.registry[id]
        now = time.monotonic()
        return tuple((round(now - each.at, 2), each.value) for each in self.telemetry.window(id, sensor, seconds))

    async def drive(self, id: str, left: float, right: float, *, seconds: float, epoch: int, by: str) -> None:
        """One move by hand. Raises Stopped, InUse, BadValue, DeviceLost, NotSupported, UnknownName."""
        async with self._in_hand(id, f"hand:{by}") as (device, gate):
            self.latch.admit(epoch)
            gate.epoch = epoch
            await device.drive(left, right, seconds=seconds)

    async def test(self, id: str, *, move: bool) -> TestReport:
        """Test a device, phase by phase. Raises InUse, DeviceLost, UnknownName, Stopped (where it would move)."""
        if move:
            self.latch.admit(self.latch.epoch)
        async with self._in_hand(id, f"test:{new_id()}") as (device, _gate):
            report = await report_on(id, device, move=move)
        self.tell(Event("device.tested", device=id, data={"outcome": report.outcome}))
        return report

    @contextlib.asynccontextmanager
    async def _in_hand(self, id: str, holder: str) -> AsyncGenerator[tuple[Gated, Gate]]:
        """Hold a device for something that is no lesson: behind the same gate, and nobody else's meanwhile."""
        gate = Gate(self.latch, self.leases, holder=holder, team=BY_HAND)
        device = Gated(self.registry[id], gate)
        await device.open()
        gate.hold(id)
        renewing = asyncio.create_task(_renew(gate))
        try:
            yield device, gate
        finally:
            renewing.cancel()
            gate.drop()

    async def find(self, id: str) -> None:
        """Blink the light of a device, so that a person sees which one it is. Raises NotSupported, UnknownName."""
        device = self.registry[id].device
        if not isinstance(device, Actuates) or "led" not in device.outputs:
            raise NotSupported(_("%(device)s has no light to blink", device=device.name), device=device.name)
        try:
            for _blink in range(FIND_BLINKS):
                await device.set("led", 1)
                await asyncio.sleep(0.3)
                await device.set("led", 0)
                await asyncio.sleep(0.3)
        finally:
            await device.set("led", 0)

    # Lessons.

    def bench(self, team: int, roles: Mapping[str, str]) -> TeamBench:
        """The bench of a team with these devices."""
        gate = Gate(self.latch, self.leases, holder=f"team:{team}", team=team)
        return TeamBench(self.registry, self.stop_all, gate, roles)

    def team_numbers(self) -> tuple[int, ...]:
        """The teams of the class; in a lab without a class, one a robot."""
        if self.members:
            return tuple(sorted(self.members))
        drivers = [slot for slot in self.registry if "drives" in slot.device.capabilities]
        return tuple(range(1, len(drivers) + 1))

    def preflight(self, lesson: Lesson, teams: Sequence[int]) -> PreflightView:
        """Whether these teams can start a lesson, with nothing moved. Raises UnknownName for a team that is not."""
        self._known(teams)
        plan = lesson.plan
        benches = assign(_needs(plan), teams, self.device_views())
        found: dict[int, tuple[Problem, ...]] = {}
        for team in teams:
            errors = [*preflight(plan, self.bench(team, benches[team])), *self._absent(benches[team])]
            found[team] = tuple(problem(error) for error in errors)
        general = tuple(problem(error) for error in fits(plan))
        if not teams:
            general = (*general, Problem("no-teams", _("No team can take part"), _("Add robots on the Devices page.")))
        return PreflightView(
            lesson=plan.id,
            ok=bool(teams) and not any(found.values()),
            problems=general,
            teams=found,
            bench=benches,
        )

    def _absent(self, bench: Mapping[str, str]) -> list[LabError]:
        slots = [self.registry[device] for device in bench.values()]
        return [slot.problem for slot in slots if slot.link is not Link.OPEN and slot.problem is not None]

    def _known(self, teams: Sequence[int]) -> None:
        if unknown := sorted(set(teams) - set(self.team_numbers())):
            raise NoRun(_("There is no team %(team)s", team=unknown[0]))

    def startable(self, lesson: Lesson, teams: Sequence[int]) -> Mapping[int, TeamBench]:
        """The benches of the teams that can start a lesson now; nothing is done yet.

        Raises:
            UnknownName: No team has what it needs.
            InUse, Stopped: A lesson is under way, or the latch is raised.
        """
        self.runs.free()
        self.latch.admit(self.latch.epoch)
        view = self.preflight(lesson, teams)
        places = set(lesson.plan.places)
        able = [team for team in teams if set(view.bench[team]) >= places]
        if not able:
            raise UnknownName(
                _("No team has what this lesson needs"), hint=_("Look at the Devices page: which robots are missing?")
            )
        return {team: self.bench(team, view.bench[team]) for team in able}

    def start_run(self, lesson: Lesson, teams: Sequence[int], by: str) -> str:
        """Start a lesson with the teams whose bench is whole. Raises as :meth:`startable`, and InUse for a device."""
        return self.runs.start(lesson, self.startable(lesson, teams), self.members, by=by)

    # Views.

    def room(self) -> RoomView:
        """Everything the Room shows."""
        devices = self.device_views()
        run = self.runs.view()
        return RoomView(
            lab=self.inventory.name,
            class_name=self.class_name,
            devices=devices,
            teams=run.teams if run is not None else self._idle_teams(devices),
            run=run,
            needs=needs_of(
                devices,
                run,
                latched=self.latch.latched,
                clock_behind=self.clock_behind,
                store_problem=problem_if(self.store.problem),
                now=clock.now(),
            ),
            stop=self.stop_view(),
            arena=self._arena(),
        )

    def _idle_teams(self, devices: Sequence[DeviceView]) -> tuple[TeamView, ...]:
        """The teams before a lesson, each beside the robot it would get."""
        numbers = self.team_numbers()
        benches = assign([Need("robot", frozenset({"drives"}))], numbers, devices)
        return tuple(TeamView(n, self.members.get(n, ()), tuple(benches[n].values())) for n in numbers)

    def _arena(self) -> ArenaView | None:
        if self.sims is None:
            return None
        poses = self._poses(self.sims)
        if not poses:
            return None
        floor = self.sims.layout()
        return ArenaView(floor.width, floor.height, floor.walls, floor.tape, poses)


async def _renew(gate: Gate) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        gate.renew()


def _needs(plan: Plan) -> list[Need]:
    return [Need(place, frozenset(role.needs)) for place, role in plan.places.items()]


def _rounded(pose: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, heading = pose
    return round(x, 1), round(y, 1), round(heading, 1)
