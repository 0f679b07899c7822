"""A run as it is kept in the store: written after everything that happens, found again after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.text import as_data, from_data
from labctl.store.models import RunRow, TeamRunRow
from labctl.store.store import Store
from labctl.views import EvidenceView, Outcome


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
    """A run as the store has it."""

    id: str
    lesson: str
    version: int
    state: str
    minutes: int
    started_at: datetime
    teams: list[KeptTeam] = field(default_factory=list[KeptTeam])


class RunKeeper:
    """Writes runs down and finds the one that was under way."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, run: KeptRun, *, by: str) -> None:
        """Write a new run down."""

        def write(session: Session) -> None:
            session.add(
                RunRow(
                    id=run.id,
                    lesson=run.lesson,
                    version=str(run.version),
                    state=run.state,
                    minutes=run.minutes,
                    started_at=run.started_at,
                    ended_at=None,
                    started_by=by or None,
                )
            )
            session.flush()
            for team in run.teams:
                session.add(_row(run.id, team))

        await self._store.write(write)

    async def save(self, run: str, team: KeptTeam) -> None:
        """Write down where a team is."""
        await self._store.write(lambda session: _merge(session, run, team))

    async def become(self, run: str, state: str) -> None:
        """Write down the state of a run."""
        await self._store.write(lambda session: _set_state(session, run, state, None))

    async def end(self, run: str, state: str, at: datetime) -> None:
        """Write down that a run is over."""
        await self._store.write(lambda session: _set_state(session, run, state, at))

    async def find_open(self) -> KeptRun | None:
        """The newest run that was never ended, marked as interrupted."""
        return await self._store.write(_interrupted)


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


def _merge(session: Session, run: str, team: KeptTeam) -> None:
    session.merge(_row(run, team))


def _set_state(session: Session, run: str, state: str, ended_at: datetime | None) -> None:
    row = session.get(RunRow, run)
    if row is not None:
        row.state, row.ended_at = state, ended_at


def _interrupted(session: Session) -> KeptRun | None:
    row = session.scalars(
        select(RunRow).where(RunRow.ended_at.is_(None)).order_by(RunRow.started_at.desc()).limit(1)
    ).first()
    if row is None:
        return None
    row.state = "interrupted"
    teams = session.scalars(select(TeamRunRow).where(TeamRunRow.run == row.id).order_by(TeamRunRow.team)).all()
    return KeptRun(
        row.id, row.lesson, int(row.version), row.state, row.minutes, row.started_at, [_kept(team) for team in teams]
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
