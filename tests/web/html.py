"""Reading pages in tests: the elements, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str = "") -> Iterator[Element]:
        """Every element below this one, of that name."""
        for child in self.children:
            if not name or child.name == name:
                yield child
            yield from child.all(name)

    def words(self) -> str:
        """Everything it says."""
        return " ".join([self.text, *(child.words() for child in self.children)]).strip()

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.at = self.root
        self.crossed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.at.name != tag or self.at.parent is None:
            self.crossed.append(f"</{tag}> closes <{self.at.name}>")
            return
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.text += data


def read(html: str) -> Element:
    """A page as a tree; fails where its tags do not nest."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.crossed, reader.crossed
    assert reader.at is reader.root, f"<{reader.at.name}> is never closed"
    return reader.root


def faults(page: Element) -> list[str]:
    """What is wrong with a page, as far as it can be seen without drawing it."""
    found: list[str] = []
    ids = Counter(element.get("id") for element in page.all() if element.get("id"))
    found += [f"two elements have the id {id}" for id, count in ids.items() if count > 1]
    for element in page.all():
        for name in element.attributes:
            if name == "style" or name.startswith("on"):
                found.append(f"<{element.name} {name}> is inline code")
        for name in ("aria-labelledby", "aria-describedby"):
            found += [f"{name} names {id}" for id in element.get(name).split() if id not in ids]
        match element.name:
            case "style":
                found.append("<style> is inline")
            case "script" if not element.get("src"):
                found.append("<script> is inline")
            case "button" | "a" | "h1" | "h2" | "h3" | "th":
                if not element.words() and not element.get("aria-label"):
                    found.append(f"<{element.name}> says nothing: {element.attributes}")
            case "input" if element.get("type") != "hidden":
                if not any(parent.name == "label" for parent in above(element)):
                    found.append(f"<input {element.get('name')}> has no label")
            case "svg":
                if element.get("aria-hidden") != "true" and not element.get("aria-label"):
                    found.append("a drawing has neither a name nor is it hidden")
            case "form" if element.get("method") == "post":
                if not any(field.get("name") == "csrf" for field in element.all("input")):
                    found.append(f"the form to {element.get('action')} has no token")
            case _:
                pass
    return found


def above(element: Element) -> Iterator[Element]:
    while element.parent is not None:
        element = element.parent
        yield element
