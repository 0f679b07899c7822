"""The sentences of one language, read from the file that translators edit.

Babel writes and checks these files, but loading it and parsing 750 sentences takes 110 ms, more than half of what the
command line's help may take; this reads the same file in 6 ms. A test holds the two readers together.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devices.text import Text

_LINE = re.compile(r'(msgid_plural|msgid|msgstr)?(?:\[(\d)\])? ?"(.*)"')
_ESCAPE = re.compile(r'\\(["\\nt])')
_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True)
class Catalogue:
    """English sentences to those of a language; ``form`` tells which plural form a number takes."""

    sentences: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    def find(self, text: Text) -> str | None:
        """The sentence with its places open, or None where it was never translated."""
        forms = self.sentences.get(text.msgid)
        if forms is None:
            return None
        return forms[min(self.form(text.number), len(forms) - 1)] if text.plural else forms[0]


@dataclass
class _Entry:
    fuzzy: bool = False
    parts: dict[str, str] = field(default_factory=dict[str, str])

    def translated(self) -> tuple[str, ...]:
        """Its forms in their order; empty where one is missing or was only guessed."""
        forms = tuple(form for key, form in sorted(self.parts.items()) if key.startswith("msgstr"))
        return forms if all(forms) and not self.fuzzy else ()


def read_catalogue(file: Path) -> Catalogue:
    """Read a gettext catalogue.

    Raises:
        OSError, UnicodeError: It cannot be read.
    """
    sentences: dict[str, tuple[str, ...]] = {}
    plural = "n != 1"
    for entry in _entries(file.read_text("utf-8").splitlines()):
        msgid, forms = entry.parts.get("msgid"), entry.translated()
        if msgid == "" and (said := re.search(r"plural=([^;]+);", "".join(forms))):
            plural = said[1]
        elif msgid and forms:
            sentences[msgid] = forms
    return Catalogue(sentences, gettext.c2py(plural))


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    entry, key = _Entry(), ""
    for line in lines:
        if not line.strip():
            yield entry
            entry = _Entry()
        elif line.startswith("#,"):
            entry.fuzzy = "fuzzy" in line
        elif not line.startswith("#") and (found := _LINE.fullmatch(line)):
            name, number, words = found.groups()
            key = f"{name}{number or ''}" if name else key
            if "\\" in words:
                words = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), words)
            entry.parts[key] = entry.parts.get(key, "") + words
    yield entry
