"""The people of the lab: teachers who sign in, students by nickname, their teams, and how all of them are forgotten."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from ulid import ULID

from devices.errors import BadValue, LabError, UnknownName
from devices.text import _
from labctl.azerbaijani import cleaned, fold, sort_key
from labctl.clock import now
from labctl.languages import DEFAULT, LANGUAGES
from labctl.names import NAME_LENGTH, checked_name, nicknames
from labctl.passwords import Passwords, Throttle, check_password
from labctl.sample_class import CLASS_NAME, TEAMS
from labctl.store.erasing import erased, forget, forget_in_copies
from labctl.store.errors import StoreFailed
from labctl.store.journal import Event, record
from labctl.store.models import PersonRow, TeamMemberRow, TeamRow
from labctl.store.store import Store

CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVXYZ"
"""No signs that look alike, none that an Azerbaijani keyboard lacks."""

CODE_LENGTH = 8
"""Of thirty signs: 39 bits, far beyond what can be tried while the code holds."""

CODE_SECONDS = 3600.0
"""How long a set-up code holds."""

STAMP_LENGTH = 16


class AlreadySetUp(LabError):
    """The lab has a teacher; only the first one is made without signing in."""

    slug = "already-set-up"


class PersonKind(StrEnum):
    TEACHER = "teacher"
    STUDENT = "student"


@dataclass(frozen=True)
class Person:
    """Someone in the lab. The id is random and says nothing about its owner.

    ``stamp`` changes with the password: a session that was begun under another one has ended.
    """

    id: str
    kind: PersonKind
    name: str
    language: str
    stamp: str = ""


@dataclass(frozen=True)
class Team:
    """A team and the nicknames of its members, in the order of their places; ``ids`` likewise."""

    number: int
    members: tuple[str, ...]
    ids: tuple[str, ...] = ()


class People:
    """Who may sign in, and who is in the lab. For threads that may wait, not for the hub's loop.

    Args:
        store: Where they are kept.
        clock: Seconds that only grow, for waits and for how long a set-up code holds.
        passwords: How passwords are hashed.
    """

    def __init__(
        self, store: Store, *, clock: Callable[[], float] = time.monotonic, passwords: Passwords | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._throttle = Throttle(clock)
        self._lock = threading.Lock()
        self._code: tuple[str, float] | None = None

    def has_teacher(self) -> bool:
        """Whether somebody can sign in; where nobody can, the panel shows its first page."""
        return self._store.read_now(lambda session: bool(teachers(session)))

    def create_teacher(self, name: str, password: str, language: str = DEFAULT) -> Person:
        """Make the first teacher.

        Raises:
            AlreadySetUp: There is one; nothing was changed.
            BadValue, BadPassword: The name, language or password will not do.
        """
        name, language = checked_name(name), checked_language(language)
        check_password(password, name)
        kept = self._passwords.hashed(password)

        def write(session: Session) -> Person:
            if teachers(session):
                raise AlreadySetUp(_("This lab has a teacher already"), hint=_("Sign in."))
            person = _add(session, PersonKind.TEACHER, name, language, kept)
            record(session, Event("teacher-created", person=person.id))
            return person

        person = self._store.write_now(write)
        with self._lock:
            self._code = None
        return person

    def sign_in(self, name: str, password: str) -> Person | None:
        """The teacher of this name, if the password is right, else None; takes as long where there is no such name.

        Raises:
            TooManyTries: Too many were wrong for this name; ``seconds`` says how long to wait.
        """
        key = fold(cleaned(name[:NAME_LENGTH]))
        self._throttle.begin(key)
        row = self._store.read_now(lambda session: _teacher_called(session, key))
        kept = row.password_hash if row is not None else None
        right = self._passwords.fits(password, kept)
        self._tell(Event("signed-in" if right else "sign-in-refused", person=row.id if row else None))
        if not right or row is None or kept is None:
            return None
        self._throttle.right(key)
        if self._passwords.outdated(kept):
            return self._rehash(row.id, password, kept) or _person(row)
        return _person(row)

    def _rehash(self, id: str, password: str, kept: str) -> Person | None:
        """Keep the password as today's parameters ask. A disk that is full does not keep anybody out."""
        fresh = self._passwords.hashed(password)

        def write(session: Session) -> Person | None:
            row = session.get(PersonRow, id)
            if row is not None and row.password_hash == kept:
                row.password_hash = fresh
            return None if row is None else _person(row)

        with contextlib.suppress(StoreFailed):
            return self._store.write_now(write)
        return None

    def _tell(self, event: Event) -> None:
        with contextlib.suppress(StoreFailed):
            self._store.append(event)

    def person(self, id: str) -> Person | None:
        """Who has this id; None where nobody has, or has any more."""

        def read(session: Session) -> Person | None:
            row = session.get(PersonRow, id)
            return None if row is None else _person(row)

        return self._store.read_now(read)

    def set_language(self, person_id: str, language: str) -> Person:
        """Choose the language that a person reads.

        Raises:
            BadValue: The lab does not speak it.
            UnknownName: There is no such person.
        """
        language = checked_language(language)

        def write(session: Session) -> Person:
            row = session.get(PersonRow, person_id)
            if row is None:
                raise UnknownName(_("This person is not in the lab any more"), hint=_("Sign in again."))
            row.language = language
            return _person(row)

        return self._store.write_now(write)

    def reset_password(self, name: str, password: str) -> Person:
        """Give a teacher a new password, from the command line of the computer that runs the lab.

        Raises:
            UnknownName: There is no such teacher; the hint names who there is.
            BadPassword: The password will not do.
        """
        check_password(password, name)
        kept = self._passwords.hashed(password)
        person = self._store.write_now(lambda session: _reset(session, name, kept))
        self._throttle.right(fold(person.name))
        return person

    def setup_code(self) -> str:
        """The code that shows on another computer that the lab is one's own: for the terminal of the first start.

        It is kept in memory alone, holds for an hour and ends with the making of the first teacher.
        """
        with self._lock:
            if self._code is None or self._clock() > self._code[1]:
                signs = "".join(secrets.choice(CODE_SIGNS) for _place in range(CODE_LENGTH))
                self._code = f"{signs[:4]}-{signs[4:]}", self._clock() + CODE_SECONDS
            return self._code[0]

    def fits_setup_code(self, code: str) -> bool:
        """Whether somebody typed the set-up code, in capitals or not, with or without the dash.

        Raises:
            TooManyTries: Too many were wrong.
        """
        key = "set-up code, which nobody is called:"
        self._throttle.begin(key)
        fits = hmac.compare_digest(_signs(code).encode(), _signs(self.setup_code()).encode())
        if fits:
            self._throttle.right(key)
        return fits

    def erase(self, person_id: str) -> None:
        """Forget a person: their name, password and place in a team, in the database, its log and its copies.

        What they did stays in the journal, under an id that belongs to nobody.

        Raises:
            UnknownName: There is no such person.
            BadValue: This is the only teacher.
            StoreFailed: It could not be done; what was not reached is said. Erasing again is safe.
        """
        at = now()

        def write(session: Session) -> str:
            row = session.get(PersonRow, person_id)
            if row is None:
                if person_id in erased(session):
                    return ""  # what could not be reached last time is tried again
                raise UnknownName(_("This person is not in the lab any more"))
            if row.kind == PersonKind.TEACHER and len(teachers(session)) == 1:
                raise BadValue(_("The only teacher cannot be erased"), hint=_("Make another teacher first."))
            name = row.name
            forget(session, person_id, at)
            record(session, Event("person-erased", person=person_id, at=at))
            return name

        name = self._store.write_now(write)
        self._throttle.right(fold(name))
        self._clear_up([person_id])

    def purge(self, at: datetime) -> int:
        """Forget everybody whose time in the lab is over at ``at``. Not to be asked while the clock is held.

        Returns:
            How many there were.
        """

        def write(session: Session) -> list[str]:
            due = list(session.scalars(select(PersonRow.id).where(PersonRow.purge_at <= at)))
            for person in due:
                forget(session, person, at)
                record(session, Event("person-erased", person=person, at=at))
            return due

        due = self._store.write_now(write)
        if due:
            self._clear_up(due)
        return len(due)

    def _clear_up(self, people: Sequence[str]) -> None:
        try:
            self._store.scrub()
        finally:
            forget_in_copies(self._store.path, people)

    def teams(self) -> tuple[Team, ...]:
        """The teams of the class; see :func:`teams`."""
        return self._store.read_now(teams)

    def class_name(self) -> str:
        """The name of the class; empty where there is none."""
        return self._store.read_now(class_name)


def teachers(session: Session) -> tuple[Person, ...]:
    """The teachers, by name."""
    rows = session.scalars(select(PersonRow).where(PersonRow.kind == PersonKind.TEACHER))
    return tuple(sorted((_person(row) for row in rows), key=lambda person: sort_key(person.name)))


def teams(session: Session) -> tuple[Team, ...]:
    """The teams of the class with their members, by number. Inside ``Store.read``."""
    found: dict[int, list[tuple[str, str]]] = {
        number: [] for number in session.scalars(select(TeamRow.number).order_by(TeamRow.number))
    }
    members = select(TeamMemberRow.team, PersonRow.name, PersonRow.id).join(
        PersonRow, PersonRow.id == TeamMemberRow.person
    )
    for team, name, id in session.execute(members.order_by(TeamMemberRow.team, TeamMemberRow.place)):
        found[team].append((name, id))
    return tuple(
        Team(number, tuple(name for name, _id in people), tuple(id for _name, id in people))
        for number, people in found.items()
    )


def class_name(session: Session) -> str:
    """The name of the class, such as ``7B``; empty where there are no teams."""
    return session.scalar(select(TeamRow.class_name).order_by(TeamRow.number).limit(1)) or ""


def make_class(session: Session, name: str, members: Sequence[Sequence[str]], *, language: str = DEFAULT) -> None:
    """Add the teams of a class, numbered after those there are, and their members by nickname. Inside ``Store.write``.

    Raises:
        BadValue: A name is empty or too long.
    """
    name = checked_name(name)
    first = (session.scalar(select(func.max(TeamRow.number))) or 0) + 1
    for number, called in enumerate(members, start=first):
        session.add(TeamRow(number=number, class_name=name))
        session.flush()
        for place, nickname in enumerate(called):
            person = _add(session, PersonKind.STUDENT, checked_name(nickname), language, None)
            session.add(TeamMemberRow(person=person.id, team=number, place=place))


def seed_demo(store: Store) -> None:
    """Put the demo's class of 24 into a lab that has no teams."""
    called = nicknames([pupil for team in TEAMS for pupil in team])
    members = [called[place : place + 3] for place in range(0, len(called), 3)]
    store.write_now(lambda session: None if class_name(session) else make_class(session, CLASS_NAME, members))


def set_teacher(store: Store, name: str, password: str, *, language: str = DEFAULT) -> Person:
    """Give the teacher of this name a new password, or make them where there is none: for the demo.

    Raises:
        BadValue, BadPassword: The name, language or password will not do.
    """
    name, language = checked_name(name), checked_language(language)
    check_password(password, name)
    kept = Passwords().hashed(password)

    def write(session: Session) -> Person:
        if _teacher_called(session, fold(name)) is not None:
            return _reset(session, name, kept)
        return _add(session, PersonKind.TEACHER, name, language, kept)

    return store.write_now(write)


def checked_language(language: str) -> str:
    """A language that the lab speaks. Raises BadValue."""
    if language not in LANGUAGES:
        raise BadValue(
            _("The lab does not speak “%(language)s”", language=language),
            hint=_("Choose one of: %(languages)s.", languages=", ".join(LANGUAGES)),
        )
    return language


def _add(session: Session, kind: PersonKind, name: str, language: str, kept: str | None) -> Person:
    row = PersonRow(
        id=str(ULID.from_uuid(uuid4())),  # random throughout: not even when, or in which order, people came
        kind=kind,
        name=name,
        language=language,
        password_hash=kept,
        created_at=now(),
        purge_at=None,
    )
    session.add(row)
    session.flush()
    return _person(row)


def _reset(session: Session, name: str, kept: str) -> Person:
    row = _teacher_called(session, fold(cleaned(name)))
    if row is None:
        known = ", ".join(teacher.name for teacher in teachers(session))
        raise UnknownName(
            _("There is no teacher “%(name)s”", name=name),
            hint=_("There are: %(names)s", names=known) if known else _("Open the panel and make the first teacher."),
        )
    row.password_hash = kept
    record(session, Event("password-reset", person=row.id))
    return _person(row)


def _teacher_called(session: Session, key: str) -> PersonRow | None:
    rows = session.scalars(select(PersonRow).where(PersonRow.kind == PersonKind.TEACHER).order_by(PersonRow.created_at))
    return next((row for row in rows if fold(row.name) == key), None)


def _person(row: PersonRow) -> Person:
    stamp = hashlib.sha256((row.password_hash or "").encode()).hexdigest()[:STAMP_LENGTH]
    return Person(row.id, PersonKind(row.kind), row.name, row.language, stamp)


def _signs(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign in CODE_SIGNS)
