"""People's names: how they are kept, and what pupils are called so that no two are taken for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from devices.errors import BadValue
from devices.text import _
from labctl.azerbaijani import cleaned, lower

NAME_LENGTH = 80
"""Characters of a name at most: surname, name and patronymic fit."""


def checked_name(name: str) -> str:
    """A name as it is kept.

    Raises:
        BadValue: It is empty or too long.
    """
    name = cleaned(name)
    if not name:
        raise BadValue(_("There is no name"), hint=_("Write a name."))
    if len(name) > NAME_LENGTH:
        raise BadValue(_("The name is too long"), hint=_("Take at most %(count)s characters.", count=NAME_LENGTH))
    return name


def nicknames(names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What pupils are called, from given name and surname: ``Əli``, or ``Əli M.`` where there is another ``Əli``."""
    given = Counter(lower(name) for name, _surname in names)
    return tuple(
        name if given[lower(name)] == 1 else f"{name} {_initial(name, surname, names)}" for name, surname in names
    )


def _initial(name: str, surname: str, names: Sequence[tuple[str, str]]) -> str:
    """As much of a surname as tells it from the others of that given name."""
    others = [other for given, other in names if lower(given) == lower(name) and other != surname]
    for length in range(1, len(surname)):
        if not any(other.startswith(surname[:length]) for other in others):
            return f"{surname[:length]}."
    return surname
