"""The faults of def files, and the messages about them."""

import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks.i2 import containers, versions
from ccp4hooks.i2.tasks.def_file import findings
from ccp4hooks.i2.tasks.def_qualifiers import BASIC, COMMON, KNOWN, kind_of

HEAD = '<ccp4i2>\n<ccp4i2_header/>\n<ccp4i2_body id="t">\n'
FAULTY = {
    "TestObsConversions",
    "aimless",
    "arcimboldo",
    "buster",
    "cif2mtz",
    "i2Dimple",
    "import_merged",
    "lorestr_i2",
    "morda_i2",
    "phaser_simple_phil",
    "pointless",
    "scaleit",
    "sheetbend",
    "xia2_dials",
    "xia2_multiplex",
    "xia2_ssx_reduce",
    "xia2_xds",
}
"""CCP4i2's own tasks (3.0.1, 3.1.0a105) whose def files contain something that CCP4i2 ignores."""


def qualified(kind, text):
    qualifiers = f"<qualifiers>\n{text}\n</qualifiers>"
    return f'<container id="c">\n<content id="A"><className>{kind}</className>{qualifiers}</content></container>'


@pytest.fixture
def faults_of(tmp_path):
    path = tmp_path / "odd.def.xml"

    def make(text):
        path.write_text(text)
        found = findings(path).faults
        for line in found:
            assert line.startswith(f"its def file {path}")
            assert "\n" not in line
        return [line.removeprefix(f"its def file {path}") for line in found]

    return make


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<container id="inputData"><content id="A"/></container>', '4, <content id="A">: it has no <className>'),
        (
            qualified("CPdbDatafile", ""),
            "5, <className>: CCP4i2 has no class 'CPdbDatafile', named in <content id=\"A\">. Did you mean CPdbData",
        ),
        (qualified("Zzzzzz", ""), "CCP4i2 has no class 'Zzzzzz', named in <content id=\"A\">. Use a class of CCP4i2."),
        (qualified(" CInt ", ""), "CCP4i2 does not recognize CInt with blanks around it. Remove the blanks."),
        (
            '<container><content id="A"><className>CInt</className></content></container>',
            "4, <container>: it has no id, so CCP4i2 ignores it. Give it one",
        ),
        (
            '<container id="inputData">\n<content><className>CInt</className></content></container>',
            "5, <content>: it has no id",
        ),
        (
            '<container id="input data"/>',
            '4, <container id="input data">: its id is not a valid name. Use only letters',
        ),
        (
            '<container id="c">\n' + '<content id="A"><className>CInt</className></content>\n' * 2 + "</container>",
            '6, <content id="A">: the id is already used in line 5. Give one of the two another id.',
        ),
        ('<container id="c"/>\n<container id="c"/>', '5, <container id="c">: the id is already used in line 4'),
        (
            '<container id="c">\n<contents id="A"/></container>',
            '5, <contents id="A">: CCP4i2 ignores this element inside <container id="c">. Did you mean <content>?',
        ),
        (
            '<content id="A"><className>CInt</className></content>',
            '4, <content id="A">: CCP4i2 ignores this element inside <ccp4i2_body id="t">',
        ),
        (
            '<container id="c"><content id="A"><className>CInt</className>\n<default>1</default></content></container>',
            '5, <default>: CCP4i2 ignores this element inside <content id="A">. Remove it.',
        ),
        (
            (
                '<container id="c"><content id="A"><className>CList</className>\n'
                "<subItem><className>CInf</className></subItem></content></container>"
            ),
            "5, <className>: CCP4i2 has no class 'CInf', named in <subItem>. Did you mean CInt",
        ),
        (
            '<container id="c"><content id="A"><className>CInt</className>\n<subItem/></content></container>',
            '5, <subItem>: <content id="A"> is not a list',
        ),
        (
            '<container id="c"><content id="A"><className>CList</className>\n<subItem/></content></container>',
            "5, <subItem>: it has no <className>",
        ),
        (
            qualified("CPdbDataFile", "<allowUndefind>False</allowUndefind>"),
            '6, <allowUndefind>: <content id="A"> has an unknown qualifier. Did you mean <allowUndefined',
        ),
        (
            qualified("CPdbDataFile", "<mustExist>yes</mustExist>"),
            "6, <mustExist>: in <content id=\"A\"> the value must be True or False, not 'yes'.",
        ),
        (qualified("CPdbDataFile", "<allowUndefined>0</allowUndefined>"), "must be True or False, not '0'"),
        (
            qualified("CPdbDataFile", "<requiredSubType>1,model</requiredSubType>"),
            "must be whole numbers separated by commas, not '1,model'",
        ),
        (qualified("CList", "<listMinLength>one</listMinLength>"), "must be a whole number, not 'one'"),
        (
            qualified("CInt", "<default>1.5</default>"),
            "6, <default>: in <content id=\"A\"> the value must be a whole number for a CInt, not '1.5'",
        ),
        (qualified("CFloat", "<min>low</min>"), "the value must be a number for a CFloat, not 'low'"),
        (
            qualified("CBoolean", "<default>maybe</default>"),
            "the value must be True or False for a CBoolean, not 'maybe'",
        ),
        (
            qualified("CFloat", "<min>2</min><max>1</max>"),
            "min is 2.0 and max is 1.0, so no value is valid. Exchange them.",
        ),
        (
            qualified("CInt", "<min>2</min><default>1</default>"),
            "the default 1 is not between min and max. Change one of them.",
        ),
        (qualified("CInt", "<max>2</max><default>3</default>"), "the default 3 is not between min and max"),
        (
            qualified("CString", "<enumerators>a,b</enumerators><menuText>One</menuText>"),
            "it has 1 texts for 2 enumerators. Give as many",
        ),
        (
            qualified(
                "CString", "<enumerators>a,b</enumerators><onlyEnumerators>True</onlyEnumerators><default>c</default>"
            ),
            "the default 'c' is not one of the enumerators. Add it",
        ),
    ],
)
def test_a_fault_is_reported_with_line_element_and_cure(faults_of, text, expected):
    (line,) = faults_of(f"{HEAD}{text}\n</ccp4i2_body></ccp4i2>")
    assert expected in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a>\n<b></a>", " is not XML: mismatched tag: line 2, column 5. Correct the file."),
        ("", " is not XML: no element found"),
        ("\n<other/>", ", line 2, <other>: the root element must be <ccp4i2>. Correct it, or give another file."),
        (
            "<ccp4i2><ccp4i2_header/></ccp4i2>",
            ", line 1, <ccp4i2>: it has no <ccp4i2_body>, so the task has no parameters.",
        ),
        (
            '<ccp4i2 xmlns="http://www.ccp4.ac.uk/ccp4ns"><ccp4i2_body id="t"/></ccp4i2>',
            "CCP4i2 finds no elements in a default namespace. Remove the attribute xmlns.",
        ),
        ('<!DOCTYPE x><ccp4i2><ccp4i2_body id="t"/></ccp4i2>', " declares a document type"),
    ],
)
def test_a_file_that_is_not_a_def_file_has_a_fault(faults_of, text, expected):
    (line,) = faults_of(text)
    assert expected in line


def test_all_faults_of_a_file_are_reported_at_once(faults_of):
    inside = '<content/>\n<content id="A"><className>CImt</className></content>'
    found = faults_of(f'{HEAD}<container id="c">{inside}</container></ccp4i2_body></ccp4i2>')
    tags = ["4, <content>", "4, <content>", "5, <className>"]
    assert [line.partition(":")[0] for line in found] == [f", line {tag}" for tag in tags]


def test_a_def_file_that_includes_another_may_change_its_qualifiers(faults_of):
    text = '<container id="c"><content id="A"><qualifiers><default>1</default></qualifiers></content></container>'
    file = "<file><CI2XmlDataFile/></file>"
    assert faults_of(f"{HEAD}{file}{text}</ccp4i2_body></ccp4i2>") == []


@pytest.fixture
def warnings_of(tmp_path):
    path = tmp_path / "odd.def.xml"

    def make(text):
        path.write_text(f"{HEAD}{text}\n</ccp4i2_body></ccp4i2>")
        found = findings(path)
        assert found.faults == ()
        return [line.removeprefix(f"its def file {path}, line ") for line in found.warnings]

    return make


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            qualified("CInt", "<minimum>1</minimum>"),
            '6, <minimum>: in <content id="A"> nothing in CCP4i2 reads this qualifier. Did you mean <min>?',
        ),
        (qualified("CWavelength", "<maximum>1</maximum>"), "Did you mean <max>?"),
        (
            qualified("CString", "<maximum>1</maximum>"),
            '6, <maximum>: in <content id="A"> the qualifier has no effect here, because it is for CInt and CFloat.',
        ),
        (
            qualified("CPdbDataFile", "<foo>1</foo>"),
            '6, <foo>: in <content id="A"> nothing in CCP4i2 reads this qualifier. Remove it, or declare it in a ',
        ),
        (qualified("CString", "<menuItem>1</menuItem>"), "Did you mean <menuText>? If not, remove it, or declare"),
        (qualified("CString", "<mustExist>True</mustExist>"), "because it is for files. Remove it."),
        (qualified("CPdbDataFile", "<listMinLength>1</listMinLength>"), "because it is for CList. Remove it."),
        (
            qualified("CList", "<mustExist>True</mustExist>"),
            "because it is for files. Move it to the qualifiers of the <subItem>.",
        ),
        (
            (
                '<container id="c"><content id="A"><className>CList</className><subItem><className>CInt</className>\n'
                "<qualifiers><minLength>1</minLength></qualifiers></subItem></content></container>"
            ),
            "5, <minLength>: in <subItem> the qualifier has no effect here, because it is for CString. Remove it.",
        ),
        ('<container id="c">\n<qualifiers><foo/></qualifiers></container>', '5, <foo>: in <container id="c"> nothing'),
    ],
)
def test_a_qualifier_that_nothing_reads_is_told_with_the_cure(warnings_of, text, expected):
    (line,) = warnings_of(text)
    assert expected in line


def test_a_qualifier_that_a_class_of_a_plugin_declares_is_known(warnings_of, own_class):
    own_class("CSiteNumber", "CInt", {"siteWidget": "", "maximum": 3})
    assert warnings_of(qualified("CSiteNumber", "<siteWidget>dial</siteWidget><min>1</min><maximum>2</maximum>")) == [
        "5, <className>: nothing in CCP4i2 reads the qualifier 'maximum' of the class CSiteNumber. Did you mean 'max'?"
    ]
    (line,) = warnings_of(qualified("CInt", "<siteWidget>dial</siteWidget>"))
    assert line.startswith('6, <siteWidget>: in <content id="A"> nothing in CCP4i2 reads this qualifier. Remove it')


@pytest.fixture
def own_class():
    def make(name, base, qualifiers):
        kind = type(name, (containers.cdata_types()[base],), {"_qualifiers_template": qualifiers})
        versions.set_data_classes("site_task", {name: kind})

    yield make
    versions.set_data_classes("site_task", {})


def test_qualifiers_that_ccp4i2_uses_are_not_faults(faults_of):
    kinds = {
        "CInt": "<min>1</min><max>None</max><default>2</default><enumerators>1,2</enumerators><guiLabel>N</guiLabel>",
        "CString": "<default>x</default><siteOwnQualifier>y</siteOwnQualifier><toolTip/>",
        "CPdbDataFile": "<default><subType>1</subType></default><requiredSubType>1,2</requiredSubType>",
        "CBoolean": "<default>1</default><min>0.0</min>",
    }
    for kind, text in kinds.items():
        assert faults_of(f"{HEAD}{qualified(kind, text)}</ccp4i2_body></ccp4i2>") == []


def test_only_some_known_def_files_of_ccp4i2_have_faults():
    top = Path(ccp4i2.__file__).parent
    faulty = {path.name.partition(".")[0]: path for path in top.rglob("*.def.xml") if findings(path).faults}
    assert faulty.keys() - {"crank2", "shelx"} <= FAULTY, [findings(path) for path in faulty.values()]


def test_the_listed_classes_and_qualifiers_are_those_of_ccp4i2():
    classes = containers.def_file_classes()
    looked_up = {name: [base for base in BASIC if containers.is_class(classes[name], base)] for name in COMMON}
    assert {name: bases for name, bases in looked_up.items() if bases} == {}
    declared = {name for kind in classes.values() for name in containers.class_qualifiers(kind)}
    assert declared <= KNOWN
    assert [kind_of(name) for name in ("CWavelength", "CSMILESString", "CEnsembleList", "CXyz", "Nothing")] == [
        "CFloat",
        "CString",
        "CList",
        "other",
        None,
    ]


def test_a_def_file_of_common_classes_is_checked_without_importing_ccp4i2s_classes():
    path = Path(__file__).parents[1] / "site_package/src/site_crystals/site_count.def.xml"
    code = """
import sys
from pathlib import Path
from ccp4hooks.i2.tasks.def_file import findings
found = findings(Path(sys.argv[1]))
print(found.faults, found.warnings, "ccp4i2" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["()", "()", "False"]
