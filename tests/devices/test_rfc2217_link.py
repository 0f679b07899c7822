"""A remote serial port by RFC 2217, against the server that comes with pyserial."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
import serial
import serial.rfc2217

from devices.addresses import parse_address
from devices.connect import link_to
from devices.errors import DeviceLost, PortMissing
from tests.devices.ports import Ear

pytestmark = [
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),  # pyserial 3.5
    pytest.mark.filterwarnings("ignore:setName:DeprecationWarning"),
]


class PortServer:
    """A serial server whose one port gives back what it is sent, as pyserial's own example does it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._port = serial.serial_for_url("loop://", timeout=0.05)
        self._client: socket.socket | None = None
        self._ended = False
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._client, _address = self._listener.accept()
            client = self._client
            manager = serial.rfc2217.PortManager(self._port, self._Writer(client))
            reader = threading.Thread(target=self._read, args=(client, manager), daemon=True)
            self._threads.append(reader)
            reader.start()
            while data := client.recv(1024):
                self._port.write(b"".join(manager.filter(data)))

    def _read(self, client: socket.socket, manager: serial.rfc2217.PortManager) -> None:
        with contextlib.suppress(OSError):
            while not self._ended:
                if data := self._port.read(self._port.in_waiting or 1):
                    client.sendall(b"".join(manager.escape(data)))

    class _Writer:
        def __init__(self, client: socket.socket) -> None:
            self.write = client.sendall

    def hang_up(self) -> None:
        if self._client:
            with contextlib.suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._ended = True
        self.hang_up()
        self._listener.close()
        for thread in self._threads:
            thread.join(2)
        if self._client:
            self._client.close()
        self._port.close()


async def test_bytes_both_ways_and_a_loss() -> None:
    ear, server = Ear(), PortServer()
    link = link_to(parse_address(f"rfc2217:127.0.0.1:{server.port}"), name="robot-1")
    await link.open(ear.on_bytes, ear.on_lost)
    link.send(b"\xffhello\xff")
    assert await ear.heard(7) == b"\xffhello\xff"

    server.hang_up()
    assert isinstance(await ear.lost(), DeviceLost)
    start = time.monotonic()
    await link.close()
    assert time.monotonic() - start < 1.5
    server.close()


async def test_no_server_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"rfc2217:127.0.0.1:{free.getsockname()[1]}"
    ear = Ear()
    with pytest.raises(PortMissing, match="Nothing listens"):
        await link_to(parse_address(address), name="robot-1").open(ear.on_bytes, ear.on_lost)
