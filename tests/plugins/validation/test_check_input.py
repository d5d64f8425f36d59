"""Input files as users give them: correct, wrong and damaged ones."""

import gzip
import os
import time

import gemmi
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from ccp4hooks import InputFile, Severity
from ccp4hooks_validation.inputs import check_input

OBSERVED = (
    ("Iplus", "SIGIplus", "Iminus", "SIGIminus"),
    ("Fplus", "SIGFplus", "Fminus", "SIGFminus"),
    ("I", "SIGI"),
    ("F", "SIGF"),
)
MTZ = "application/CCP4-mtz"
OBS = "application/CCP4-mtz-observed"
PDB = "chemical/x-pdb"
CIF = "chemical/x-cif"
MAP = "application/CCP4-map"
DICTIONARY = "application/refmac-dictionary"
READ_TYPES = [MTZ, OBS, PDB, CIF, MAP, DICTIONARY, "application/CCP4-unmerged-experimental"]


def check_user_input(file):
    """Check a file of a job at top level."""
    return check_input(file, top_level=True)


def blocks(problems):
    return [problem.message for problem in problems if problem.severity is Severity.BLOCK]


def test_files_of_their_declared_type_have_no_problem(monster_mtz, mini_mtz, pdb, mmcif, ccp4_map, given):
    files = [
        given(monster_mtz, MTZ),
        given(mini_mtz, OBS, content_flag=4, columns=OBSERVED),
        given(mini_mtz, OBS, columns=OBSERVED),
        given(mini_mtz, "application/CCP4-generic-reflections"),
        given(pdb, PDB, content_flag=1),
        given(mmcif, PDB, content_flag=2),
        given(mmcif, CIF),
        given(ccp4_map, MAP),
        given(b">rnase\nDVSGTVCLSALPPEATDTLNLIASDG\n", "application/CCP4-seq"),
    ]
    assert [str(problem) for file in files for problem in check_user_input(file)] == []


def test_every_mtz_that_ccp4i2_carries_is_accepted(monster_mtz, given):
    paths = sorted(monster_mtz.parents[2].rglob("*.mtz"))
    assert len(paths) >= 10
    problems = [problem for path in paths for problem in check_user_input(given(path, MTZ))]
    assert [(one.path.name, one.severity, one.message.removeprefix(f"{one.path} ")) for one in problems] == [
        ("unique.mtz", Severity.WARNING, "has no values: all of F, SIGF are missing.")
    ]


@pytest.mark.parametrize("file_type", READ_TYPES)
def test_an_empty_file_is_refused(given, file_type):
    (message,) = blocks(check_user_input(given(b"", file_type)))
    assert message.endswith("is empty.")


def test_a_path_that_is_no_readable_file_is_left_to_the_core_without_waiting(tmp_path, pdb, given):
    """Nothing is lost: the core refuses each of them; see tests/unit/test_input_rules.py."""
    os.mkfifo(tmp_path / "pipe")
    start = time.monotonic()
    for path in (tmp_path, tmp_path / "gone.pdb", tmp_path / "pipe", tmp_path / ("x" * 300), tmp_path / "nul\0"):
        assert check_user_input(given(path, PDB)) == []
    assert check_user_input(given(pdb, PDB, is_directory=True)) == []
    assert time.monotonic() - start < 1


def test_an_mtz_file_that_is_truncated_anywhere_is_refused(mini_mtz, given):
    whole = mini_mtz.read_bytes()
    headers = len(whole) - 6_000
    cuts = [*range(1, headers, 64 * 67), *range(headers, len(whole) - 80, 64)]
    for cut in cuts:
        assert len(blocks(check_user_input(given(whole[:cut], MTZ)))) == 1, cut


def test_a_map_that_is_truncated_anywhere_is_refused(ccp4_map, given):
    whole = ccp4_map.read_bytes()
    for cut in [*range(1, len(whole), 64), len(whole) - 1]:
        assert len(blocks(check_user_input(given(whole[:cut], MAP)))) == 1, cut


@pytest.mark.parametrize(
    ("make", "file_type", "text"),
    [
        ("pdb", OBS, "is not an MTZ file."),
        ("mini_mtz", PDB, "contains no atom that can be read."),
        ("mini_mtz", CIF, "cannot be read as CIF"),
        ("mini_mtz", DICTIONARY, "cannot be read as CIF"),
        ("pdb", MAP, "cannot be read as a map"),
    ],
)
def test_a_file_of_another_type_is_refused(request, given, make, file_type, text):
    (message,) = blocks(check_user_input(given(request.getfixturevalue(make), file_type)))
    assert text in message


def test_a_compressed_file_with_the_name_of_a_plain_one_is_refused_with_a_cure(pdb, given):
    (problem,) = check_user_input(given(gzip.compress(pdb.read_bytes()), PDB, name="model.pdb"))
    assert problem.severity is Severity.BLOCK
    assert "Decompress it with gunzip" in problem.cure


def test_a_syntax_error_in_a_cif_file_is_reported_in_one_line(given):
    (problem,) = check_user_input(given(b"data_x\nloop_\n_a\n_b\n1 2 3\n", CIF))
    assert problem.severity is Severity.BLOCK
    assert "Wrong number of values in loop" in problem.message
    assert "\n" not in problem.message


def test_columns_other_than_declared_are_a_warning_that_lists_the_columns(mini_mtz, given):
    (problem,) = check_user_input(given(mini_mtz, OBS, content_flag=3, columns=OBSERVED))
    assert problem.severity is Severity.WARNING
    assert problem.message.endswith("has no column I, SIGI, which content flag 3 requires; it has H, K, L, F, SIGF.")
    assert problem.cure == "Set the content flag to 4, which its columns fit."


@pytest.mark.parametrize("content_flag", [None, 3, 9])
def test_an_mtz_file_without_any_column_set_of_its_class_is_refused_at_top_level_only(monster_mtz, given, content_flag):
    file = given(monster_mtz, OBS, content_flag=content_flag, columns=OBSERVED)
    ((refused,), (warned,)) = (check_input(file, top_level=top_level) for top_level in (True, False))
    assert (refused.severity, warned.severity) == (Severity.BLOCK, Severity.WARNING)
    assert refused.message == warned.message
    assert "it has H, K, L, FNAT, SIGFNAT," in refused.message
    assert refused.cure == (
        "Select columns: NAME='FILE.mtz[FNAT,SIGFNAT]', or of an output: NAME='@JOB.OUTPUT[FNAT,SIGFNAT]'."
    )


def test_an_mtz_file_with_no_columns_that_fit_is_not_advised_to_select_some(mini_mtz, given):
    file = given(mini_mtz, "application/CCP4-mtz-freerflag", columns=(("FREER",),))
    (refused,) = check_input(file, top_level=True)
    assert (refused.message, refused.cure) == (
        f"{mini_mtz} lacks the required columns FREER; it has H, K, L, F, SIGF.",
        "Give a file that has them, under any label.",
    )


def test_a_content_flag_of_the_other_coordinate_format_is_a_warning(pdb, mmcif, given):
    (problem,) = check_user_input(given(mmcif, PDB, content_flag=1))
    assert (problem.severity, problem.message.split("cif ")[1]) == (
        Severity.WARNING,
        "is in mmCIF format, but its content flag 1 means PDB.",
    )
    assert len(check_user_input(given(pdb, PDB, content_flag=2))) == 1


def test_an_mtz_without_reflections_is_refused(mini_mtz, tmp_path, given):
    mtz = gemmi.read_mtz_file(str(mini_mtz))
    mtz.set_data(mtz.array[:0])
    mtz.write_to_file(str(tmp_path / "none.mtz"))
    (problem,) = check_user_input(given(tmp_path / "none.mtz", MTZ))
    assert problem.severity is Severity.BLOCK
    assert "none.mtz contains no reflections." in problem.message


@pytest.mark.parametrize("column", [30, 38, 46])
def test_a_model_with_a_coordinate_that_is_no_number_is_refused(pdb, tmp_path, given, column):
    lines = pdb.read_text().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if line.startswith("ATOM"))
    lines[last] = lines[last][:column] + "     nan" + lines[last][column + 8 :]
    (tmp_path / "nan.pdb").write_text("".join(lines))
    (problem,) = check_user_input(given(tmp_path / "nan.pdb", PDB))
    assert problem.severity is Severity.BLOCK
    assert "nan.pdb has atoms whose coordinates are no numbers." in problem.message


def test_a_model_of_atoms_without_a_mass_is_accepted(tmp_path, given):
    line = "HETATM    1  X   UNX A   1       1.000   2.000   3.000  1.00 10.00           X\n"
    (tmp_path / "dummy.pdb").write_text(line)
    assert check_user_input(given(tmp_path / "dummy.pdb", PDB)) == []


@pytest.mark.parametrize("file_type", ["Unknown", "", "application/nonsense"])
def test_a_type_that_ccp4i2_does_not_know_is_a_warning(given, file_type):
    (problem,) = check_user_input(given(b"x", file_type, class_name="CSiteFile"))
    assert problem.severity is Severity.WARNING
    assert "(class CSiteFile), which CCP4i2 does not know" in problem.message


def test_every_type_of_ccp4i2_is_known_with_and_without_quotation_marks(given):
    from ccp4i2.db.ccp4i2_static_data import FILETYPES_TEXT

    texts = [*FILETYPES_TEXT[1:], "application/CCP4-mtz-unmerged", '"text/plain"', '"application/phasertng-dag"']
    for text in texts:
        problems = check_user_input(given(b"x", text))
        assert not [problem for problem in problems if "does not know" in problem.message], text


@pytest.mark.parametrize("start", [b"", b"MTZ ", b"data_", b"\x1f\x8b\x08\x00", b"ATOM  "])
@for_all(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_bytes_never_raise(tmp_path, data, start):
    path = tmp_path / data.draw(st.sampled_from(["x", "x.gz", "x.pdb", "x.cif.gz"]))
    path.write_bytes(start + data.draw(st.binary(max_size=3_000)))
    file = InputFile(parameter="inputData.IN", path=path, file_type=data.draw(st.sampled_from(READ_TYPES)))
    for problem in check_user_input(file):
        assert problem.message.isprintable()
        assert len(problem.message) < 500


@pytest.mark.parametrize(("name", "file_type"), [("mini_mtz", MTZ), ("mmcif", PDB), ("pdb", PDB), ("ccp4_map", MAP)])
@for_all(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_real_files_with_bytes_changed_never_raise(request, tmp_path, data, name, file_type):
    content = bytearray(request.getfixturevalue(name).read_bytes()[-40_000:])
    content[:0] = request.getfixturevalue(name).read_bytes()[:200]
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.one_of(st.integers(0, 200), st.integers(0, len(content))))
        content[place : place + 4] = data.draw(st.binary(max_size=4))
    path = tmp_path / "mangled"
    path.write_bytes(content)
    file = InputFile(parameter="inputData.IN", path=path, file_type=file_type)
    assert all(problem.message.isprintable() for problem in check_user_input(file))


def test_only_the_headers_of_a_large_mtz_are_read(mini_mtz, tmp_path):
    """A gigabyte of table in front of the headers, as a sparse file, takes no longer than a small file."""
    whole = mini_mtz.read_bytes()
    mtz = gemmi.read_mtz_file(str(mini_mtz))
    table_end = 80 + 4 * len(mtz.columns) * mtz.nreflections
    rows = 50_000_000
    path = tmp_path / "large.mtz"
    place = 80 + 4 * len(mtz.columns) * rows
    headers = whole[table_end:].replace(b"%13d" % mtz.nreflections, b"%13d" % rows)
    with path.open("wb") as stream:
        stream.write(whole[:4] + (place // 4 + 1).to_bytes(4, "little") + whole[8:80])
        stream.seek(place)
        stream.write(headers)
    start = time.monotonic()
    assert check_user_input(InputFile(parameter="inputData.IN", path=path, file_type=MTZ)) == []
    assert time.monotonic() - start < 1
