from pathlib import Path

import pytest

import ccp4hooks_demo
from ccp4hooks import BadInputError, TaskDescription
from ccp4hooks.tasks.resolve import resolved

DEF_FILE = Path(ccp4hooks_demo.__file__).with_name("demo_pipeline.def.xml")


class CPluginScript:
    """Stands for CCP4i2's, which is known by its name."""


class Report:
    """The same."""


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


def test_classes_become_texts_by_which_ccp4i2_imports_them():
    found = described(script=Count, report=Page)
    assert (found.script, found.report) == (f"{__name__}:Count", f"{__name__}:Page")


def test_texts_stay_as_they_are_and_a_task_needs_no_report():
    found = described()
    assert (found.script, found.report, found.def_file) == ("a.b:C", "", DEF_FILE)


@pytest.mark.parametrize("def_file", [str(DEF_FILE), "ccp4hooks_demo:demo_pipeline.def.xml"])
def test_a_def_file_is_a_path_or_lies_in_a_package(def_file):
    assert described(def_file=def_file).def_file == DEF_FILE


def inner():
    class Hidden(CPluginScript):
        pass

    return Hidden


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "two words"}, "letters, digits, '_' and '-' only"),
        ({"name": None}, "letters, digits"),
        ({"title": 3}, "its title must be a text, not 3"),
        ({"script": "a.b.C"}, "a text such as 'package.module:Class', not 'a.b.C'"),
        ({"script": 3}, "must be a class or a text such as"),
        ({"script": Page}, "Page is no subclass of CPluginScript"),
        ({"script": Other}, "the TASKNAME of its script .*Other is 'other'; .* give both the same name"),
        ({"script": inner()}, "stands inside another object; put it at the top of its module"),
        ({"report": "Page"}, "its report must be a class or a text"),
        ({"report": Count}, "Count is no subclass of Report"),
        ({"def_file": "count.def.xml"}, "count.def.xml must be an absolute path, or 'package:path'"),
        ({"def_file": Path("count.def.xml")}, "must be an absolute path"),
        (
            {"def_file": "no_such_package:a.xml"},
            "the package 'no_such_package' of its def file cannot be imported",
        ),
        ({"def_file": 3}, "must be a path or a text, not 3"),
    ],
)
def test_what_cannot_be_resolved_is_told(fields, words):
    with pytest.raises(BadInputError, match=words):
        described(**fields)


def test_a_def_file_in_an_archive_is_refused(tmp_path, monkeypatch):
    from zipfile import ZipFile

    with ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_tasks/__init__.py", "")
        archive.writestr("packed_tasks/a.def.xml", "<a/>")
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    with pytest.raises(BadInputError, match=r"lies in an archive.* install packed_tasks unpacked"):
        described(def_file="packed_tasks:a.def.xml")
