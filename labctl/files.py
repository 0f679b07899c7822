"""Writing files so that a power cut leaves the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

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
