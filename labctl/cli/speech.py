"""How the command line speaks: in the person's language, in colour only on a terminal, as JSON when asked."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from labctl import languages
from labctl.cli.output import OutputLost

if TYPE_CHECKING:
    from devices.errors import LabError

FINE, PROBLEM, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; stable, because scripts rely on them."""

_chosen = "en"


def choose_language(environ: Mapping[str, str] = os.environ, lab_file: Path | None = None) -> str:
    """Take the language of what follows from ``LABCTL_LANG``, else the lab file, else the system, else English."""
    global _chosen
    _chosen = _first_known(
        environ.get("LABCTL_LANG", ""),
        _of_lab(lab_file) if lab_file is not None and not environ.get("LABCTL_LANG") else "",
        environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "",
    )
    return _chosen


def spoken_language() -> str:
    """The language that was chosen."""
    return _chosen


def _first_known(*wishes: str) -> str:
    for wish in wishes:
        language = wish.lower().split("_")[0].split("-")[0].split(".")[0]
        if language in languages.LANGUAGES:
            return language
    return "en"


def _of_lab(lab_file: Path) -> str:
    """The lab file's language, where it can be told; what is wrong with the file is said by whoever needs it."""
    import tomllib

    try:
        data: Any = tomllib.loads(lab_file.read_text("utf-8"))
        return str(data["lab"]["language"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def say(text: str, language: str | None = None) -> str:
    """A sentence in the person's language; a plain ``str`` is said as it is."""
    return languages.say(text, language or _chosen)


def colourful(stream: IO[str]) -> bool:
    """Whether colours may go to ``stream``: a terminal whose user has not asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(data: Any) -> None:
    """Data for scripts, on stdout."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_data(views: Any) -> None:
    """Views as data for scripts, sentences in the person's language."""
    from labctl.plain import plain

    print_json(plain(views, say))


def print_error(error: LabError, *, as_json: bool = False) -> None:
    """An error on stderr: what happened, to what, and what to do next. Where nobody hears it, the exit code tells."""
    from labctl.plain import error_plain

    with contextlib.suppress(OutputLost):
        if as_json:
            print(json.dumps(error_plain(error, say), ensure_ascii=False), file=sys.stderr)
            return
        print("\n".join(_paint_first(error_lines(error), sys.stderr)), file=sys.stderr)


def error_lines(error: LabError) -> list[str]:
    """An error as lines; what it is about stands first, what to do stands last and indented."""
    from devices.errors import BadFile, GroupFailed

    message = say(error.message)
    about = f"{error.device}: " if error.device and error.device not in message else ""
    lines = [f"{about}{message}"]
    if isinstance(error, BadFile):
        lines += [f"  {say(problem)}" for problem in error.problems]
    if isinstance(error, GroupFailed):
        for name, one in error.failures.items():
            head, *rest = error_lines(one)
            lines += [f"  {head}" if head.startswith(name) else f"  {name}: {head}", *(f"  {line}" for line in rest)]
    if error.hint:
        lines.append(f"  {say(error.hint)}")
    return lines


def _paint_first(lines: list[str], stream: IO[str]) -> list[str]:
    if colourful(stream):
        lines[0] = f"\x1b[31m{lines[0]}\x1b[0m"
    return lines


def print_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, colours: Mapping[str, str] | None = None
) -> None:
    """Rows under their heads: drawn on a terminal, plain columns elsewhere so that other programs can cut them.

    ``colours`` maps the text of a cell to the style it has on a terminal.
    """
    if not colourful(sys.stdout):
        print_columns(head, rows)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    table = Table(*head, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Styled(cell, style=(colours or {}).get(cell, "")) for cell in row))
    Console(highlight=False).print(table)


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns of spaces, nothing cut off."""
    every = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]
    for row in every:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
