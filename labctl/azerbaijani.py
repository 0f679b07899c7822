"""Azerbaijani letters: their capitals, their order, and what counts as the same in a search.

Python's own functions follow English, where the capital of i is I; here it is İ, and I is the capital of ı. These are
for what people read and type. Identifiers, file names and protocol words keep ASCII rules.
"""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "abcçdeəfgğhxıijkqlmnoöprsştuüvyz"
"""The 32 letters in their order (law on the Azerbaijani alphabet of 1991, as changed in 1992)."""

_TO_UPPER = str.maketrans({"i": "İ", "ı": "I"})
_TO_LOWER = str.maketrans({"İ": "i", "I": "ı"})

# Letters that look like ə and come from other keyboards: the turned e (African, Pan-Turkic) and the Cyrillic schwa.
_SCHWA = str.maketrans({"\u01dd": "ə", "\u018e": "Ə", "\u04d9": "ə", "\u04d8": "Ə"})

# Neither letter comes apart under NFKD: without this, search would lose them.
_BY_HAND = str.maketrans({"ə": "e", "\u01dd": "e", "\u04d9": "e", "ı": "i"})

_PLACE = {letter: place for place, letter in enumerate(ALPHABET)}
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER_OR_LETTER = re.compile(r"[0-9]+|.", re.DOTALL)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def upper(text: str) -> str:
    """``text`` in capitals: ``istilik`` is ``İSTİLİK``, ``qırmızı`` is ``QIRMIZI``."""
    return _composed(text).translate(_TO_UPPER).upper()


def lower(text: str) -> str:
    """``text`` in small letters: ``İSTİLİK`` is ``istilik``, ``QIRMIZI`` is ``qırmızı``."""
    return _composed(text).translate(_TO_LOWER).lower()


def title(text: str) -> str:
    """Each word with a capital at its beginning: ``irəli İLQAR`` is ``İrəli İlqar``."""
    return _WORD.sub(lambda word: capital(word[0]), _composed(text))


def capital(text: str) -> str:
    """The first letter a capital, the others small."""
    text = _composed(text)
    return upper(text[:1]) + lower(text[1:])


def cleaned(text: str) -> str:
    """What a person typed or a file brought in: composed letters, real ə, single spaces, nothing invisible."""
    text = _composed(text).translate(_SCHWA)
    seen = "".join(" " if letter.isspace() else letter for letter in text if letter.isspace() or _visible(letter))
    return _composed(" ".join(seen.split()))


def fold(text: str) -> str:
    """``text`` as searches see it: ``İ I ı i`` are one letter, ``ə`` is e; marks and case do not count."""
    return _bare(_bare(text).casefold()).translate(_BY_HAND)


def sort_key(text: str) -> tuple[object, ...]:
    """A key that sorts by the 32 letters, numbers by their value (``Komanda 2`` before ``Komanda 10``), case last.

    What is no letter comes before numbers and letters; letters of other alphabets come after ours.
    """
    text = _composed(text).translate(_SCHWA)
    return tuple(_weight(part) for part in _NUMBER_OR_LETTER.findall(lower(text))), text.swapcase()


def _weight(part: str) -> tuple[int, int, str]:
    if part[0] in "0123456789":
        return 1, int(part[:100]), part
    if part in _PLACE:
        return 2, _PLACE[part], ""
    if part == "w":  # in foreign names only; Azerbaijani dictionaries put it after v
        return 2, _PLACE["v"], part
    return (3 if part.isalpha() else 0), ord(part), ""


def _bare(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE
