"""The way from other threads to the hub: every call has a deadline, and some work outlives its caller's patience."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from devices.errors import LabError, NoAnswer
from devices.text import _
from labctl.hub import Hub

T = TypeVar("T")


class Portal:
    """Calls onto the hub's loop from the threads of web and CLI."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def ask(self, work: Callable[[], Coroutine[Any, Any, T]], *, seconds: float) -> T:
        """Run ``work`` on the hub; when the caller's time is up, the work is cancelled.

        For reads and single moves.

        Raises:
            NoAnswer: The hub did not finish in time.
            LabError: What the work raised.
        """
        loop = self._hub.loop
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        try:
            return future.result(seconds)
        except concurrent.futures.TimeoutError as error:
            if future.done() and not future.cancelled():
                raise
            future.cancel()
            raise _late(seconds) from error
        except BaseException:
            future.cancel()  # Ctrl-C: nobody waits for it any more
            raise

    def hand_over(self, work: Callable[[], Coroutine[Any, Any, T]], *, seconds: float, name: str) -> T:
        """Run ``work`` on the hub, which owns it: when the caller's time is up, only the waiting ends.

        For stop, and for whatever is written ahead.

        Raises:
            NoAnswer: The hub did not finish in time; it goes on.
            LabError: What the work raised.
        """

        async def owned() -> T:
            return await asyncio.shield(self._hub.spawn(work(), name=name))

        loop = self._hub.loop
        future = asyncio.run_coroutine_threadsafe(owned(), loop)
        try:
            return future.result(seconds)
        except concurrent.futures.TimeoutError as error:
            if future.done() and not future.cancelled():
                raise
            raise _late(seconds) from error

    def tell(self, act: Callable[[], T], *, seconds: float) -> T:
        """Run a plain function on the hub's loop and return what it returns."""

        async def once() -> T:
            return act()

        return self.ask(once, seconds=seconds)


def _late(seconds: float) -> LabError:
    return NoAnswer(
        _("The lab did not answer within %(seconds)s s", seconds=f"{seconds:g}"),
        hint=_("Look at the robots. If this happens again, restart labctl."),
    )
