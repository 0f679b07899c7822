"""Finding out, within three seconds, what is at the other end of a link that was just opened."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devices.drivers.firmata.replies import Replies
from devices.errors import LabError, NoAnswer, WrongFirmware
from devices.text import _
from devices.wire import firmata as wire

WITHIN: Final = 2.9  # seconds; all is said within 3
ASK_AT: Final = (0.0, 1.2, 2.5)  # seconds; not every board resets when its port opens, and a question may be lost
KICK_AT: Final = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Seconds after which a boot loader that still waits for an upload is told that none comes: optiboot starts the
sketch after two bytes it does not know, ATmegaBOOT_168 after five. A sketch takes them for version questions."""
KICK: Final = wire.ask_version() * 2
HEARD_MAX: Final = 4096  # bytes kept, to say what arrived

STANDARD_FENCE_PIN: Final = 13


@dataclass(frozen=True)
class Greeting:
    """Who answered. ``lab`` is set where it is the lab's own firmware."""

    firmware: wire.Firmware
    lab: wire.LabIdentity | None


class Heard:
    """What arrived before anything was understood."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> None:
        """Keep the first of it."""
        self.data += data[: HEARD_MAX - len(self.data)]


async def greet(name: str, send: Callable[[bytes], None], replies: Replies, heard: Heard) -> Greeting:
    """Learn the firmware, and put its outputs to rest, whatever ran before.

    Raises:
        WrongFirmware: Something else answers, or noise does.
        NoAnswer: Nothing arrives.
    """
    knocking = asyncio.create_task(_knock(send), name=f"knock {name}")
    try:
        async with asyncio.timeout(WITHIN):
            firmware = await replies.ask(lambda: None, wire.Firmware, WITHIN)
            knocking.cancel()
            if firmware.name == wire.LAB_FIRMWARE:
                lab = await replies.ask(lambda: send(wire.lab_identify()), wire.LabIdentity, WITHIN)
                await replies.ask(lambda: send(wire.lab_rest()), wire.Rested, WITHIN, _asked)
                return Greeting(firmware, lab)
            fence = wire.system_reset() + wire.ask_pin_state(STANDARD_FENCE_PIN)
            await replies.ask(lambda: send(fence), wire.PinState, WITHIN)
            return Greeting(firmware, None)
    except (TimeoutError, NoAnswer) as error:
        raise _verdict(name, bytes(heard.data)) from error
    finally:
        knocking.cancel()
        await asyncio.gather(knocking, return_exceptions=True)


async def _knock(send: Callable[[bytes], None]) -> None:
    """Ask, and get a boot loader out of the way, until cancelled."""
    start = asyncio.get_running_loop().time()
    asks = [(at, bytes((wire.END_SYSEX,)) + wire.ask_firmware()) for at in ASK_AT]
    for at, frame in sorted(asks + [(at, KICK) for at in KICK_AT]):
        await asyncio.sleep(start + at - asyncio.get_running_loop().time())
        try:
            send(frame)
        except LabError:
            return  # the loss itself fails the question


def _asked(rested: wire.Rested) -> bool:
    return rested.cause == wire.RestCause.ASKED


def _verdict(name: str, heard: bytes) -> LabError:
    flash = _("Put the lab's firmware on it, see docs/how-to/flash-the-firmware.md.")
    if not heard:
        return NoAnswer(
            _("%(name)s does not answer: nothing arrives from it", name=name),
            device=name,
            hint=_("Try another cable (some only charge), press its reset button, or put the lab's firmware on it."),
        )
    parser = wire.Parser()
    understood = parser.feed(heard)
    if any(isinstance(message, wire.Firmware | wire.Version) for message in understood):
        if parser.noise > len(heard) // 4:
            return _noise(name)
        return WrongFirmware(
            _("%(name)s speaks Firmata, but does not answer as it should", name=name), device=name, hint=flash
        )
    if _is_text(heard):
        says = heard.decode("ascii", "replace").strip().splitlines()
        return WrongFirmware(
            _("Another program runs on %(name)s; it says “%(words)s”", name=name, words=says[0][:60] if says else ""),
            device=name,
            hint=flash,
        )
    return _noise(name)


def _noise(name: str) -> WrongFirmware:
    return WrongFirmware(
        _("Only noise arrives from %(name)s", name=name),
        device=name,
        hint=_(
            "Another program may run on it, at another speed than %(baud)s baud: put the lab's firmware on it."
            " Else check its cable.",
            baud=wire.BAUD,
        ),
    )


def _is_text(data: bytes) -> bool:
    readable = sum(chr(byte) in string.printable for byte in data)
    return readable >= 0.9 * len(data)
