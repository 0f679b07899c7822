"""A controller in a process of its own, to be killed, hung and unplugged: it opens a lab and drives its first robot.

Used by ``test_dead_man.py``: ``python -m tests.whole.controller FOLDER [block]``. It prints ``driving`` once the wheels
were told to turn, and after that ``blocked`` when it was told to hang its hub for five seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from devices.errors import LabError
from labctl.open import open_lab
from labctl.places import Places
from labctl.views import DeviceState

OPEN_SECONDS = 10
BLOCK_SECONDS = 5


def main(folder: Path, *, block: bool) -> None:
    with open_lab(Places(folder / "lab.toml", folder, folder / "cache")) as lab:
        deadline = time.monotonic() + OPEN_SECONDS
        while lab.devices()[0].state is not DeviceState.READY:
            if time.monotonic() > deadline:
                sys.exit(f"the robot is {lab.devices()[0]}")
            time.sleep(0.02)
        robot, epoch = lab.devices()[0].id, lab.stop_view().epoch
        driver = threading.Thread(target=_drive, args=(lab, robot, epoch), daemon=True)
        driver.start()
        time.sleep(0.5)
        print("driving", flush=True)
        if block:
            sys.stdin.readline()
            lab._hub.loop.call_soon_threadsafe(time.sleep, BLOCK_SECONDS)
            time.sleep(0.01)
            print("blocked", flush=True)
        time.sleep(60)


def _drive(lab: object, robot: str, epoch: int) -> None:
    while True:
        try:
            lab.drive(robot, 1, 1, 2, epoch=epoch, by="program")  # type: ignore[attr-defined]
        except LabError:
            time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), block="block" in sys.argv[2:])
