"""The lab's own firmware for boards, ready to upload, and what is known of it; its source lies beside."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("labctl-robot")


@dataclass(frozen=True)
class Hex:
    """A firmware as it is uploaded.

    Attributes:
        name: What the firmware calls itself on the wire.
        version: Likewise, such as ``1.0``.
        board: Which boards it is for, in words.
        mcu: avrdude's name of their chip.
        baud: What it speaks at.
        sha256: Of the file.
        toolchain: What built the file; another one may build other bytes from the same source.
    """

    name: str
    version: str
    board: str
    mcu: str
    baud: int
    sha256: str
    toolchain: str


def hex_path() -> Path:
    """The Intel hex of labctl-robot for an Arduino Uno or Nano."""
    return Path(__file__).with_name("labctl-robot-uno.hex")


def metadata() -> Hex:
    """What is known of the file at :func:`hex_path`."""
    return Hex(**tomllib.loads(hex_path().with_suffix(".toml").read_text(encoding="utf-8")))
