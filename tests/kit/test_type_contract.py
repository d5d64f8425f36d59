"""The contract of data classes holds for a plugin that keeps all promises, and catches plugins that break one."""

import importlib
import json
import sys

import pytest

from ccp4hooks import DataType, hookimpl
from ccp4hooks.testing import TypeContract, sample
from ccp4hooks.testing.contracts.data_type import FORMS

MODULE = "contract_types"

CLASSES = """
from ccp4i2.core.base_object.cdata_file import CDataFile
from ccp4i2.core.base_object.class_metadata import AttributeType, attribute, cdata_class
from ccp4i2.core.CCP4PerformanceData import CPerformanceIndicator

SPOTS = {"mimeTypeName": "application/x-contract-spots", "fileExtensions": ["spots"], "guiLabel": "Spots"}


@cdata_class(qualifiers=SPOTS)
class CSpotsFile(CDataFile):
    CONTENT_FLAG_RAW = 1
    CONTENT_FLAG_INDEXED = 2
    SUBTYPE_UNKNOWN = 0


@cdata_class(attributes={"count": attribute(AttributeType.INT), "method": attribute(AttributeType.STRING)})
class CSpotCount(CPerformanceIndicator):
    pass


@cdata_class(qualifiers={"fileExtensions": ["spots"], "guiLabel": "Spots"})
class CUntypedFile(CDataFile):
    pass


@cdata_class(qualifiers={**SPOTS, "fileExtensions": [".spots"]})
class CDottedFile(CDataFile):
    pass


@cdata_class(qualifiers={**SPOTS, "fileExtensions": None})
class CEndlessFile(CDataFile):
    pass


@cdata_class(qualifiers={"mimeTypeName": SPOTS["mimeTypeName"], "fileExtensions": ["spots"]})
class CUnlabelledFile(CDataFile):
    pass


@cdata_class(qualifiers=SPOTS)
class CFlaggedFile(CDataFile):
    CONTENT_FLAG_RAW = 0


@cdata_class(qualifiers=SPOTS)
class CTwiceFile(CDataFile):
    SUBTYPE_WEAK = 1
    SUBTYPE_STRONG = 1


@cdata_class(qualifiers={**SPOTS, "mimeTypeName": "chemical/x-pdb"})
class CBorrowedFile(CDataFile):
    pass


class CPdbDataFile(CDataFile):
    pass


class CNoCount(CPerformanceIndicator):
    pass
"""

SPOTS = "spots\n" + "1 2 3\n" * 40


def read_spots(path):
    """Read a file as a reader should."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[0] != "spots" or len(lines) < 2:
        raise ValueError("it does not begin with the line 'spots'")


def read_without_care(path):
    return [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def read_leniently(path):
    """Accept a text file of another kind, as one without spots."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[1:] if lines[0] == "spots" else []


def read_any_json(path):
    text = path.read_text(encoding="utf-8")
    if not text.startswith(("spots", "{")):
        raise ValueError("it is no JSON file")
    return text


def read_by_key(path):
    text = path.read_text(encoding="utf-8")
    if not text.startswith(("spots", "{")):
        raise ValueError("it is no JSON file")
    return text if text.startswith("spots") else json.loads(text)["spots"]


def refuse(path):
    raise ValueError("never good")


def refuse_silently(path):
    if path.read_bytes().startswith(b"\0"):
        raise ValueError


def write_beside(path):
    path.with_suffix(".log").write_text("read")


def read_anything(path):
    return path.read_bytes()


COUNTS = []


def refuse_by_turns(path):
    COUNTS.append(path)
    if len(COUNTS) % 2:
        raise ValueError("only every second time")


def plugin(*names, read=None):
    """Return a plugin that registers classes of the module."""

    class Plugin:
        @hookimpl
        def register_types(self):
            for name in names:
                yield DataType(data_class=f"{MODULE}:{name}", read=read if name.endswith("File") else None)

    return Plugin()


@pytest.fixture(autouse=True)
def spots(tmp_path, monkeypatch):
    """Write the module and a file of spots."""
    (tmp_path / f"{MODULE}.py").write_text(CLASSES)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    path = tmp_path / "found.spots"
    path.write_text(SPOTS, encoding="utf-8")
    yield path
    sys.modules.pop(MODULE, None)


class TestTypes(TypeContract):
    plugin = plugin("CSpotsFile", "CSpotCount", read=read_spots)
    test_importing_it_loads_little = None  # no other process can import it

    @pytest.fixture(autouse=True)
    def _sample(self, spots, monkeypatch):
        monkeypatch.setattr(type(self), "samples", {"CSpotsFile": spots})


BROKEN = {
    "nothing": ({"names": ()}, "test_its_classes_can_be_used", "registers no data class"),
    "missing": ({"names": ("CMissing",)}, "test_its_classes_can_be_used", "CMissing cannot be imported"),
    "taken": ({"names": ("CPdbDataFile",)}, "test_its_classes_can_be_used", "def files already know the class"),
    "borrowed": (
        {"names": ("CBorrowedFile",)},
        "test_its_classes_can_be_used",
        "MIME type 'chemical/x-pdb', but is not",
    ),
    "untyped": ({"names": ("CUntypedFile",)}, "test_its_classes_of_files_are_described", "qualifier mimeTypeName"),
    "dotted": ({"names": ("CDottedFile",)}, "test_its_classes_of_files_are_described", "must not begin with a dot"),
    "endless": ({"names": ("CEndlessFile",)}, "test_its_classes_of_files_are_described", "qualifier fileExtensions"),
    "unlabelled": ({"names": ("CUnlabelledFile",)}, "test_its_classes_of_files_are_described", "guiLabel"),
    "flagged": ({"names": ("CFlaggedFile",)}, "test_its_classes_of_files_are_described", "from 1: CONTENT_FLAG_RAW"),
    "twice": ({"names": ("CTwiceFile",)}, "test_its_classes_of_files_are_described", "SUBTYPE_STRONG, SUBTYPE_WEAK"),
    "no values": ({"names": ("CNoCount",)}, "test_its_values_become_kpis", "give CNoCount an attribute"),
    "no sample": ({"samples": {}}, "test_each_reader_has_a_sample", "give a whole file in samples for CSpotsFile"),
    "misspelt": ({"samples": {"CSpotsFile": 1, "CSpots": 2}}, "test_each_reader_has_a_sample", "no class CSpots,"),
    "strict": ({"read": refuse}, "test_it_reads_or_says_why_not", "refuses the sample: ValueError: never good"),
    "lax": ({"read": read_anything}, "test_it_reads_or_says_why_not", "accepts a file of arbitrary bytes"),
    "careless": (
        {"read": read_without_care},
        "test_it_reads_or_says_why_not",
        "IndexError.* on a file that is cut in half: raise",
    ),
    "lenient": ({"read": read_leniently}, "test_it_reads_or_says_why_not", "letter.* CSpotsFile in free_text if"),
    "any JSON": ({"read": read_any_json}, "test_it_reads_or_says_why_not", "accepts a JSON file of another kind: "),
    "by key": ({"read": read_by_key}, "test_it_reads_or_says_why_not", "KeyError: 'spots' on a JSON file of another"),
    "not free": ({"free_text": {"CSpots"}}, "test_each_reader_has_a_sample", "reader CSpots, which free_text names"),
    "silent": ({"read": refuse_silently}, "test_it_reads_or_says_why_not", "does not say what is wrong"),
    "writing": ({"read": write_beside}, "test_it_reads_the_same_twice_and_writes_nothing", "must not write files"),
    "fickle": ({"read": refuse_by_turns}, "test_it_reads_the_same_twice_and_writes_nothing", "says something else"),
}


def call_with_each(function, calls):
    for arguments in calls:
        function(*arguments)


@pytest.mark.parametrize("name", BROKEN)
def test_the_contract_of_data_classes_catches(name, hook_session, spots, tmp_path):
    fields, test, words = BROKEN[name]
    offered = plugin(*fields.get("names", ("CSpotsFile",)), read=fields.get("read", read_spots))
    contract = type("Broken", (TypeContract,), {"plugin": offered})()
    contract.samples = fields.get("samples", {"CSpotsFile": spots})
    contract.free_text = fields.get("free_text", ())
    by_form = [(tmp_path, form) for form in FORMS]
    calls = by_form if "it_reads" in test else [(hook_session,)] if "can_be_used" in test else [()]
    with pytest.raises(AssertionError, match=words):
        call_with_each(getattr(contract, test), calls)


def test_a_sample_of_the_kit_is_read_like_any_other(tmp_path):
    def read_model(path):
        if "ATOM" not in path.read_text(encoding="utf-8"):
            raise ValueError("it has no atom")

    contract = type("Model", (TypeContract,), {"plugin": plugin("CSpotsFile", read=read_model)})()
    contract.samples = {"CSpotsFile": sample("pdb")}
    for form in FORMS:
        contract.test_it_reads_or_says_why_not(tmp_path, form)


def test_a_reader_of_free_text_may_accept_any_text(spots, tmp_path):
    def read_text(path):
        return path.read_text(encoding="utf-8")

    contract = type("Notes", (TypeContract,), {"plugin": plugin("CSpotsFile", read=read_text)})()
    contract.samples, contract.free_text = {"CSpotsFile": spots}, ("CSpotsFile",)
    for form in FORMS:
        contract.test_it_reads_or_says_why_not(tmp_path, form)
    contract.test_each_reader_has_a_sample()
