"""Addresses of devices: how they are written, taken apart, and what was probably meant by one that is not right."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from devices.errors import BadValue
from devices.text import Text, _

SCHEMES = {
    "usb": "usb:85430353",
    "serial": "serial:/dev/ttyUSB0",
    "socket": "socket:192.168.1.20:3030",
    "rfc2217": "rfc2217:192.168.1.20:4000",
    "sim": "sim:labctl-robot",
}
"""The kinds of address with an example of each."""

SIM_KINDS = ("labctl-robot", "standard-firmata")

_PORT_NAME = re.compile(r"(/dev/[\w./-]+|COM\d+)", re.IGNORECASE)
_HOST_PORT = re.compile(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.%]+\]):(?P<port>\d{1,5})")
_USB_SERIAL = re.compile(r"[\w.:+-]+")


@dataclass(frozen=True)
class Address:
    """A device's address, taken apart: ``where`` is all after the scheme; host and port only where it has them."""

    scheme: str
    where: str
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return f"{self.scheme}:{self.where}"


def parse_address(text: str, *, name: str | None = None) -> Address:
    """Take an address apart.

    Raises:
        BadValue: It is not one; the message says what was probably meant.
    """
    text = text.strip()
    if (what := address_problem(text)) is not None:
        message = _("“%(address)s” is not the address of a device: %(what)s", address=text, what=what)
        raise BadValue(message, device=name)
    scheme, _colon, where = text.partition(":")
    found = _HOST_PORT.fullmatch(where) if scheme in ("socket", "rfc2217") else None
    if found is None:
        return Address(scheme, where)
    return Address(scheme, where, found["host"].strip("[]"), int(found["port"]))


def address_problem(address: str) -> Text | None:
    """What is wrong with an address, or None. Nothing is opened."""
    scheme, colon, rest = address.partition(":")
    if _PORT_NAME.fullmatch(address):
        return _did_you_mean(_("an address begins with its kind"), f"serial:{address}")
    if not colon or scheme not in SCHEMES:
        return _unknown_scheme(address, scheme, colon)
    match scheme:
        case "sim" if rest not in SIM_KINDS:
            what = _(
                "there is no simulated device %(kind)s; there are %(known)s",
                kind=rest or '""',
                known=", ".join(SIM_KINDS),
            )
            close = difflib.get_close_matches(rest, SIM_KINDS, n=1, cutoff=0.4)
            return _did_you_mean(what, f"sim:{close[0]}") if close else what
        case "socket" | "rfc2217":
            return _host_problem(scheme, rest)
        case "serial" if not rest or rest != rest.strip():
            return _expected(scheme)
        case "usb" if not _USB_SERIAL.fullmatch(rest):
            return _expected(scheme)
        case _:
            return None


def _host_problem(scheme: str, rest: str) -> Text | None:
    if rest.startswith("//"):
        return _did_you_mean(_("an address has no slashes"), f"{scheme}:{rest.removeprefix('//')}")
    found = _HOST_PORT.fullmatch(rest)
    if found is None:
        return _expected(scheme)
    if not 0 < int(found["port"]) < 65536:
        return _("a port is a number from 1 to 65535, found %(port)s", port=found["port"])
    return None


def _unknown_scheme(address: str, scheme: str, colon: str) -> Text:
    what = _("an address begins with one of %(kinds)s", kinds=", ".join(f"{one}:" for one in SCHEMES))
    if colon and (close := difflib.get_close_matches(scheme.lower(), SCHEMES, n=1)):
        return _did_you_mean(what, address.replace(scheme, close[0], 1))
    if re.fullmatch(r"tty\w+|cu\.\S+", address):
        return _did_you_mean(what, f"serial:/dev/{address}")
    if "." in scheme and _HOST_PORT.fullmatch(address):
        return _did_you_mean(what, f"socket:{address}")
    if address in SIM_KINDS:
        return _did_you_mean(what, f"sim:{address}")
    return what


def _expected(scheme: str) -> Text:
    return _("expected an address such as %(example)s", example=SCHEMES[scheme])


def _did_you_mean(what: Text, meant: str) -> Text:
    return _("%(what)s. Did you mean %(meant)s?", what=what, meant=meant)
