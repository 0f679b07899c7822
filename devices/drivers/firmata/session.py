"""One opening of a board: from the greeting to the loss, with what its pins were told meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from devices.api import Identity
from devices.drivers.firmata.greeting import Greeting, Heard, greet
from devices.drivers.firmata.outputs import Outputs
from devices.drivers.firmata.replies import Replies
from devices.errors import DeviceLost, LabError, NoAnswer, Stopped
from devices.text import _
from devices.transports.link import Link
from devices.wire import firmata as wire

ANSWER_WITHIN: Final = 1.0  # seconds
STOP_AGAIN: Final = 0.15  # seconds after which a stop is said again: the first may have been damaged
KEEP_ALIVE: Final = 0.1  # seconds; the lab's firmware rests after 0.5
WATCH: Final = 0.9  # seconds between an answer and the next question whether the board is there
PATIENCE: Final = 0.6  # seconds that such a question waits before the next; a late answer serves that one
SILENT: Final = 3  # questions in a row without an answer: it is lost, within 3 s of its last word
QUIET_PIN: Final = 0  # what is asked about: the receiving pin, which is nobody's output, so no stop waits for its state

Answer = TypeVar("Answer", bound=wire.Message)


class Session:
    """What lives between opening a board and losing it. ``on_lost`` is called once, and only when it was ready."""

    def __init__(
        self,
        name: str,
        link: Link,
        on_message: Callable[[wire.Message], None],
        on_lost: Callable[[DeviceLost], None],
    ) -> None:
        self._name, self._link = name, link
        self._on_message, self._on_lost = on_message, on_lost
        self._parser = wire.Parser()
        self._heard = Heard()
        self._arrived = 0  # bytes since the last answer
        self._replies = Replies(name)
        self._standing: dict[object, list[bytes]] = {}  # what to report, to be said again where it was dropped
        self._lost: DeviceLost | None = None
        self._greeting: Greeting | None = None
        self._watching: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self.outputs = Outputs()

    @property
    def lab(self) -> wire.LabIdentity | None:
        """What the lab's own firmware said of itself; None for any other."""
        return self._greeting.lab if self._greeting else None

    async def open(self) -> Identity:
        """Open the link, learn who answers, and put its outputs to rest."""
        try:
            await self._link.open(self._on_bytes, self._on_link_lost)
            self._greeting = greeting = await greet(self._name, self._link.send, self._replies, self._heard)
        except BaseException:
            await self._link.close()
            raise
        self._watching = asyncio.create_task(self._watch(), name=f"watch {self._name}")
        firmware, lab = greeting.firmware, greeting.lab
        return Identity(
            firmware=firmware.name,
            version=f"{firmware.major}.{firmware.minor}",
            board_id=_readable(lab.board_id) if lab else "",
            stops_by_itself=self._has(wire.Feature.WATCHDOG),
        )

    async def close(self, error: DeviceLost) -> None:
        """End what waits with ``error`` and let go of the link."""
        self._lost = self._lost or error
        self._end(error)
        if self._leaving is not None:
            await asyncio.wait([self._leaving])
        await self._link.close()

    def send(self, frames: Iterable[bytes]) -> None:
        """Queue frames, in order; from the first output that is on, the board is told that its controller lives.

        Raises:
            DeviceLost: The session has ended.
        """
        if self._lost is not None:
            raise DeviceLost(self._lost.message, device=self._name, hint=self._lost.hint)
        for frame in frames:
            self._link.send(frame)
        if self._keeping is None and self.outputs.on and self._has(wire.Feature.WATCHDOG):
            self._link.send(wire.lab_keep_alive())
            self._keeping = asyncio.create_task(self._keep_alive(), name=f"keep alive {self._name}")

    def stand(self, key: object, frames: list[bytes]) -> None:
        """Send frames that hold until others of that ``key`` take their place."""
        self._standing[key] = frames
        self.send(frames)

    async def ask(
        self,
        question: bytes,
        kind: type[Answer],
        matches: Callable[[Answer], bool] = lambda answer: True,
        *,
        seconds: float = ANSWER_WITHIN,
        urgent: bool = False,
    ) -> Answer:
        """Send a question and wait for its answer; one that is not ``urgent`` ends with a stop."""
        return await self._replies.ask(lambda: self.send([question]), kind, seconds, matches, urgent=urgent)

    async def stop(self, seconds: float) -> None:
        """Ahead of all that was queued, put every output to rest, and have that confirmed.

        A board that does not confirm is let go: what is still on its way to it would move it later. Opening it
        again resets it, or puts it to rest.

        Raises:
            NoAnswer: It did not confirm within ``seconds``.
            DeviceLost: It is lost.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._rest()
        except TimeoutError as error:
            if not isinstance(error, LabError):
                self._lose(
                    NoAnswer(
                        _("%(name)s did not confirm that it stopped", name=self._name),
                        device=self._name,
                        hint=_("Check that it stands still; switch it off if not."),
                    )
                )
            raise

    async def _rest(self) -> None:
        dropped = self._link.discard()
        self._replies.interrupt(Stopped(_("%(name)s was stopped", name=self._name), device=self._name))
        if self.lab is not None:
            self.outputs.rested()
            await self._insist(self._rest_by_word)
        else:
            unconfirmed = set(self.outputs.pins)
            await self._insist(lambda: self._rest_by_pins(unconfirmed))
        if dropped:  # modes and reports may have been among it
            self.send([*self.outputs.again(), *(frame for frames in self._standing.values() for frame in frames)])

    # -- rest, confirmed

    async def _insist(self, attempt: Callable[[], Awaitable[bool]]) -> None:
        while True:
            with contextlib.suppress(NoAnswer):
                if await attempt():
                    return
            self._link.discard()
            self.send([bytes((wire.END_SYSEX,))])  # in case a sysex was cut: it would swallow what follows

    async def _rest_by_word(self) -> bool:
        def asked(rested: wire.Rested) -> bool:
            return rested.cause == wire.RestCause.ASKED

        await self.ask(wire.lab_rest(), wire.Rested, asked, seconds=STOP_AGAIN, urgent=True)
        return True

    async def _rest_by_pins(self, unconfirmed: set[int]) -> bool:
        """Put all to rest and ask the pins that have not said so yet; each is asked once."""
        self.send(self.outputs.rest())
        asked = tuple(unconfirmed)
        values = await asyncio.gather(*(self._value_of(pin) for pin in asked), return_exceptions=True)
        unconfirmed.difference_update(pin for pin, value in zip(asked, values, strict=True) if value == 0)
        for value in values:
            if isinstance(value, BaseException) and not isinstance(value, NoAnswer):
                raise value
        return not unconfirmed

    async def _value_of(self, pin: int) -> int:
        def of_pin(state: wire.PinState) -> bool:
            return state.pin == pin

        question = wire.ask_pin_state(pin)
        return (await self.ask(question, wire.PinState, of_pin, seconds=STOP_AGAIN, urgent=True)).value

    # -- what arrives

    def _on_bytes(self, data: bytes) -> None:
        self._arrived += len(data)
        if self._greeting is None:
            self._heard.feed(data)
        for message in self._parser.feed(data):
            if self._lost is not None:
                return
            self._on_one(message)

    def _on_one(self, message: wire.Message) -> None:
        answered = self._replies.hear(message)
        if self._greeting is None:
            return
        if isinstance(message, wire.Firmware) and not answered:
            self._restarted()
            return
        if message == wire.Rested(wire.RestCause.SILENCE):
            self.outputs.rested()
        self._on_message(message)

    def _restarted(self) -> None:
        """It greets again: it has forgotten its pins, and everything must be set up anew."""
        self._lose(
            DeviceLost(
                _("%(name)s has restarted", name=self._name),
                device=self._name,
                hint=_("If it does so often, its batteries may be weak or a wire loose."),
            )
        )

    # -- losing it

    def _on_link_lost(self, error: LabError) -> None:
        lost = error if isinstance(error, DeviceLost) else DeviceLost(error.message, device=self._name)
        self._lose(lost)

    def _lose(self, error: DeviceLost) -> None:
        if self._lost is not None:
            return
        self._lost = error
        self._end(error)
        if self._greeting is not None:
            self._leaving = asyncio.create_task(self._link.close(drop=True), name=f"leave {self._name}")
            self._on_lost(error)

    def _end(self, error: DeviceLost) -> None:
        for task in (self._watching, self._keeping):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._watching = self._keeping = None
        self._replies.fail(error)

    # -- its two tasks, both ended by a loss and by close

    async def _keep_alive(self) -> None:
        """Tell the board that its controller lives, while any output is on: from the loop, never from a thread."""
        try:
            while self.outputs.on:
                await asyncio.sleep(KEEP_ALIVE)
                self._link.send(wire.lab_keep_alive())
        except LabError:
            pass  # the link reports its loss itself
        finally:
            if self._keeping is asyncio.current_task():
                self._keeping = None

    async def _watch(self) -> None:
        """Notice a board that answers no more while its port is still there.

        Only an answer counts as life: noise, words and reports that were asked for long ago come from broken boards
        too. And what is asked is not answered by noise, as the three bytes of a version are about twice a second.
        """
        unanswered = 0
        while unanswered < SILENT:
            if not unanswered:
                await asyncio.sleep(WATCH)
                self._arrived = 0
            try:
                await self.ask(
                    wire.ask_pin_state(QUIET_PIN),
                    wire.PinState,
                    lambda state: state.pin == QUIET_PIN,
                    seconds=PATIENCE,
                )
                unanswered = 0
            except Stopped:
                continue
            except NoAnswer:
                unanswered += 1
            except LabError:
                return
        self._lose(self._unanswering())

    def _unanswering(self) -> NoAnswer:
        """What is said of a board that answers no more: whether nothing comes from it, or nothing of sense."""
        message = _("%(name)s has fallen silent", name=self._name)
        hint = _("Check that it is switched on, then press Check again.")
        if self._arrived:
            message = _("%(name)s does not answer any more, though something arrives from it", name=self._name)
            hint = _("Check its cable, and that the lab's firmware runs on it; then press Check again.")
        return NoAnswer(message, device=self._name, hint=hint)

    def _has(self, feature: wire.Feature) -> bool:
        return bool(self.lab and self.lab.features & feature)


def _readable(board_id: bytes) -> str:
    """An id as it is written down: as text where it is text, else in hex."""
    text = board_id.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else board_id.hex()
