"""What only some systems have is not needed to reach a board over a socket: Windows has none of these modules."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name in {"fcntl", "termios", "pty", "tty", "resource", "grp", "pwd", "serial"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Without())
for name in ("fcntl", "termios", "pty", "tty", "resource", "grp", "pwd"):
    sys.modules.pop(name, None)

import asyncio
import devices.discover, devices.selftest, devices.transports.serial, devices.transports.refusals
from devices.connect import Entry, connect
from devices.sim.host import SimHost

async def drive():
    with SimHost() as sims:
        robot = connect(Entry("robot-1", "sim:labctl-robot", chassis="two-motor"), sims=sims)
        await robot.open()
        await robot.drive(1, 1, seconds=0.1)
        await robot.close()
        print("driven", sims.wheels("robot-1"))

asyncio.run(drive())
"""


def test_a_simulated_robot_drives_without_unix_and_without_pyserial() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.strip() == "driven (0.0, 0.0)", done.stderr
