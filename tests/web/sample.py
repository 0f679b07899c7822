"""A small lab in memory with the facade's methods: for page tests, and for screenshots of states that are rare."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.errors import BadValue, LabError, Stopped, UnknownName
from devices.text import _
from labctl.changes import Change, Changes
from labctl.views import (
    ArenaView,
    DeviceState,
    DeviceView,
    EvidenceView,
    FoundView,
    HealthView,
    LessonSummary,
    NeedView,
    Outcome,
    PhaseView,
    PreflightView,
    Problem,
    ReadingView,
    RoomView,
    RunView,
    StepView,
    StopView,
    TeamState,
    TeamView,
    TestReport,
)

PASSWORD = "twelve robots"
SETUP_CODE = "K7MP-2QXA"
TOKEN = "a-token-for-the-command-line"
MODEL = {"en": "Two-motor robot (Arduino)", "az": "İki mühərrikli robot (Arduino)"}
NAMES = (
    ("Əli M.", "Nərmin", "Tunar"),
    ("Ülvi", "İlahə", "Rəşad"),
    ("Çinarə", "Ömər", "Səbinə"),
    ("Günel", "Ayxan", "Kənan"),
    ("Elşən", "Aytac", "Murad"),
    ("Fidan", "Nihad", "Zəhra"),
    ("Cavid", "Pərvin", "Toğrul"),
    ("Xədicə", "Əli H.", "Ləman"),
)
STEPS = (
    StepView("look", {"en": "Look at the robot", "az": "Robota baxın"}, "discover", "read"),
    StepView("forward", {"en": "Drive 60 cm ahead", "az": "60 sm irəli sürün"}, "build", "drive"),
    StepView("turn", {"en": "Turn to the left", "az": "Sola dönün"}, "build", "drive"),
    StepView("wall", {"en": "Stop before the wall", "az": "Divardan əvvəl dayanın"}, "build", "until"),
    StepView("talk", {"en": "Tell what you found", "az": "Nəticəni danışın"}, "share", "hold"),
)
TITLE = {"en": "First drive", "az": "İlk sürüş"}
SUMMARY = {
    "en": "How does a robot know how far it has gone?",
    "az": "Robot nə qədər getdiyini haradan bilir?",
}
STEP_TEXT = {
    "en": "<p>Put the robot on the start line. Press <strong>Go on</strong> when nobody is in front of it.</p>",
    "az": "<p>Robotu başlanğıc xəttinə qoyun, sonra <strong>Davam et</strong> düyməsini basın.</p>",
}
WALLS = (
    (8.0, 168.0, 44.0, 168.0), (44.0, 168.0, 44.0, 202.0), (44.0, 202.0, 8.0, 202.0), (8.0, 202.0, 8.0, 168.0),
    (130.0, 171.0, 150.0, 171.0), (150.0, 171.0, 150.0, 185.0),
    (150.0, 185.0, 130.0, 185.0), (130.0, 185.0, 130.0, 171.0),
)  # fmt: skip
TAPE = tuple((140 + 86 * math.cos(i * math.pi / 24), 178 + 22 * math.sin(i * math.pi / 24)) for i in range(49))


@dataclass(frozen=True)
class Teacher:
    id: str
    name: str
    language: str
    stamp: str = "a"


class SamplePeople:
    """Who may sign in: one teacher at most."""

    def __init__(self) -> None:
        self.all: dict[str, Teacher] = {}

    def has_teacher(self) -> bool:
        return bool(self.all)

    def create_teacher(self, name: str, password: str, language: str) -> Teacher:
        if len(password) < 8:
            raise BadValue(_("The password is too short"), hint=_("Take at least 8 characters."))
        self.all["t1"] = Teacher("t1", name, language)
        return self.all["t1"]

    def sign_in(self, name: str, password: str) -> Teacher | None:
        return next((one for one in self.all.values() if one.name == name and password == PASSWORD), None)

    def person(self, id: str) -> Teacher | None:
        return self.all.get(id)

    def set_language(self, person_id: str, language: str) -> None:
        self.all[person_id] = replace(self.all[person_id], language=language)

    def fits_setup_code(self, code: str) -> bool:
        return code == SETUP_CODE


class SampleLab:
    """A lab of eight robots in which nothing moves unless it is told to; every call works at once.

    ``now`` is the time that the views are made at.
    """

    def __init__(self, scene: str = "lesson", *, robots: int = 8, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self.changes = Changes()
        self.people = SamplePeople()
        self.calls: list[tuple[Any, ...]] = []
        self.fails: LabError | None = None
        self.store_problem: Problem | None = None
        self._lock = threading.Lock()
        self._seq = 0
        self.stop = StopView(latched=False, epoch=1)
        self.run_view: RunView | None = None
        self.found: tuple[FoundView, ...] = ()
        self.robots = {f"robot-{n}": _robot(n, self.now) for n in range(1, robots + 1)}
        self.idle_teams = tuple(TeamView(n, NAMES[(n - 1) % 8], (f"robot-{n}",)) for n in range(1, robots + 1))
        self.poses = {
            id: (17.5 + 35.0 * i, 125.0 - 6 * (i * 3 % 8), (i * 17) % 40 - 20.0) for i, id in enumerate(self.robots)
        }
        getattr(self, f"_scene_{scene}")()

    # scenes

    def _scene_idle(self) -> None:
        pass

    def _scene_empty(self) -> None:
        self.robots, self.idle_teams, self.poses = {}, (), {}

    def _scene_lesson(self) -> None:
        self.run_view = _run(self.now, self.idle_teams)
        for n in range(1, len(self.robots) + 1):
            self.robots[f"robot-{n}"] = replace(self.robots[f"robot-{n}"], state=DeviceState.BUSY, user=n)
        lost = self.robots.get("robot-6")
        if lost is not None:
            self.robots["robot-6"] = replace(
                lost,
                state=DeviceState.LOST,
                since=self.now - timedelta(minutes=2),
                readings={},
                problem=Problem(
                    "device-lost",
                    _("%(device)s does not answer", device=lost.name),
                    _("Check its cable and its switch; it comes back by itself."),
                ),
            )

    def _scene_stopped(self) -> None:
        self._scene_lesson()
        self.stop_all("t1")
        self.robots["robot-6"] = replace(self.robots["robot-6"], state=DeviceState.UNCONFIRMED)

    def _scene_stopping(self) -> None:
        self._scene_stopped()
        self.stop = replace(self.stop, pending=("robot-7", "robot-8"), confirmed={"robot-1": 0.012}, failed={})

    def _scene_restarted(self) -> None:
        """The process began anew under the latch, in the middle of a lesson."""
        self._scene_interrupted()
        self.stop = StopView(latched=True, epoch=1)
        self.robots = {id: replace(one, state=DeviceState.STOPPED, user=None) for id, one in self.robots.items()}

    def _scene_interrupted(self) -> None:
        run = _run(self.now, self.idle_teams)
        teams = tuple(
            team if team.state is TeamState.FINISHED else replace(team, state=TeamState.INTERRUPTED, stuck=False)
            for team in run.teams
        )
        self.run_view = replace(run, state="interrupted", teams=teams)

    def _scene_gone(self) -> None:
        """A lesson was interrupted and is not in the library any more, and the disk is full."""
        self.run_view = RunView(
            "run-1", "first-drive-2", {"en": "first-drive-2"}, {"en": ""}, "interrupted", self.now, 0, (), ()
        )
        self.store_problem = Problem(
            "store-failed", _("Nothing can be written down now"), _("Free some space on this computer.")
        )

    def _scene_trouble(self) -> None:
        self._scene_lesson()
        self.robots["robot-3"] = replace(
            self.robots["robot-3"],
            state=DeviceState.ERROR,
            problem=Problem(
                "port-busy",
                _("%(name)s is used by another program", name="Robot 3"),
                _("Close %(program)s, then press Reconnect.", program="Arduino IDE"),
            ),
        )
        self.robots["robot-2"] = replace(
            self.robots["robot-2"], firmware="StandardFirmata.ino", version="2.5", stops_by_itself=False
        )
        self.found = (
            FoundView(
                "usb:85430353",
                "Arduino Uno",
                _("It answers as %(firmware)s", firmware="labctl-robot 1.0"),
                "robot-9",
                "two-motor",
            ),
            FoundView(
                "serial:/dev/ttyUSB1",
                "CH340",
                _("Two boards carry the same mark, because this chip has no serial number."),
                "robot-10",
                "two-motor",
                ambiguous=("serial:/dev/ttyUSB2",),
                problem=Problem(
                    "ambiguous-device",
                    _("%(count)s boards look just the same", count=2),
                    _("Keep each in its own USB socket: it is known by that. Or adopt them one at a time."),
                ),
            ),
        )

    # the facade

    def room(self) -> RoomView:
        if self.fails:
            raise self.fails
        return RoomView(
            lab="Laboratoriya 1",
            class_name="7B" if self.robots else "",
            devices=tuple(self.robots.values()),
            teams=self.run_view.teams if self.run_view else self.idle_teams,
            run=self.run_view,
            needs=self._needs(),
            stop=self.stop,
            arena=ArenaView(280, 210, WALLS, TAPE, dict(self.poses)) if self.robots else None,
        )

    def devices(self) -> tuple[DeviceView, ...]:
        return tuple(self.robots.values())

    def device(self, id: str) -> DeviceView:
        try:
            return self.robots[id]
        except KeyError:
            raise UnknownName(_("There is no device %(id)s", id=id)) from None

    def stop_view(self) -> StopView:
        if self.fails:
            raise self.fails
        return self.stop

    def health(self) -> HealthView:
        states = {id: str(device.state) for id, device in self.robots.items()}
        return HealthView("ok", "0.1.0", 12.5, states, {"p50": 0.2, "p99": 1.4}, self.stop.latched)

    def stop_all(self, by: str) -> StopView:
        self.calls.append(("stop_all", by))
        failed = {
            id: Problem(
                "not-stopped",
                _("No connection. The robot comes to rest by itself within 0.5 s, but that cannot be seen from here"),
                _("Switch the robot off at its own switch"),
            )
            for id, device in self.robots.items()
            if device.state in (DeviceState.LOST, DeviceState.UNCONFIRMED)
        }
        confirmed = {id: 0.011 + 0.004 * n for n, id in enumerate(self.robots) if id not in failed}
        self.stop = StopView(True, self.stop.epoch + 1, self.now, by, (), confirmed, failed)
        for id in confirmed:
            self.robots[id] = replace(self.robots[id], state=DeviceState.STOPPED)
        if self.run_view:
            teams = tuple(
                team if team.state is TeamState.FINISHED else replace(team, state=TeamState.STOPPED)
                for team in self.run_view.teams
            )
            self.run_view = replace(self.run_view, state="stopped", teams=teams)
        self.event("stop.pressed")
        return self.stop

    def release(self, by: str) -> StopView:
        self.calls.append(("release", by))
        self.stop = replace(self.stop, latched=False, epoch=self.stop.epoch + 1)
        for id, device in self.robots.items():
            if device.state is DeviceState.STOPPED:
                self.robots[id] = replace(device, state=DeviceState.BUSY if self.run_view else DeviceState.READY)
        if self.run_view:
            self.run_view = replace(self.run_view, state="running")
        self.event("stop.released")
        return self.stop

    def stop_device(self, id: str, by: str) -> StopView:
        self.calls.append(("stop_device", self.device(id).id, by))
        return self.stop

    def acknowledge(self, id: str, by: str) -> StopView:
        self.calls.append(("acknowledge", self.device(id).id, by))
        self.robots[id] = replace(self.robots[id], state=DeviceState.LOST)
        self.stop = replace(self.stop, failed={one: why for one, why in self.stop.failed.items() if one != id})
        self.event("device.acknowledged", device=id)
        return self.stop

    def reconnect(self, id: str) -> None:
        self.calls.append(("reconnect", self.device(id).id))

    def find(self, id: str) -> None:
        self.calls.append(("find", self.device(id).id))

    def past(self, id: str, sensor: str) -> tuple[tuple[float, float], ...]:
        return tuple((60.0 - age, self.device(id).readings[sensor].value) for age in range(60))

    def confirm_clock(self, by: str) -> None:
        self.calls.append(("confirm_clock", by))

    def put_on_start(self) -> None:
        self.calls.append(("put_on_start",))

    def test_device(self, id: str, *, move: bool = False) -> TestReport:
        device = self.device(id)
        phases = (
            PhaseView("open", _("It answers"), "pass", 1.62, "s", None, 3.0),
            PhaseView("ping", _("Round trip"), "pass", 4.1, "ms", None, 20.0),
            PhaseView("distance", _("Distance sensor"), "fail", 0.0, "cm", 2.0, 400.0, _("No echo.")),
            PhaseView("wheels", _("Wheels"), "skip", None, note=_("Nothing was moved.")),
        )  # fmt: skip
        return TestReport(id, device.name, "fail", 2.4, phases)

    def scan(self) -> tuple[FoundView, ...]:
        return self.found

    def adopt(self, address: str, *, id: str | None = None, chassis: str) -> DeviceView:
        if id in self.robots:
            raise BadValue(_("There is a device %(id)s already, at %(address)s", id=id, address="usb:1"))
        self.calls.append(("adopt", address, id, chassis))
        self.found = tuple(one for one in self.found if one.address != address)
        new = _robot(9, self.now)
        self.robots[new.id] = new
        self.event("device.adopted", device=new.id)
        return new

    def lessons(self) -> tuple[LessonSummary, ...]:
        needs = ("drives", "senses.distance", "senses.travelled")
        wall = {"en": "Stop before the wall", "az": "Divardan əvvəl dayan"}
        about = {
            "en": "How near can a robot get to a wall without touching it?",
            "az": "Robot divara dəymədən nə qədər yaxınlaşa bilər?",
        }
        return (
            LessonSummary("first-drive", TITLE, SUMMARY, "foundations", (10, 13), 45, STEPS, needs),
            LessonSummary("stop-before-the-wall", wall, about, "foundations", (11, 14), 45, STEPS[:4], needs),
        )

    def lesson_text(self, lesson_id: str, language: str) -> Mapping[str, str]:
        if lesson_id not in {one.id for one in self.lessons()}:
            raise UnknownName(_("There is no lesson %(id)s", id=lesson_id))
        return {step.id: STEP_TEXT[language] for step in STEPS}

    def preflight(self, lesson_id: str, teams: tuple[int, ...]) -> PreflightView:
        if lesson_id not in {one.id for one in self.lessons()}:
            raise UnknownName(_("There is no lesson %(id)s", id=lesson_id))
        lost = [device.user for device in self.robots.values() if device.state is DeviceState.LOST]
        why = Problem(
            "device-lost",
            _("%(device)s does not answer", device="Robot 6"),
            _("Check its cable and its switch; it comes back by itself."),
        )
        problems = (
            (Problem("stopped", _("The lab is stopped"), _("Release the stop first.")),) if self.stop.latched else ()
        )
        return PreflightView(
            lesson_id,
            not problems,
            problems,
            {team: (why,) if team in lost else () for team in teams},
            {team: {"robot": f"robot-{team}"} for team in teams},
        )

    def start_run(self, lesson_id: str, teams: tuple[int, ...], by: str) -> str:
        if self.stop.latched:
            raise Stopped(_("The lab is stopped"), hint=_("Release the stop first."))
        if not teams:
            raise BadValue(_("No team was chosen"), hint=_("Choose at least one team."))
        self.calls.append(("start_run", lesson_id, teams, by))
        self._scene_lesson()
        self.event("run.started", run="run-1")
        return "run-1"

    def run(self) -> RunView | None:
        return self.run_view

    def go_on(self, team: int | None, by: str) -> None:
        self._told("go_on", team, by)

    def skip(self, team: int, by: str) -> None:
        self._told("skip", team, by)

    def hint(self, team: int | None, by: str) -> None:
        self._told("hint", team, by)

    def hold(self, team: int, by: str) -> None:
        self._told("hold", team, by)

    def pause(self, by: str) -> None:
        self.calls.append(("pause", by))
        if self.run_view:
            self.run_view = replace(self.run_view, state="paused")
        self.event("run.paused")

    def resume(self, by: str) -> None:
        self.calls.append(("resume", by))
        if self.run_view:
            self.run_view = replace(self.run_view, state="running")
        self.event("run.resumed")

    def finish_run(self, by: str) -> None:
        self.calls.append(("finish_run", by))
        self.run_view = None
        self.event("run.finished")

    def restart_run(self, by: str) -> None:
        self.calls.append(("restart_run", by))

    def subscribe(self, on_change: Callable[[Change], None]) -> Callable[[], None]:
        return self.changes.subscribe(on_change)

    # what tests do to it

    def event(self, topic: str, *, device: str | None = None, team: int | None = None, run: str | None = None) -> None:
        with self._lock:
            self._seq += 1
            self.changes.publish(Change("event", topic, self._seq, device, team, run))

    def frame(
        self, readings: Mapping[str, Mapping[str, float]], poses: Mapping[str, tuple[float, float, float]] | None = None
    ) -> None:
        for id, values in readings.items():
            known = {name: replace(self.robots[id].readings[name], value=value) for name, value in values.items()}
            self.robots[id] = replace(self.robots[id], readings={**self.robots[id].readings, **known})
        self.poses.update(poses or {})
        frame: dict[str, dict[str, Any]] = {id: dict(values) for id, values in readings.items()}
        for id, pose in (poses or {}).items():
            frame.setdefault(id, {})["pose"] = pose
        self.changes.publish(Change("frame", data=frame))

    def set_team(self, number: int, **values: Any) -> None:
        if self.run_view is None:
            raise UnknownName("no run")
        teams = tuple(replace(team, **values) if team.number == number else team for team in self.run_view.teams)
        self.run_view = replace(self.run_view, teams=teams)
        self.event("team.changed", team=number)

    def _told(self, what: str, team: int | None, by: str) -> None:
        if self.run_view is None:
            raise UnknownName(_("No lesson is running"))
        self.calls.append((what, team, by))

    def _needs(self) -> tuple[NeedView, ...]:
        from labctl.needs import needs_of

        return needs_of(
            self.robots.values(),
            self.run_view,
            latched=self.stop.latched,
            now=self.now,
            store_problem=self.store_problem,
        )


def _robot(number: int, now: datetime) -> DeviceView:
    return DeviceView(
        id=f"robot-{number}",
        name=f"Robot {number}",
        kind="robot",
        model=MODEL,
        address="sim:labctl-robot",
        state=DeviceState.READY,
        since=now - timedelta(minutes=20),
        simulated=True,
        firmware="labctl-robot",
        version="1.0",
        stops_by_itself=True,
        capabilities=("drives", "senses.distance", "senses.travelled", "senses.turned", "actuates.led"),
        readings={
            "distance": ReadingView("distance", 31.0 + 12 * number, "cm", 0),
            "travelled": ReadingView("travelled", 60.0 - 7 * number, "cm", 0),
            "turned": ReadingView("turned", 3.0 * number - 8, "deg", 0),
        },
    )


def _run(now: datetime, teams: tuple[TeamView, ...]) -> RunView:
    step = [2, 3, 1, 5, 3, 3, 1, 2]
    minutes = [6, 3, 5, 1, 4, 2, 11, 4]
    state = {4: TeamState.FINISHED, 5: TeamState.WAITING, 6: TeamState.PARKED}
    lines = {
        1: _("Turns left, %(left)s ° to go", left=38),
        2: _("Drives, %(left)s cm to the wall", left=41),
        5: _("Distance to the wall: %(value)s cm (asked for: %(low)s to %(high)s cm).", value=31, low=8, high=15),
        6: _("%(device)s does not answer", device="Robot 6"),
    }
    seen: list[TeamView] = []
    for i, team in enumerate(teams):
        at = step[i % 8]
        done = tuple(Outcome.PASSED if k < at else None for k in range(len(STEPS)))
        proof = tuple(
            EvidenceView(
                k,
                Outcome.PASSED,
                now - timedelta(minutes=minutes[i % 8] + 4 * (at - k)),
                _(
                    "Distance travelled: %(value)s cm (asked for: %(low)s to %(high)s cm).",
                    value=58 + k,
                    low=54,
                    high=66,
                ),
                ({"sensor": "travelled", "value": 58 + k, "unit": "cm", "low": 54, "high": 66, "ok": True},),
                "simulator",
                1,
            )
            for k in range(1, at)
        )
        if team.number == 5:
            proof += (EvidenceView(at, Outcome.NOT_YET, now - timedelta(minutes=4), lines[5], (), "simulator", 2),)
        seen.append(
            replace(
                team,
                state=state.get(team.number, TeamState.RUNNING),
                step=at,
                outcome=Outcome.NOT_YET if team.number == 5 else None,
                since=now - timedelta(minutes=minutes[i % 8], seconds=20),
                line=lines.get(team.number, ""),
                hint=_("Measure first: how far is the wall before you start?") if team.number == 5 else "",
                hints_given=1 if team.number == 5 else 0,
                hints_left=1 if team.number == 5 else 2,
                stuck=team.number == 7,
                evidence=proof,
                steps_done=done,
            )
        )
    return RunView(
        "run-1", "first-drive", TITLE, SUMMARY, "running", now - timedelta(minutes=33), 45, STEPS, tuple(seen)
    )
