"""Single imports: the returned value and the files on disk."""

import hashlib
import itertools
import os
from dataclasses import replace
from datetime import datetime, timezone
from uuid import uuid4

import pytest

import ccp4hooks_file_import
from ccp4hooks import BadInputError, KnownFile, Project
from ccp4hooks_file_import import import_file
from ccp4hooks_file_import.content import BUFFER_BYTES
from ccp4hooks_file_import.naming import candidates


def nothing(md5, file_type):
    """Find no recorded file, as without a database."""


class Ledger:
    """Finds the files that were recorded before, as a database does."""

    def __init__(self):
        self.known = {}

    def record(self, imported):
        known = KnownFile(uuid=imported.uuid, path=imported.path, file_type=imported.file_type, annotation="Native")
        self.known[imported.md5, imported.file_type] = replace(known, content_flag=4, sub_type=1)

    def __call__(self, md5, file_type):
        return self.known.get((md5, file_type))


@pytest.mark.parametrize("size", [0, 1, 4096, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES])
def test_the_copy_and_both_checksums_are_those_of_the_source(job, source, imports, size):
    content = os.urandom(size)
    got = import_file(job, source(content), nothing)
    assert got.path == job.project.imports_directory / "native.mtz"
    assert got.path.read_bytes() == content
    assert got.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert got.sha256 == hashlib.sha256(content).hexdigest()
    assert got.size_bytes == size
    assert imports() == ["native.mtz"]


def test_the_imported_file_has_all_attributes_of_the_input_file(job, source):
    columns = (("I", "SIGI"), ("F", "SIGF"))
    file = replace(source(b"x"), class_name="CObsDataFile", content_flag=2, sub_type=1, columns=columns)
    got = import_file(job, file, nothing)
    assert (got.class_name, got.content_flag, got.sub_type, got.columns) == ("CObsDataFile", 2, 1, columns)
    assert got.uuid == job.file_uuid("in", "inputData.F_SIGF")
    assert got.annotation == "Imported from native.mtz"
    assert not got.reused
    assert import_file(job, replace(file, annotation="Crystal 7"), nothing).annotation == "Crystal 7"


def test_the_copy_and_the_result_have_the_modification_time_of_the_source(job, source):
    file = source(b"x")
    os.utime(file.path, ns=(0, 1_000_000_001_500_000_000))
    got = import_file(job, file, nothing)
    assert got.modified_at == datetime(2001, 9, 9, 1, 46, 41, 500_000, tzinfo=timezone.utc)
    assert got.path.stat().st_mtime_ns == 1_000_000_001_500_000_000


def test_recorded_content_is_not_copied_again_under_another_name(job, source, imports):
    ledger = Ledger()
    first = import_file(job, source(b"same"), ledger)
    ledger.record(first)
    second = import_file(job, source(b"same", "other.mtz"), ledger)
    assert (second.uuid, second.path, second.reused) == (first.uuid, first.path, True)
    assert (second.content_flag, second.sub_type, second.annotation) == (4, 1, "Native")
    assert second.sha256 == first.sha256
    assert imports() == ["native.mtz"]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"cut")])
def test_a_recorded_copy_that_was_deleted_or_truncated_is_not_reused(job, source, damage):
    ledger = Ledger()
    first = import_file(job, source(b"content"), ledger)
    ledger.record(first)
    damage(first.path)
    second = import_file(job, source(b"content"), ledger)
    assert not second.reused
    assert second.path.read_bytes() == b"content"


def test_other_content_of_the_same_name_gets_a_number(job, source, imports):
    for content in (b"one", b"two", b"three"):
        import_file(job, source(content), nothing)
    assert imports() == ["native.mtz", "native_1.mtz", "native_2.mtz"]


def test_without_a_database_a_copy_with_the_same_content_is_used_again(job, source, imports):
    import_file(job, source(b"one"), nothing)
    second = import_file(job, source(b"two"), nothing)
    again = import_file(job, source(b"two"), nothing)
    assert (again.path, again.reused) == (second.path, False)
    assert imports() == ["native.mtz", "native_1.mtz"]


def test_with_a_database_a_copy_that_it_does_not_know_is_left_alone(job, source, imports):
    job = replace(job, opened_by="database")
    import_file(job, source(b"one"), nothing)
    import_file(job, source(b"one"), nothing)
    assert imports() == ["native.mtz", "native_1.mtz"]


def test_a_free_name_is_found_by_halving_if_many_are_taken(job, source, project, monkeypatch):
    job, tried, link = replace(job, opened_by="database"), [], os.link
    project.imports_directory.mkdir(parents=True)
    for name in itertools.islice(candidates("native.mtz"), 300):
        (project.imports_directory / name).touch()

    def noted(old, new, *arguments, **options):
        tried.append(new)
        link(old, new, *arguments, **options)

    monkeypatch.setattr(os, "link", noted)
    first, second = (import_file(job, source(content), nothing) for content in (b"one", b"two"))
    assert [first.path.name, second.path.name] == ["native_300.mtz", "native_301.mtz"]
    assert len(tried) < 40


def test_a_source_inside_the_imports_directory_stays_where_it_is(job, source, imports):
    first = import_file(job, source(b"one"), nothing)
    again = import_file(job, replace(source(b""), path=first.path), nothing)
    assert (again.path, again.md5, again.reused) == (first.path, first.md5, False)
    assert imports() == ["native.mtz"]


def test_the_source_of_a_symbolic_link_is_its_target(job, source):
    file = source(b"real", "x7_scaled.mtz")
    link = file.path.parent / "native.mtz"
    link.symlink_to(file.path.name)
    got = import_file(job, replace(file, path=link), nothing)
    assert got.source == file.path
    assert got.path.name == "native.mtz"
    assert not got.path.is_symlink()


def test_a_directory_as_input_is_left_in_place(job, tmp_path, source, imports):
    file = replace(source(b"x"), path=tmp_path, is_directory=True)
    assert import_file(job, file, nothing) is None
    assert imports() == []


def test_the_copy_of_a_read_only_source_can_be_written(job, source):
    file = source(b"x")
    file.path.chmod(0o400)
    mask = os.umask(0o022)
    try:
        got = import_file(job, file, nothing)
    finally:
        os.umask(mask)
    assert got.path.stat().st_mode & 0o777 == 0o600


def _fifo(path):
    os.mkfifo(path)


def _loop(path):
    path.symlink_to(path)


def _nothing(path):
    """Leave the path without a file."""


def _directory(path):
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (_nothing, "could not be read: No such file or directory"),
        (_directory, "is not a regular file"),
        (_fifo, "is not a regular file"),
        (_loop, "could not be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/null"), "is not a regular file"),
    ],
)
def test_a_source_that_cannot_be_read_is_rejected_and_leaves_nothing(job, source, make, text):
    file = source(b"")
    file.path.unlink()
    make(file.path)
    with pytest.raises(BadInputError, match=text) as raised:
        import_file(job, file, nothing)
    assert "inputData.F_SIGF" in str(raised.value)
    assert not job.project.directory.exists()


def test_a_file_in_place_of_the_imports_directory_is_reported(job, source):
    job.project.directory.mkdir()
    job.project.imports_directory.write_text("in the way")
    with pytest.raises(BadInputError, match=r"CCP4_IMPORTED_FILES: a file with that name exists already"):
        import_file(job, source(b"x"), nothing)
    assert job.project.imports_directory.read_text() == "in the way"


def test_an_error_of_find_leaves_no_temporary(job, source, imports):
    def failing(md5, file_type):
        raise LookupError(md5)

    with pytest.raises(LookupError):
        import_file(job, source(b"x"), failing)
    assert imports() == []


def test_the_message_about_a_name_with_a_line_break_is_one_line(job, source):
    file = source(b"")
    with pytest.raises(BadInputError) as raised:
        import_file(job, replace(file, path=file.path.parent / "two\nlines\udcff"), nothing)
    assert "\n" not in str(raised.value)
    assert str(raised.value).isprintable()


def test_a_time_that_datetime_cannot_represent_becomes_the_nearest_one():
    from ccp4hooks_file_import.content import Content

    content = Content(md5="", sha256="", size_bytes=0, modified_ns=10**20 * 10**9)
    assert content.modified_at == datetime.max.replace(tzinfo=timezone.utc)


def test_the_plugin_implements_three_hooks():
    import pluggy

    from ccp4hooks import hookimpl

    manager = pluggy.PluginManager(hookimpl.project_name)
    manager.register(ccp4hooks_file_import, name="file-import")
    assert [caller.name for caller in manager.get_hookcallers(ccp4hooks_file_import)] == [
        "check_file",
        "clean_up",
        "import_file",
    ]


def test_only_temporary_copies_of_killed_processes_are_removed(tmp_path):
    project = Project(name="p", directory=tmp_path, uuid=uuid4())
    ccp4hooks_file_import.clean_up(project)
    project.imports_directory.mkdir()
    for name in (".ccp4hooks-import-1.part", "model.pdb", ".ccp4hooks-import-notes"):
        (project.imports_directory / name).touch()
    ccp4hooks_file_import.clean_up(project)
    assert {path.name for path in project.imports_directory.iterdir()} == {"model.pdb", ".ccp4hooks-import-notes"}
