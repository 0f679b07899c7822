"""Briefs: the Markdown that students read, cut into steps by its headings and made into HTML that is safe to show."""

from __future__ import annotations

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from devices.text import Text, _
from lessons.mistakes import not_one_of, quoted

STEP_HEADING = "h2"

TAGS = frozenset(
    {"p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "a"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
"""What a brief may contain; everything else is taken out, with what is inside a script or a style."""

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def sections(text: str, steps: Sequence[str]) -> tuple[dict[str, str], tuple[Text, ...]]:
    """Cut a brief into its steps.

    A ``# title`` may stand above the first step; no other text may.

    Returns:
        The HTML of each step by its id, and what is wrong with the brief.
    """
    problems: list[Text] = []
    found: dict[str, str] = {}
    before, parts = _cut(_markdown.parse(text))
    if not _only_a_title(before):
        problems.append(_("the text above the first step belongs to no step"))
    for name, tokens in parts:
        if name not in steps:
            problems.append(_("heading %(what)s", what=not_one_of(name, steps)))
        elif name in found:
            problems.append(_("there are two headings %(step)s", step=quoted(name)))
        elif not tokens:
            problems.append(_("there is nothing under the heading %(step)s", step=quoted(name)))
        found[name] = _html(tokens)
    problems += [_("there is no heading %(step)s", step=quoted(f"## {step}")) for step in steps if step not in found]
    order = [name for name in found if name in steps]
    if not problems and order != list(steps):
        problems.append(_("the headings are not in the order of the steps"))
    return found, tuple(problems)


def _cut(tokens: Sequence[Token]) -> tuple[list[Token], list[tuple[str, list[Token]]]]:
    """The tokens above the first step heading, and those of each step under its heading's text."""
    before: list[Token] = []
    parts: list[tuple[str, list[Token]]] = []
    rest = iter(tokens)
    for token in rest:
        if token.type == "heading_open" and token.tag == STEP_HEADING and token.level == 0:
            parts.append((next(rest).content.strip(), []))
            next(rest)  # heading_close
        else:
            (parts[-1][1] if parts else before).append(token)
    return before, parts


def _only_a_title(tokens: Sequence[Token]) -> bool:
    return not tokens or (len(tokens) == 3 and tokens[0].type == "heading_open" and tokens[0].tag == "h1")


def _html(tokens: Sequence[Token]) -> str:
    html = str(_markdown.renderer.render(tokens, _markdown.options, {}))
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    ).strip()
