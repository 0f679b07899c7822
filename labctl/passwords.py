"""Passwords: which are good enough, how they are kept, and how fast they may be guessed."""

from __future__ import annotations

import math
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from devices.errors import BadValue, LabError, NoAnswer
from devices.text import _, ngettext
from labctl.azerbaijani import fold

T = TypeVar("T")

SHORTEST = 8
"""Characters of a password at least (NIST SP 800-63B)."""

LONGEST = 200
"""Characters at most, so that hashing takes the same short time for all."""

KINDS = 3
"""Different characters at least: ``aaaaaaaa`` and ``12121212`` are guessed first."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id as OWASP's password storage cheat sheet asks at least: 19 MiB and one thread, so that a sign-in on a
Raspberry Pi neither fills the memory nor holds up the robots. About 40 ms on a PC."""

HASHING_AT_ONCE = 2
HASHING_WAIT = 10.0
"""At most two hashes at a time; who waits longer than this many seconds is sent away."""

FREE_TRIES = 5
"""Wrong passwords for one name before the first wait."""

LONGEST_WAIT = 60.0
"""Seconds that a name waits at most between tries."""

FORGET_AFTER = 15 * 60.0
"""Seconds after which the wrong tries of a name are forgotten."""

NAMES_WATCHED = 4096
"""Names whose tries are counted; the ones tried longest ago make room."""


class BadPassword(BadValue):
    """The password is too easy to guess."""

    slug = "bad-password"


class TooManyTries(LabError):
    """Too many wrong passwords for this name; ``seconds`` says how long to wait."""

    slug = "too-many-tries"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("There were too many wrong tries"),
            hint=ngettext("Wait %(count)s second, then try again.", "Wait %(count)s seconds, then try again.", seconds),
        )
        self.seconds = seconds


def check_password(password: str, name: str) -> None:
    """Accept a new password for ``name``.

    Raises:
        BadPassword: It is too short or too long, or easily guessed; the hint says what to do.
    """
    password = _one_form(password)
    if len(password) < SHORTEST:
        raise BadPassword(
            _("The password is too short"),
            hint=_("Take at least %(count)s characters; three words are good.", count=SHORTEST),
        )
    if len(password) > LONGEST:
        raise BadPassword(_("The password is too long"), hint=_("Take at most %(count)s characters.", count=LONGEST))
    if fold(password).replace(" ", "") == fold(name).replace(" ", ""):
        raise BadPassword(
            _("The password is the name"), hint=_("Take something that others do not know; three words are good.")
        )
    if len(set(password)) < KINDS:
        raise BadPassword(
            _("The password repeats the same characters"), hint=_("Take different ones; three words are good.")
        )


class Passwords:
    """Makes and checks hashes, a few at a time. Blocks for some hundredths of a second: not for the hub's loop."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._room = threading.BoundedSemaphore(HASHING_AT_ONCE)
        self._nobodys = ""

    def hashed(self, password: str) -> str:
        """What is kept of a password. Raises NoAnswer where too many ask at once."""
        return self._in_turn(lambda: self._hasher.hash(_one_form(password)))

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that ``kept`` was made of; takes as long where there is nothing to compare.

        Raises:
            NoAnswer: Too many ask at once.
        """
        if not self._nobodys:
            self._nobodys = self.hashed("nobody has this password")

        def verify() -> bool:
            try:
                return self._hasher.verify(kept or self._nobodys, _one_form(password[:LONGEST]))
            except (VerificationError, InvalidHashError):
                return False

        return self._in_turn(verify) and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _in_turn(self, act: Callable[[], T]) -> T:
        if not self._room.acquire(timeout=HASHING_WAIT):
            raise NoAnswer(_("Too many people sign in at once"), hint=_("Try again in a minute."))
        try:
            return act()
        finally:
            self._room.release()


def wait_after(wrong: int) -> float:
    """Seconds before the next try after so many wrong ones: none up to four, then 2, 4, 8 and so on up to a minute."""
    return 0.0 if wrong < FREE_TRIES else min(LONGEST_WAIT, 2.0 ** min(wrong - FREE_TRIES + 1, 10))


@dataclass
class _Tries:
    wrong: int = 0
    last: float = -math.inf


class Throttle:
    """Counts wrong tries by name, known or not, and makes each next one wait longer. Never by address: a class sits
    behind one. May be used from several threads.

    Args:
        clock: Seconds that only grow: ``time.monotonic`` but in tests.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def begin(self, name: str) -> None:
        """Count a try as wrong until :meth:`right` says otherwise, so that many at once count as many.

        Raises:
            TooManyTries: It comes too early; it is not counted.
        """
        with self._lock:
            now = self._clock()
            tries = self._tries.setdefault(name, _Tries())
            self._tries.move_to_end(name)
            if now - tries.last > FORGET_AFTER:
                tries.wrong = 0
            left = tries.last + wait_after(tries.wrong) - now
            if left > 0:
                raise TooManyTries(math.ceil(left))
            tries.wrong += 1
            tries.last = now
            while len(self._tries) > NAMES_WATCHED:
                self._tries.popitem(last=False)

    def right(self, name: str) -> None:
        """Forget the tries of a name: the last one was right, or its owner is gone."""
        with self._lock:
            self._tries.pop(name, None)


def _one_form(password: str) -> str:
    """The same password typed on different systems as the same characters."""
    return unicodedata.normalize("NFC", password)
