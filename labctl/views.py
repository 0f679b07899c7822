"""What the lab shows to people and scripts: frozen values, made on the hub, read by pages and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lessons.outcomes import Outcome
from lessons.states import TeamState


class DeviceState(StrEnum):
    """How a device is. ``busy`` is ready and used by a team; ``unconfirmed`` was told to stop and did not say so."""

    CONNECTING = "connecting"
    READY = "ready"
    BUSY = "busy"
    STOPPED = "stopped"
    UNCONFIRMED = "unconfirmed"
    LOST = "lost"
    ERROR = "error"


@dataclass(frozen=True)
class Problem:
    """What is wrong and what to do next. ``message`` and ``hint`` are translatable (``devices.text``)."""

    slug: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class ReadingView:
    sensor: str
    value: float
    unit: str
    digits: int


@dataclass(frozen=True)
class DeviceView:
    """One device of the inventory. ``user`` is the number of the team that uses it."""

    id: str
    name: str
    kind: str
    model: Mapping[str, str]
    address: str
    state: DeviceState
    since: datetime
    simulated: bool
    firmware: str = ""
    version: str = ""
    stops_by_itself: bool = False
    capabilities: tuple[str, ...] = ()
    problem: Problem | None = None
    user: int | None = None
    readings: Mapping[str, ReadingView] = field(default_factory=dict[str, ReadingView])


@dataclass(frozen=True)
class FoundView:
    """Something plugged in that the lab does not know yet. ``ambiguous`` lists the devices it could be."""

    address: str
    label: str
    why: str
    suggested_id: str
    suggested_chassis: str | None
    ambiguous: tuple[str, ...] = ()
    known_as: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class StepView:
    id: str
    title: Mapping[str, str]
    stage: str
    do: str


@dataclass(frozen=True)
class EvidenceView:
    """Why a step passed or not yet: the sentence for people, the measured numbers, and where they came from."""

    step: int
    outcome: Outcome
    at: datetime
    sentence: str
    measured: tuple[Mapping[str, Any], ...]
    origin: str
    attempt: int


@dataclass(frozen=True)
class TeamView:
    """A team and, in a run, where it is. ``step`` counts from 0; ``since`` is when it came to this step."""

    number: int
    members: tuple[str, ...]
    devices: tuple[str, ...]
    state: TeamState = TeamState.READY
    step: int = 0
    outcome: Outcome | None = None
    since: datetime | None = None
    line: str = ""
    hint: Mapping[str, str] = field(default_factory=dict[str, str])
    hints_given: int = 0
    hints_left: int = 0
    problem: Problem | None = None
    stuck: bool = False
    evidence: tuple[EvidenceView, ...] = ()
    steps_done: tuple[Outcome | None, ...] = ()


@dataclass(frozen=True)
class RunView:
    """A class run of one lesson. ``state`` is running, paused, stopped, interrupted or finished."""

    id: str
    lesson: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    state: str
    started_at: datetime
    minutes: int
    steps: tuple[StepView, ...]
    teams: tuple[TeamView, ...]


@dataclass(frozen=True)
class NeedView:
    """Something that waits for the teacher. ``kind``: lost, unconfirmed, error, not-yet, waiting, stuck, interrupted,
    no-watchdog or clock. ``since`` orders the list, oldest first within a kind."""

    kind: str
    title: str
    detail: str
    since: datetime
    device: str | None = None
    team: int | None = None


@dataclass(frozen=True)
class StopView:
    """The latch, and what the last stop-all did. ``confirmed`` maps device id to seconds; ``failed`` to the problem."""

    latched: bool
    epoch: int
    at: datetime | None = None
    by: str = ""
    pending: tuple[str, ...] = ()
    confirmed: Mapping[str, float] = field(default_factory=dict[str, float])
    failed: Mapping[str, Problem] = field(default_factory=dict[str, Problem])


@dataclass(frozen=True)
class ArenaView:
    """The simulated floor, in centimetres, x to the right and y down; empty where no robot is simulated."""

    width: float
    height: float
    walls: tuple[tuple[float, float, float, float], ...]
    tape: tuple[tuple[float, float], ...]
    poses: Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True)
class RoomView:
    """Everything the Room page shows."""

    lab: str
    class_name: str
    devices: tuple[DeviceView, ...]
    teams: tuple[TeamView, ...]
    run: RunView | None
    needs: tuple[NeedView, ...]
    stop: StopView
    arena: ArenaView | None


@dataclass(frozen=True)
class LessonSummary:
    id: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    topic: str
    ages: tuple[int, int]
    minutes: int
    steps: tuple[StepView, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class PreflightView:
    """Whether a lesson can start, with nothing moved. ``teams`` maps each team to what is missing, empty when fine."""

    lesson: str
    ok: bool
    problems: tuple[Problem, ...]
    teams: Mapping[int, tuple[Problem, ...]]
    bench: Mapping[int, Mapping[str, str]]


@dataclass(frozen=True)
class PhaseView:
    """One phase of a self-test: a measurement against its limits. ``low`` or ``high`` is None where unbounded."""

    name: str
    label: str
    outcome: str
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class TestReport:
    """A device's self-test. ``outcome`` is pass, fail (a limit missed) or error (it could not be measured)."""

    device: str
    name: str
    outcome: str
    seconds: float
    phases: tuple[PhaseView, ...]
    problem: Problem | None = None


@dataclass(frozen=True)
class HealthView:
    """``GET /healthz``: stable, scripts rely on it. ``devices`` maps id to state."""

    status: str
    version: str
    seconds_up: float
    devices: Mapping[str, str]
    hub_lag_ms: Mapping[str, float]
    stopped: bool
