"""The running lab as other programs of this machine reach it: the token they show, and what they may ask."""

from __future__ import annotations

import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from devices.errors import LabError, NoAnswer, UnknownName, unexpected
from devices.text import _
from labctl.files import PRIVATE_FILE, write_atomic, writing
from labctl.lock import Holder
from labctl.places import Places
from labctl.plain import error_from_wire, for_wire, from_wire
from labctl.views import DeviceView, FoundView, HealthView, StopView, TestReport

PATH = "/local/"
"""The web server answers ``POST /local/<question>`` here, to loopback and to holders of the token alone."""

ANSWER_SECONDS = 5.0
TEST_SECONDS = 120.0
"""A self-test of a slow device, with its phases, is over by then."""

LARGEST_ANSWER = 8 << 20  # bytes; a lab of 100 devices says 0.1 MB

T = TypeVar("T")


class Desk(Protocol):
    """What the command line asks of a lab, whether it runs elsewhere or was opened for one command."""

    def devices(self) -> tuple[DeviceView, ...]: ...

    def device(self, id: str) -> DeviceView: ...

    def scan(self) -> tuple[FoundView, ...]: ...

    def adopt(self, address: str, *, id: str | None = None, chassis: str) -> DeviceView: ...

    def find(self, id: str) -> None: ...

    def test_device(self, id: str, *, move: bool = False) -> TestReport: ...

    def stop_all(self, by: str) -> StopView: ...

    def stop_device(self, id: str, by: str) -> StopView: ...

    def health(self) -> HealthView: ...


class NotReached(NoAnswer):
    """A process holds the lab, but its panel does not answer."""

    slug = "lab-not-reached"


def new_token(places: Places) -> str:
    """Make a token for the lab that starts now, in a file that only its user can read. Older ones end.

    Raises:
        LabError: It cannot be written.
    """
    token = secrets.token_urlsafe(32)
    with writing(places.token):
        write_atomic(places.token, token + "\n", mode=PRIVATE_FILE)
    return token


def right_token(places: Places, shown: str) -> bool:
    """Whether ``shown`` is the token of the running lab; compared in constant time."""
    try:
        token = places.token.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return False
    return bool(token) and hmac.compare_digest(token.encode(), shown.encode("utf-8", "replace"))


def answer(lab: Desk, question: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a question of another process: ``{"answer": ...}``, or ``{"error": ...}`` for a LabError.

    The web server checks Host and token, then sends what this returns as JSON with status 200.
    """
    try:
        ask = _questions(lab).get(question)
        if ask is None:
            raise UnknownName(_("The running lab has no answer to %(question)s", question=question))
        return {"answer": for_wire(ask(asked))}
    except LabError as error:
        return {"error": error.as_data()}
    except (KeyError, TypeError, ValueError) as error:
        return {"error": unexpected(error).as_data()}


def _questions(lab: Desk) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
    return {
        "devices": lambda asked: lab.devices(),
        "device": lambda asked: lab.device(str(asked["id"])),
        "scan": lambda asked: lab.scan(),
        "adopt": lambda asked: lab.adopt(str(asked["address"]), id=asked.get("id"), chassis=str(asked["chassis"])),
        "find": lambda asked: lab.find(str(asked["id"])),
        "test": lambda asked: lab.test_device(str(asked["id"]), move=bool(asked.get("move"))),
        "stop-all": lambda asked: lab.stop_all(str(asked["by"])),
        "stop": lambda asked: lab.stop_device(str(asked["id"]), str(asked["by"])),
        "health": lambda asked: lab.health(),
    }


class RunningLab(Desk):
    """The lab that another process runs, asked over loopback; every question has a deadline."""

    def __init__(self, holder: Holder, token: str) -> None:
        self.holder = holder
        self._token = token

    def devices(self) -> tuple[DeviceView, ...]:
        return self._ask(tuple[DeviceView, ...], "devices")

    def device(self, id: str) -> DeviceView:
        return self._ask(DeviceView, "device", id=id)

    def scan(self) -> tuple[FoundView, ...]:
        return self._ask(tuple[FoundView, ...], "scan", seconds=30)

    def adopt(self, address: str, *, id: str | None = None, chassis: str) -> DeviceView:
        return self._ask(DeviceView, "adopt", address=address, id=id, chassis=chassis, seconds=15)

    def find(self, id: str) -> None:
        self._ask(object, "find", id=id, seconds=15)

    def test_device(self, id: str, *, move: bool = False) -> TestReport:
        return self._ask(TestReport, "test", id=id, move=move, seconds=TEST_SECONDS)

    def stop_all(self, by: str) -> StopView:
        return self._ask(StopView, "stop-all", by=by)

    def stop_device(self, id: str, by: str) -> StopView:
        return self._ask(StopView, "stop", id=id, by=by)

    def health(self) -> HealthView:
        return self._ask(HealthView, "health")

    def _ask(self, kind: type[T], question: str, *, seconds: float = ANSWER_SECONDS, **asked: Any) -> T:
        """Ask, and rebuild the answer.

        Raises:
            NotReached: Nothing answers there in time, or something that is not this lab.
            LabError: What the lab answered.
        """
        request = urllib.request.Request(
            self.holder.local.rstrip("/") + PATH + question,
            data=json.dumps(asked).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method="POST",
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
        try:
            with opener.open(request, timeout=seconds) as response:
                said = json.loads(response.read(LARGEST_ANSWER))
            if "error" not in said:
                return from_wire(kind, said["answer"]) if kind is not object else said["answer"]
            error = error_from_wire(said["error"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
            raise self._not_reached(cause) from cause
        raise error

    def _not_reached(self, cause: Exception) -> NotReached:
        if isinstance(cause, urllib.error.HTTPError):
            why: str = _("it answered %(status)s", status=cause.code)
        elif isinstance(cause, urllib.error.URLError):
            why = str(cause.reason)
        elif isinstance(cause, TimeoutError):
            why = _("it did not answer in time")
        else:
            why = str(cause)
        return NotReached(
            _("The lab is run by %(who)s, but cannot be asked: %(why)s", who=self.holder.spoken(), why=why),
            hint=_("Look at its window. If it hangs, end that process: robots with the lab's own firmware then stop."),
        )


def reach(places: Places, holder: Holder) -> RunningLab:
    """The lab that ``holder`` runs.

    Raises:
        NotReached: It has no panel (yet), or the token cannot be read by this user.
    """
    if not holder.local:
        raise NotReached(
            _("The lab is used by %(who)s, which cannot be asked", who=holder.spoken()),
            hint=_("Wait until it is done, then try again."),
        )
    try:
        token = places.token.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotReached(
            _("The lab is run by %(who)s, but %(file)s cannot be read", who=holder.spoken(), file=str(places.token)),
            hint=_("Run this command as the user who started the lab."),
        ) from error
    return RunningLab(holder, token)
