"""What is wrong with the qualifiers of one parameter of a def file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ccp4hooks import objects
from ccp4hooks.dispatch import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Convert = Callable[[str], Any]

TRUTHS = frozenset(
    {
        "allowUndefined",
        "fromPreviousJob",
        "ifAtomSelection",
        "isDirectory",
        "mustExist",
        "onlyEnumerators",
        "saveToDb",
    }
)
WHOLE = frozenset({"charWidth", "listMaxLength", "listMinLength", "maxLength", "minLength"})
NUMBERS = ("requiredContentFlag", "requiredSubType")
"""Lists of whole numbers."""

IN_DEF_FILES = frozenset(
    {
        "columnGroup",
        "contentFlag",
        "default",
        "expertLevel",
        "guiDefinition",
        "guiMode",
        "jobCombo",
        "maximum",
        "minimum",
        "sameCrystalAs",
        "sameCrystalLevel",
        "subType",
        "title",
        "width",
    }
)
"""Qualifiers that CCP4i2's own def files use and no class of it declares. Source: its ``*.def.xml``, 3.0.1."""


@cache
def known_qualifiers() -> frozenset[str]:
    """Return the names of all qualifiers that CCP4i2 has a use for."""
    names = set(IN_DEF_FILES)
    for kind in objects.def_file_classes().values():
        names |= objects.class_qualifiers(kind).keys()
    return frozenset(names)


def faults(texts: Mapping[str, str], kind: type) -> Iterator[tuple[str, str]]:
    """Yield (qualifier, what is wrong and what to do) for each qualifier that does not fit.

    Args:
        texts: Text by qualifier, of those that have one.
        kind: The CData class of the parameter.
    """
    told = {name: text.strip() for name, text in texts.items() if text.strip() not in ("", "None")}
    for name, text in told.items():
        # CCP4i2 takes any other text for true, '0' among them.
        if name in TRUTHS and text != "1" and _truth(text) is None:
            yield name, f"it must be True or False, not {text!r}. Write one of these."
        elif name in WHOLE and not _fits(int, text):
            yield name, f"it must be a whole number, not {text!r}. Write one."
        elif name in NUMBERS and not all(_fits(int, one) for one in text.split(",")):
            yield name, f"it must be whole numbers with commas between them, not {text!r}. Write these."
    convert = next((CONVERT[name] for name in CONVERT if objects.is_class(kind, name)), None)
    if convert is not None:
        yield from _of_values(told, kind, *convert)
    yield from _of_choices(told, kind)


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _boolean(text: str) -> bool:
    found = _truth(text)
    if found is None and text not in ("0", "1"):
        raise ValueError(text)
    return bool(found) or text == "1"


CONVERT: Mapping[str, tuple[Convert, str]] = {
    "CBoolean": (_boolean, "True or False"),
    "CInt": (int, "a whole number"),
    "CFloat": (float, "a number"),
}


def _fits(convert: Convert, text: str) -> bool:
    return not isinstance(attempt(convert, text), Failure)


def _of_values(told: Mapping[str, str], kind: type, convert: Convert, what: str) -> Iterator[tuple[str, str]]:
    numbers = {}
    names = ("default",) if objects.is_class(kind, "CBoolean") else ("min", "max", "default")
    for name in names:
        if name not in told:
            continue
        found = attempt(convert, told[name])
        if isinstance(found, Failure):
            yield name, f"it must be {what} for a {kind.__name__}, not {told[name]!r}. Write one."
        else:
            numbers[name] = found
    low, high, default = (numbers.get(name) for name in ("min", "max", "default"))
    if low is not None and high is not None and low > high:
        yield "min", f"min is {low} and max is {high}, so no value fits. Exchange them."
    elif default is not None and ((low is not None and default < low) or (high is not None and default > high)):
        yield "default", f"the default {default} is outside of min and max. Change one of them."


def _of_choices(told: Mapping[str, str], kind: type) -> Iterator[tuple[str, str]]:
    if "enumerators" not in told:
        return
    choices = [choice.strip() for choice in told["enumerators"].split(",")]
    if "menuText" in told and len(told["menuText"].split(",")) != len(choices):
        count = len(told["menuText"].split(","))
        yield (
            "menuText",
            f"it has {count} texts for {len(choices)} enumerators. Give as many, with commas between them.",
        )
    only = _truth(told.get("onlyEnumerators", ""))
    if only and "default" in told and told["default"] not in choices and not objects.is_class(kind, "CBoolean"):
        yield "default", f"the default {told['default']!r} is none of the enumerators. Add it, or choose another."
