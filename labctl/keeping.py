"""A run as it is kept in the store: written after everything that happens, found again after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.errors import LabError
from devices.text import as_data, from_data
from labctl.store.models import RunRow, TeamRunRow
from labctl.store.store import Store
from labctl.views import EvidenceView, Outcome

RETRY_SECONDS = 2.0
"""How soon what could not be written is tried again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptTeam:
    """One team of a kept run. ``steps`` has what each step came to, empty where it has come to nothing yet."""

    team: int
    step: int
    state: str
    outcome: str | None
    hints_given: int
    bench: Mapping[str, str]
    steps: list[str]
    evidence: list[EvidenceView]


@dataclass(frozen=True)
class KeptRun:
    """A run as the store has it. ``ended_at`` is None while it is under way; ``version`` is that of the lesson."""

    id: str
    lesson: str
    version: str
    state: str
    minutes: int
    started_at: datetime
    started_by: str | None = None
    ended_at: datetime | None = None
    teams: list[KeptTeam] = field(default_factory=list[KeptTeam])


class RunKeeper:
    """Keeps the newest state of runs in the store, and finds the one that was under way.

    What cannot be written (a full disk) is tried again until it can: a lesson that began on a full disk is not lost,
    and one that ended on it does not come back. Used on the hub's loop.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, KeptRun] = {}
        self._stirred = asyncio.Event()
        self._writing = asyncio.Lock()

    def put(self, run: KeptRun) -> None:
        """Take the newest state of a run; it replaces what waits of the same run."""
        self._waiting[run.id] = run
        self._stirred.set()

    async def keep(self) -> None:
        """Write down what comes in, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if not await self.flush():
                await asyncio.sleep(RETRY_SECONDS)
                self._stirred.set()

    async def flush(self) -> bool:
        """Write down what waits, after what is being written already; whether all of it is on disk now."""
        async with self._writing:
            writing, self._waiting = self._waiting, {}
            try:
                for run in writing.values():
                    await self._store.write(partial(_write, run=run))
            except LabError as error:
                log.warning("the run cannot be written down yet: %s", error)
                self._waiting = writing | self._waiting
                return False
            return True

    async def find_open(self) -> KeptRun | None:
        """The newest run that was never ended; None where every one was."""
        return await self._store.read(_open_run)


def _write(session: Session, run: KeptRun) -> None:
    session.merge(
        RunRow(
            id=run.id,
            lesson=run.lesson,
            version=run.version,
            state=run.state,
            minutes=run.minutes,
            started_at=run.started_at,
            ended_at=run.ended_at,
            started_by=run.started_by,
        )
    )
    session.flush()
    for team in run.teams:
        session.merge(_row(run.id, team))


def _row(run: str, team: KeptTeam) -> TeamRunRow:
    return TeamRunRow(
        run=run,
        team=team.team,
        step=team.step,
        state=team.state,
        outcome=team.outcome,
        hints_given=team.hints_given,
        bench=dict(team.bench),
        steps=[
            {"outcome": outcome, "evidence": [_evidence_data(each) for each in team.evidence if each.step == step]}
            for step, outcome in enumerate(team.steps)
        ],
    )


def _open_run(session: Session) -> KeptRun | None:
    row = session.scalars(
        select(RunRow).where(RunRow.ended_at.is_(None)).order_by(RunRow.started_at.desc()).limit(1)
    ).first()
    if row is None:
        return None
    teams = session.scalars(select(TeamRunRow).where(TeamRunRow.run == row.id).order_by(TeamRunRow.team)).all()
    return KeptRun(
        id=row.id,
        lesson=row.lesson,
        version=row.version,
        state=row.state,
        minutes=row.minutes,
        started_at=row.started_at,
        started_by=row.started_by,
        teams=[_kept(team) for team in teams],
    )


def _kept(row: TeamRunRow) -> KeptTeam:
    return KeptTeam(
        team=row.team,
        step=row.step,
        state=row.state,
        outcome=row.outcome,
        hints_given=row.hints_given,
        bench={str(role): str(device) for role, device in row.bench.items()},
        steps=[str(step.get("outcome", "")) for step in row.steps],
        evidence=[_evidence(each) for step in row.steps for each in step.get("evidence", ())],
    )


def _evidence_data(evidence: EvidenceView) -> dict[str, Any]:
    return {
        "step": evidence.step,
        "outcome": str(evidence.outcome),
        "at": evidence.at.isoformat(),
        "sentence": as_data(evidence.sentence),
        "measured": [dict(each) for each in evidence.measured],
        "origin": evidence.origin,
        "attempt": evidence.attempt,
    }


def _evidence(data: Mapping[str, Any]) -> EvidenceView:
    return EvidenceView(
        step=int(data["step"]),
        outcome=Outcome(str(data["outcome"])),
        at=datetime.fromisoformat(str(data["at"])),
        sentence=from_data(data["sentence"]),
        measured=tuple(data["measured"]),
        origin=str(data["origin"]),
        attempt=int(data["attempt"]),
    )
