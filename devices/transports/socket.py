"""A TCP connection as a link: a serial server, or a simulated board; no thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final, cast

from devices.errors import DeviceLost, LabError, NoAnswer
from devices.text import _
from devices.transports import refusals
from devices.transports.link import OPEN_WITHIN, STUCK_AFTER, Link
from devices.transports.outbox import Outbox, OutboxFull

ABORTED: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # struct linger: on, no seconds
LEAVE_WITHIN: Final = 0.25  # seconds that what was handed over may still take at closing


class SocketLink(Link):
    """Raw bytes over TCP. ``baud`` is the wire behind it, which is not run ahead of."""

    def __init__(self, name: str, host: str, port: int, *, baud: int) -> None:
        self._name, self._host, self._tcp_port, self._baud = name, host, port, baud
        self._stream: _Stream | None = None

    async def open(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[LabError], None]) -> None:
        await self.close()
        loop = asyncio.get_running_loop()
        stream = _Stream(self._name, Outbox(self._baud), on_bytes, on_lost)
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                await loop.create_connection(lambda: stream, self._host, self._tcp_port)
        except OSError as error:  # TimeoutError is one
            raise refusals.unreachable(self._name, f"{self._host}:{self._tcp_port}") from error
        self._stream = stream

    def send(self, frame: bytes) -> None:
        self._open_stream().send(frame)

    def discard(self) -> int:
        return self._stream.discard() if self._stream else 0

    async def flushed(self, seconds: float) -> None:
        await self._open_stream().flushed(seconds)

    async def close(self, *, drop: bool = False) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close(drop=drop)

    def _open_stream(self) -> _Stream:
        if self._stream is None:
            raise DeviceLost(_("%(name)s is not connected", name=self._name), device=self._name)
        return self._stream


class _Stream(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        name: str,
        outbox: Outbox,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[LabError], None],
    ) -> None:
        self._name, self._outbox = name, outbox
        self._on_bytes, self._on_lost = on_bytes, on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._lost: LabError | None = None
        self._closing = False
        self._blocked = False  # the system takes nothing at the moment
        self._timer: asyncio.TimerHandle | None = None  # for the wire to catch up
        self._alarm: asyncio.TimerHandle | None = None  # for a system that takes nothing
        self._drained: list[asyncio.Future[None]] = []
        self._ended: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        if not self._closing and self._lost is None:
            self._on_bytes(data)

    def pause_writing(self) -> None:
        self._blocked = True
        self._alarm = self._loop.call_later(STUCK_AFTER, self._takes_nothing)

    def resume_writing(self) -> None:
        self._blocked = False
        if self._alarm:
            self._alarm.cancel()
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        lost = DeviceLost(
            _("%(name)s closed the connection", name=self._name),
            device=self._name,
            hint=_("Switch it on again; it comes back by itself."),
        )
        lost.__cause__ = exc
        self._lose(lost)
        for timer in (self._timer, self._alarm):
            if timer:
                timer.cancel()
        if not self._ended.done():
            self._ended.set_result(None)

    def send(self, frame: bytes) -> None:
        if self._lost is not None:
            raise DeviceLost(self._lost.message, device=self._name, hint=self._lost.hint)
        try:
            self._outbox.put(frame)
        except OutboxFull:
            message = _("%(name)s is sent more than its wire can carry", name=self._name)
            raise DeviceLost(message, device=self._name) from None
        self._pump()

    def discard(self) -> int:
        return self._outbox.discard()

    async def flushed(self, seconds: float) -> None:
        waiter = self._loop.create_future()
        if self._lost is not None:
            raise DeviceLost(self._lost.message, device=self._name, hint=self._lost.hint)
        self._drained.append(waiter)
        self._pump()
        try:
            async with asyncio.timeout(seconds):
                await waiter
                await asyncio.sleep(self._outbox.carried_in)
        except TimeoutError:
            raise NoAnswer(_("%(name)s takes no more data", name=self._name), device=self._name) from None
        finally:
            with contextlib.suppress(ValueError):
                self._drained.remove(waiter)

    async def close(self, *, drop: bool) -> None:
        self._closing = True
        if self._transport is None:
            return
        if drop:
            self._drop()
        else:
            self._transport.close()
        try:
            async with asyncio.timeout(LEAVE_WITHIN):
                await asyncio.shield(self._ended)
        except TimeoutError:
            self._transport.abort()
            await asyncio.shield(self._ended)

    def _pump(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while not self._blocked and self._transport is not None and (batch := self._outbox.batch()):
            self._transport.write(batch)
        seconds = self._outbox.ready_in
        if len(self._outbox) and not self._blocked and seconds != math.inf:
            self._timer = self._loop.call_later(seconds, self._pump)
        if not len(self._outbox) and not self._blocked:
            for waiter in self._drained:
                if not waiter.done():
                    waiter.set_result(None)

    def _takes_nothing(self) -> None:
        self._lose(
            NoAnswer(
                _("%(name)s takes no more data", name=self._name),
                device=self._name,
                hint=_("Unplug it and plug it in again, or press its reset button."),
            )
        )
        self._drop()

    def _drop(self) -> None:
        """End the connection at once, and with it what the system has not delivered."""
        if self._transport is None or self._ended.done():
            return
        raw = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it has ended by itself at this moment
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTED)
        self._transport.abort()

    def _lose(self, error: LabError) -> None:
        if self._lost is not None:
            return
        self._lost = error
        for waiter in self._drained:
            if not waiter.done():
                waiter.set_exception(error)
        if not self._closing:
            self._on_lost(error)
