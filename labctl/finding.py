"""What is plugged in, beside what the lab knows: a pure comparison for the Devices page and ``labctl devices scan``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devices.discover import Found
from devices.errors import AmbiguousDevice
from devices.text import _
from labctl.inventory import DeviceEntry
from labctl.showing import problem
from labctl.views import FoundView


def next_id(taken: Iterable[str]) -> str:
    """The first free id of the kind ``robot-3``."""
    known = set(taken)
    return next(id for n in range(1, len(known) + 2) if (id := f"robot-{n}") not in known)


def found_views(found: Iterable[Found], devices: Mapping[str, DeviceEntry]) -> tuple[FoundView, ...]:
    """Everything found; ``known_as`` is the device that it is already."""
    ids = {entry.address: id for id, entry in devices.items()}
    views: list[FoundView] = []
    taken = set(devices)
    for each in found:
        names = (each.address, f"serial:{each.port.path}", each.port.address)
        known_as = next((ids[name] for name in names if name in ids), None)
        suggested = known_as or next_id(taken)
        taken.add(suggested)
        views.append(
            FoundView(
                address=each.address,
                label=each.label,
                why=each.why,
                suggested_id=suggested,
                suggested_chassis=each.chassis,
                ambiguous=each.ambiguous,
                known_as=known_as,
                problem=problem(_twins(each)) if each.ambiguous else None,
            )
        )
    return tuple(views)


def _twins(found: Found) -> AmbiguousDevice:
    return AmbiguousDevice(
        _("%(count)s boards look just the same", count=len(found.ambiguous) + 1),
        hint=_("Keep each in its own USB socket: it is known by that. Or adopt them one at a time."),
    )
