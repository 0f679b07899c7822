"""labctl's own driver on its serial link. Prints what it measured as JSON.

python -m tests.benchmarks.beside.labctl_client open PORT | trips PORT COUNT | writes PORT COUNT | idle PORT SECONDS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from devices.addresses import parse_address
from devices.connect import link_to
from devices.drivers.firmata import FirmataBoard
from devices.transports.link import Link

PINS = range(8, 13)  # one port of the Uno: one frame a write


async def write_all(board: FirmataBoard, link: Link, count: int) -> float:
    """The seconds that ``count`` writes of one port take, until the board has answered what came behind them."""
    for pin in PINS:
        board.make_output(pin)
    await board.ping()
    start = time.perf_counter()
    for number in range(1, count + 1):
        board.set_pins({pin: bool(number >> (pin - PINS[0]) & 1) for pin in PINS})
    await link.flushed(60)  # else the question would wait behind the writes for longer than an answer may take
    await board.ping()
    return time.perf_counter() - start


async def measure(what: str, path: str, many: str = "0") -> dict[str, Any]:
    """Do what the arguments say."""
    link = link_to(parse_address(f"serial:{path}"), name="board")
    board = FirmataBoard("board", link)
    start = time.perf_counter()
    await board.open()
    said: dict[str, Any] = {"open": time.perf_counter() - start}
    match what:
        case "trips":
            await asyncio.sleep(0.2)
            said["trips"] = [await board.ping() for _ in range(int(many))]
        case "writes":
            await asyncio.sleep(0.2)
            said["seconds"] = await write_all(board, link, int(many))
        case "idle":
            await asyncio.sleep(1)
            start, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(float(many))
            said["idle"] = (time.process_time() - used) / (time.perf_counter() - start)
    await board.close()
    return said


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(*sys.argv[1:]))))
