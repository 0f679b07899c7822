"""What a check found, and how a check that breaks is still a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from devices.errors import BadFile, LabError, unexpected
from devices.text import Text, _


class Severity(StrEnum):
    """``problem`` must be put right, ``warning`` should be known, ``fine`` was looked at and is well."""

    FINE = "fine"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: Name of the check, such as ``disk-space``; stable, documented.
        what: What was found.
        why: Why it matters; empty where all is well.
        fix: What to do next; empty where all is well.
    """

    check: str
    what: str
    why: str = ""
    fix: str = ""
    severity: Severity = Severity.FINE


def problem(check: str, what: str, *, why: str = "", fix: str = "") -> Finding:
    """Something that must be put right."""
    return Finding(check, what, why, fix, Severity.PROBLEM)


def warning(check: str, what: str, *, why: str = "", fix: str = "") -> Finding:
    """Something that should be known."""
    return Finding(check, what, why, fix, Severity.WARNING)


def of_error(check: str, error: LabError, *, why: str = "") -> tuple[Finding, ...]:
    """An error as findings, one for each place that a file is wrong at."""
    if isinstance(error, BadFile) and error.problems:
        return tuple(problem(check, one, why=error.message, fix=error.hint) for one in error.problems)
    about = error.device
    what = _("%(about)s: %(what)s", about=about, what=_text(error.message)) if about else error.message
    return (problem(check, what, why=why, fix=error.hint),)


def _text(message: str) -> Text | str:
    return message


def examine(check: str, look: Callable[[], Iterable[Finding]]) -> tuple[Finding, ...]:
    """Run one check. One that breaks is a finding like any other, and the rest go on."""
    try:
        return tuple(look())
    except LabError as error:
        return of_error(check, error)
    except Exception as error:
        return of_error(check, unexpected(error))
