from pathlib import Path

import pytest

import ccp4hooks_demo
from ccp4hooks import BadInputError, TaskDescription
from ccp4hooks.tasks.resolve import resolved

DEF_FILE = Path(ccp4hooks_demo.__file__).with_name("demo_pipeline.def.xml")


class CPluginScript:
    """Represents the class of CCP4i2, which is recognized by its name."""


class Report:
    """Represents the class of CCP4i2, which is recognized by its name."""


class Count(CPluginScript):
    TASKNAME = "count"


class Page(Report):
    pass


class Other(CPluginScript):
    TASKNAME = "other"


def described(**fields):
    return resolved(
        TaskDescription(**{"name": "count", "title": "T", "script": "a.b:C", "def_file": DEF_FILE, **fields})
    )


def test_a_class_becomes_the_text_from_which_ccp4i2_imports_it():
    found = described(script=Count, report=Page)
    assert (found.script, found.report) == (f"{__name__}:Count", f"{__name__}:Page")


def test_text_is_not_changed_and_a_task_needs_no_report():
    found = described()
    assert (found.script, found.report, found.def_file) == ("a.b:C", "", DEF_FILE)


@pytest.mark.parametrize("def_file", [str(DEF_FILE), "ccp4hooks_demo:demo_pipeline.def.xml"])
def test_a_def_file_is_given_by_its_path_or_by_its_place_in_a_package(def_file):
    assert described(def_file=def_file).def_file == DEF_FILE


def inner():
    class Hidden(CPluginScript):
        pass

    return Hidden


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "two words"}, "contain only letters, digits, '_' and '-'"),
        ({"name": None}, "letters, digits"),
        ({"title": 3}, "its title must be text, not 3"),
        ({"script": "a.b.C"}, "text such as 'package.module:Class', not 'a.b.C'"),
        ({"script": 3}, "must be a class or text such as"),
        ({"script": Page}, "Page is not a subclass of CPluginScript"),
        ({"script": Other}, "the TASKNAME of its script .*Other is 'other'. Give both the same name"),
        ({"script": inner()}, "is not at the top level of its module"),
        ({"report": "Page"}, "its report must be a class or text"),
        ({"report": Count}, "Count is not a subclass of Report"),
        ({"def_file": "count.def.xml"}, "count.def.xml must be an absolute path, or 'package:path'"),
        ({"def_file": Path("count.def.xml")}, "must be an absolute path"),
        (
            {"def_file": "no_such_package:a.xml"},
            "the package 'no_such_package' of its def file cannot be imported",
        ),
        ({"def_file": 3}, "must be a path or text, not 3"),
    ],
)
def test_the_error_about_an_entry_that_cannot_be_resolved_gives_the_reason(fields, words):
    with pytest.raises(BadInputError, match=words):
        described(**fields)


def test_a_def_file_in_an_archive_is_refused(tmp_path, monkeypatch):
    from zipfile import ZipFile

    with ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_tasks/__init__.py", "")
        archive.writestr("packed_tasks/a.def.xml", "<a/>")
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    with pytest.raises(BadInputError, match=r"is in an archive.* Install packed_tasks unpacked"):
        described(def_file="packed_tasks:a.def.xml")
