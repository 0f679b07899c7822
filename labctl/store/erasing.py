"""Forgetting people: their rows, what the disk still holds of them, and the copies of the database."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from labctl.store.database import BUSY_MS
from labctl.store.errors import DATABASE_ERRORS, backups, explain
from labctl.store.models import ErasureRow

FORGET = ("DELETE FROM team_member WHERE person = ?", "DELETE FROM person WHERE id = ?")
"""Removes a person from a database, also from one that an older labctl wrote."""


def forget(session: Session, person: str, at: datetime) -> None:
    """Delete a person's rows and note that they were erased. Inside ``Store.write``."""
    session.flush()
    for statement in FORGET:
        session.connection().exec_driver_sql(statement, (person,))
    session.expire_all()
    session.merge(ErasureRow(person=person, at=at))


def erased(session: Session) -> tuple[str, ...]:
    """The ids of all who were ever erased: what a restored backup must forget again."""
    return tuple(session.scalars(select(ErasureRow.person)))


def forget_in_copies(path: Path, people: Iterable[str]) -> None:
    """Erase people from the copies that were made of the database at ``path``.

    Raises:
        StoreFailed: A copy could not be changed.
    """
    people = tuple(people)
    for copy in sorted(backups(path).glob("*.db")):
        forget_in_file(copy, people)


def forget_in_file(path: Path, people: Iterable[str]) -> None:
    """Erase people from a database that nobody has open: a copy, or a backup before it is put back.

    Raises:
        StoreFailed: It could not be changed.
    """
    rows = [(person,) for person in people]
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with connection:
                for statement in FORGET:
                    connection.executemany(statement, rows)
    except DATABASE_ERRORS as error:
        raise explain(error, path) from error
