"""The lock of a lab: one process owns its hardware, and whoever comes second is told who that is."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from devices.errors import InUse, LabError
from devices.text import Text, _
from labctl.files import PRIVATE_FILE, make_private_folder, writing

PATIENCE = 0.3
"""Seconds that a start tries again: another program may hold the lock for a moment to see whether it is free."""

GUARDED_BYTE = 1 << 20
"""Windows forbids reading a locked byte, so the one we lock lies far behind what the file says."""


class LabRuns(InUse):
    """Another process runs this lab."""

    slug = "lab-runs"


@dataclass(frozen=True)
class Holder:
    """The process that owns the hardware.

    ``address`` is where people open its panel and ``local`` where programs of this machine reach it; both are empty
    where it has no panel, or none yet.
    """

    pid: int
    since: datetime | None
    address: str = ""
    local: str = ""
    command: str = ""

    def spoken(self) -> Text:
        """Who it is, for people."""
        since = self.since.astimezone().strftime("%Y-%m-%d %H:%M") if self.since else "?"
        if self.address:
            return _("process %(pid)s since %(since)s, at %(address)s", pid=self.pid, since=since, address=self.address)
        return _("process %(pid)s since %(since)s", pid=self.pid, since=since)


class LabLock:
    """The lock on one data folder, held from ``take`` until ``release`` or the end of the process, however it ends.

    The system drops the lock with the process, so that nothing is left to clean up after a crash or a power cut.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None
        self._said: dict[str, Any] = {}

    def take(self, *, command: str = "", patience: float = PATIENCE) -> None:
        """Take the lock and write down who we are.

        Raises:
            LabRuns: Another process holds it; the message names it.
            LabError: The folder cannot be written, or the disk is full.
        """
        with writing(self.path, hint=_("See that the data folder is yours, or give another one with --data.")):
            make_private_folder(self.path.parent)
            file = _open(self.path)
        deadline = time.monotonic() + patience
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                holder = _read_holder(file)
                file.close()
                raise _runs(self.path, holder)
            time.sleep(0.05)
        self._file = file
        self._said = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(), "command": command}
        try:
            self._write()
        except LabError:
            self.release()
            raise

    def announce(self, address: str, *, local: str = "") -> None:
        """Write down where the panel answers: for people, and (if it differs) for programs of this machine."""
        self._said |= {"address": address, "local": local or address}
        self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        said = f"{json.dumps(self._said)}\n".encode()
        with writing(self.path):
            _put(self._file, said)

    def release(self) -> None:
        """Let go; called again it does nothing. The file stays: removing it would let two processes lock two files."""
        file, self._file = self._file, None
        if file is None:
            return
        with contextlib.suppress(OSError):
            _put(file, b"")
        with contextlib.suppress(OSError):
            _unlock(file)
        file.close()

    def __enter__(self) -> LabLock:
        if self._file is None:
            self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock at ``path``; None where nobody does. Takes it for a moment to find out."""
    try:
        file = _open(path, create=False)
    except OSError:
        return None
    with file:
        if _try_lock(file):
            _unlock(file)
            return None
        return _read_holder(file)


def _runs(path: Path, holder: Holder) -> LabRuns:
    if holder.address:
        hint = _("Open %(address)s, or end that process first.", address=holder.address)
    else:
        hint = _("End that process first, or give this one another folder with --data.")
    return LabRuns(
        _(
            "This lab is run by another program already: %(who)s (%(folder)s)",
            who=holder.spoken(),
            folder=str(path.parent),
        ),
        hint=hint,
    )


def _open(path: Path, *, create: bool = True) -> IO[str]:
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    return os.fdopen(os.open(path, flags, PRIVATE_FILE), "r+", encoding="utf-8", newline="\n")


def _put(file: IO[str], content: bytes) -> None:
    """Let the file say this. Past its buffer: what a full disk refused would be tried once more at closing."""
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    written = os.write(file.fileno(), content)
    if written < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.ftruncate(file.fileno(), written)


def _read_holder(file: IO[str]) -> Holder:
    """What the lock file says; it is written in two steps, so a half-written one is read once more."""
    for _attempt in range(5):
        with contextlib.suppress(ValueError, KeyError, TypeError, OSError):
            file.seek(0)
            said = json.loads(file.read(4096))
            return Holder(
                pid=int(said["pid"]),
                since=datetime.fromisoformat(said["since"]),
                address=str(said.get("address", "")),
                local=str(said.get("local", "")),
                command=str(said.get("command", "")),
            )
        time.sleep(0.02)
    return Holder(pid=0, since=None)


def _lock_by_flock() -> tuple[Callable[[IO[str]], bool], Callable[[IO[str]], None]] | None:
    try:
        import fcntl
    except ImportError:
        return None

    def take(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    return take, lambda file: fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def _lock_by_msvcrt() -> tuple[Callable[[IO[str]], bool], Callable[[IO[str]], None]] | None:
    if sys.platform != "win32":
        return None
    import msvcrt

    def at_byte(file: IO[str], mode: int) -> None:
        os.lseek(file.fileno(), GUARDED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), mode, 1)

    def take(file: IO[str]) -> bool:
        try:
            at_byte(file, msvcrt.LK_NBLCK)
        except OSError:
            return False
        return True

    return take, lambda file: at_byte(file, msvcrt.LK_UNLCK)


def _lock_by_pid() -> tuple[Callable[[IO[str]], bool], Callable[[IO[str]], None]]:
    """Where the system has no file locks: the process named in the file still lives, or the file is free."""

    def take(file: IO[str]) -> bool:
        holder = _said_holder(file)
        return holder is None or holder.pid == os.getpid() or not _lives(holder.pid)

    return take, lambda file: None


def _said_holder(file: IO[str]) -> Holder | None:
    file.seek(0)
    return _read_holder(file) if file.read(1) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True


_try_lock, _unlock = _lock_by_flock() or _lock_by_msvcrt() or _lock_by_pid()
