"""The real parts that tests run against: fetched and built once, kept by the hash of what they are made from.

``python -m tests.real.parts`` (or ``scripts/real-parts``) makes them all; tests only build what needs no network.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from devices.firmware import SOURCE

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "real"
REQUIRED: Final = "LABCTL_REAL"
"""Set to ``required``, this environment variable makes a missing part a failure instead of a skip."""

DEBIAN: Final = {
    "avr-gcc": "gcc-avr",
    "avr-objcopy": "binutils-avr",
    "make": "make",
    "gcc": "gcc",
    "/usr/lib/avr/include/avr/io.h": "avr-libc",
    "/usr/include/simavr/sim_avr.h": "libsimavr-dev",
    "/usr/include/libelf.h": "libelf-dev",
    "/usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h": "arduino-core-avr",
    "avrdude": "avrdude",
}
NODE_PIXEL: Final = "node-pixel@0.11.0"  # carries the Firmata 2.5.8 library for Arduino as source, LGPL-2.1+
NODE_PIXEL_SHA512: Final = "nVByJlbqh5rgCbjUXibAm5Z8H/+nqejPUWlF0pMX+z6CqSeHD4QOJ97JqlYY1DoQrRcWtWDizS6iOhGI2Zqgqg=="
FIRMATA: Final = "package/firmware/src/libs/firmata/arduino"  # where it carries it


class Missing(Exception):
    """A part cannot be had here; the text says what is missing and what to do."""


def missing_packages() -> list[str]:
    """The Debian packages that are not installed."""
    return sorted(
        package
        for what, package in DEBIAN.items()
        if not (Path(what).exists() if what.startswith("/") else shutil.which(what))
    )


def unosim() -> Path:
    """The Uno simulator, a program."""

    def build(out: Path) -> None:
        sources = sorted(str(path) for path in (HERE / "unosim").glob("*.c"))
        flags = ["-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-isystem", "/usr/include/simavr"]
        _run("gcc", *flags, *sources, "-o", str(out / "unosim"), "-lsimavr", "-lutil")

    return _built("unosim", (HERE / "unosim").iterdir(), build) / "unosim"


def lab_firmware() -> Path:
    """The hex of the lab's own firmware, built from the sources as they are now."""

    def build(out: Path) -> None:
        _run("make", "-s", "-C", str(SOURCE), f"OUT={out}")

    sources = (path for path in SOURCE.iterdir() if path.suffix in {".c", ".h"} or path.name == "Makefile")
    return _built("labctl-robot", sources, build) / "labctl-robot-uno.hex"


def standard_firmata() -> Path:
    """The hex of StandardFirmata 2.5.8."""
    library = _fetched_firmata(fetch=False)

    def build(out: Path) -> None:
        makefile = str(HERE / "standard-firmata.mk")
        _run("make", "-s", "-j2", "-f", makefile, f"FIRMATA={library}", f"OUT={out}")

    sources = [HERE / "standard-firmata.mk", *(HERE / "servo").iterdir()]
    return _built("standard-firmata", sources, build) / "StandardFirmata.hex"


def optiboot() -> Path:
    """The hex of the Uno's bootloader."""
    _need_packages()
    home = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders/optiboot")
    return home / "optiboot_atmega328.hex"


def _fetched_firmata(*, fetch: bool) -> Path:
    with _locked():
        home = CACHE / "node-pixel"
        library = home / FIRMATA
        if library.exists():
            return library
        if not fetch:
            raise Missing(f"StandardFirmata's sources ({NODE_PIXEL}) are not here: run scripts/real-parts")
        if not shutil.which("npm"):
            raise Missing(f"npm is not installed, which fetches StandardFirmata's sources ({NODE_PIXEL})")
        home.mkdir(parents=True, exist_ok=True)
        try:
            name = _run("npm", "pack", "--ignore-scripts", "--silent", NODE_PIXEL, cwd=home).split()[-1]
        except Missing as error:
            raise Missing(f"npm could not fetch {NODE_PIXEL}: {error}") from error
        archive = home / name
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != NODE_PIXEL_SHA512:
            archive.unlink()
            raise Missing(f"{NODE_PIXEL} arrived with other content than it had; it was thrown away")
        making = home / "making"
        shutil.rmtree(making, ignore_errors=True)
        with tarfile.open(archive) as tar:
            _unpack(tar, FIRMATA, making)
        library.parent.mkdir(parents=True, exist_ok=True)
        making.rename(library)
        archive.unlink()
        return library


def _unpack(tar: tarfile.TarFile, folder: str, home: Path) -> None:
    """Unpack the plain files below a folder of an archive."""
    for member in tar:
        path = Path(member.name)
        if member.isfile() and path.is_relative_to(folder) and ".." not in path.parts:
            content = tar.extractfile(member)
            to = home / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content.read() if content else b"")


def _need_packages() -> None:
    if packages := missing_packages():
        raise Missing(f"not installed: {' '.join(packages)} (as root: scripts/real-parts installs them)")


def _built(name: str, sources: Iterable[Path], build: Callable[[Path], None]) -> Path:
    """The folder where a part is built, made now unless it was made from the same sources before."""
    _need_packages()
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    home = CACHE / f"{name}-{digest.hexdigest()[:16]}"
    with _locked():
        if not home.exists():
            making = home.with_name(f"{home.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            build(making)
            making.rename(home)
    return home


@contextmanager
def _locked() -> Iterator[None]:
    """Let one process at a time into the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*words: str, cwd: Path | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise Missing(f"{words[0]} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def main() -> int:
    """Make every part and say what came of it; 1 when one is missing."""
    if (packages := missing_packages()) and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing", *packages, flush=True)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        if subprocess.run(words, check=False, **quiet).returncode:
            subprocess.run(["apt-get", "update", "-qq"], check=False)
            subprocess.run(words, check=False, **quiet)
    lost = 0
    for what, make in (
        ("unosim, an Arduino Uno on simavr", unosim),
        ("labctl-robot, the lab's firmware", lab_firmware),
        ("Firmata 2.5.8, the sources", lambda: _fetched_firmata(fetch=True)),
        ("StandardFirmata", standard_firmata),
    ):
        try:
            make()
            print(f"ready    {what}")
        except Missing as error:
            lost += 1
            print(f"missing  {what}: {error}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
