"""Serving the panel: the port is taken first, and the way out is short even with pages open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import uvicorn

from devices.errors import PortBusy, PortForbidden, PortMissing
from devices.text import _
from web.app import create_app
from web.asgi import Panel
from web.facade import Lab
from web.feed import Feed
from web.live import Live

BACKLOG = 128
SEND_BUFFER = 64 * 1024  # bytes: a reader that takes nothing is noticed after so much, not after megabytes
VANISHED_MS = 15_000  # a page whose machine went away without a word is dropped then (Linux: TCP_USER_TIMEOUT)


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 for any that is free. Connections wait in it until :func:`serve` answers them.

    Raises:
        PortBusy: Another program has the port.
        PortForbidden: This user may not have it.
        PortMissing: The host is none of this machine's addresses.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # elsewhere it would let two programs share the port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
        server.bind((host, port))
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        raise _not_listening(host, port, error) from error
    return server


def _not_listening(host: str, port: int, error: OSError) -> PortBusy | PortForbidden | PortMissing:
    if isinstance(error, PermissionError):
        return PortForbidden(
            _("This user may not use port %(port)s", port=port), hint=_("Take a port above 1023, with --port.")
        )
    if isinstance(error, socket.gaierror) or "assign" in str(error):
        return PortMissing(
            _("%(host)s is not an address of this computer", host=host), hint=_("Take 127.0.0.1, or its own address.")
        )
    return PortBusy(
        _("Another program uses port %(port)s", port=port), hint=_("Close it, or take another port with --port.")
    )


def serve(
    lab: Lab,
    server: socket.socket,
    *,
    secret_key: bytes | str,
    right_token: Callable[[str], bool],
    default_language: str = "az",
    on_ready: Callable[[], None] | None = None,
    stop_when: threading.Event | None = None,
) -> None:
    """Serve the panel of ``lab`` until SIGTERM or Ctrl-C, then return; nothing is printed.

    Args:
        lab: The running lab; it is the caller's to close.
        server: What :func:`listen` returned; closed when this returns.
        secret_key: Signs the session cookies.
        right_token: Whether a token is that of the local API.
        default_language: For those who have not chosen one.
        on_ready: Called once requests are answered.
        stop_when: Ends the serving when it is set; for callers that are not the main thread.
    """
    feed = Feed()
    app = create_app(lab, secret_key=secret_key, right_token=right_token, feed=feed, default_language=default_language)
    live = Live(app, lab, feed)
    panel = Panel(app, feed)
    config = uvicorn.Config(
        panel,  # pyright: ignore[reportArgumentType]
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    try:
        live.start()
        asyncio.run(_Server(config, feed, on_ready, stop_when).serve(sockets=[server]))
    finally:
        live.close()
        panel.close()
        server.close()


class _Server(uvicorn.Server):
    """uvicorn, but a signal ends the streams first and is not raised again afterwards: the lab closes in peace."""

    def __init__(
        self,
        config: uvicorn.Config,
        feed: Feed,
        on_ready: Callable[[], None] | None,
        stop_when: threading.Event | None,
    ) -> None:
        super().__init__(config)
        self._feed = feed
        self._on_ready = on_ready
        self._stop_when = stop_when

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        if self._stop_when is not None and self._stop_when.is_set() and not self.should_exit:
            self.leave()
        return await super().on_tick(counter)

    def leave(self) -> None:
        """End the streams, then the serving."""
        self._feed.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self.leave()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Windows' Ctrl-Break
        signals = [int(getattr(signal, name)) for name in names if hasattr(signal, name)]
        before: dict[int, Any] = {sig: signal.signal(sig, self.handle_exit) for sig in signals}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)
