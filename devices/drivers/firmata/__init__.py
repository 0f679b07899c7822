"""Boards that speak Firmata: StandardFirmata and the lab's own firmware."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.drivers.firmata.board import FirmataBoard
from devices.errors import BadValue
from devices.text import _
from devices.transports.link import Link

__all__ = ["FirmataBoard", "build"]


def build(name: str, link: Link, options: Mapping[str, Any]) -> FirmataBoard:
    """The driver ``firmata``; it has no options of its own."""
    if options:
        raise BadValue(_("The driver firmata knows no option “%(option)s”", option=next(iter(options))), device=name)
    return FirmataBoard(name, link)
