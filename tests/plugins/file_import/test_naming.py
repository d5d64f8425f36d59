"""Names of copies: any name of a source becomes a legal and unique name."""

import os
from dataclasses import replace
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccp4hooks import InputFile, Job, Project
from ccp4hooks_file_import import import_file
from ccp4hooks_file_import.naming import MAX_NAME_BYTES, PART_PREFIX, candidates, legal_name

ANY_TEXT = st.text(st.characters(), max_size=400)  # including surrogates, for bytes that are not UTF-8
ON_DISK = st.binary(min_size=1, max_size=255).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_").removeprefix(b".") or b"x"
)


@given(ANY_TEXT)
def test_any_name_becomes_one_legal_component(name):
    for candidate, _ in zip(candidates(legal_name(name)), range(12), strict=False):
        assert 0 < len(candidate.encode()) <= MAX_NAME_BYTES
        assert candidate not in {".", ".."}
        assert not set(candidate) & set("/\\\0\n\r\t\x1b")
        assert not candidate.startswith(PART_PREFIX)


@given(ANY_TEXT)
def test_no_two_candidates_are_equal(name):
    tried = [candidate for candidate, _ in zip(candidates(legal_name(name)), range(120), strict=False)]
    assert len(set(tried)) == len(tried)


@given(st.from_regex(r"[A-Za-z0-9_ +-]{1,100}\.(mtz|pdb|cif)", fullmatch=True))
def test_an_ordinary_name_is_kept(name):
    assert next(candidates(legal_name(name))) == name


def test_a_name_that_must_be_shortened_keeps_its_ending():
    for ending in (".mtz", ".pdb.gz", ".asu.xml"):
        _, second = (name for name, _ in zip(candidates("é" * 200 + ending), range(2), strict=False))
        assert second.endswith(f"é_1{ending}")
        assert 253 <= len(second.encode()) <= 255


def test_a_resolution_in_a_name_is_not_an_ending():
    tried = candidates("native_2.5A.mtz")
    assert [next(tried), next(tried)] == ["native_2.5A.mtz", "native_2.5A_1.mtz"]


@given(names=st.lists(ON_DISK, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_files_of_any_name_are_imported_completely(names, tmp_path):
    folder = tmp_path / uuid4().hex
    project = Project(name="p", directory=folder / "p", uuid=uuid4())
    job = Job(uuid=uuid4(), number="1", task="t", title="", project=project, directory=folder)
    file = InputFile(parameter="inputData.XYZIN", path=folder, file_type="chemical/x-pdb")
    placed = set()
    for number, raw in enumerate(names):
        path = folder / str(number) / os.fsdecode(raw)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"%d" % number)
        got = import_file(job, replace(file, path=path), lambda md5, file_type: None)
        assert got.path.parent == project.imports_directory
        assert got.path.read_bytes() == b"%d" % number
        placed.add(got.path)
    assert set(project.imports_directory.iterdir()) == placed
    assert len(placed) == len(names)
