"""MTZ files that programs cannot use, although they are complete: each fault is named in one line before the job."""

import gemmi
import numpy as np
import pytest

from ccp4hooks import Severity
from ccp4hooks_validation.inputs import check_input

OBS = "application/CCP4-mtz-observed"
OBSERVED = (
    ("Iplus", "SIGIplus", "Iminus", "SIGIminus"),
    ("Fplus", "SIGFplus", "Fminus", "SIGFminus"),
    ("I", "SIGI"),
    ("F", "SIGF"),
)
MEAN = (("I", "J"), ("SIGI", "Q"))
CELL = gemmi.UnitCell(40, 50, 60, 90, 90, 90)


@pytest.fixture
def write(tmp_path, given):
    """Return a function that writes an MTZ file of (label, type) columns and describes it as an input file."""

    def make(columns=(("H", "H"), ("K", "H"), ("L", "H"), *MEAN), *, cell=CELL, rows=(), file_type=OBS, edit=None):
        mtz = gemmi.Mtz()
        mtz.spacegroup = gemmi.SpaceGroup("P 21 21 21")
        mtz.add_dataset("HKL_base")
        if cell:
            mtz.set_cell_for_all(cell)
        for label, kind in columns:
            mtz.add_column(label, kind)
        hkl = np.vstack([gemmi.make_miller_array(CELL, mtz.spacegroup, 8), *rows])
        at = [label for label, _ in columns]
        data = np.ones((len(hkl), len(columns)))
        for index, label in enumerate("HKL"):
            if label in at:
                data[:, at.index(label)] = hkl[:, index]
        mtz.set_data(data.astype("f4"))
        if edit:
            edit(mtz)
        path = tmp_path / "made.mtz"
        mtz.write_to_file(str(path))
        return given(path, file_type, columns=OBSERVED)

    return make


def problems_of(file, *, top_level=True):
    return [
        (one.severity, one.message.removeprefix(f"{file.path} "), one.cure)
        for one in check_input(file, top_level=top_level)
    ]


def test_a_complete_mtz_file_has_no_problem(write):
    assert problems_of(write()) == []


@pytest.mark.parametrize(
    ("columns", "begins"),
    [
        ((*MEAN, ("H", "H"), ("K", "H"), ("L", "H")), "I (type J), SIGI (type Q), H (type H)"),
        ((("K", "H"), ("H", "H"), ("L", "H"), *MEAN), "K (type H), H (type H), L (type H)"),
        ((("H", "R"), ("K", "R"), ("L", "R"), *MEAN), "H (type R), K (type R), L (type R)"),
    ],
)
def test_indices_that_are_not_in_front_refuse_a_job_at_top_level(write, columns, begins):
    message = f"does not begin with the columns H, K, L of type H; it begins with {begins}."
    cure = "Write the file again with the columns H, K, L first."
    file = write(columns)
    assert problems_of(file) == [(Severity.BLOCK, message, cure)]
    assert problems_of(file, top_level=False) == [(Severity.WARNING, message, cure)]


def test_an_unknown_space_group_refuses_a_job_at_top_level(write):
    file = write()
    content = file.path.read_bytes()
    file.path.write_bytes(content.replace(b"'P 21 21 21'", b"'X 99 99 99'").replace(b"  19 ", b" 999 "))
    message = "has the space group 'X 99 99 99', which is unknown."
    assert problems_of(file) == [
        (Severity.BLOCK, message, "Set the space group, for instance with SFTOOLS (SET SPACEGROUP).")
    ]


@pytest.mark.parametrize("cell", [None, gemmi.UnitCell(1, 1, 1, 90, 90, 90), gemmi.UnitCell(0, 0, 0, 90, 90, 90)])
def test_a_missing_unit_cell_refuses_a_job_at_top_level(write, cell):
    cure = "Set the cell, for instance with SFTOOLS (SET CELL)."
    assert problems_of(write(cell=cell)) == [(Severity.BLOCK, "has no unit cell.", cure)]


def test_the_cell_of_a_data_set_is_sufficient(write):
    def edit(mtz):
        mtz.cell = gemmi.UnitCell(1, 1, 1, 90, 90, 90)

    assert problems_of(write(edit=edit)) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[[1, 2, 3]]], "lists 1 reflection more than once, the first is 1 2 3."),
        ([[[1, 2, 3], [1, 2, 3], [0, 0, 4]]], "lists 2 reflections more than once, the first is 0 0 4."),
    ],
)
def test_a_reflection_that_is_listed_twice_is_a_warning(write, rows, message):
    cure = "Merge the data, for instance with the task aimless_pipe or `gemmi merge`."
    assert problems_of(write(rows=rows)) == [(Severity.WARNING, message, cure)]


def edit_rows(edit):
    """Return a function that edits the table of an MTZ file, shape (rows, columns)."""

    def change(mtz):
        data = np.array(mtz.array)
        edit(data)
        mtz.set_data(data)

    return change


def set_first(column, value):
    return edit_rows(lambda data: data.__setitem__((0, column), value))


INDICES = (("H", "H"), ("K", "H"), ("L", "H"))
MERGE = "Merge the data, for instance with the task aimless_pipe or `gemmi merge`."
INTACT = "Give an intact file, or remove these rows."


@pytest.mark.parametrize("top_level", [True, False])
@pytest.mark.parametrize(
    ("value", "said"),
    [(3e9, "3e+09 0 2"), (-40000, "-40000 0 2"), (np.nan, "nan 0 2"), (np.inf, "inf 0 2"), (0.5, "0.5 0 2")],
)
def test_values_that_are_no_indices_refuse_every_job(write, value, said, top_level):
    message = f"has 1 row without valid Miller indices, the first has {said}."
    file = write(edit=set_first(0, value))
    assert problems_of(file, top_level=top_level) == [(Severity.BLOCK, message, INTACT)]


def test_several_rows_without_indices_are_one_line(write):
    file = write(edit=edit_rows(lambda data: data.__setitem__((slice(3), 2), np.nan)))
    assert [message for _, message, _ in problems_of(file)] == [
        "has 3 rows without valid Miller indices, the first has 0 0 nan."
    ]


@pytest.mark.parametrize("top_level", [True, False])
def test_an_index_that_no_crystal_of_this_cell_has_refuses_every_job(write, top_level):
    file = write(edit=set_first(0, 20000))
    message = (
        "has the reflection 20000 0 2 at 0.002 A, but no crystal with the unit cell 40 50 60 90 90 90 has one there."
    )
    cure = "Correct the unit cell, or remove the reflection."
    assert problems_of(file, top_level=top_level) == [(Severity.BLOCK, message, cure)]


@pytest.mark.parametrize("of_file", [True, False])
@pytest.mark.parametrize("angles", [(1, 1, 1), (90, 90, 179.9)])
def test_a_cell_in_which_reflections_cannot_be_counted_refuses_a_job(write, angles, of_file):
    def edit(mtz):
        cell = gemmi.UnitCell(340, 540, 680, *angles)
        if of_file:
            mtz.cell = cell
        else:
            mtz.datasets[0].cell = cell

    ((severity, message, _),) = problems_of(write(edit=edit))
    assert severity is Severity.BLOCK
    assert message.endswith(f"no crystal with the unit cell 340 540 680 {' '.join(map(str, angles))} has one there.")


@pytest.mark.parametrize("cell", [gemmi.UnitCell(800, 900, 1000, 90, 90, 90), gemmi.UnitCell(5, 6, 7, 90, 90, 90)])
def test_the_largest_and_smallest_cells_of_crystals_are_accepted(write, cell):
    assert problems_of(write(cell=cell)) == []


def test_the_row_0_0_0_is_a_warning_and_nothing_else_refuses_a_job(write):
    message, cure = "lists the reflection 0 0 0, which is never measured.", "Remove the row."
    assert problems_of(write(rows=[[[0, 0, 0]]])) == [(Severity.WARNING, message, cure)]
    file = write(edit=lambda mtz: mtz.set_data(np.array([[0, 0, 0, 1, 1]], "f4")))
    assert problems_of(file) == [(Severity.BLOCK, "has no reflection but 0 0 0.", INTACT)]
    assert [severity for severity, *_ in problems_of(file, top_level=False)] == [Severity.WARNING]


@pytest.mark.parametrize("flag", [np.nan, -999])
def test_a_file_in_which_all_values_are_missing_is_a_warning(write, flag):
    def edit(mtz):
        mtz.valm = flag
        edit_rows(lambda data: data.__setitem__((slice(None), [3, 4]), flag))(mtz)

    message = "has no values: all of I, SIGI are missing."
    assert problems_of(write((*INDICES, *MEAN, ("FREER", "I")), edit=edit)) == [
        (Severity.WARNING, message, "Give a file with data.")
    ]


def test_a_file_in_which_some_values_are_missing_has_no_problem(write):
    def only_the_first(data):
        data[1:, 3:] = np.nan

    def only_sigmas(data):
        data[:, 3] = np.nan

    assert problems_of(write(edit=edit_rows(only_the_first))) == []
    assert problems_of(write(edit=edit_rows(only_sigmas))) == []


@pytest.mark.parametrize(
    ("group", "cell", "shown"),
    [
        ("P 21 21 21", (40, 50, 60, 90, 90, 120), "P 21 21 21"),
        ("P 41 21 2", (40, 50, 60, 90, 90, 90), "P 41 21 2"),
        ("P 1 21 1", (40, 50, 60, 100, 90, 90), "P 1 21 1"),
        ("R 3:H", (40, 50, 60, 90, 90, 120), "R 3:H"),
        ("P 21 21 21", (40, 50, 60, 90, 90.5, 90), ""),
        ("P 1 21 1", (40, 50, 60, 90, 100, 90), ""),
        ("P 61", (40, 40.1, 60, 90, 90, 120), ""),
        ("R 3:H", (40, 40, 60, 90, 90, 120), ""),
        ("R 3:H", (40, 40, 40, 80, 80, 80), ""),
        ("P 1", (40, 50, 60, 80, 85, 100), ""),
    ],
)
def test_a_cell_that_contradicts_the_space_group_is_a_warning(write, group, cell, shown):
    def edit(mtz):
        mtz.spacegroup = gemmi.SpaceGroup(group)
        mtz.set_data(np.array([[1, 2, 3, 1, 1]], "f4"))

    said = problems_of(write(cell=gemmi.UnitCell(*cell), edit=edit))
    message = f"has the unit cell {' '.join(map(str, cell))}, which contradicts the space group {shown}."
    cure = "Correct the unit cell or the space group, for instance with SFTOOLS."
    assert said == ([(Severity.WARNING, message, cure)] if shown else [])


@pytest.mark.parametrize("mate", [[-1, -2, -3], [-1, -2, 3]])
def test_a_reflection_that_is_listed_with_its_mate_is_a_warning(write, mate):
    message = "lists 1 reflection more than once, as Friedel mates or symmetry mates, the first is 1 2 3."
    assert problems_of(write(rows=[[mate]])) == [(Severity.WARNING, message, MERGE)]


def test_a_reflection_may_be_listed_twice_in_unmerged_data(write):
    rows = [[[1, 2, 3]]]
    for file_type in ("application/CCP4-unmerged-mtz", "application/CCP4-unmerged-experimental"):
        assert [found for found in problems_of(write(rows=rows, file_type=file_type)) if "lists" in found[1]] == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((("I", "F"), ("SIGI", "Q")), "I has the type F instead of J"),
        ((("F", "R"), ("SIGF", "R")), "F has the type R instead of F, SIGF has the type R instead of Q"),
    ],
)
def test_columns_of_other_types_than_their_labels_mean_are_a_warning(write, columns, said):
    indices = (("H", "H"), ("K", "H"), ("L", "H"))
    cure = "Correct the types of the columns, for instance with SFTOOLS (SET TYPES)."
    message = f"has columns of other types than their labels mean: {said}."
    assert problems_of(write((*indices, *columns))) == [(Severity.WARNING, message, cure)]


def test_several_faults_are_each_one_line(write):
    file = write((*MEAN, ("H", "H"), ("K", "H"), ("L", "H")), cell=None)
    messages = [message for _, message, _ in problems_of(file)]
    assert [message.split(";")[0] for message in messages] == [
        "does not begin with the columns H, K, L of type H",
        "has no unit cell.",
    ]


def test_a_label_that_is_not_utf_8_is_refused(write):
    file = write()
    file.path.write_bytes(file.path.read_bytes().replace(b"COLUMN SIGI", b"COLUMN SIG\xe9"))
    cure = "Rename them, or give the intact file."
    assert problems_of(file) == [(Severity.BLOCK, "has names that are not valid UTF-8.", cure)]


def test_an_error_of_the_mtz_reader_itself_is_not_a_fault_of_the_file(write, monkeypatch):
    file = write()

    def fail(*_, **__):
        raise TypeError("read_mtz_file(): incompatible function arguments")

    monkeypatch.setattr(gemmi, "read_mtz_file", fail)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        check_input(file, top_level=True)
