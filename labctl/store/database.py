"""Opening the database file: how SQLite is set up, how an older file is brought up to date, what is refused."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Generator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from devices.text import _
from labctl.files import PRIVATE_FILE, make_private_folder
from labctl.store.errors import DATABASE_ERRORS, StoreFailed, StoreTooNew, backups, explain

HEAD = "0001"
"""The newest migration. Known here so that a database that is up to date opens without loading Alembic."""

BUSY_MS = 500
"""How long SQLite itself waits for another program's lock; the writer tries again until its deadline."""

READERS = 4
"""Connections for reading: the panel's eight threads rarely ask at once, and an answer takes a millisecond."""

READ_WAIT = 2.0
"""Seconds that a reader waits for a free connection."""

STEPS_BETWEEN_LOOKS = 20_000
"""SQLite's own steps between two looks at the deadline of a statement: some milliseconds."""

MIGRATIONS = Path(__file__).parent / "migrations"


def open_writer(path: Path) -> Engine:
    """An engine with one connection, whose transactions hold the write lock from their beginning."""
    engine = _engine(path, size=1, query_only=False)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_readers(path: Path) -> Engine:
    """An engine with a few connections that cannot write; each transaction sees one state of the database."""
    engine = _engine(path, size=READERS, query_only=True)
    event.listen(engine, "begin", _begin)
    return engine


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _engine(path: Path, *, size: int, query_only: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=size,
        max_overflow=0,
        pool_timeout=READ_WAIT,
        connect_args={"timeout": BUSY_MS / 1000},
        json_serializer=_compact,
    )

    def set_up(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 begins no transactions of its own: we do, also around DDL
        cursor = connection.cursor()
        (mode,) = cursor.execute("PRAGMA journal_mode = WAL").fetchone() or ("",)
        if mode != "wal":
            raise _no_wal(path)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    event.listen(engine, "connect", set_up)
    return engine


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _no_wal(path: Path) -> StoreFailed:
    return StoreFailed(
        _("The lab's records cannot be kept in %(folder)s", folder=path.parent),
        hint=_("Choose a folder on a disk of this computer, not on the network."),
    )


@contextlib.contextmanager
def until(connection: DBAPIConnection, deadline: Callable[[], float]) -> Generator[None]:
    """Interrupt what SQLite does on ``connection`` once ``time.monotonic()`` has passed ``deadline()``."""

    def late() -> int:
        return int(time.monotonic() > deadline())

    connection.set_progress_handler(late, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def bring_up_to_date(path: Path, at: datetime) -> None:
    """Create the database, or run the migrations that it lacks, after a copy was put into ``backups``.

    All migrations run in one transaction: where one fails, the file is as it was.

    Args:
        path: The database file; its folder is made where it is missing.
        at: The time, for the name of the copy.

    Raises:
        StoreTooNew: A newer labctl wrote the file.
        StoreFailed: It could not be opened, copied or changed.
    """
    try:
        make_private_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
        version = _version(path)
        if version == HEAD:
            return
        if version is not None:
            if not _known(version):
                raise _too_new(version)
            back_up(path, backups(path) / f"lab-{version}-{at:%Y%m%dT%H%M%S}.db")
        _migrate(path)
    except StoreFailed:
        raise
    except (*DATABASE_ERRORS, OSError) as error:
        raise explain(error, path) from error


def _version(path: Path) -> str | None:
    """The migration that the file is at; None for an empty file."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])


def _known(version: str) -> bool:
    return any((MIGRATIONS / "versions").glob(f"v{version}_*.py"))


def _too_new(version: str) -> StoreTooNew:
    return StoreTooNew(
        _(
            "A newer labctl wrote the lab's records (version %(theirs)s, this one knows %(ours)s)",
            theirs=version,
            ours=HEAD,
        ),
        hint=_("Install the newest labctl, or put back the copy that the newer one left in the folder backups."),
    )


def back_up(path: Path, to: Path) -> None:
    """Copy the database at ``path`` as it is at one moment, also while it is used, into a file of its owner's alone.

    Raises:
        OSError, sqlite3.Error: It could not be copied; no half copy is left.
    """
    make_private_folder(to.parent)
    half = to.with_suffix(".part")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
        with (
            contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as source,
            contextlib.closing(sqlite3.connect(half)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        half.replace(to)
    finally:
        half.unlink(missing_ok=True)


def _migrate(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    engine = open_writer(path)
    try:
        with engine.connect() as connection:
            # Foreign keys cannot be switched inside a transaction, and a table that is rebuilt would trip over them.
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys = OFF")  # pyright: ignore[reportOptionalMemberAccess]
            with connection.begin():
                config = Config(attributes={"connection": connection})
                config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
                config.set_main_option("path_separator", "os")
                try:
                    command.upgrade(config, "head")
                except CommandError as error:
                    raise _not_updated(error) from error
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                    raise sqlite3.IntegrityError(f"rows without what they point to: {broken[:5]}")
    finally:
        engine.dispose()


def _not_updated(error: Exception) -> StoreFailed:
    return StoreFailed(
        _("The lab's records could not be brought up to date: %(why)s", why=str(error)),
        hint=_("Nothing was changed. Go back to the labctl that you had, and tell whoever looks after the lab."),
    )


def check(path: Path) -> str:
    """What SQLite finds wrong with the file at ``path``; empty where it is sound. Reads all of it.

    Raises:
        StoreFailed: It could not be read.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except DATABASE_ERRORS as error:
        raise explain(error, path) from error
    return "" if found == "ok" else str(found)
