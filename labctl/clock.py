"""The time: always UTC inside, and distrusted where the journal knows better.

A Raspberry Pi without a battery starts with the time at which it was switched off. Whatever goes by the clock (timed
starts, purges, quota resets) is held until a teacher has confirmed the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SLACK = timedelta(minutes=2)
"""How far the clock may be behind the newest event: a time server may set a clock back by this much."""

CONFIRMED = "clock.confirmed"
"""The setting that says up to which event, and at what time, a teacher confirmed the clock."""


def now() -> datetime:
    """The time by the system clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ClockGuard:
    """Whether timed things are held. ``behind`` is how far the clock is behind the newest event, 0 where it is not."""

    held: bool
    behind: timedelta = timedelta(0)


def guard(latest: datetime | None, at: datetime, *, slack: timedelta = SLACK) -> ClockGuard:
    """Judge the clock.

    Args:
        latest: The latest time that the journal knows, or None in a lab where nothing has happened.
        at: The time by the clock.
        slack: How far it may be behind.
    """
    if latest is None or at >= latest:
        return ClockGuard(held=False)
    return ClockGuard(held=latest - at > slack, behind=latest - at)


def latest_known(session: Session) -> datetime | None:
    """The latest time in the journal since the clock was last confirmed, or the time at which that was.

    It is the latest and not that of the newest event: events written while the clock is wrong prove nothing.
    """
    from sqlalchemy import func, select

    from labctl.store.models import EventRow
    from labctl.store.settings import setting

    confirmed = setting(session, CONFIRMED)
    query = select(func.max(EventRow.at))
    if confirmed is None:
        return session.scalar(query)
    confirmed_at = datetime.fromisoformat(confirmed["at"])
    latest = session.scalar(query.where(EventRow.seq > confirmed["seq"]))
    return confirmed_at if latest is None else max(latest, confirmed_at)


def read_guard(session: Session, at: datetime) -> ClockGuard:
    """Judge the clock by the journal, inside ``Store.read``."""
    return guard(latest_known(session), at)


def confirm(session: Session, at: datetime) -> None:
    """Take the clock's time as right: a teacher says so. Inside ``Store.write``; what is timed goes on from here."""
    from labctl.store.journal import last
    from labctl.store.settings import put_setting

    newest = last(session)
    put_setting(session, CONFIRMED, {"seq": newest.seq if newest else 0, "at": at.isoformat()})
