"""What is wrong with the qualifiers of one parameter of a def file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import containers
from ccp4hooks.plugins.failures import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Convert = Callable[[str], Any]

BASIC = ("CBoolean", "CInt", "CFloat", "CString", "CList")

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
        "sameCrystalLevel",
        "saveToDb",
        "selectionMode",
        "subType",
        "title",
        "toolTip",
        "toolTipList",
        "tooltip",
        "width",
    ]
)
"""Qualifiers that a class of CCP4i2 declares or a def file of its own has. Source: ``ccp4i2``, 3.0.1."""

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
"""Classes in CCP4i2's own def files that are neither numbers, truth values, texts nor lists. Source: the same.

To look others up costs half a second, since CCP4i2's classes are imported for it.
"""


def kind_of(name: str) -> str | None:
    """Return which of `BASIC` a class is or is derived from, ``"other"`` if none; None if CCP4i2 has no such class."""
    if name in BASIC:
        return name
    if name in COMMON:
        return "other"
    found = containers.def_file_classes().get(name)
    if found is None:
        return None
    return next((basic for basic in BASIC if containers.is_class(found, basic)), "other")


def faults(texts: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    """Yield (qualifier, what is wrong and what to do) for each qualifier that does not fit.

    Args:
        texts: Text by qualifier, of those that have one.
        kind: What `kind_of` says of the parameter's class.
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
    if kind in CONVERT:
        yield from _of_values(told, kind, *CONVERT[kind])
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


def _of_values(told: Mapping[str, str], kind: str, convert: Convert, what: str) -> Iterator[tuple[str, str]]:
    numbers = {}
    names = ("default",) if kind == "CBoolean" else ("min", "max", "default")
    for name in names:
        if name not in told:
            continue
        found = attempt(convert, told[name])
        if isinstance(found, Failure):
            yield name, f"it must be {what} for a {kind}, not {told[name]!r}. Write one."
        else:
            numbers[name] = found
    low, high, default = (numbers.get(name) for name in ("min", "max", "default"))
    if low is not None and high is not None and low > high:
        yield "min", f"min is {low} and max is {high}, so no value fits. Exchange them."
    elif default is not None and ((low is not None and default < low) or (high is not None and default > high)):
        yield "default", f"the default {default} is outside of min and max. Change one of them."


def _of_choices(told: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
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
    if only and "default" in told and told["default"] not in choices and kind != "CBoolean":
        yield "default", f"the default {told['default']!r} is none of the enumerators. Add it, or choose another."
