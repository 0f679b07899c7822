"""Writing files so that a power cut leaves the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Generator
from pathlib import Path

from devices.errors import LabError
from devices.text import _

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_atomic(path: Path, text: str, *, mode: int | None = None) -> None:
    """Put ``text`` in place of the file at ``path``.

    Args:
        path: The file; its folder must exist. A symbolic link is followed, so that it stays one.
        text: Written as UTF-8 with the line ends that it has.
        mode: Permissions of the new file; by default those of the old one, or 0644.

    Raises:
        OSError: It could not be written; the old file is as it was.
    """
    path = path.resolve()
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # a umask may have taken bits away; some file systems have no modes
            beside.chmod(mode)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def writing(path: Path, *, hint: str = "") -> Generator[None]:
    """Say what the system refuses inside, while ``path`` is written, as a person can use it.

    Args:
        path: The file that is written, or the folder that is made for it.
        hint: What to do where the disk has room.

    Raises:
        LabError: It could not be written, and why.
    """
    try:
        yield
    except LabError:
        raise  # some are errors of the system, too
    except OSError as error:
        raise unwritable(path, error, hint=hint) from error


def unwritable(path: Path, error: OSError, *, hint: str = "") -> LabError:
    """The error for a file that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabError(
            _("The disk is full: %(file)s cannot be written", file=str(path)),
            hint=_("Free at least 1 GB on the disk of %(folder)s, then try again.", folder=str(path.parent)),
        )
    return LabError(
        _("%(file)s cannot be written: %(why)s", file=str(path), why=error.strerror or str(error)),
        hint=hint or _("See that it is a file of yours, in a folder that is yours."),
    )


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last. Windows cannot open a folder and needs no such thing."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Create ``folder`` for its owner alone, with what is missing above it; one that exists stays as it is."""
    if not folder.exists():
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER)


def open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read ``path``. Always false on Windows, which has no such bits."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)
