"""Questions that wait for their answers: matched in order, with a deadline, and all failed at once on a loss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from devices.errors import LabError, NoAnswer
from devices.text import _
from devices.wire.firmata import Message

Answer = TypeVar("Answer", bound=Message)

WAITING = 256  # questions that may wait at once; each has a deadline, so more means a program in a loop


@dataclass(frozen=True, eq=False)
class _Question:
    fits: Callable[[Message], bool]
    future: asyncio.Future[Message]
    urgent: bool


class Replies:
    """The questions that a board has not answered yet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: list[_Question] = []

    async def ask(
        self,
        send: Callable[[], None],
        kind: type[Answer],
        seconds: float,
        matches: Callable[[Answer], bool] = lambda answer: True,
        *,
        urgent: bool = False,
    ) -> Answer:
        """Send a question and wait for the message that answers it.

        Raises:
            NoAnswer: None came within ``seconds``.
            LabError: What :meth:`fail` was told meanwhile, or :meth:`interrupt` unless ``urgent``.
        """
        if len(self._waiting) >= WAITING:
            raise NoAnswer(_("%(name)s is asked more than it can answer", name=self._name), device=self._name)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def fits(message: Message) -> bool:
            return isinstance(message, kind) and matches(message)

        question = _Question(fits, future, urgent)
        self._waiting.append(question)
        try:
            send()
            async with asyncio.timeout(seconds):
                answer = await future
        except TimeoutError as error:
            if isinstance(error, LabError):  # what fail() was told
                raise
            raise NoAnswer(
                _("%(name)s does not answer", name=self._name),
                device=self._name,
                hint=_("Check that it is switched on, then press Check again."),
            ) from None
        finally:
            if question in self._waiting:
                self._waiting.remove(question)
        return cast(Answer, answer)

    def hear(self, message: Message) -> bool:
        """Hand a message to the first question it answers; False where it answers none."""
        for question in self._waiting:
            if not question.future.done() and question.fits(message):
                self._waiting.remove(question)
                question.future.set_result(message)
                return True
        return False

    def interrupt(self, error: LabError) -> None:
        """End every question that is not urgent with this error."""
        for question in self._waiting:
            if not question.urgent and not question.future.done():
                question.future.set_exception(error)

    def fail(self, error: LabError) -> None:
        """End every question with this error."""
        for question in self._waiting:
            if not question.future.done():
                question.future.set_exception(error)
