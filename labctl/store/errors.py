"""What can go wrong with the store, told apart by what a person does next."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, TimeoutError

from devices.errors import LabError, NoAnswer
from devices.text import Text, _


class StoreFailed(LabError):
    """The lab's records could not be read or written; nothing was half-written."""

    slug = "store-failed"


class DiskFull(StoreFailed):
    """There is no room on the disk for the lab's records."""

    slug = "disk-full"


class StoreLocked(StoreFailed):
    """Another program holds the lab's records."""

    slug = "store-locked"


class StoreDamaged(StoreFailed):
    """The file with the lab's records is damaged."""

    slug = "store-damaged"


class StoreForbidden(StoreFailed, PermissionError):
    """This user may not read or write the lab's records."""

    slug = "store-forbidden"


class StoreTooNew(StoreFailed):
    """A newer labctl wrote these records."""

    slug = "store-too-new"


class StoreSlow(StoreFailed, NoAnswer):
    """The disk did not answer in time."""

    slug = "store-slow"


class StoreBehind(StoreFailed):
    """More waits to be written than the store may hold; what was asked for was not taken in."""

    slug = "store-behind"


class StoreClosed(StoreFailed):
    """The lab is shutting down."""

    slug = "store-closed"


PAGE = 64 << 10
"""Bytes: SQLite takes up room in pieces of at most so much; with less left on the disk, nothing can be written."""

DATABASE_ERRORS = (DBAPIError, TimeoutError, sqlite3.Error)
"""What SQLAlchemy and SQLite raise when the store fails."""


def is_locked(error: Exception) -> bool:
    """Whether the database is only held by somebody else for now."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def explain(error: Exception, path: Path) -> StoreFailed:
    """The store's error for one of SQLAlchemy's, SQLite's or the system's; the cause is kept."""
    failed = _explain(error, path)
    failed.__cause__ = error
    return failed


def _explain(error: Exception, path: Path) -> StoreFailed:
    if isinstance(error, TimeoutError):
        return too_slow()
    code = _code(error)
    if (
        code == sqlite3.SQLITE_FULL
        or (isinstance(error, OSError) and error.errno == errno.ENOSPC)
        or (
            code == sqlite3.SQLITE_IOERR and _no_room(path)  # what it keeps beside the file could not grow
        )
    ):
        return DiskFull(
            _("The disk is full: the lab's records cannot be written"),
            hint=_("Make room on the disk that holds %(folder)s; the lab goes on by itself.", folder=path.parent),
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreLocked(
            _("Another program holds the lab's records"),
            hint=_("Close whatever has %(path)s open, then try again.", path=path),
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged(
            _("The lab's records are damaged: %(path)s", path=path),
            hint=remedy_of_damage(path),
        )
    if isinstance(error, OSError) or code in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CANTOPEN,
    ):
        return StoreForbidden(
            _("The lab's records cannot be opened for writing: %(path)s", path=path),
            hint=_("Let the user who runs labctl own the folder %(folder)s and what is in it.", folder=path.parent),
        )
    if code == sqlite3.SQLITE_IOERR:
        return StoreFailed(
            _("The disk reported an error while the lab's records were used"),
            hint=_("Copy %(folder)s to another disk soon: SD cards wear out.", folder=path.parent),
        )
    if code == sqlite3.SQLITE_INTERRUPT:
        return too_slow()
    return StoreFailed(
        _("The lab's records could not be used: %(why)s", why=str(getattr(error, "orig", None) or error)),
        hint=_("Send the report of labctl doctor --report to whoever looks after the lab."),
    )


def too_slow(*, in_doubt: bool = False) -> StoreSlow:
    """The error of a caller whose time is up; ``in_doubt`` where the disk already had the order to keep it."""
    if in_doubt:
        return StoreSlow(
            _("The disk is slow: it is not known yet whether this was saved"),
            hint=_("Look whether it is there before you do it again."),
        )
    return StoreSlow(
        _("The disk is slow: the lab's records did not answer in time"),
        hint=_("Try again. If this happens often, move the lab's data to a faster disk."),
    )


def behind() -> StoreBehind:
    """The error of a full queue."""
    return StoreBehind(
        _("The disk is slow: too much waits to be saved"),
        hint=_("Wait a minute and try again. If this happens often, move the lab's data to a faster disk."),
    )


def closed() -> StoreClosed:
    """The error of a store that was closed."""
    return StoreClosed(_("The lab is shutting down"), hint=_("Start labctl again."))


def backups(path: Path) -> Path:
    """The folder in which copies of the database at ``path`` are kept."""
    return path.parent / "backups"


def remedy_of_damage(path: Path) -> Text:
    """What to do about a damaged database: a copy is named only where there is one."""
    copies = sorted(backups(path).glob("*.db"), key=lambda copy: copy.stat().st_mtime)
    if copies:
        return _("Stop labctl and put the newest copy in its place: %(copy)s", copy=str(copies[-1]))
    return _(
        "There is no copy of it. Stop labctl and move it out of %(folder)s: the lab then begins anew, with its devices"
        " and lessons, but without people and journal.",
        folder=str(path.parent),
    )


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < PAGE
    except OSError:
        return False


def _code(error: BaseException) -> int | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF  # the extended codes keep the primary one in the low byte
