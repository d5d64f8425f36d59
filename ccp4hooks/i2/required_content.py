"""Find the input files whose content is not what their parameters require.

CCP4i2 compares content flags only, and 3.0 calls those of all classes by the names of observed data. It reads
``requiredSubType`` when it chooses a file, and accepts any other that a user gives. So ccp4hooks requires sub-types of
data classes of plugins only.

Source: ``ccp4i2.core.base_object.cdata_file.CDataFile.validity``, 3.0.1, 3.1.0a105.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, file_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.i2.protocols import DataFile, Script

OF_CCP4I2 = "File content type mismatch"
"""The beginning of CCP4i2's own text about a content flag."""


def faults(script: Script) -> list[tuple[str, str]]:
    """Return (full path of the parameter, text) for each fault in the content of an input file.

    A file whose content is not known, because no job has recorded it and its class cannot tell, has no fault.
    """
    return [(file.parameter, text) for file, obj in file_objects.input_objects(script) for text in _of_file(obj)]


def unknown_numbers(script: Script) -> list[str]:
    """Return a sentence for each content flag or sub-type that a def file requires and the class of the file lacks.

    No file has it, so the parameter accepts none whose content is known. Of classes that declare no such constants, as
    CCP4i2's ``CUnmergedDataFile``, nothing is said.
    """
    found = []
    for path, obj in _with_items(containers.walk(script.container, closed=("CDataFile",))):
        for what, name, beginning in _REQUIRED if containers.is_a(obj, "CDataFile") else ():
            known = _constants(type(obj), beginning)
            unknown = file_objects.required_numbers(obj, name) - known.keys() - {0}  # 0 stands for none.
            if known and unknown:
                listed = " and ".join(str(one) for one in sorted(unknown))
                has = ", ".join(_labelled(one, known) for one in sorted(known))
                found.append(
                    f"{path} has the {name} {listed}, but no {what} of {type(obj).__name__} has this number: {has}. "
                    "Correct the def file."
                )
    return found


def _with_items(found: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the objects, and after each list what a new item of it contains."""
    for path, obj in found:
        yield path, obj
        if containers.is_a(obj, "CList"):
            item = attempt(containers.unattached_item, obj)
            if not isinstance(item, Failure):
                yield f"{path}[]", item
                yield from containers.walk(item, f"{path}[]", closed=("CDataFile",))


def in_place_of(text: str, found: Iterable[str]) -> bool:
    """Return whether a text of CCP4i2 about a parameter says the same as one of the faults of the parameter."""
    return text.startswith(OF_CCP4I2) and any(_FLAG in one for one in found)


_FLAG = "content flag"

_REQUIRED = ((_FLAG, "requiredContentFlag", "CONTENT_FLAG_"), ("sub-type", "requiredSubType", "SUBTYPE_"))
"""What a def file requires of a file by a number: its name, the qualifier, the beginning of the constants."""


def content_text(obj: DataFile) -> str:
    """Return which content flags a file may have, by number and name, and which are required; empty if any may be."""
    kind = type(obj)
    required = file_objects.required_numbers(obj, "requiredContentFlag")
    return _listed(_constants(kind, "CONTENT_FLAG_"), required, converts=bool(getattr(kind, "CAN_CONVERT_TO", None)))


def sub_type_text(obj: DataFile) -> str:
    """Return which sub-types a file may have, by number and name, and which are required; empty if any may be."""
    required = file_objects.required_numbers(obj, "requiredSubType")
    return _listed(_constants(type(obj), "SUBTYPE_"), required, converts=False)


def _listed(names: dict[int, str], required: set[int], *, converts: bool) -> str:
    """Return numbers with their names, and those that are required if these are not all.

    >>> _listed({1: "IPAIR", 3: "IMEAN"}, {3}, converts=True)
    '1 IPAIR, 3 IMEAN; required: 3, or what can be converted to it'
    """
    known = ", ".join(f"{value} {name}" for value, name in sorted(names.items()))
    if not required or required == names.keys():
        return known
    wanted = (
        f"required: {', '.join(map(str, sorted(required)))}{', or what can be converted to it' if converts else ''}"
    )
    return f"{known}; {wanted}" if known else wanted


def _of_file(obj: DataFile) -> Iterator[str]:
    kind = type(obj)
    flag, accepted = containers.value_of(obj, "contentFlag"), file_objects.required_numbers(obj, "requiredContentFlag")
    if flag and accepted and not accepted & {flag, *_convertible(kind, flag)}:
        yield _text(_FLAG, flag, accepted, _names_of_contents(kind))
    sub_type, accepted = containers.value_of(obj, "subType"), file_objects.required_numbers(obj, "requiredSubType")
    if sub_type and accepted and sub_type not in accepted and not containers.is_of_ccp4i2(kind):
        yield _text("sub-type", sub_type, accepted, _constants(kind, "SUBTYPE_"))


def _text(what: str, actual: int, accepted: set[int], names: dict[int, str]) -> str:
    wanted = " or ".join(_labelled(one, names) for one in sorted(accepted))
    return (
        f"the file has the {what} {_labelled(actual, names)}, but the parameter requires {wanted}. Choose another file."
    )


def _labelled(value: int, names: dict[int, str]) -> str:
    return f"{value} ({names[value]})" if value in names else str(value)


def _convertible(kind: Any, flag: int) -> tuple[int, ...]:
    """Return the content flags to which CCP4i2 converts a file of a class."""
    return tuple(getattr(kind, "CAN_CONVERT_TO", {}).get(flag, ()))


def _names_of_contents(kind: Any) -> dict[int, str]:
    """Return what people call the content flags of a class, or else the names of its constants."""
    titles = getattr(kind, "CONTENT_ANNOTATION", None) or ()
    return _constants(kind, "CONTENT_FLAG_") | {flag: str(title) for flag, title in enumerate(titles, start=1) if title}


def _constants(kind: type, beginning: str) -> dict[int, str]:
    """Return the names of the numbers of a class by number, without their beginning."""
    found = containers.constants(kind, beginning)
    return {value: name.removeprefix(beginning) for name, value in found.items() if isinstance(value, int)}
