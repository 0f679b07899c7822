"""A serial port as a link, on real pseudo-terminals."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.errors import DeviceLost, NoAnswer, PortBusy, PortForbidden, PortMissing
from devices.transports.outbox import FRAMES
from devices.transports.serial import SerialLink
from tests.devices.ports import Ear, Pty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pseudo-terminals and /proc")


@pytest.fixture
def pty() -> Iterator[Pty]:
    pair = Pty()
    yield pair
    pair.close()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def link_to(path: str) -> SerialLink:
    return SerialLink("robot-1", lambda: path, baud=57600)


async def test_bytes_come_and_frames_go_in_order(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    frames = [bytes([0x90, number & 0x7F, 0]) for number in range(200)]
    for frame in frames:
        link.send(frame)
    pty.write(b"hello")

    assert await ear.heard(5) == b"hello"
    assert await asyncio.to_thread(pty.read, 600) == b"".join(frames)
    await link.flushed(1)
    await link.close()
    assert not ear.losses


async def test_it_opens_and_closes_any_number_of_times(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.close()
    for _time in range(3):
        await link.open(ear.on_bytes, ear.on_lost)
        await link.open(ear.on_bytes, ear.on_lost)
        await link.close()
        await link.close()
    with pytest.raises(DeviceLost):
        link.send(b"x")
    with pytest.raises(DeviceLost):
        await link.flushed(0.1)
    assert link.discard() == 0


async def test_discard_drops_what_has_not_begun_and_cuts_no_frame(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    for number in range(1000):
        link.send(b"<%03d>" % number)
    await asyncio.sleep(0.02)
    dropped = link.discard()
    link.send(b"STOP!")
    start = time.monotonic()
    data = await asyncio.to_thread(pty.read, 5 * (1000 - dropped) + 5)

    assert time.monotonic() - start < 0.5
    assert dropped > 500
    assert data == b"".join(b"<%03d>" % number for number in range(1000 - dropped)) + b"STOP!"
    await link.close()


async def test_an_unplugged_port_is_told_once_with_the_remedy(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    pty.close()

    lost = await ear.lost()
    assert isinstance(lost, DeviceLost)
    assert lost.device == "robot-1"
    assert lost.hint
    with pytest.raises(DeviceLost):
        link.send(b"x")
    with pytest.raises(DeviceLost):
        await link.flushed(0.1)
    await link.close()
    await asyncio.sleep(0.05)
    assert len(ear.losses) == 1


async def test_a_write_that_is_stuck_is_told_and_hangs_nothing(pty: Pty, ear: Ear) -> None:
    link = SerialLink("robot-1", lambda: pty.path, baud=1_000_000)
    await link.open(ear.on_bytes, ear.on_lost)
    for _number in range(1000):
        link.send(bytes(100))  # nobody reads: the system takes some kilobytes, then no more
    await ear.lost()
    assert isinstance(ear.losses[0], NoAnswer)

    start = time.monotonic()
    await link.close()
    assert time.monotonic() - start < 0.5


async def test_flushed_gives_up_in_its_time(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    for _number in range(2000):
        link.send(bytes(5))
    start = time.monotonic()
    with pytest.raises(NoAnswer):
        await link.flushed(0.1)
    assert time.monotonic() - start < 0.3
    await link.close()


async def test_the_outbox_is_bounded(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    for _number in range(FRAMES):
        link.send(bytes(100))
    with pytest.raises(DeviceLost, match="more than its wire can carry"):  # noqa: PT012
        for _number in range(100):  # as many as may have left meanwhile
            link.send(bytes(100))
    await link.close()


async def test_nothing_wakes_up_while_nothing_happens(pty: Pty, ear: Ear) -> None:
    link = link_to(pty.path)
    await link.open(ear.on_bytes, ear.on_lost)
    await asyncio.sleep(0.1)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("serial")]
    assert len(threads) == 2
    before = [switches(thread) for thread in threads]
    await asyncio.sleep(1.0)
    assert [switches(thread) for thread in threads] == before
    await link.close()


def switches(thread: threading.Thread) -> int:
    """How often a thread has given up the processor by itself: each wake-up ends so."""
    lines = Path(f"/proc/self/task/{thread.native_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


async def test_a_port_that_is_not_there_is_missing(ear: Ear) -> None:
    with pytest.raises(PortMissing) as missing:
        await link_to("/dev/ttyUSB-none").open(ear.on_bytes, ear.on_lost)
    assert "robot-1" in missing.value.message
    assert missing.value.hint


async def test_a_file_is_no_port(ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("x")
    with pytest.raises(PortMissing, match="no serial port"):
        await link_to(str(tmp_path / "port")).open(ear.on_bytes, ear.on_lost)


async def test_a_port_that_another_program_has_names_the_program(pty: Pty, ear: Ear) -> None:
    code = (
        "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=True);"
        "print('open', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, pty.path]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdin
        other.stdout.readline()
        with pytest.raises(PortBusy) as busy:
            await link_to(pty.path).open(ear.on_bytes, ear.on_lost)
        other.stdin.close()
        other.wait()
    assert "python" in busy.value.message
    assert str(other.pid) in busy.value.hint


async def test_the_same_port_twice_in_one_lab_is_busy(pty: Pty, ear: Ear) -> None:
    first, second = link_to(pty.path), link_to(pty.path)
    await first.open(ear.on_bytes, ear.on_lost)
    with pytest.raises(PortBusy):
        await second.open(ear.on_bytes, ear.on_lost)
    await first.close()
    await second.open(ear.on_bytes, ear.on_lost)
    await second.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become someone else")
def test_a_port_that_is_not_permitted_names_the_group_and_the_command(pty: Pty) -> None:
    os.chmod(pty.path, 0o660)
    os.chown(pty.path, 0, 20)  # as udev does with a serial port
    import grp  # noqa: F401 - the child may not read the files of this Python

    import serial  # noqa: F401

    child = os.fork()
    if child == 0:  # nobody may open it; the exit status tells
        os._exit(_forbidden(pty.path))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _forbidden(path: str) -> int:
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.environ.update(LOGNAME="teacher", USER="teacher")
        from devices.transports.serial import open_port

        open_port(path, 57600, name="robot-1")
    except PortForbidden as error:
        return 0 if "sudo usermod -a -G dialout teacher" in error.hint else 2
    except BaseException:
        return 3
    return 1


async def test_a_cancelled_opening_leaves_nothing(pty: Pty, ear: Ear) -> None:
    release = threading.Event()

    def slow() -> str:
        release.wait(2)
        return pty.path

    link = SerialLink("robot-1", slow, baud=57600)
    opening = asyncio.create_task(link.open(ear.on_bytes, ear.on_lost))
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    release.set()
    await asyncio.sleep(0.1)
    again = link_to(pty.path)
    await again.open(ear.on_bytes, ear.on_lost)  # it is free
    await again.close()
    assert not ear.losses


async def test_a_board_is_found_where_it_is_now(ear: Ear) -> None:
    here, there = Pty(), Pty()
    places = iter((here.path, there.path))
    link = SerialLink("robot-1", lambda: next(places), baud=57600)
    await link.open(ear.on_bytes, ear.on_lost)
    here.close()
    await ear.lost()

    await link.open(ear.on_bytes, ear.on_lost)
    link.send(b"here")
    assert await asyncio.to_thread(there.read, 4) == b"here"
    await link.close()
    there.close()
