"""Serves simulated boards on loopback sockets from a thread of its own.

The thread is independent of whoever drives the robots: a controller that hangs still sees their dead man act.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import MappingProxyType
from typing import Final, TypeVar

from devices.errors import BadValue, LabError, NoAnswer, UnknownName
from devices.sim.arena import STEP, Arena, Body, Pose
from devices.sim.faults import Fault, Line
from devices.sim.firmata import Board, Change
from devices.sim.layout import LANE_CM, Layout, lab
from devices.sim.plant import Plant, Wiring
from devices.sim.port import Port, listen
from devices.text import _

T = TypeVar("T")

DEADLINE: Final = 2.0  # seconds for whatever is asked of the thread
TICK: Final = 0.04  # seconds between two looks at who is where; boards look at the floor whenever they need to
BEHIND: Final = 0.25  # seconds; when the thread was held up longer, the floor stood still meanwhile


class SimHost:
    """A furnished arena and the boards of the robots in it, each at an address of its own.

    Every method may be called from any thread. :meth:`add`, :meth:`poses`, :meth:`wheels`, :meth:`history` and
    :meth:`layout` never wait; the others wait until the thread has done it, at most 2 s.

    Args:
        seed: What makes each robot a little different; the same seed gives the same robots.
        boot_seconds: How long boards boot after the port is opened, instead of what their firmware takes.
    """

    def __init__(self, *, seed: int = 0, boot_seconds: float | None = None) -> None:
        self._seed = seed
        self._boot_seconds = boot_seconds
        self._arena = Arena.furnished(lab(), seed)
        self._starts: dict[str, Pose] = {}
        self._addresses: dict[str, str] = {}
        self._boards: dict[str, Board] = {}
        self._ports: dict[str, Port] = {}
        self._poses: Mapping[str, Pose] = MappingProxyType({})
        self._loop: asyncio.SelectorEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._life = threading.Lock()
        self._serving: asyncio.AbstractEventLoop | None = None
        self._ticking = False
        self._arena_at = 0.0

    def __enter__(self) -> SimHost:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the thread; once is enough, more often does nothing."""
        with self._life:
            if self._thread:
                return
            self._loop = asyncio.SelectorEventLoop()  # also on Windows: sockets are all it needs
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="sim", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End every connection and the thread, within 2 s. The robots are gone then; may be called again."""
        with self._life:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if not loop or not thread:
            return
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
        for known in (self._addresses, self._boards, self._starts):
            known.clear()
        self._arena = Arena.furnished(lab(), self._seed)
        self._poses = MappingProxyType({})
        self._ticking = False

    def add(
        self,
        robot: str,
        firmware: str = "labctl-robot",
        *,
        wiring: Wiring | None = None,
        pose: Pose | None = None,
        board_id: bytes = b"",
        boot_seconds: float | None = None,
    ) -> str:
        """Put a robot on the floor and serve its board; starts the host if need be.

        A robot of that name that is there already stays as it is.

        Args:
            robot: Its name.
            firmware: ``labctl-robot`` or ``standard-firmata``.
            wiring: Which pin does what, and its measures; the generic two-motor robot where it is left out.
            pose: Where it starts; the next free lane where it is left out.
            board_id: What the lab's firmware has stored.
            boot_seconds: How long this one boots.

        Returns:
            The address to open, such as ``socket:127.0.0.1:40123``.

        Raises:
            UnknownName: There is no such firmware.
        """
        self.start()
        with self._life:
            if robot in self._addresses or not self._loop:
                return self._addresses.get(robot, "")
            boot = self._boot_seconds if boot_seconds is None else boot_seconds
            board = Board(firmware, Plant(self._arena, robot, wiring), board_id=board_id, boot_seconds=boot)
            listener = listen()
            address = f"socket:127.0.0.1:{listener.getsockname()[1]}"
            self._addresses[robot], self._boards[robot] = address, board
            loop = self._loop
        done = self._post(lambda: self._serve_board(loop, robot, board, listener, pose))
        if pose:
            self._wait(done)
        return address

    def remove(self, robot: str) -> None:
        """Take a robot off the floor and close its port; none of that name is fine."""
        self._do(lambda: self._remove(robot))

    def poses(self) -> Mapping[str, Pose]:
        """Where all robots are; the same object as long as none has moved."""
        return self._poses

    def layout(self) -> Layout:
        """The floor as it is furnished now; wider where there are more robots than lanes."""
        return lab(max(1, round(self._arena.width / LANE_CM)))

    def wheels(self, robot: str) -> tuple[float, float]:
        """What a robot's motors are told now, left and right, -1 to 1."""
        return self._board(robot).wheels

    def speeds(self, robot: str) -> tuple[float, float]:
        """How fast a robot's wheels roll, left and right, in cm/s."""
        return self._do(lambda: self._arena.speeds(robot))

    def history(self, robot: str) -> tuple[Change, ...]:
        """The latest changes of a board's outputs, at most 4096, with ``time.monotonic()`` seconds."""
        changes = self._board(robot).changes
        while True:
            try:
                return tuple(changes)
            except RuntimeError:  # one was added meanwhile
                continue

    def put_on_start(self) -> None:
        """Set every robot down where it started, at rest; what its wheels are told stays."""
        self._do(lambda: self._place(self._starts))

    def place(self, robot: str, pose: Pose) -> None:
        """Set one robot down elsewhere.

        Raises:
            BadValue: There is no room.
        """
        self._do(lambda: self._place({robot: pose}))

    def fault(self, robot: str, fault: Fault | str | None) -> None:
        """Begin a fault of one board, or end the one it has with None.

        Raises:
            BadValue: There is no fault of that name.
        """
        begun = Fault.read(fault) if isinstance(fault, str) else fault
        self._board(robot)
        self._do(lambda: self._ports[robot].set_fault(begun))

    # -- the thread --

    def _serve(self, loop: asyncio.SelectorEventLoop) -> None:
        asyncio.set_event_loop(loop)
        self._serving = loop
        try:
            loop.run_forever()
        finally:
            self._serving = None
            for port in self._ports.values():
                port.close()
            self._ports.clear()
            loop.close()

    def _serve_board(
        self, loop: asyncio.AbstractEventLoop, robot: str, board: Board, listener: socket.socket, pose: Pose | None
    ) -> None:
        try:
            self._stand(robot, board.plant.wiring.body, pose)
        except LabError:
            listener.close()
            self._forget(robot)
            raise
        self._ports[robot] = Port(loop, Line(board, f"{self._seed}/{robot}"), listener, self._floor_to, self._moved)
        self._publish()

    def _stand(self, robot: str, body: Body, pose: Pose | None) -> None:
        """Set a new robot down where it is wanted, or in the first lane that is free."""
        taken = set(self._starts.values())
        lane = 0
        while True:
            layout = lab(lane + 1)
            start = pose or Pose(*layout.starts[lane])
            lane += 1
            if start in taken and not pose:
                continue
            if not pose:
                self._arena.widen(layout.width)
            try:
                self._arena.place(robot, *start, body)
            except BadValue:
                if pose:
                    raise
                continue  # someone drove into that lane: there is room in a new one
            self._starts[robot] = start
            return

    def _remove(self, robot: str) -> None:
        port = self._ports.pop(robot, None)
        if port:
            port.close()
        self._arena.lift(robot)
        self._forget(robot)
        self._publish()

    def _forget(self, robot: str) -> None:
        for known in (self._addresses, self._boards, self._starts):
            known.pop(robot, None)

    def _place(self, places: Mapping[str, Pose]) -> None:
        self._arena.place_all(places)
        self._publish()

    def _publish(self) -> None:
        self._poses = MappingProxyType({robot: self._arena.pose(robot) for robot in self._arena.robots})

    def _floor_to(self, now: float) -> None:
        """Let the floor's time run until now, in whole steps."""
        if not self._ticking:
            return
        if now - self._arena_at > BEHIND:
            self._arena_at = now - STEP
        while self._arena_at + STEP <= now + 1e-6:
            self._arena.step(STEP)
            self._arena_at += STEP

    def _moved(self) -> None:
        """A board did something: if a wheel turns now, let the floor's time run."""
        if not self._ticking and self._serving and self._arena.moving:
            self._ticking = True
            self._arena_at = self._serving.time()
            self._serving.call_later(TICK, self._tick)

    def _tick(self) -> None:
        loop = self._serving
        if loop is None:
            return
        self._floor_to(loop.time())
        self._publish()
        self._ticking = self._arena.moving
        if self._ticking:
            loop.call_at(self._arena_at + TICK, self._tick)
        for port in self._ports.values():
            if port.line.board.watches_pins:
                port.pump()

    def _board(self, robot: str) -> Board:
        try:
            return self._boards[robot]
        except KeyError:
            raise UnknownName(_("There is no simulated robot named %(robot)s", robot=robot)) from None

    # -- asking the thread --

    def _post(self, what: Callable[[], T]) -> Future[T]:
        """Have the thread do something; its result or error comes with the future."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(what())
            except BaseException as error:
                done.set_exception(error)

        loop = self._loop
        if loop is None:
            done.set_exception(LabError(_("The simulated lab is closed")))
            return done
        with contextlib.suppress(RuntimeError):  # it closes meanwhile: nobody answers
            loop.call_soon_threadsafe(run)
        return done

    def _wait(self, done: Future[T]) -> T:
        try:
            return done.result(DEADLINE)
        except FutureTimeout:
            raise NoAnswer(_("The simulated lab does not answer")) from None

    def _do(self, what: Callable[[], T]) -> T:
        return self._wait(self._post(what))
