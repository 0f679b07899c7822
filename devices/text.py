"""Sentences for people: written once in English, translated at the edge where the reader is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


class Text(str):
    """An English sentence that remembers what it was made of, so that it can be said again in another language.

    It is a ``str`` (the English sentence, filled in); ``msgid`` is the sentence with its places open and ``params``
    what goes into them. ``plural`` and ``number`` are set where the sentence depends on a number.
    """

    __slots__ = ("msgid", "number", "params", "plural")

    msgid: str
    params: Mapping[str, Any]
    plural: str
    number: int

    def __new__(cls, msgid: str, params: Mapping[str, Any], *, plural: str = "", count: int = 1) -> Text:
        form = plural if plural and count != 1 else msgid
        text = super().__new__(cls, form % params if params else form)
        text.msgid = msgid
        text.params = dict(params)
        text.plural = plural
        text.number = count
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.msgid, dict(self.params), self.plural, self.number)


def _restore(msgid: str, params: Mapping[str, Any], plural: str, count: int) -> Text:
    return Text(msgid, params, plural=plural, count=count)


def _(msgid: str, **params: Any) -> Text:
    """Mark a sentence for translation and fill in its places, written ``%(name)s``."""
    return Text(msgid, params)


def ngettext(singular: str, plural: str, count: int, **params: Any) -> Text:
    """The same for a sentence that depends on ``count``, which fills ``%(count)s``."""
    return Text(singular, {"count": count, **params}, plural=plural, count=count)


def as_data(text: str) -> dict[str, Any]:
    """A sentence as JSON data that :func:`from_data` turns back; a plain ``str`` stays as it is said."""
    if not isinstance(text, Text):
        return {"text": str(text)}
    params = {key: as_data(value) if isinstance(value, Text) else value for key, value in text.params.items()}
    return {"msgid": text.msgid, "params": params, "plural": text.plural, "count": text.number, "text": str(text)}


def from_data(data: Mapping[str, Any]) -> str:
    """The sentence that :func:`as_data` wrote down."""
    if "msgid" not in data:
        return str(data.get("text", ""))
    said: Mapping[str, Any] = data["params"]
    params = {
        key: from_data(cast("Any", value)) if isinstance(value, Mapping) else value for key, value in said.items()
    }
    return Text(data["msgid"], params, plural=data.get("plural", ""), count=int(data.get("count", 1)))
