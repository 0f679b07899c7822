"""The local API: what the command line asks of the running lab, over loopback and with its token."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, request

from labctl.local import answer
from web.guard import MACHINE, open_to
from web.pages.shown import the_lab

pages = Blueprint("local", __name__)


@pages.post("/local/<question>")
@open_to(MACHINE)
def ask(question: str) -> dict[str, Any]:
    """Answer one question; see :mod:`labctl.local`."""
    asked: Any = request.get_json(force=True, silent=True)
    return answer(the_lab(), question, cast(dict[str, Any], asked) if isinstance(asked, dict) else {})
