"""A panel over the sample lab: as a test client, and served for real on a free port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.sample import PASSWORD, TOKEN, SampleLab
from web.app import create_app
from web.serving import listen, serve

KEY = "a-key-that-only-the-tests-know"


def right_token(shown: str) -> bool:
    return shown == TOKEN


@pytest.fixture
def lab() -> SampleLab:
    lab = SampleLab("lesson")
    lab.people.create_teacher("Aygün", PASSWORD, "az")
    return lab


@pytest.fixture
def app(lab: SampleLab) -> Flask:
    return create_app(lab, secret_key=KEY, right_token=right_token)


def csrf_of(client: FlaskClient) -> str:
    """The token of the client's session, as its pages carry it."""
    with client.session_transaction() as kept:
        return str(kept.setdefault("csrf", "made-by-the-test"))


def sign_in(client: FlaskClient) -> FlaskClient:
    answer = client.post("/sign-in", data={"name": "Aygün", "password": PASSWORD, "csrf": csrf_of(client)})
    assert answer.status_code == 303
    return client


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Somebody who has not signed in."""
    return app.test_client()


@pytest.fixture
def teacher(app: Flask) -> FlaskClient:
    """Somebody who has."""
    return sign_in(app.test_client())


@dataclass
class Served:
    """A panel that is served, and how to end it."""

    address: str
    port: int
    lab: SampleLab
    leave: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def serving() -> Iterator[Callable[..., Served]]:
    """Serve the panel of a lab, on a free port or a given one; every one is ended with the test."""
    running: list[tuple[Served, threading.Thread]] = []

    def start(lab: SampleLab, port: int = 0) -> Served:
        server = listen("127.0.0.1", port)
        port = server.getsockname()[1]
        served, ready = Served(f"http://127.0.0.1:{port}", port, lab), threading.Event()

        def work() -> None:
            try:
                serve(
                    lab,
                    server,
                    secret_key=KEY,
                    right_token=right_token,
                    on_ready=ready.set,
                    stop_when=served.leave,
                )
            finally:
                served.ended.set()

        thread = threading.Thread(target=work, name="served panel")
        thread.start()
        running.append((served, thread))
        assert ready.wait(10)
        return served

    yield start
    for served, thread in running:
        served.leave.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def served(lab: SampleLab, serving: Callable[..., Served]) -> Served:
    return serving(lab)
