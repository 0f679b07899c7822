"""A serial port as a link: a thread that reads, a thread that writes, and nothing that blocks the loop."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from devices.errors import DeviceLost, LabError, NoAnswer, unexpected
from devices.text import _
from devices.transports import refusals
from devices.transports.link import OPEN_WITHIN, STUCK_AFTER, Link
from devices.transports.outbox import Outbox, OutboxFull
from devices.transports.usb import plugged_in

LEAVE_WITHIN: Final = 1.0  # seconds that closing may take
LOOK_UP: Final = 1.0  # seconds; only where a read cannot be woken (rfc2217) does it look up to see whether to end
PTY_MAJORS: Final = range(136, 144)  # Linux, Documentation/admin-guide/devices.txt: Unix98 pty slaves


class SerialLink(Link):
    """A serial port of this computer, or a remote one by RFC 2217.

    ``find`` gives the port's path or pyserial URL; it is asked at each opening, so that a board that was plugged
    into another socket is found again.
    """

    def __init__(self, name: str, find: Callable[[], str], *, baud: int) -> None:
        self._name = name
        self._find = find
        self._baud = baud
        self._port: _Port | None = None

    async def open(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[LabError], None]) -> None:
        await self.close()
        self._port = port = _Port(self._name, self._find, self._baud, on_bytes, on_lost)
        try:
            await port.open()
        except BaseException:
            self._port = None
            port.leave()
            raise

    def send(self, frame: bytes) -> None:
        if self._port is None:
            raise DeviceLost(_("%(name)s is not connected", name=self._name), device=self._name)
        self._port.send(frame)

    def discard(self) -> int:
        return self._port.discard() if self._port else 0

    async def flushed(self, seconds: float) -> None:
        if self._port is None:
            raise DeviceLost(_("%(name)s is not connected", name=self._name), device=self._name)
        await self._port.flushed(seconds)

    async def close(self, *, drop: bool = False) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.close(drop=drop)


class _Port:
    """One opening of a port, with its two threads. Methods are the loop's; ``_read`` and ``_write`` the threads'."""

    def __init__(
        self,
        name: str,
        find: Callable[[], str],
        baud: int,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[LabError], None],
    ) -> None:
        self._name, self._find, self._baud = name, find, baud
        self._on_bytes, self._on_lost = on_bytes, on_lost
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._drained: list[asyncio.Future[None]] = []
        self._changed = threading.Condition()  # guards the six below
        self._outbox = Outbox(baud)
        self._leaving = False
        self._begun = b""  # the rest of what was begun, for the writer to complete
        self._writing_since: float | None = None
        self._lost: LabError | None = None
        self._drop = False
        self._port: Any = None

    # -- the loop's side

    async def open(self) -> None:
        threading.Thread(target=self._read, name=f"serial read {self._name}", daemon=True).start()
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                await asyncio.shield(self._opened)
        except TimeoutError:
            raise NoAnswer(
                _("The port of %(name)s does not open", name=self._name),
                device=self._name,
                hint=_("Unplug the board, wait a moment and plug it in again."),
            ) from None
        finally:
            self._opened.add_done_callback(_seen)

    def send(self, frame: bytes) -> None:
        with self._changed:
            if self._lost is None and self._stuck():
                self._lose(self._takes_nothing())
            if self._lost is not None:
                raise DeviceLost(self._lost.message, device=self._name, hint=self._lost.hint)
            try:
                self._outbox.put(frame)
            except OutboxFull:
                raise _too_fast(self._name) from None
            if not self._write_at_once():
                self._changed.notify()

    def _write_at_once(self) -> bool:
        """Hand over what the wire has time for, without the writer, where the system takes it without blocking.

        It saves a change of threads for each command. What is not taken whole is left to the writer.
        """
        descriptor: int | None = getattr(self._port, "fd", None)  # pyserial's POSIX ports, which do not block
        if descriptor is None or self._writing_since is not None or self._begun or self._leaving:
            return False
        batch = self._outbox.batch()
        try:
            count = os.write(descriptor, batch) if batch else 0
        except OSError:
            count = 0  # full, or gone: the writer finds out
        self._begun = batch[count:]
        self._tell_drained()
        return not self._begun and not len(self._outbox)

    def discard(self) -> int:
        with self._changed:
            return self._outbox.discard()

    async def flushed(self, seconds: float) -> None:
        waiter = self._loop.create_future()
        with self._changed:
            if self._lost is not None:
                raise DeviceLost(self._lost.message, device=self._name, hint=self._lost.hint)
            if len(self._outbox) or self._begun or self._writing_since is not None:
                self._drained.append(waiter)
            else:
                waiter.set_result(None)
        try:
            async with asyncio.timeout(seconds):
                await waiter
                await asyncio.sleep(self._outbox.carried_in)
        except TimeoutError:
            raise NoAnswer(self._takes_nothing().message, device=self._name) from None
        finally:
            with self._changed, contextlib.suppress(ValueError):
                self._drained.remove(waiter)

    def leave(self) -> None:
        """Tell both threads to end, without waiting for them."""
        with self._changed:
            self._leaving = True
            self._changed.notify()
            port = self._port
        _cancel(port)

    async def close(self, *, drop: bool) -> None:
        self._drop = self._drop or drop
        self._on_bytes, self._on_lost = _nothing, _nothing
        self.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN):
                await asyncio.shield(self._ended)

    def _stuck(self) -> bool:
        return self._writing_since is not None and time.monotonic() - self._writing_since > STUCK_AFTER

    def _takes_nothing(self) -> LabError:
        return NoAnswer(
            _("%(name)s takes no more data", name=self._name),
            device=self._name,
            hint=_("Unplug it and plug it in again, or press its reset button."),
        )

    def _report_lost(self, error: LabError) -> None:
        for waiter in self._drained:
            if not waiter.done():
                waiter.set_exception(error)
        if self._opened.done():
            self._on_lost(error)
        else:
            self._opened.set_exception(error)

    # -- the threads' side

    def _post(self, call: Callable[..., Any], *values: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to tell
            self._loop.call_soon_threadsafe(call, *values)

    def _lose(self, error: LabError) -> None:
        """The first reason counts. Called by either side, with or without the lock."""
        with self._changed:
            if self._leaving:
                return
            self._lost, self._leaving = error, True
            self._changed.notify()
        self._post(self._report_lost, error)
        _cancel(self._port)

    def _read(self) -> None:
        writer = threading.Thread(target=self._write, name=f"serial write {self._name}", daemon=True)
        try:
            port = self._open()
            if port is not None:
                writer.start()
                self._post(_settle, self._opened)
                self._listen(port)
        except LabError as error:
            self._lose(error)
        except Exception as error:
            self._lose(self._broken(error))
        finally:
            self._end(writer)

    def _open(self) -> Any:
        port = open_port(self._find(), self._baud, name=self._name)
        with self._changed:
            self._port = port
            return None if self._leaving else port

    def _listen(self, port: Any) -> None:
        while not self._leaving:
            data = port.read(1)
            if data and (more := port.in_waiting):
                data += port.read(more)
            if data:
                self._post(self._deliver, data)

    def _deliver(self, data: bytes) -> None:
        self._on_bytes(data)

    def _write(self) -> None:
        port = self._port
        try:
            while batch := self._next():
                port.write(batch)
                self._written()
        except LabError as error:
            self._lose(error)
        except Exception as error:
            timed_out = type(error).__name__ == "SerialTimeoutException"
            self._lose(self._takes_nothing() if timed_out else self._broken(error))

    def _next(self) -> bytes:
        with self._changed:
            while not self._leaving and not self._begun and (seconds := self._outbox.ready_in) > 0:
                self._changed.wait(None if seconds == math.inf else seconds)
            if self._leaving:
                return b""
            self._writing_since = time.monotonic()
            begun, self._begun = self._begun, b""
            return begun or self._outbox.batch()

    def _written(self) -> None:
        with self._changed:
            self._writing_since = None
            self._tell_drained()

    def _tell_drained(self) -> None:
        if not len(self._outbox) and not self._begun:
            for waiter in self._drained:
                self._post(_settle, waiter)

    def _end(self, writer: threading.Thread) -> None:
        with self._changed:
            self._leaving = True
            self._changed.notify()
        if self._port is not None:
            _cancel(self._port)
            if writer.is_alive():
                writer.join(LEAVE_WITHIN)
            remote = getattr(self._port, "_socket", None)  # pyserial 3.5 leaves it open where its far end hung up
            with contextlib.suppress(Exception):
                if remote is None and (self._lost is not None or self._drop):
                    self._port.reset_output_buffer()  # else closing waits up to 30 s for a wire that takes nothing
            with contextlib.suppress(Exception):
                self._port.close()
            if remote is not None:
                remote.close()
        self._post(_settle, self._ended)

    def _broken(self, error: Exception) -> LabError:
        if not isinstance(error, (OSError, TypeError, AttributeError)):  # pyserial, when a port closes under it
            return unexpected(error, device=self._name)
        lost = DeviceLost(
            _("%(name)s was unplugged or switched off", name=self._name),
            device=self._name,
            hint=_("Plug it in again; it comes back by itself."),
        )
        lost.__cause__ = error
        return lost


def open_port(where: str, baud: int, *, name: str) -> Any:
    """Open a port by its path or pyserial URL, for this program alone.

    Raises:
        PortMissing, PortBusy, PortForbidden: It does not open, and why.
    """
    import serial  # here, so that a lab of simulated robots needs no serial port at all

    local = "://" not in where
    if local and not _is_pty(where) and refusals.holder(where):
        raise refusals.busy(name, where)
    try:
        if local:
            return serial.Serial(where, baud, write_timeout=STUCK_AFTER, exclusive=True)
        return serial.serial_for_url(where, baud, timeout=LOOK_UP)  # its write timeout is not implemented
    except OSError as error:
        if local:
            raise refusals.refused(error, name=name, path=where, ports=plugged_in()) from error
        raise refusals.unreachable(name, where) from error


def _is_pty(path: str) -> bool:
    """Whether it is a pty, whose far end often keeps the near end open itself."""
    try:
        return sys.platform == "linux" and os.major(os.stat(path).st_rdev) in PTY_MAJORS
    except OSError:
        return False


def _too_fast(name: str) -> DeviceLost:
    return DeviceLost(_("%(name)s is sent more than its wire can carry", name=name), device=name)


def _cancel(port: Any) -> None:
    for end in ("cancel_read", "cancel_write"):
        with contextlib.suppress(Exception):  # it may be closing in its thread at this moment
            getattr(port, end, _nothing)()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _seen(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


def _nothing(*_values: object) -> None:
    """For callbacks that nobody waits for any more."""
