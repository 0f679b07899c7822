"""The journal: what happened in the lab, numbered when it is on disk and told to others only then."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session
from ulid import ULID

from devices.errors import BadValue
from devices.text import _
from labctl.clock import now
from labctl.store.models import EventRow

MOST_AT_ONCE = 1000
"""Events in one answer of :func:`since`; who wants more asks again."""

log = logging.getLogger(__name__)


def new_id() -> str:
    """A fresh id that sorts by time."""
    return str(ULID())


@dataclass(frozen=True)
class Event:
    """Something that happened.

    ``person`` is a person's id; names never go into ``data``, nor does what a child wrote, for events are kept when
    people are erased. ``data`` is JSON; a sentence in it is written by ``devices.text.as_data``. ``seq`` and ``lab``
    are filled in at commit; ``seq`` stays 0 for an event that could not be written down.
    """

    kind: str
    device: str | None = None
    team: int | None = None
    run: str | None = None
    person: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: datetime = field(default_factory=now)
    id: str = field(default_factory=new_id)
    lab: str = ""
    seq: int = 0


def checked(event: Event) -> Event:
    """The event, if it can be written down.

    Raises:
        BadValue: Its data is not JSON, a text is not Unicode, or its time has no zone.
    """
    try:
        what = [event.kind, event.device, event.team, event.run, event.person, dict(event.data)]
        json.dumps(what, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadValue(
            _("The event %(kind)s cannot be written down: %(why)s", kind=event.kind, why=str(error))
        ) from error
    if event.at.tzinfo is None:
        raise BadValue(_("The event %(kind)s has a time without a zone", kind=event.kind))
    return event


def record(session: Session, *events: Event) -> tuple[Event, ...]:
    """Write events down in the transaction of ``session``, which also writes what they speak of.

    They are told to subscribers after its commit. Called inside ``Store.write``.

    Returns:
        The events with their numbers, which hold if the transaction commits.
    """
    if not events:
        return ()
    numbered = number(session, [checked(event) for event in events])
    session.info.setdefault("recorded", []).extend(numbered)
    return numbered


def number(session: Session, events: Sequence[Event]) -> tuple[Event, ...]:
    """Number events and insert them. The write lock is held, so that the numbers are ours."""
    seq = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'event'")) or 0
    lab = session.info["lab"]
    numbered = tuple(replace(event, seq=seq + place, lab=lab) for place, event in enumerate(events, start=1))
    session.execute(
        insert(EventRow),
        [
            {
                "seq": event.seq,
                "id": event.id,
                "lab": event.lab,
                "at": event.at,
                "kind": event.kind,
                "device": event.device,
                "team": event.team,
                "run": event.run,
                "person": event.person,
                "data": dict(event.data),
            }
            for event in numbered
        ],
    )
    return numbered


def recorded(session: Session) -> tuple[Event, ...]:
    """What :func:`record` wrote in the transaction of ``session``."""
    return tuple(session.info.get("recorded", ()))


def since(session: Session, seq: int, limit: int = MOST_AT_ONCE) -> tuple[Event, ...]:
    """The events after number ``seq``, oldest first, at most ``limit`` and never more than a thousand."""
    limit = max(0, min(limit, MOST_AT_ONCE))
    rows = session.scalars(select(EventRow).where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit))
    return tuple(_event(row) for row in rows)


def last(session: Session) -> Event | None:
    """The newest event, or None in a lab where nothing has happened."""
    row = session.scalars(select(EventRow).order_by(EventRow.seq.desc()).limit(1)).first()
    return None if row is None else _event(row)


def _event(row: EventRow) -> Event:
    return Event(
        kind=row.kind,
        device=row.device,
        team=row.team,
        run=row.run,
        person=row.person,
        data=row.data,
        at=row.at,
        id=row.id,
        lab=row.lab,
        seq=row.seq,
    )


class Subscribers:
    """Who is told of events: each on its own loop, in the order of their numbers.

    ``subscribe`` is called on the loop that wants them (the hub's); ``publish`` from the writer's thread. What waits
    on a loop is bounded by the writer's queue: a loop that is blocked makes no new events.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[object, tuple[asyncio.AbstractEventLoop, Callable[[Event], None]]] = {}

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``on_event`` on the running loop for each event, until the returned function is called."""
        key = object()
        with self._lock:
            self._told[key] = (asyncio.get_running_loop(), on_event)

        def unsubscribe() -> None:
            with self._lock:
                self._told.pop(key, None)

        return unsubscribe

    def publish(self, events: Sequence[Event]) -> None:
        """Tell everyone. Never raises: a subscriber that fails is logged, one whose loop has ended is dropped."""
        if not events:
            return
        with self._lock:
            told = list(self._told.items())
        for key, (loop, on_event) in told:
            try:
                loop.call_soon_threadsafe(self._tell, key, on_event, events)
            except RuntimeError:  # the loop has ended
                with self._lock:
                    self._told.pop(key, None)

    def _tell(self, key: object, on_event: Callable[[Event], None], events: Sequence[Event]) -> None:
        for event in events:
            if key not in self._told:
                return
            try:
                on_event(event)
            except Exception:
                log.exception("a subscriber failed on event %s %s", event.seq, event.kind)
