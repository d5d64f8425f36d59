"""Find the faults in the qualifiers of one parameter of a def file."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import nearest
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Convert = Callable[[str], Any]

BASIC = ("CBoolean", "CInt", "CFloat", "CString", "CList")
"""The classes whose qualifiers are checked by value."""

TRUTH_QUALIFIERS = frozenset(
    {
        "allowUndefined",
        "fromPreviousJob",
        "ifAtomSelection",
        "isDirectory",
        "mustExist",
        "onlyEnumerators",
        "sameCrystalCell",
        "saveToDb",
        "secret",
    }
)
"""Qualifiers whose values are booleans. ``secret`` is of ccp4hooks: the value of the parameter is not recorded."""

NUMBER_QUALIFIERS = frozenset({"charWidth", "listMaxLength", "listMinLength", "maxLength", "minLength"})
"""Qualifiers that are whole numbers."""

NUMBER_LIST_QUALIFIERS = ("requiredContentFlag", "requiredSubType")
"""Qualifiers that are lists of whole numbers."""

KNOWN = frozenset(
    [
        "addEnumeratorFunction",
        "allowAlias",
        "allowUndefined",
        "allowUnfound",
        "allowedCharacters",
        "allowedCharactersMode",
        "allowedChars",
        "allowedCharsCode",
        "autoLoadHeader",
        "charWidth",
        "columnGroup",
        "columnGroupClassList",
        "contentFlag",
        "correctColumns",
        "default",
        "downloadModes",
        "enumerators",
        "enumeratorsFunction",
        "expertLevel",
        "fileContentClassName",
        "fileExtensions",
        "fileLabel",
        "format",
        "fromPreviousJob",
        "groupTypes",
        "guiDefinition",
        "guiLabel",
        "guiMode",
        "helpFile",
        "ifAtomSelection",
        "ifInfo",
        "isDirectory",
        "jobCombo",
        "label",
        "listMaxLength",
        "listMinLength",
        "max",
        "maxLength",
        "maximum",
        "menuText",
        "mimeTypeDescription",
        "mimeTypeName",
        "min",
        "minLength",
        "minimum",
        "mtzFileKey",
        "mustExist",
        "onlyEnumerators",
        "patternErrorMessage",
        "patternRegex",
        "pdbFileKey",
        "requiredContentFlag",
        "requiredSubType",
        "sameCrystalAs",
        "sameCrystalCell",
        "sameCrystalLevel",
        "sameCrystalMatch",
        "sameCrystalSeverity",
        "saveToDb",
        "secret",
        "selectionMode",
        "sendWhen",
        "subType",
        "title",
        "toolTip",
        "toolTipList",
        "tooltip",
        "width",
    ]
)
"""Qualifiers that a class of CCP4i2 declares or that a def file of CCP4i2 uses, and ``secret``.

Those of a few of its def files that are names of members, such as ``baseName``, are left out: nothing reads them.

Source: ``ccp4i2``, 3.0.1, 3.1.0a105.
"""

UNREAD: Mapping[str, str] = {"maximum": "max", "minimum": "min", "tooltip": "toolTip"}
"""Qualifiers that CCP4i2's classes or def files have and nothing reads, and those that are meant by them.

Source: ``ccp4i2``, 3.0.1, 3.1.0a105.
"""

NUMBERS = ("CInt", "CFloat")
FILES = ("other",)

USED_FOR: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("max", "maximum", "min", "minimum"), NUMBERS),
    **dict.fromkeys(("enumerators", "menuText", "onlyEnumerators"), (*NUMBERS, "CString")),
    **dict.fromkeys(("maxLength", "minLength", "patternErrorMessage", "patternRegex"), ("CString",)),
    **dict.fromkeys(("listMaxLength", "listMinLength"), ("CList",)),
    **dict.fromkeys(
        (
            "fileContentClassName",
            "fileExtensions",
            "fileLabel",
            "ifAtomSelection",
            "isDirectory",
            "mimeTypeDescription",
            "mimeTypeName",
            "mustExist",
            "requiredContentFlag",
            "requiredSubType",
            "sameCrystalAs",
            "sameCrystalCell",
            "sameCrystalLevel",
            "sameCrystalMatch",
            "sameCrystalSeverity",
        ),
        FILES,
    ),
    "fromPreviousJob": (*FILES, "CList"),
}
"""The results of `kind_of` for the classes for which a qualifier is read; one that is missing here may be of any class.

Source: ``validity`` of the classes, ``ccp4i2.lib.utils.parameters.set_input_by_context``, ``ccp4i2``, 3.0.1, 3.1.0a105.
"""

NEAR = 0.8
"""The similarity from which an unknown qualifier is reported as the misspelling of a known one, 0 to 1."""

COMMON = frozenset(
    [
        "CAsuDataFile",
        "CAtomCountPerformance",
        "CAtomSelection",
        "CBlastDataFile",
        "CCell",
        "CColumnGroup",
        "CCootHistoryDataFile",
        "CDataFile",
        "CDataReductionCCPerformance",
        "CDataReductionPerformance",
        "CDataReductionRefinementPerformance",
        "CDataReflFile",
        "CDialsJsonFile",
        "CDialsPickleFile",
        "CDictDataFile",
        "CDmDomain",
        "CEBIValidationXMLDataFile",
        "CExpPhasPerformance",
        "CFloatRange",
        "CFreeRDataFile",
        "CGenericReflDataFile",
        "CHhpredDataFile",
        "CImageFile",
        "CImportUnmerged",
        "CMDLMolDataFile",
        "CMapCoeffsDataFile",
        "CMapDataFile",
        "CMiniMtzDataFile",
        "CMmcifDataFile",
        "CMmcifReflDataFile",
        "CModelBuildPerformance",
        "CMol2DataFile",
        "CMtzDataFile",
        "CObsDataFile",
        "CPDFDataFile",
        "CPairefPerformance",
        "CPdbDataFile",
        "CPhaseErrorPerformance",
        "CPhaserRFileDataFile",
        "CPhaserSolDataFile",
        "CPhaserTngDagFile",
        "CPhsDataFile",
        "CPostscriptDataFile",
        "CProgramColumnGroup",
        "CRefinementPerformance",
        "CRefmacKeywordFile",
        "CRefmacRestraintsDataFile",
        "CReindexOperator",
        "CRunBatchRange",
        "CSeqAlignDataFile",
        "CSeqDataFile",
        "CServalcatPerformance",
        "CShelxFADataFile",
        "CSpaceGroupCell",
        "CSuperposePerformance",
        "CTLSDataFile",
        "CTestObsConversionsPerformance",
        "CTextDataFile",
        "CTransformation",
        "CUnmergedDataFile",
        "CUnmergedMtzDataFile",
        "CXia2ImageSelection",
        "CXmgrDataFile",
        "CXmlDataFile",
        "CYmlFile",
    ]
)
"""Classes in CCP4i2's def files that are not derived from one of `BASIC`. Source: ``ccp4i2``, 3.0.1.

The lookup of any other class takes half a second, because it imports CCP4i2's classes.
"""


def meant(name: str) -> str:
    """Return the known qualifier that an unknown one is very similar to; empty for a known one, or if there is none."""
    near = [] if name in KNOWN else difflib.get_close_matches(name, KNOWN, n=1, cutoff=NEAR)
    return UNREAD.get(near[0], near[0]) if near else ""


def useless(name: str, kind: str | None) -> str:
    """Return why a qualifier has no effect, and the cure; empty if it has one or may have one.

    Args:
        name: The qualifier; the class of its element does not declare it by itself.
        kind: The result of `kind_of` for the class, or None if the class is not known.
    """
    if name not in KNOWN:
        near = nearest(name, KNOWN)
        cure = f"Did you mean <{UNREAD.get(near[0], near[0])}>? If not, remove it" if near else "Remove it"
        return f"nothing in CCP4i2 reads this qualifier. {cure}, or declare it in a data class of your own."
    used_for = USED_FOR.get(name, ())
    if used_for and kind is not None and kind not in used_for:
        names = " and ".join("files" if one == "other" else one for one in used_for)
        move = "Move it to the qualifiers of the <subItem>" if kind == "CList" else "Remove it"
        return f"the qualifier has no effect here, because it is for {names}. {move}."
    return f"nothing in CCP4i2 reads this qualifier. Did you mean <{UNREAD[name]}>?" if name in UNREAD else ""


def own_qualifiers(kind: type) -> set[str]:
    """Return the qualifiers that a data class of a plugin has and the class of CCP4i2 it is derived from has not."""
    of_ccp4i2 = next(base for base in kind.__mro__ if containers.is_of_ccp4i2(base))
    return containers.class_qualifiers(kind).keys() - containers.class_qualifiers(of_ccp4i2).keys()


def kind_of(name: str) -> str | None:
    """Return the class of `BASIC` that a class is derived from, or ``"other"``, or None if CCP4i2 has no such class."""
    if name in BASIC:
        return name
    if name in COMMON:
        return "other"
    found = containers.def_file_classes().get(name)
    if found is None:
        return None
    return next((basic for basic in BASIC if containers.is_class(found, basic)), "other")


def faults(texts: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    """Yield (qualifier, fault and cure) for each qualifier with an invalid value.

    Args:
        texts: The text of each qualifier that has one.
        kind: The result of `kind_of` for the class of the parameter.
    """
    given = {name: text.strip() for name, text in texts.items() if text.strip() not in ("", "None")}
    for name, text in given.items():
        expected = _expected(name, text)
        if expected:
            yield name, f"the value must be {expected}, not {text!r}."
    if kind in CONVERT:
        yield from _of_values(given, kind, *CONVERT[kind])
    yield from _of_choices(given, kind)


def _expected(name: str, text: str) -> str:
    """Return the required form of the value of a qualifier, or an empty text if the value is valid."""
    # CCP4i2 treats any other text as true, including '0'.
    if name in TRUTH_QUALIFIERS and text != "1" and _truth(text) is None:
        return "True or False"
    if name in NUMBER_QUALIFIERS and not _fits(int, text):
        return "a whole number"
    if name in NUMBER_LIST_QUALIFIERS and not all(_fits(int, one) for one in text.split(",")):
        return "whole numbers separated by commas"
    return ""


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


def _of_values(given: Mapping[str, str], kind: str, convert: Convert, expected: str) -> Iterator[tuple[str, str]]:
    numbers = {}
    names = ("default",) if kind == "CBoolean" else ("min", "max", "default")
    for name in names:
        if name not in given:
            continue
        found = attempt(convert, given[name])
        if isinstance(found, Failure):
            yield name, f"the value must be {expected} for a {kind}, not {given[name]!r}."
        else:
            numbers[name] = found
    low, high, default = (numbers.get(name) for name in ("min", "max", "default"))
    if low is not None and high is not None and low > high:
        yield "min", f"min is {low} and max is {high}, so no value is valid. Exchange them."
    elif default is not None and ((low is not None and default < low) or (high is not None and default > high)):
        yield "default", f"the default {default} is not between min and max. Change one of them."


def _of_choices(given: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    if "enumerators" not in given:
        return
    choices = [choice.strip() for choice in given["enumerators"].split(",")]
    if "menuText" in given and len(given["menuText"].split(",")) != len(choices):
        count = len(given["menuText"].split(","))
        yield (
            "menuText",
            f"it has {count} texts for {len(choices)} enumerators. Give as many texts, separated by commas.",
        )
    only = _truth(given.get("onlyEnumerators", ""))
    if only and "default" in given and given["default"] not in choices and kind != "CBoolean":
        yield "default", f"the default {given['default']!r} is not one of the enumerators. Add it, or choose another."
