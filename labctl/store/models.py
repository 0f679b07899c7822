"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, String, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ULID_LENGTH = 26


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC without a zone in SQLite, so that text order is time order."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Utc, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 (SQLAlchemy's name)


class LabRow(Base):
    """This lab. One row, made with the database."""

    __tablename__ = "lab"

    id: Mapped[str] = mapped_column(String(ULID_LENGTH), primary_key=True)


class EventRow(Base):
    """The journal. ``seq`` is given at commit and never used again, not even for rows that were removed.

    ``person`` is an id that says nothing about its owner; names belong in ``person``, never here or in ``data``.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("event_at", "at"),
        Index("event_run", "run", sqlite_where=text("run IS NOT NULL")),
        Index("event_person", "person", sqlite_where=text("person IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(ULID_LENGTH), unique=True)
    lab: Mapped[str] = mapped_column(String(ULID_LENGTH))
    at: Mapped[datetime]
    kind: Mapped[str]
    device: Mapped[str | None]
    team: Mapped[int | None]
    run: Mapped[str | None] = mapped_column(String(ULID_LENGTH))
    person: Mapped[str | None] = mapped_column(String(ULID_LENGTH))
    data: Mapped[dict[str, Any]]


class PersonRow(Base):
    """A teacher, or a student by nickname. Deleting the row is what erases a person."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(ULID_LENGTH), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    purge_at: Mapped[datetime | None]


class ErasureRow(Base):
    """Who was erased: a backup that is restored is made to forget them again."""

    __tablename__ = "erasure"

    person: Mapped[str] = mapped_column(String(ULID_LENGTH), primary_key=True)
    at: Mapped[datetime]


class TeamRow(Base):
    """A team of the class."""

    __tablename__ = "team"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_name: Mapped[str] = mapped_column("class")


class TeamMemberRow(Base):
    """Who is in which team, in the order of their names on the card."""

    __tablename__ = "team_member"

    person: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    team: Mapped[int] = mapped_column(ForeignKey("team.number", ondelete="CASCADE"), index=True)
    place: Mapped[int]


class SettingRow(Base):
    """What was set in the panel, by name."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class RunRow(Base):
    """One lesson run by a class. ``state`` is one of ``labctl.views``; ``started_by`` a person's id."""

    __tablename__ = "run"

    id: Mapped[str] = mapped_column(String(ULID_LENGTH), primary_key=True)
    lesson: Mapped[str]
    version: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    minutes: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    started_by: Mapped[str | None] = mapped_column(String(ULID_LENGTH))


class TeamRunRow(Base):
    """One team in a run. ``bench`` maps roles to devices; ``steps`` lists what each step came to, with evidence."""

    __tablename__ = "team_run"

    run: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    team: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[int]
    state: Mapped[str]
    outcome: Mapped[str | None]
    hints_given: Mapped[int]
    bench: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
