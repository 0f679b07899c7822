"""A team's way through a lesson: step by step at its own pace, every end of it with the robots at rest."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, TypeVar

from devices.errors import LabError, Stopped, unexpected
from devices.text import Text, _, as_data
from lessons.format import Plan
from lessons.outcomes import EventKind, Evidence, Outcome, Result, RunEvent
from lessons.parts import Phrase
from lessons.ports import Bench, Context
from lessons.recovery import Recovery, decide, kind_of, stuck
from lessons.resting import REST_LIMIT, rest
from lessons.states import OVER, Cause, TeamState, after
from lessons.steps import Step
from lessons.steps import run as run_step

log = logging.getLogger(__name__)

T = TypeVar("T")

ANNOUNCE = 3.0
"""Seconds between the words that a robot is about to move by itself and its moving: time for hands."""

STILL = frozenset({TeamState.PAUSED, TeamState.STOPPED, TeamState.PARKED})
"""Where a team cannot get on, through no fault of its own; this time does not make it stuck."""


class _Skip(Exception):
    """The teacher lets the team pass over this step."""


class _Finish(Exception):
    """The teacher ends the run."""


class TeamRun:
    """One team's run of a lesson. Everything is called on the hub's loop; what is pressed takes effect at once.

    Attributes:
        state: Where the team is.
        step: The step it is at, from 0.
        since: The run's clock when it came to this step.
        outcome: How the last attempt at this step ended; None before the first did.
        line: What happens now.
        shown_hint: The last hint shown for this step, in every language of the lesson.
        hints_given: Hints given for this step, by the runner or a person.
        problem: What is wrong with a device, while that keeps the team waiting.
        evidence: Why steps passed or not yet, oldest first.
        done: The outcome of each step so far; None where a step was not tried.
    """

    def __init__(
        self,
        plan: Plan,
        bench: Bench,
        record: Callable[[RunEvent], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        first_step: int = 0,
        hold_at: Collection[int] = (),
        announce: float = ANNOUNCE,
    ) -> None:
        """Make a run that has not begun.

        Args:
            plan: What is done.
            bench: The team's devices.
            record: Told of each event, at once and in order; it must not block.
            clock: Seconds; ``at`` of events and evidence, and how long a team has been at a step.
            first_step: Where the run begins, from 0.
            hold_at: Steps before which the team waits until it is let go on.
            announce: Seconds between the announcement and the motion that nobody has just asked for.
        """
        if not 0 <= first_step < len(plan.steps):
            raise ValueError(f"the lesson has no step {first_step}")
        self.plan = plan
        self.state = TeamState.READY
        self.step = first_step
        self.since = clock()
        self.outcome: Outcome | None = None
        self.line: str = ""
        self.shown_hint: Phrase | None = None
        self.hints_given = 0
        self.problem: LabError | None = None
        self.evidence: list[Evidence] = []
        self.done: list[Outcome | None] = [None] * len(plan.steps)
        self._bench = bench
        self._record = record
        self._clock = clock
        self._hold_at = frozenset(hold_at)
        self._announce_seconds = announce
        self._attempts = 0
        self._still = 0.0
        self._still_since = 0.0
        self._asked_for = False  # a person has just asked for what happens next
        self._held = self._paused = self._skipped = self._finished = self._stopped = self._cut = False
        self._work: asyncio.Task[Any] | None = None
        self._go = asyncio.Event()
        self._woken = asyncio.Event()

    # What a person presses.

    def go_on(self) -> None:
        """Go on where the team waits: a text was read, a tick given, the next attempt may begin. Else nothing."""
        if self.state in (TeamState.WAITING, TeamState.STOPPED):
            self._go.set()

    def skip(self) -> None:
        """Pass over this step."""
        self._skipped = True
        self._cut_short()

    def hint(self) -> Phrase | None:
        """Give the next hint of this step, and return it; None when all were given."""
        hints = self._step.hints
        if self.state in OVER or self.hints_given >= len(hints):
            return None
        self.shown_hint = hints[self.hints_given]
        self.hints_given += 1
        self._tell(EventKind.HINT, {"number": self.hints_given, "hint": dict(self.shown_hint)})
        return self.shown_hint

    def hold(self) -> None:
        """Have the team wait before its next step until it is let go on."""
        self._held = True

    def pause(self) -> None:
        """Bring the team's devices to rest; the step begins anew after ``resume``."""
        self._paused = True
        self._cut_short()

    def resume(self) -> None:
        """Let a paused team begin its step again; one that waited goes on waiting."""
        self._paused = False
        self._woken.set()

    def stop(self) -> None:
        """Everything was stopped: break off what is under way or announced, and wait until a person goes on.

        A team that waits for a person already goes on waiting.
        """
        if self.state in (TeamState.RUNNING, TeamState.PARKED):
            self._stopped = True
            self._cut_short()

    def finish(self) -> None:
        """End the run here, with the devices at rest."""
        self._finished = True
        self._cut_short()

    # What a page asks.

    @property
    def hints_left(self) -> int:
        """Hints of this step that were not given yet."""
        return len(self._step.hints) - self.hints_given

    @property
    def stuck(self) -> bool:
        """Whether the team has been at this step for longer than it is expected to need."""
        if self.state in OVER or self.state is TeamState.READY:
            return False
        still = self._still + (self._clock() - self._still_since if self.state in STILL else 0)
        return stuck(self._step, self._clock() - self.since - still)

    # The run.

    async def run(self) -> Outcome:
        """Go through the steps; the team's devices are at rest when this returns or raises.

        Returns:
            ``passed`` when every step did, ``error`` or ``skipped`` when one was given up so, ``aborted`` when a
            person ended the run. A cancelled run is ``interrupted``.
        """
        whole, cause = Outcome.INTERRUPTED, Cause.CUT
        try:
            self._move(Cause.START)
            whole, cause = await self._through(), Cause.END
            return whole
        finally:
            try:
                await rest(self._bench)
            finally:
                if whole in (Outcome.ABORTED, Outcome.INTERRUPTED):
                    self._end_step(whole)
                self.say(_("The lesson is over.") if cause is Cause.END else _("The run was interrupted."))
                self._move(cause)

    async def _through(self) -> Outcome:
        try:
            for index in range(self.step, len(self.plan.steps)):
                self._arrive(index)
                try:
                    await self._one_step()
                except _Skip:
                    self._move(Cause.SKIP)
                    self._end_step(Outcome.SKIPPED)
        except _Finish:
            return Outcome.ABORTED
        return next((each for each in (Outcome.ERROR, Outcome.SKIPPED) if each in self.done), Outcome.PASSED)

    def _arrive(self, index: int) -> None:
        self.step, self.since, self._still, self._still_since = index, self._clock(), 0.0, self._clock()
        self.outcome, self.shown_hint, self.hints_given, self.problem = None, None, 0, None
        self._attempts, self._skipped = 0, False
        step = self._step
        self._tell(EventKind.STEP_BEGUN, {"id": step.id, "do": step.do, "stage": step.stage})

    async def _one_step(self) -> None:
        if self._held or self.step in self._hold_at:
            self._held = False
            await self._do(lambda: self._wait(Cause.WAIT, _("Your teacher will let you go on.")))
        met: Counter[str] = Counter()
        trouble: LabError | Outcome | None = None
        while True:
            try:
                if trouble is not None and await self._recover(trouble, met) is Recovery.FAIL:
                    return
                result = await self._do(lambda: run_step(self._step, self._context()))
            except LabError as error:
                trouble = error
                continue
            self._judge(result)
            if result.outcome is Outcome.PASSED:
                return
            trouble = result.outcome

    async def _recover(self, trouble: LabError | Outcome, met: Counter[str]) -> Recovery:
        """Do what the recovery policy says, until the step may begin again (or, after FAIL, is given up)."""
        kind = kind_of(trouble)
        met[kind] += 1
        recovery = decide(self._step, trouble, met[kind])
        if isinstance(trouble, LabError):
            self.problem = trouble
            if recovery in (Recovery.TEACHER, Recovery.FAIL):
                met[kind] = 0  # a person looks at it: what comes after is counted afresh
                self._attempts += 1
                self._end_step(Outcome.ERROR, error=trouble.as_data())
            if self._step.moves and recovery is not Recovery.RELEASE:
                await rest(self._bench)
        match recovery:
            case Recovery.RETRY:
                self.say(_("Trying once more."))
            case Recovery.HINT:
                self.hint()
                line = _("Not yet. Read the hint, change something, then try again.")
                await self._do(lambda: self._wait(Cause.WAIT, line))
            case Recovery.TEACHER if isinstance(trouble, LabError):
                line = _("This is not your mistake. Your teacher looks at the device.")
                await self._do(lambda: self._wait(Cause.WAIT, line))
            case Recovery.TEACHER:
                line = _("Not yet. Ask your teacher, then try again.")
                await self._do(lambda: self._wait(Cause.WAIT, line))
            case Recovery.DEVICE:
                await self._do(self._come_back)
            case Recovery.RELEASE:
                line = _("%(why)s. Go on when your teacher says so.", why=self.problem.message if self.problem else "")
                await self._do(lambda: self._wait(Cause.STOP, line))
                self._asked_for = False  # a stop is followed by an announcement, whoever asked
            case Recovery.FAIL:
                line = _("This step cannot be done here. Your teacher will let you go on.")
                await self._do(lambda: self._wait(Cause.WAIT, line))
        self.problem = None
        return recovery

    async def _do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Carry out some work that a press may cut short; a pause begins it anew afterwards.

        Raises:
            LabError: As the work raises, and for what nobody foresaw.
        """
        while True:
            await self._while_paused()
            if self._finished:
                raise _Finish
            if self._skipped:
                raise _Skip
            if self._stopped:
                self._stopped = False
                raise Stopped(_("Everything was stopped"), hint=_("Go on once your teacher has released it."))
            self._cut = False
            task = self._work = asyncio.create_task(work())
            try:
                await asyncio.wait({task})
            finally:
                self._work = None
                if not task.done():
                    task.cancel()
                    await asyncio.wait({task}, timeout=REST_LIMIT)
            if task.cancelled():
                await rest(self._bench)
                if self._cut:
                    continue
                raise LabError(_("The step was broken off"), hint=_("Try again."))
            error = task.exception()
            if isinstance(error, Exception) and not isinstance(error, LabError):
                log.error("step %s of %s broke off", self._step.id, self.plan.id, exc_info=error)
                raise unexpected(error)
            return task.result()

    def _cut_short(self) -> None:
        self._woken.set()
        if self._work is not None:
            self._cut = True
            self._work.cancel()

    async def _while_paused(self) -> None:
        while self._paused and not self._skipped and not self._finished:
            if self.state is not TeamState.PAUSED:
                self._move(Cause.PAUSE)
                self.say(_("Paused. The step begins again afterwards."))
            self._woken.clear()
            await self._woken.wait()
        if self.state is TeamState.PAUSED and not self._paused:
            self._move(Cause.RESUME)

    async def _wait(self, cause: Cause, line: Text) -> None:
        """Wait until a person goes on."""
        self._go.clear()
        self._move(cause)
        self.say(line)
        await self._go.wait()
        self._asked_for = True
        self._move(Cause.GO_ON)

    async def _come_back(self) -> None:
        """Wait for the device of this step; what it then does by itself is announced."""
        self._move(Cause.LOSE)
        self.say(_("There is no connection to the device. Check its cable and its switch."))
        try:
            if (place := self._step.place) is not None:
                await self._bench.back(place)
                device, seconds = self._bench.device(place).name, round(self._announce_seconds)
                self.say(
                    _("%(device)s is back. The step begins again in %(seconds)s s.", device=device, seconds=seconds)
                )
                await asyncio.sleep(self._announce_seconds)
                self._asked_for = True  # it was announced just now
        except LabError:
            self._move(Cause.BACK)
            raise
        self._move(Cause.BACK)

    def _context(self) -> Context:
        asked_for, self._asked_for = self._asked_for, False

        async def announce(place: str) -> None:
            if not asked_for:
                device = self._bench.device(place).name
                seconds = round(self._announce_seconds)
                self.say(_("%(device)s moves in %(seconds)s s. Hands off.", device=device, seconds=seconds))
                await asyncio.sleep(self._announce_seconds)

        return Context(self._bench, self._clock, self.say, lambda line: self._wait(Cause.WAIT, line), announce)

    # What is told.

    @property
    def _step(self) -> Step:
        return self.plan.steps[self.step]

    def say(self, line: Text) -> None:
        """Show the team what happens now."""
        if line != self.line:
            self.line = line
            self._tell(EventKind.LINE, {"line": as_data(line)})

    def _judge(self, result: Result) -> None:
        self._attempts += 1
        if result.sentence:
            evidence = Evidence(
                step=self.step,
                outcome=result.outcome,
                at=self._clock(),
                sentence=result.sentence,
                measured=result.measured,
                origin=result.origin,
                attempt=self._attempts,
                hints=self.hints_given,
            )
            self.evidence.append(evidence)
            self._tell(EventKind.EVIDENCE, evidence.as_data())
        self._end_step(result.outcome)

    def _end_step(self, outcome: Outcome, **more: Any) -> None:
        self.outcome = self.done[self.step] = outcome
        self._tell(
            EventKind.OUTCOME,
            {"outcome": str(outcome), "attempt": self._attempts, "hints": self.hints_given, **more},
        )

    def _move(self, cause: Cause) -> None:
        before, self.state = self.state, after(self.state, cause)
        if before in STILL and self.state not in STILL:
            self._still += self._clock() - self._still_since
        elif self.state in STILL and before not in STILL:
            self._still_since = self._clock()
        if self.state is not before:
            self._tell(EventKind.STATE, {"state": str(self.state)})

    def _tell(self, kind: EventKind, data: Mapping[str, Any]) -> None:
        self._record(RunEvent(kind, self.step, data, self._clock()))
