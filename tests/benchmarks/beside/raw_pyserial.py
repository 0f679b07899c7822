"""Firmata by hand on pyserial, as tightly as it goes: the floor. Prints what it measured as JSON.

raw_pyserial.py open PORT | trips PORT COUNT | writes PORT COUNT
"""

import json
import sys
import time

import serial

BAUD = 57600
VERSION = b"\xf9"  # Firmata protocol: the version question, and the first byte of its answer of three
FIRMWARE = b"\xf0\x79"  # a firmware report begins so, and ends with F7
PATIENCE = 10  # seconds


def open_ready(path):
    """A port whose board has sent its firmware report, and the seconds that took."""
    start = time.perf_counter()
    port = serial.Serial(path, BAUD, timeout=PATIENCE)
    heard = b""
    while True:
        heard += port.read(1) + port.read(port.in_waiting)
        begins = heard.find(FIRMWARE)
        if begins >= 0 and b"\xf7" in heard[begins:]:
            return port, time.perf_counter() - start
        if not heard:
            raise SystemExit("the board says nothing")


def trip(port):
    """The seconds from the version question to its whole answer."""
    start = time.perf_counter()
    port.write(VERSION)
    answer = port.read(3)
    took = time.perf_counter() - start
    if len(answer) != 3 or answer[:1] != VERSION:
        raise SystemExit(f"not a version: {answer!r}")
    return took


def write_all(port, count):
    """The seconds that ``count`` writes of one port take, until the board has answered what came behind them."""
    for pin in range(8, 13):
        port.write(bytes((0xF4, pin, 1)))
    trip(port)
    start = time.perf_counter()
    for number in range(1, count + 1):
        port.write(bytes((0x91, number % 32, 0)))
    trip(port)
    return time.perf_counter() - start


def main():
    """Do what the arguments say."""
    what, path = sys.argv[1:3]
    port, opened = open_ready(path)
    said = {"open": opened}
    if what == "trips":
        time.sleep(0.2)
        said["trips"] = [trip(port) for _ in range(int(sys.argv[3]))]
    elif what == "writes":
        time.sleep(0.2)
        said["seconds"] = write_all(port, int(sys.argv[3]))
    port.close()
    print(json.dumps(said))


main()
