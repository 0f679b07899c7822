"""What the lab tells its pages: durable events, numbered at commit, and frames of what moves too fast to keep."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """Something changed. ``kind`` is ``event`` or ``frame``.

    An event has its name in ``topic`` (such as ``device.lost`` or ``stop.pressed``) and its number in ``seq``; None
    where it could not be kept. A frame has ``data``: ``{device: {sensor: value}}``, with the newest value of what
    changed; under ``pose`` a simulated robot has ``(x, y, heading)``.
    """

    kind: str
    topic: str = ""
    seq: int | None = None
    device: str | None = None
    team: int | None = None
    run: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Changes:
    """Those who listen to the lab. Listeners are called on the hub's loop and must not wait for anything."""

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[Change], None]] = {}

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``listener`` for each change until the returned function is called. From any thread."""
        key = object()
        self._listeners = {**self._listeners, key: listener}

        def unsubscribe() -> None:
            self._listeners = {k: each for k, each in self._listeners.items() if k is not key}

        return unsubscribe

    def publish(self, change: Change) -> None:
        """Tell everyone; a listener that fails is logged and keeps nobody else from hearing."""
        for listener in self._listeners.values():
            try:
                listener(change)
            except Exception:
                log.exception("a listener failed on %s %s", change.kind, change.topic)
