"""Views as data: what scripts read, and what another process of ours gets back."""

from __future__ import annotations

import json

import pytest

from devices import errors
from devices.errors import BadFile, GroupFailed, LabError, PortBusy
from devices.text import Text, _, ngettext
from labctl.plain import error_from_wire, error_plain, for_wire, from_wire, plain
from labctl.views import DeviceView, HealthView
from tests.cli.examples import DEVICE, VIEWS


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: type(view).__name__)
def test_a_view_comes_back_as_it_was(view):
    again = from_wire(type(view), json.loads(json.dumps(for_wire(view))))

    assert again == view


def test_a_sentence_comes_back_translatable():
    again = from_wire(DeviceView, json.loads(json.dumps(for_wire(DEVICE))))

    assert again.problem is not None
    message = again.problem.message
    assert isinstance(message, Text)
    assert message.msgid == "%(name)s is used by %(program)s"
    assert message.params == {"name": "robot-1", "program": "minicom"}


def test_scripts_read_plain_strings_in_their_language():
    data = plain(DEVICE, lambda text: text.upper())

    assert data["state"] == "error"
    assert data["since"] == "2026-11-23T08:30:00+00:00"
    assert data["problem"]["message"] == "ROBOT-1 IS USED BY MINICOM"
    assert data["capabilities"] == ["drives", "senses.distance"]
    assert json.loads(json.dumps(data)) == data


def test_a_newer_lab_may_say_more():
    data = for_wire(VIEWS[-1]) | {"moon": "full"}

    assert from_wire(HealthView, data) == VIEWS[-1]


def every_kind() -> list[type[LabError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, LabError)]


@pytest.mark.parametrize("kind", [kind for kind in every_kind() if kind not in (BadFile, GroupFailed)])
def test_an_error_comes_back_as_its_own_kind(kind):
    error = kind(ngettext("%(count)s robot", "%(count)s robots", 2), device="robot-1", hint=_("Look."))

    again = error_from_wire(json.loads(json.dumps(error.as_data())))

    assert type(again) is kind
    assert (str(again), again.device, again.hint) == ("2 robots", "robot-1", "Look.")


def test_errors_of_several_keep_their_parts():
    group = GroupFailed(_("two failed"), {"robot-1": PortBusy(_("busy"), device="robot-1")})
    bad = BadFile(_("wrong"), problems=[_("line %(line)s", line=3)])

    group_again, bad_again = (error_from_wire(json.loads(json.dumps(error.as_data()))) for error in (group, bad))

    assert isinstance(group_again, GroupFailed)
    assert isinstance(group_again.failures["robot-1"], PortBusy)
    assert isinstance(bad_again, BadFile)
    assert bad_again.problems == ("line 3",)
    assert error_plain(group)["failures"]["robot-1"]["error"] == "port-busy"
    assert error_plain(bad)["problems"] == ["line 3"]


def test_an_error_of_an_unknown_kind_is_still_one_of_ours():
    again = error_from_wire({"slug": "from-the-future", "message": {"text": "oh"}, "hint": {"text": ""}})

    assert type(again) is LabError
    assert str(again) == "oh"
