"""``labctl panel`` and ``labctl demo``: open a lab, serve its panel, and leave everything at rest at the end."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devices.errors import LabError, PortBusy
from devices.text import Text, _
from labctl.cli.reaching import DataOption, JsonOption, places_of
from labctl.cli.speech import choose_language, print_json, say
from labctl.places import Places, find_places

if TYPE_CHECKING:
    from labctl.lab import Lab

DEFAULT_PORT = 8000
LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "")

PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help=say(_("Where to listen; by default 8000, or a free port if it is taken."))
    ),
]
HostOption = Annotated[
    str,
    typer.Option("--host", help=say(_("Who can reach it: 127.0.0.1 this computer, 0.0.0.0 the whole network."))),
]
NoBrowserOption = Annotated[bool, typer.Option("--no-browser", help=say(_("Do not open a browser.")))]


class _Ended(BaseException):
    """Someone asked this process to end. Not an Exception: nothing on the way out may take it for a failure."""


@dataclass(frozen=True)
class Greeting:
    """What is said once the panel is open: lines for people, facts for ``--json``."""

    lines: tuple[Text, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


def panel(
    port: PortOption = None,
    host: HostOption = LOOPBACK,
    no_browser: NoBrowserOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the panel of this lab until Ctrl-C or SIGTERM."""
    _serve(
        Serving("panel", host, port, not no_browser, as_json),
        places_of(data, may_begin=True),
        prepare=lambda: None,
        greet=_welcome,
    )


def _welcome(lab: Lab) -> Greeting:
    if lab.people.has_teacher():
        return Greeting()
    code = lab.people.setup_code()
    return Greeting(
        (_("There is no teacher yet. Set one up there; the code is %(code)s", code=code),), {"setup_code": code}
    )


def demo(
    port: PortOption = None,
    host: HostOption = LOOPBACK,
    no_browser: NoBrowserOption = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help=say(_("Keep the demo's data there; by default in your cache."))),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a simulated lab until Ctrl-C or SIGTERM."""
    places = find_places(data if data is not None else find_places().cache / "demo")
    said: list[Greeting] = []

    def prepare_demo() -> None:
        from labctl.demo import prepare

        sign_in = prepare(places)
        choose_language(lab_file=places.lab_file)
        line = _("Sign in as %(name)s, password %(password)s", name=sign_in.name, password=sign_in.password)
        said.append(Greeting((line,), {"name": sign_in.name, "password": sign_in.password}))

    _serve(
        Serving("demo", host, port, not no_browser, as_json), places, prepare=prepare_demo, greet=lambda lab: said[0]
    )


@dataclass(frozen=True)
class Serving:
    """How the panel is to be served. ``port`` None takes 8000 or a free one."""

    command: str
    host: str
    port: int | None
    browser: bool
    as_json: bool


def _serve(how: Serving, places: Places, *, prepare: Callable[[], None], greet: Callable[[Lab], Greeting]) -> None:
    """Lock, open, serve, and undo it all in the opposite order. A signal at any moment leads to the same end."""
    from labctl.cli.logs import logging_to
    from labctl.local import new_token
    from labctl.lock import LabLock

    serve: Callable[[Lab, Places, socket.socket, Callable[[], None]], None] = _of_the_web("serve")
    with contextlib.suppress(_Ended), _ends_on_signals() as deafen:
        from labctl.open import open_lab

        lock = LabLock(places.lock)
        lock.take(command=how.command)
        with contextlib.ExitStack() as undo:
            undo.callback(lock.release)
            undo.enter_context(logging_to(places))
            listening = undo.enter_context(listen(how.host, how.port))
            prepare()
            new_token(places)
            lab = undo.enter_context(open_lab(places, lock=lock))
            undo.callback(deafen)
            address = address_of(listening, how.host)
            greeting = greet(lab)

            def on_ready() -> None:
                _spare_the_collector()
                lock.announce(address, local=address_of(listening, LOOPBACK) if how.host in EVERYWHERE else address)
                _say_ready(address, greeting, as_json=how.as_json)
                if how.browser:
                    _open_browser(address)

            serve(lab, places, listening, on_ready)


def _spare_the_collector() -> None:
    """Leave what was loaded by now out of every later garbage collection, which stops all threads for as long as it
    looks: over 0.1 s for all of labctl (measured on two shared cores, Python 3.11), and a stop would wait for it."""
    gc.collect()
    gc.freeze()


def _of_the_web(name: str) -> Any:
    """A function of the web server, which registers it by entry point: nothing in labctl knows the web."""
    for point in metadata.entry_points(group="labctl.commands", name=name):
        return point.load()
    raise LabError(
        _("The panel is not installed"), hint=_("Install labctl whole: pip install labctl, or make demo in its folder.")
    )


@contextlib.contextmanager
def _ends_on_signals() -> Generator[Callable[[], None]]:
    """Turn SIGTERM, Ctrl-C and a closed terminal into :class:`_Ended`, until the yielded function says ignore them."""
    names = ("SIGTERM", "SIGINT", "SIGHUP")  # the last where there are terminals that can be closed
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    signals = [one for one in signals if signal.getsignal(one) is not signal.SIG_IGN]  # nohup wants no hang-up

    def end(number: int, frame: FrameType | None) -> None:
        deafen()
        raise _Ended

    def deafen() -> None:
        for one in signals:
            signal.signal(one, signal.SIG_IGN)

    before = {one: signal.signal(one, end) for one in signals}
    try:
        yield deafen
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def listen(host: str, port: int | None) -> socket.socket:
    """A socket that listens already, so that the port cannot be lost between choosing it and serving on it.

    Args:
        host: The interface.
        port: The port that must be had; None takes 8000, or a free one where that is taken.

    Raises:
        PortBusy, PortForbidden, PortMissing: It cannot be listened on.
    """
    take: Callable[[str, int], socket.socket] = _of_the_web("listen")
    if port is not None:
        return take(host, port)
    try:
        return take(host, DEFAULT_PORT)
    except PortBusy:
        return take(host, 0)


def address_of(listening: socket.socket, host: str) -> str:
    """Where people open the panel: for a server on every interface, this computer's address on the network."""
    port = listening.getsockname()[1]
    if host in EVERYWHERE:
        host = _address_on_the_network()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _address_on_the_network() -> str:
    """The address of the interface that leads out. Nothing is sent: connecting a UDP socket only chooses a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation: nobody is there
            return str(probe.getsockname()[0])
        except OSError:
            return LOOPBACK


def _say_ready(address: str, greeting: Greeting, *, as_json: bool) -> None:
    if as_json:
        print_json({"address": address, **greeting.facts})
    else:
        print(say(_("The panel is open: %(address)s", address=address)))
        for line in greeting.lines:
            print(f"  {say(line)}")
        print("  " + say(_("Ctrl-C ends it and leaves every robot at rest.")))
    sys.stdout.flush()


def _open_browser(address: str) -> None:
    """Open the page in a graphical browser, where there is one; never a text browser in this terminal."""
    graphical = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not graphical:
        return
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), name="labctl-browser", daemon=True).start()
