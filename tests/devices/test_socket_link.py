"""A TCP connection as a link, on real sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from devices.errors import DeviceLost, NoAnswer, PortMissing
from devices.transports.outbox import FRAMES
from devices.transports.socket import SocketLink
from tests.devices.ports import Ear, Server


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def ear() -> Ear:
    return Ear()


async def opened(server: Server, ear: Ear, *, baud: int = 57600) -> SocketLink:
    link = SocketLink("robot-1", "127.0.0.1", server.port, baud=baud)
    await link.open(ear.on_bytes, ear.on_lost)
    server.accept()
    return link


async def test_bytes_come_and_frames_go_in_order(server: Server, ear: Ear) -> None:
    link = await opened(server, ear)
    frames = [bytes([0x90, number & 0x7F, 0]) for number in range(200)]
    for frame in frames:
        link.send(frame)
    assert server.client
    server.client.sendall(b"hello")

    assert await ear.heard(5) == b"hello"
    assert await asyncio.to_thread(server.read, 600) == b"".join(frames)
    await link.flushed(1)
    await link.close()
    await link.close()
    assert not ear.losses


async def test_discard_drops_what_has_not_begun_and_cuts_no_frame(server: Server, ear: Ear) -> None:
    link = await opened(server, ear)
    for number in range(1000):
        link.send(b"<%03d>" % number)
    dropped = link.discard()
    link.send(b"STOP!")
    data = await asyncio.to_thread(server.read, 5 * (1000 - dropped) + 5)

    assert dropped > 500
    assert data == b"".join(b"<%03d>" % number for number in range(1000 - dropped)) + b"STOP!"
    await link.close()


async def test_a_connection_that_ends_is_told_once(server: Server, ear: Ear) -> None:
    link = await opened(server, ear)
    server.close()
    lost = await ear.lost()
    assert isinstance(lost, DeviceLost)
    assert lost.device == "robot-1"
    with pytest.raises(DeviceLost):
        link.send(b"x")
    with pytest.raises(DeviceLost):
        await link.flushed(0.1)
    await link.close(drop=True)
    assert len(ear.losses) == 1


async def test_a_peer_that_reads_nothing_is_told_and_hangs_nothing(ear: Ear) -> None:
    server = Server(receive=4096)
    link = await opened(server, ear, baud=1_000_000_000)
    for _number in range(FRAMES):
        link.send(bytes(10_000))
    assert isinstance(await ear.lost(), NoAnswer)
    start = time.monotonic()
    await link.close()
    assert time.monotonic() - start < 0.5
    server.close()


async def test_flushed_gives_up_in_its_time(server: Server, ear: Ear) -> None:
    link = await opened(server, ear)
    for _number in range(2000):
        link.send(bytes(5))
    with pytest.raises(NoAnswer):
        await link.flushed(0.1)
    await link.close()


async def test_what_a_peer_has_not_read_is_dropped_with_the_connection(server: Server, ear: Ear) -> None:
    link = await opened(server, ear)
    link.send(b"drive")
    await link.flushed(1)
    await link.close(drop=True)
    assert server.client
    with pytest.raises(ConnectionResetError):
        await asyncio.to_thread(lambda: (server.read(5), server.read(1)))


async def test_nothing_listens_there(ear: Ear) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        link = SocketLink("robot-1", "127.0.0.1", free.getsockname()[1], baud=57600)
    with pytest.raises(PortMissing, match="Nothing listens") as missing:
        await link.open(ear.on_bytes, ear.on_lost)
    assert missing.value.hint
    await link.close()


async def test_before_it_is_open_it_says_so() -> None:
    link = SocketLink("robot-1", "127.0.0.1", 1, baud=57600)
    assert link.discard() == 0
    with pytest.raises(DeviceLost):
        link.send(b"x")
    with pytest.raises(DeviceLost):
        await link.flushed(0.1)
