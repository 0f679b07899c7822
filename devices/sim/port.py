"""A simulated board's port: one loopback TCP socket that behaves as a serial port does."""

from __future__ import annotations

import asyncio
import contextlib
import math
import select
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

from devices.sim.faults import Fault, Line

CHUNK: Final = 4096  # bytes: what a computer's serial driver keeps for writing, and what is read at once here
UNSENT: Final = 65536  # bytes kept for a computer that does not read; a serial driver drops what is beyond, too
SOONEST: Final = 0.0005  # seconds; nothing is worth waking up for sooner
REFUSED: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # struct linger: on, no seconds
WHO: Final = 1.0  # seconds that a second computer waits at most until it is known whether the first has closed
TAKE_IN: Final = 0.001  # seconds between looks
REPLUG: Final = 0.1  # seconds between attempts to have the port again


def listen(port: int = 0) -> socket.socket:
    """A loopback socket that listens; a small buffer, so that writes to a board that does not read soon block."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        listener.bind(("127.0.0.1", port))
        listener.listen(4)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


class Port:
    """Serves one board to one computer at a time. All methods run on the loop that serves it.

    ``before`` is called with the time to which the board is about to be brought, ``after`` when it is there.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        line: Line,
        listener: socket.socket,
        before: Callable[[float], None],
        after: Callable[[], None],
    ) -> None:
        self.line = line
        self.number: int = listener.getsockname()[1]
        self._loop = loop
        self._listener: socket.socket | None = listener
        self._before = before
        self._after = after
        self._client: socket.socket | None = None
        self._waiting: set[socket.socket] = set()  # others that want the port
        self._reads = False
        self._unsent = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._replug: asyncio.TimerHandle | None = None
        loop.add_reader(listener, self._accept)

    def set_fault(self, fault: Fault | None) -> None:
        """Begin a fault, or end the one there is."""
        self.line.set(fault, self._loop.time())
        if not self.line.plugged:
            self._drop()
            self._stop_listening()
        else:
            self._listen_again()
        self.pump()

    def close(self) -> None:
        """Let go of everything."""
        self._drop()
        self._stop_listening()
        for client in self._waiting:
            client.close()
        self._waiting.clear()
        for handle in (self._timer, self._replug):
            if handle:
                handle.cancel()

    def pump(self) -> None:
        """Bring the board up to now, send what it said, and come back when it next has something to do."""
        now = self._loop.time()
        self._before(now)
        said = self.line.advance(now)
        if said and self._client:
            self._unsent += said
            self._send()
        self._read_or_not()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        at = self.line.next_event()
        if at < math.inf:
            self._timer = self._loop.call_at(max(at, now + SOONEST), self.pump)
        self._after()

    def _accept(self) -> None:
        if not self._listener:
            return
        try:
            client, _address = self._listener.accept()
        except OSError:
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._client:
            with contextlib.suppress(OSError):
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNSENT)
        self._waiting.add(client)
        self._admit(client, self._loop.time() + WHO)

    def _admit(self, client: socket.socket, until: float) -> None:
        """Connect a computer, unless another one has the port.

        One that has just closed may still have bytes on their way, with the end behind them: they are taken in first.
        """
        if client not in self._waiting:
            return
        if self._client and self._loop.time() < until and self._take_in(self._client):
            self._loop.call_later(TAKE_IN, self._admit, client, until)
            return
        self._waiting.discard(client)
        if self._client or not self._listener:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, REFUSED)
            client.close()
        else:
            self._client = client
            self.line.reset(self._loop.time())
            self.pump()

    def _take_in(self, client: socket.socket) -> bool:
        """Read what there is at once; whether there was anything. A computer that has closed is let go of."""
        if hung_up(client):
            self._drop()
            return False
        try:
            data = client.recv(UNSENT)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if not data:
            self._drop()
        elif self.line.backlog < UNSENT:
            self.line.receive(data, self._loop.time())
        return bool(data)

    def _read_or_not(self) -> None:
        client = self._client
        want = client is not None and self.line.reading and self.line.backlog < CHUNK
        if client is None or want == self._reads:
            return
        self._reads = want
        if want:
            self._loop.add_reader(client, self._read)
        else:
            self._loop.remove_reader(client)

    def _read(self) -> None:
        if not self._client:
            return
        try:
            data = self._client.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop()
            return
        self.line.receive(data, self._loop.time())
        self.pump()

    def _send(self) -> None:
        client = self._client
        if not client:
            return
        try:
            sent = client.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._drop()
            return
        del self._unsent[:sent]
        if len(self._unsent) > UNSENT:
            del self._unsent[:-UNSENT]
        if self._unsent:
            self._loop.add_writer(client, self._send)
        else:
            self._loop.remove_writer(client)

    def _drop(self) -> None:
        if not self._client:
            return
        self._loop.remove_reader(self._client)
        self._loop.remove_writer(self._client)
        self._client.close()
        self._client = None
        self._reads = False
        self._unsent.clear()

    def _stop_listening(self) -> None:
        if self._listener:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _listen_again(self) -> None:
        if self._replug:
            self._replug.cancel()
            self._replug = None
        if self._listener or not self.line.plugged:
            return
        try:
            self._listener = listen(self.number)
        except OSError:  # another program has the number for the moment
            self._replug = self._loop.call_later(REPLUG, self._listen_again)
            return
        self._loop.add_reader(self._listener, self._accept)


def hung_up(client: socket.socket) -> bool:
    """Whether the other end has closed, even where bytes of it are still unread."""
    closed = getattr(select, "POLLRDHUP", 0)
    if closed:
        poller = select.poll()
        poller.register(client, closed)
        return bool(poller.poll(0))
    with contextlib.suppress(BlockingIOError, InterruptedError):
        try:
            return client.recv(1, socket.MSG_PEEK) == b""
        except ConnectionError:
            return True
    return False
