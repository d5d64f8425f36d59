"""Find the values that a script has given to attributes that CCP4i2's objects do not have.

CCP4i2 keeps such a value as an attribute of the Python object, where nothing reads it. It is neither written to
``params.xml`` nor recorded.

Source: ``ccp4i2.core.base_object.cdata.CData.__setattr__``, 3.0.1, 3.1.0a105.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import nearest
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.i2.protocols import Script

OF_CCP4I2 = frozenset({"CONTENT_ORDER", "qualifiers", "subitem"})
"""Attributes that CCP4i2 itself sets on an object after it has made it, and that are no CData."""


def lost_values(script: Script) -> Iterator[str]:
    """Yield a sentence for each value of a script's container that is lost, with the name that may be meant."""
    top = script.container
    for path, obj in (("", top), *containers.walk(top)):
        for name, value in _plain_attributes(obj):
            near = nearest(name, [known for known, _ in containers.children(obj) if known != name])
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            place = f"{path}.{name}" if path else name
            yield f"{place} was set to {value!r}, but CCP4i2 has no object there that keeps it, so it is lost{meant}"


def _plain_attributes(obj: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of a CData object that no class declares and that are no objects of CCP4i2.

    None is left out: it loses no value.
    """
    kind: type = type(obj)
    # Objects of some classes have no dict.
    for name, value in dict(getattr(obj, "__dict__", {})).items():
        if name.startswith("_") or name in OF_CCP4I2 or value is None or containers.is_a(value, "CData"):
            continue
        if name not in _names_of_class(kind):
            yield name, value


@cache
def _names_of_class(kind: type) -> frozenset[str]:
    """Return the names of the attributes of a class and of a new object of it."""
    made = attempt(kind, name="new")
    return frozenset(dir(kind) if isinstance(made, Failure) else dir(made))
