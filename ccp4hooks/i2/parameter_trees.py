"""The XML elements of a script's parameters, made in one walk. For CCP4i2 3.0.

CCP4i2 3.0 finds out at each level anew which objects below it have a value, with a search for each attribute that it
asks for. Here each object is looked at once, in its own dictionary. The elements are the same. What a class defines
itself is left to its own method, and what cannot be read this way is left to CCP4i2.

Gain, as time of CCP4i2 3.0.1 / time with this module, to write the whole file (CPU time, alternating, best of 30):

========================================  =====  =====
parameters                                ms     gain
========================================  =====  =====
``freerflag``, as it is made              1.1    3.3
``freerflag``, with its files             1.6    3.8
``prosmart_refmac``, as it is made        6.4    5.1
10 input and 10 output files, 20 KPIs     7.0    4.7
========================================  =====  =====
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache, wraps
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from ccp4hooks.failures import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Known = dict[int, bool]
"""Whether an object counts as set, by its identity."""

OF_FILE = ("baseName", "dbFileId")
"""The names of the values of a file of which one at least is set if the file is."""


class Meaning(Enum):
    """What decides whether an object counts as set."""

    NUMBER = "its own value"
    TEXT = "its own value, which must not be empty"
    CHILDREN = "the objects below it"
    FILE = "two of the objects below it"
    OWN = "a method of its class"


class Order(Enum):
    """In which order the objects below an object are written."""

    DECLARED = "in an order that the object itself knows"
    NAMES = "by name"
    OWN = "as a method of its class says"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a class of data objects inherits from CCP4i2's basic classes.

    Attributes:
        meaning: What decides whether an object counts as set.
        order: The order of the objects below it, or their names in that order.
        is_simple: Whether its own value decides that.
        is_plain: Whether CCP4i2's basic method makes its element.
        is_list: Whether CCP4i2's method of lists makes its element.
        may_have_value: Whether an object has or may make an attribute ``value``.
    """

    meaning: Meaning
    order: Order | tuple[str, ...]
    is_simple: bool
    is_plain: bool
    is_list: bool
    may_have_value: bool


class UnknownClassError(TypeError):
    """A class replaces a method on which the walk relies."""


@cache
def _basic() -> Mapping[str, Any]:
    """Return CCP4i2's basic classes by their names."""
    from ccp4i2.core.base_object import fundamental_types as basic  # noqa: PLC0415 - start-up time
    from ccp4i2.core.base_object.ccontainer import CContainer  # noqa: PLC0415
    from ccp4i2.core.base_object.cdata import CData, ValueState  # noqa: PLC0415
    from ccp4i2.core.base_object.cdata_file import CDataFile  # noqa: PLC0415

    found = (basic.CInt, basic.CFloat, basic.CBoolean, basic.CString, basic.CList, CContainer, CData, CDataFile)
    return {**{one.__name__: one for one in found}, "set": ValueState.EXPLICITLY_SET}


def _kind_of(obj: Any) -> Kind:
    kind: Any = type(obj)
    return _kind(kind)


@cache
def _kind(kind: Any) -> Kind:
    """Return what a class inherits.

    Raises:
        UnknownClassError: It replaces a method on which the walk relies.
    """
    known = _basic()
    data, container = known["CData"], known["CContainer"]
    for name in ("children", "objectName", "get_qualifier", "__getattribute__"):
        if getattr(kind, name) is not getattr(data, name):
            raise UnknownClassError(f"{kind.__name__} replaces {name}")
    made_when_asked = set(_declared(kind)) if kind.__getattr__ is data.__getattr__ else set()
    finds_all = kind.__getattr__ not in {data.__getattr__, container.__getattr__}
    may_have_value = finds_all or hasattr(kind, "value") or "value" in made_when_asked
    may_have_path = finds_all or hasattr(kind, "file_path") or "file_path" in made_when_asked
    meaning = _meaning(kind, may_have_value=may_have_value, may_have_path=may_have_path)
    return Kind(
        meaning=meaning,
        is_simple=meaning in {Meaning.NUMBER, Meaning.TEXT},
        order=_order_of(kind),
        is_plain=kind.getEtree is data.getEtree,
        is_list=kind.getEtree is known["CList"].getEtree,
        may_have_value=may_have_value,
    )


def _is_data(obj: Any) -> bool:
    # An instance check of such a class takes several times as long.
    kind: Any = type(obj)
    return _is_data_class(kind)


@cache
def _is_data_class(kind: Any) -> bool:
    return issubclass(kind, _basic()["CData"])


def _data(state: Mapping[str, Any]) -> list[Any]:
    """Return the objects below an object, in CCP4i2's order, which is that of a set."""
    found = (reference() for reference in tuple(state["_children"]))
    return [child for child in found if child is not None and _is_data(child)]


def _declared(kind: Any) -> Iterable[str]:
    return getattr(getattr(kind, "_metadata", None), "attributes", None) or ()


def _meaning(kind: Any, *, may_have_value: bool, may_have_path: bool) -> Meaning:
    known = _basic()
    value = getattr(kind, "value", None)
    text, numbers = known["CString"], (known["CInt"], known["CFloat"], known["CBoolean"])
    if kind.isSet is text.isSet and value is text.value:
        return Meaning.TEXT
    if any(kind.isSet is one.isSet and value is one.value for one in numbers):
        return Meaning.NUMBER
    if kind.isSet is known["CDataFile"].isSet and not may_have_path:
        return Meaning.FILE
    return Meaning.CHILDREN if kind.isSet is known["CData"].isSet and not may_have_value else Meaning.OWN


def _order_of(kind: Any) -> Order | tuple[str, ...]:
    known = _basic()
    if kind.dataOrder is known["CContainer"].dataOrder:
        return Order.DECLARED
    if kind.dataOrder is not known["CData"].dataOrder or kind.CONTENTS_ORDER is not known["CData"].CONTENTS_ORDER:
        return Order.OWN
    return tuple(getattr(getattr(kind, "_metadata", None), "contents_order", None) or ()) or Order.NAMES


def element(obj: Any, name: str) -> Element:
    """Return the element of an object, as CCP4i2's basic method makes it, with the values that were set.

    Args:
        obj: A ``CData`` object.
        name: Name of the element.

    Raises:
        Exception: A class is unknown, or a method of a class raises it.
    """
    return _plain(obj, name, {})


def _plain(obj: Any, name: str, known: Known) -> Element:
    made = Element(name)
    state, kind = vars(obj), _kind_of(obj)
    if kind.may_have_value or "value" in state or "value" in state["_children_by_name"]:
        value = state.get("_value") if _is_simple(state, kind) else getattr(obj, "value", None)
        if value is not None:
            is_set = _is_set(obj, known) if _is_simple(state, kind) else obj.isSet("value", allowDefault=False)
            if not is_set:
                return made
            made.text = str(value)
    for child_name, child in _written(obj, state, kind, known):
        below = _any(child, child_name, known)
        if below.text or len(below):
            made.append(below)
    return made


def _any(obj: Any, name: str, known: Known) -> Element:
    kind = _kind_of(obj)
    if kind.is_plain:
        return _plain(obj, name, known)
    if not kind.is_list:
        made: Element = obj.getEtree(name, excludeUnset=True, allSet=False)
        return made
    return _list(obj, name, known)


def _list(items: Any, name: str, known: Known) -> Element:
    made = Element(name)
    for item in vars(items)["_items"]:
        tag = type(item).__name__
        if _is_data(item):
            below = _any(item, tag, known)
            below.tag = tag
        else:
            below = Element(tag)
            below.text = str(item)
        made.append(below)
    return made


def _children(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objects below an object by their names, in CCP4i2's order."""
    named = [(vars(child)["_name"], child) for child in _data(state)]
    return {name: child for name, child in named if name}


def children(obj: Any) -> list[tuple[str, Any]]:
    """Return the objects below an object with their names, in the order of its ``dataOrder``.

    Args:
        obj: A ``CData`` object.

    Raises:
        UnknownClassError: The class of an object is unknown, or another object than a ``CData`` is below.
        Exception: A method of the class raises it.
    """
    state, kind = vars(obj), _kind_of(obj)
    if not state["_children"]:
        return []
    found = _children(state)
    if len(found) != len(state["_children"]):
        raise UnknownClassError
    return _ordered(obj, found, kind)


def _written(obj: Any, state: Mapping[str, Any], kind: Kind, known: Known) -> Iterable[tuple[str, Any]]:
    """Return the objects below an object that count as set, with their names, in the order in which CCP4i2 writes."""
    if not state["_children"]:
        return ()
    return _ordered(obj, {name: child for name, child in _children(state).items() if _is_set(child, known)}, kind)


def _ordered(obj: Any, found: dict[str, Any], kind: Kind) -> list[tuple[str, Any]]:
    """Return some of the objects below an object in the order in which CCP4i2 writes them."""
    state = vars(obj)
    if len(found) < 2:  # noqa: PLR2004 - an order needs two
        return list(found.items())
    if kind.order is Order.OWN or not state["_children_by_name"].keys().isdisjoint(ORDERS):
        first = obj.dataOrder()
    elif kind.order is Order.NAMES:
        first = sorted(found)
    elif kind.order is Order.DECLARED:
        first = [*(state.get(ORDERS[0]) or getattr(type(obj), ORDERS[0], None) or ()), *state["_data_order"]]
    else:
        first = kind.order
    order = dict.fromkeys([*(name for name in first if name in found), *found])
    return [(name, found[name]) for name in order]


ORDERS = ("CONTENT_ORDER", "CONTENTS_ORDER", "CONT_ORDE", "CONT_ORDER")
"""The names by which CCP4i2 asks an object for an order, and their short forms, by which it finds objects."""


def _is_simple(state: Mapping[str, Any], kind: Kind) -> bool:
    """Return whether an object has a number or a text of its own."""
    return kind.is_simple and "_value" in state and "value" not in state["_children_by_name"]


def _is_set(obj: Any, known: Known) -> bool:
    """Return whether an object counts as set; a default does not count."""
    at = id(obj)
    if at not in known:
        known[at] = _looked_at(obj, known)
    return known[at]


def _looked_at(obj: Any, known: Known) -> bool:
    state, kind = vars(obj), _kind_of(obj)
    by_name = state["_children_by_name"]
    if _is_simple(state, kind):
        return _value_is_set(state, kind)
    if kind.meaning is Meaning.CHILDREN and "value" not in state and "value" not in by_name:
        if _basic()["set"] in state["_value_states"].values():
            return True
        return any(_is_set(child, known) for child in _data(state))
    if kind.meaning is Meaning.FILE and "file_path" not in state and "file_path" not in by_name:
        values = [by_name[name]() if name in by_name else None for name in OF_FILE]
        if all(value is not None and _is_simple(vars(value), _kind_of(value)) for value in values):
            return any(vars(value)["_value"] not in {None, ""} for value in values)
    return bool(obj.isSet(allowDefault=False, allSet=False))


def _value_is_set(state: Mapping[str, Any], kind: Kind) -> bool:
    value = state["_value"]
    if state["_value_states"].get("value") is not _basic()["set"] or value is None or value is NotImplemented:
        return False
    default = (state.get("_qualifiers") or {}).get("default")
    return not (default is not None and value == default) and not (kind.meaning is Meaning.TEXT and value == "")


def patch() -> None:
    """Make CCP4i2 use this module for the parameters that it writes, in this process."""
    data = _basic()["CData"]
    original = data.getEtree

    @wraps(original)
    def get_etree(self: Any, name: str | None = None, excludeUnset: bool = False, allSet: bool = False) -> Any:  # noqa: FBT001, FBT002, N803 - CCP4i2's signature
        if excludeUnset and not allSet:
            made = attempt(element, self, self.objectName() if name is None else name)
            if not isinstance(made, Failure):
                return made
        return original(self, name, excludeUnset, allSet)

    data.getEtree = get_etree
