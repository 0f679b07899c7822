"""The class run: every team at its own step of one lesson, kept in the store, and what a teacher may do to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from devices.errors import InUse, LabError, UnknownName
from devices.text import _
from labctl.bench import TeamBench
from labctl.hub import Hub
from labctl.keeping import KeptRun, KeptTeam, RunKeeper
from labctl.showing import problem_if
from labctl.store.journal import Event, new_id
from labctl.views import EvidenceView, RunView, StepView, TeamView
from lessons.load import Lesson
from lessons.outcomes import EventKind, Evidence, Outcome, RunEvent
from lessons.runner import TeamRun
from lessons.states import TeamState

RENEW_SECONDS = 3.0
"""How often a run renews what its teams use: three times before a lease would run out."""

TICK_SECONDS = 15.0
"""How often pages are told that time has passed, so that minutes and a team that does not get on are shown."""

WAITS = frozenset({TeamState.WAITING, TeamState.STOPPED, TeamState.INTERRUPTED})
"""Where a team waits for a person to say go on."""

END_LIMIT = 2.0
"""Seconds that the teams are given to come to rest when a run ends."""


class NoRun(UnknownName):
    """There is no lesson under way, or no such team in it."""

    slug = "no-run"


@dataclass
class Seat:
    """One team in a run: its bench, its runner, and what people are shown of both."""

    team: int
    members: tuple[str, ...]
    bench: TeamBench
    runner: TeamRun
    since: datetime
    task: asyncio.Task[Any] | None = None
    told: list[EvidenceView] = field(default_factory=list[EvidenceView])
    left: TeamState | None = None
    """How the last process left the team: interrupted or finished; None once someone went on with it."""

    @property
    def state(self) -> TeamState:
        """Where the team is."""
        return self.left or self.runner.state

    def kept(self) -> KeptTeam:
        """What is written down of the team, so that a restart of the controller loses nothing."""
        return KeptTeam(
            team=self.team,
            step=self.runner.step,
            state=str(self.state),
            outcome=self.runner.outcome,
            hints_given=self.runner.hints_given,
            bench=self.bench.roles,
            steps=[str(outcome or "") for outcome in self.runner.done],
            evidence=list(self.told),
        )


@dataclass
class ClassRun:
    """One lesson run by a class."""

    id: str
    lesson: Lesson
    started_at: datetime
    seats: dict[int, Seat]
    state: str = "running"
    started_by: str | None = None

    def kept(self, ended_at: datetime | None = None) -> KeptRun:
        """The run as it is written down."""
        plan = self.lesson.plan
        return KeptRun(
            id=self.id,
            lesson=plan.id,
            version=str(plan.version),
            state=self.state,
            minutes=plan.minutes,
            started_at=self.started_at,
            started_by=self.started_by,
            ended_at=ended_at,
            teams=[seat.kept() for seat in self.seats.values()],
        )


class Runs:
    """The lesson under way; at most one. Called on the hub's loop.

    ``tell`` is given an event for the journal, ``hint_at`` a topic and team for pages only.
    """

    def __init__(
        self,
        hub: Hub,
        keeper: RunKeeper,
        *,
        now: Callable[[], datetime],
        tell: Callable[[Event], None],
        hint_at: Callable[[str, int | None], None],
        latched: Callable[[], bool],
    ) -> None:
        self._hub = hub
        self._keeper = keeper
        self._now = now
        self._tell = tell
        self._hint_at = hint_at
        self._latched = latched
        self._clerk: asyncio.Task[None] | None = None
        self.current: ClassRun | None = None
        self.orphan: KeptRun | None = None
        """A run from before a restart whose lesson is gone: it can only be ended."""

    def free(self) -> None:
        """Nothing, where a lesson can be started. Raises InUse."""
        if self.current is not None or self.orphan is not None:
            raise InUse(_("A lesson is under way already"), hint=_("End it first."))

    def start(
        self, lesson: Lesson, benches: Mapping[int, TeamBench], members: Mapping[int, tuple[str, ...]], *, by: str
    ) -> str:
        """Start a lesson for the teams of ``benches`` and return the run's id.

        Raises:
            InUse: A lesson is under way, or a device is used by someone else; nothing was started.
            Stopped: The latch is raised.
        """
        self.free()
        self._take(benches.values())
        run = ClassRun(new_id(), lesson, self._now(), {}, started_by=by or None)
        for team, bench in benches.items():
            run.seats[team] = self._seat(run, team, bench, members.get(team, ()), first_step=0)
        self.current = run
        self._keeper.put(run.kept())
        self._event("run.started", run, person=by, data={"lesson": lesson.plan.id, "teams": sorted(run.seats)})
        self._set_going(run)
        return run.id

    def _take(self, benches: Iterable[TeamBench]) -> None:
        taken: list[TeamBench] = []
        try:
            for bench in benches:
                bench.take()
                taken.append(bench)
        except LabError:
            for bench in taken:
                bench.gate.drop()
            raise

    def _seat(self, run: ClassRun, team: int, bench: TeamBench, members: tuple[str, ...], *, first_step: int) -> Seat:
        runner = TeamRun(run.lesson.plan, bench, lambda event: self._heard(run, team, event), first_step=first_step)
        return Seat(team, members, bench, runner, self._now())

    def _set_going(self, run: ClassRun) -> None:
        for seat in run.seats.values():
            seat.task = self._hub.spawn(seat.runner.run(), name=f"team {seat.team}")
        self._clerk = self._hub.spawn(self._mind(run), name="mind the run")

    async def _mind(self, run: ClassRun) -> None:
        """Renew what the teams use, and let pages know that time passes."""
        told = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for seat in run.seats.values():
                if seat.task is not None and not seat.task.done():
                    seat.bench.gate.renew()
                else:
                    seat.bench.gate.drop()
            if time.monotonic() - told >= TICK_SECONDS:
                told = time.monotonic()
                self._hint_at("run.tick", None)

    def _heard(self, run: ClassRun, team: int, event: RunEvent) -> None:
        seat = run.seats.get(team)
        if seat is None:  # the runner speaks while it is made
            return
        match event.kind:
            case EventKind.LINE:
                self._hint_at("team.line", team)
                return
            case EventKind.STEP_BEGUN:
                seat.since = self._now()
            case EventKind.EVIDENCE:
                seat.told.append(self._evidence(seat.runner.evidence[-1]))
            case _:
                pass
        self._event(f"team.{event.kind}", run, team=team, data={"step": event.step, **event.data})
        self._keeper.put(run.kept())

    def _evidence(self, evidence: Evidence) -> EvidenceView:
        return EvidenceView(
            step=evidence.step,
            outcome=evidence.outcome,
            at=self._now(),
            sentence=evidence.sentence,
            measured=tuple(each.as_data() for each in evidence.measured),
            origin=evidence.origin,
            attempt=evidence.attempt,
        )

    def go_on(self, team: int | None, *, by: str) -> None:
        """Let one team, or all that wait, go on: past what was read, to a fresh attempt, or after a stop.

        Raises:
            NoRun: There is no lesson under way, or no such team in it.
            Stopped: The latch is raised.
            InUse: Someone else has its device by now.
        """
        run = self._run()
        seats = self._seats(team)
        self._take(seat.bench for seat in seats if seat.state in WAITS)
        for seat in seats:
            if seat.state is TeamState.INTERRUPTED:
                self._begin_again(run, seat)
            elif seat.state in WAITS:
                seat.runner.go_on()
        self._event("run.go-on", run, team=team, person=by)
        if run.state == "interrupted":
            self._become(run, "running", "run.restarted", by)

    def stop(self) -> None:
        """Everything was stopped: what any team has under way or announced is broken off."""
        if self.current is not None:
            for seat in self.current.seats.values():
                seat.runner.stop()

    def skip(self, team: int, *, by: str) -> None:
        """Take a team past its step. Raises NoRun, Stopped, InUse."""
        for seat in self._seats(team):
            seat.bench.take()
            seat.runner.skip()
        self._event("team.skipped", self._run(), team=team, person=by)

    def hint(self, team: int | None, *, by: str) -> None:
        """Give one team, or all, the next hint of their step; who has had all keeps them. Raises NoRun."""
        for seat in self._seats(team):
            seat.runner.hint()
        self._event("team.hinted", self._run(), team=team, person=by)

    def hold(self, team: int, *, by: str) -> None:
        """Have a team wait for the teacher before its next step. Raises NoRun."""
        for seat in self._seats(team):
            seat.runner.hold()
        self._event("team.held", self._run(), team=team, person=by)

    def pause(self, *, by: str) -> None:
        """Bring every team to rest where it is. Raises NoRun."""
        run = self._in("running")
        for seat in run.seats.values():
            seat.runner.pause()
        self._become(run, "paused", "run.paused", by)

    def resume(self, *, by: str) -> None:
        """Let every team begin its step again. Raises NoRun, Stopped, InUse."""
        run = self._in("paused")
        self._take(seat.bench for seat in run.seats.values())
        for seat in run.seats.values():
            seat.runner.resume()
        self._become(run, "running", "run.resumed", by)

    async def finish(self, *, by: str) -> None:
        """End the lesson: every team comes to rest, what they did is kept. Raises NoRun."""
        if self.orphan is not None:
            ended, self.orphan = self.orphan, None
            self._keeper.put(replace(ended, state="finished", ended_at=self._now()))
            self._tell(Event("run.finished", run=ended.id, person=by))
            return
        run = self._run()
        for seat in run.seats.values():
            seat.runner.finish()
        await self._end_teams(run)
        run.state = "finished"
        self.current = None
        self._keeper.put(run.kept(ended_at=self._now()))
        self._event("run.finished", run, person=by)

    async def _end_teams(self, run: ClassRun) -> None:
        if self._clerk is not None:
            self._clerk.cancel()
        tasks = [seat.task for seat in run.seats.values() if seat.task is not None and not seat.task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=END_LIMIT)
        for seat in run.seats.values():
            seat.bench.gate.drop()

    async def close(self) -> None:
        """Bring the teams to rest before the lab goes; the run is found interrupted at the next start."""
        if self.current is None:
            return
        for seat in self.current.seats.values():
            if seat.task is not None:
                seat.task.cancel()
        await self._end_teams(self.current)

    def found(
        self,
        kept: KeptRun,
        lesson: Lesson,
        members: Mapping[int, tuple[str, ...]],
        bench_for: Callable[[int, Mapping[str, str]], TeamBench],
    ) -> None:
        """Take up a run that the last process left, as interrupted: nothing moves until someone goes on with it."""
        run = ClassRun(kept.id, lesson, kept.started_at, {}, "interrupted", kept.started_by)
        for each in kept.teams:
            bench = bench_for(each.team, each.bench)
            step = min(each.step, len(lesson.plan.steps) - 1)
            seat = self._seat(run, each.team, bench, members.get(each.team, ()), first_step=step)
            seat.told = list(each.evidence)
            for n, outcome in enumerate(each.steps[: len(lesson.plan.steps)]):
                seat.runner.done[n] = Outcome(outcome) if outcome else None
            seat.left = TeamState.FINISHED if each.state == TeamState.FINISHED else TeamState.INTERRUPTED
            run.seats[each.team] = seat
        self.current = run
        self._keeper.put(run.kept())

    def restart(self, *, by: str) -> None:
        """Go on with an interrupted run, each team from the beginning of its step. Raises NoRun, Stopped, InUse."""
        self._in("interrupted")
        self.go_on(None, by=by)

    def _begin_again(self, run: ClassRun, seat: Seat) -> None:
        seat.left = None
        seat.since = self._now()
        seat.task = self._hub.spawn(seat.runner.run(), name=f"team {seat.team}")
        if self._clerk is None or self._clerk.done():
            self._clerk = self._hub.spawn(self._mind(run), name="mind the run")

    def view(self) -> RunView | None:
        """The lesson under way as pages show it."""
        run = self.current
        if run is None:
            return _orphan_view(self.orphan) if self.orphan is not None else None
        plan = run.lesson.plan
        return RunView(
            id=run.id,
            lesson=plan.id,
            title=plan.title,
            summary=plan.summary,
            state="stopped" if self._latched() and run.state == "running" else run.state,
            started_at=run.started_at,
            minutes=plan.minutes,
            steps=step_views(run.lesson),
            teams=tuple(self._team(run, run.seats[team]) for team in sorted(run.seats)),
        )

    def _team(self, run: ClassRun, seat: Seat) -> TeamView:
        runner = seat.runner
        return TeamView(
            number=seat.team,
            members=seat.members,
            devices=tuple(seat.bench.roles.values()),
            state=seat.state,
            step=runner.step,
            outcome=runner.outcome,
            since=seat.since,
            line=runner.line,
            hint=runner.shown_hint or {},
            hints_given=runner.hints_given,
            hints_left=runner.hints_left,
            problem=problem_if(runner.problem),
            stuck=run.state == "running" and runner.stuck,
            evidence=tuple(seat.told),
            steps_done=tuple(runner.done),
        )

    def _run(self) -> ClassRun:
        if self.orphan is not None:
            raise NoRun(
                _("The lesson %(lesson)s is not in the library any more", lesson=self.orphan.lesson),
                hint=_("Put its folder back and restart labctl, or end the lesson."),
            )
        if self.current is None:
            raise NoRun(_("There is no lesson under way"), hint=_("Choose one on the Lesson page."))
        return self.current

    def _in(self, state: str) -> ClassRun:
        """The run, where it is in this state: a press on a page that is behind does nothing else."""
        run = self._run()
        if run.state != state:
            raise NoRun(_("The lesson has gone on meanwhile"), hint=_("Look at it again, then decide."))
        return run

    def _seats(self, team: int | None) -> Sequence[Seat]:
        run = self._run()
        if team is None:
            return list(run.seats.values())
        if team not in run.seats:
            raise NoRun(_("Team %(team)s is not in this lesson", team=team))
        return [run.seats[team]]

    def _become(self, run: ClassRun, state: str, topic: str, by: str) -> None:
        run.state = state
        self._keeper.put(run.kept())
        self._event(topic, run, person=by)

    def _event(
        self,
        kind: str,
        run: ClassRun,
        *,
        team: int | None = None,
        person: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self._tell(Event(kind, team=team, run=run.id, person=person, data=data or {}))


def _orphan_view(kept: KeptRun) -> RunView:
    named = {"en": kept.lesson}
    return RunView(kept.id, kept.lesson, named, {"en": ""}, "interrupted", kept.started_at, kept.minutes, (), ())


def step_views(lesson: Lesson) -> tuple[StepView, ...]:
    """The steps of a lesson as pages show them."""
    return tuple(StepView(step.id, step.title, step.stage, step.do) for step in lesson.plan.steps)
