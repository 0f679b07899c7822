"""Ports for tests: the far end of a pty, and of a socket."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
import tty

from devices.errors import LabError


class Pty:
    """A pair: ``path`` is the port, the rest is the far end."""

    def __init__(self) -> None:
        self.far, near = os.openpty()
        tty.setraw(self.far)
        self.path = os.ttyname(near)
        os.close(near)

    def read(self, count: int, seconds: float = 2.0) -> bytes:
        """So many bytes, or what came in that time."""
        data = b""
        deadline = time.monotonic() + seconds
        while len(data) < count and (left := deadline - time.monotonic()) > 0:
            if select.select([self.far], [], [], left)[0]:
                try:
                    data += os.read(self.far, count - len(data))
                except OSError:  # the port is closed for the moment
                    break
        return data

    def write(self, data: bytes) -> None:
        os.write(self.far, data)

    def close(self) -> None:
        if self.far >= 0:
            os.close(self.far)
            self.far = -1


class Server:
    """A socket that listens, and the connection that was made to it last."""

    def __init__(self, *, receive: int | None = None) -> None:
        self._listener = socket.socket()
        if receive:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self.client: socket.socket | None = None

    def accept(self) -> socket.socket:
        self.client, _address = self._listener.accept()
        self.client.settimeout(2)
        return self.client

    def read(self, count: int) -> bytes:
        assert self.client
        data = b""
        while len(data) < count and (more := self.client.recv(count - len(data))):
            data += more
        return data

    def close(self) -> None:
        self._listener.close()
        if self.client:
            self.client.close()


class Ear:
    """What a link told."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.losses: list[LabError] = []
        self.changed = asyncio.Event()

    def on_bytes(self, data: bytes) -> None:
        self.data += data
        self.changed.set()

    def on_lost(self, error: LabError) -> None:
        self.losses.append(error)
        self.changed.set()

    async def heard(self, count: int) -> bytes:
        """What was heard, once it is so many bytes."""
        async with asyncio.timeout(2):
            while len(self.data) < count:
                self.changed.clear()
                await self.changed.wait()
        return bytes(self.data)

    async def lost(self) -> LabError:
        """The loss."""
        async with asyncio.timeout(2):
            while not self.losses:
                self.changed.clear()
                await self.changed.wait()
        return self.losses[0]
