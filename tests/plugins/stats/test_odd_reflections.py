"""Statistics of files that list reflections in unusual, but valid ways: each has the values of the usual way."""

import gemmi
import numpy as np
import pytest

from ccp4hooks_reflection_stats import read_statistics

CELL = gemmi.UnitCell(40, 50, 60, 90, 90, 90)
GROUP = gemmi.SpaceGroup("P 21 21 21")
MEAN = (("I", "J"), ("SIGI", "Q"))


@pytest.fixture(scope="module")
def hkl():
    """Return the 3,219 unique reflections up to 2.8 A, systematic absences excluded; shape (n, 3)."""
    return gemmi.make_miller_array(CELL, GROUP, 2.8)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an MTZ file of (label, type) columns and returns its path."""

    def make(rows, columns=MEAN, *, group=GROUP, cell=CELL, missing=None, edit=lambda mtz: None):
        mtz = gemmi.Mtz(with_base=True)
        mtz.spacegroup = group
        dataset = mtz.add_dataset("native")
        if cell:
            mtz.set_cell_for_all(cell)
        for label, kind in columns:
            mtz.add_column(label, kind, dataset_id=dataset.id)
        mtz.set_data(np.asarray(rows, dtype=np.float32))
        if missing is not None:
            mtz.valm = missing
        edit(mtz)
        mtz.write_to_file(str(tmp_path / "made.mtz"))
        return tmp_path / "made.mtz"

    return make


def table(hkl, *columns):
    return np.column_stack([hkl, *(np.broadcast_to(column, len(hkl)) for column in columns)])


@pytest.mark.parametrize("signs", [[(-1, -1, -1)], [(-1, 1, 1)], [(1, -1, 1), (1, 1, -1), (-1, -1, 1)]])
def test_equivalent_reflections_count_once(write, hkl, signs):
    rows = np.vstack([table(hkl, 100, 5), *(table(hkl * sign, 100, 5) for sign in signs)])
    found = read_statistics(write(rows))
    assert (found["nReflections"], found["completeness"]) == (len(hkl), 100.0)
    assert found["meanIOverSigma"] == pytest.approx(20)


def test_reflections_in_another_asymmetric_unit_count_like_those_in_the_usual_one(write, hkl):
    half = hkl[np.argsort(-CELL.calculate_1_d2_array(hkl))][::2]  # it includes the one of the highest resolution
    usual = read_statistics(write(table(half, 100, 5)))
    assert read_statistics(write(table(half * (-1, 1, -1), 100, 5))) == usual
    assert usual["completeness"] == pytest.approx(100 * len(half) / len(hkl))


def test_systematically_absent_reflections_do_not_count_for_completeness(write, hkl):
    absent = np.array([[1, 0, 0], [0, 3, 0], [0, 0, 5]])
    found = read_statistics(write(table(np.vstack([hkl[10:], absent]), 100, 5)))
    assert found["nReflections"] == len(hkl) - 7
    assert found["completeness"] == pytest.approx(100 * (len(hkl) - 10) / len(hkl))


@pytest.mark.parametrize("flag", [-1e10, -999.0, 0.0, 1e20])
def test_a_numeric_missing_value_flag_counts_like_nan(write, hkl, flag):
    def marked(missing):
        values, sigmas, free = np.full(len(hkl), 100.0), np.full(len(hkl), 5.0), np.arange(len(hkl)) % 20 + 1
        values[::4] = sigmas[::4] = missing
        return table(hkl, values, sigmas, np.where(free == 3, missing, free % 3 + 3))

    columns = (*MEAN, ("FREE", "I"))
    plain = read_statistics(write(marked(np.nan), columns))
    assert read_statistics(write(marked(flag), columns, missing=flag)) == plain
    assert plain["nReflections"] == len(hkl) - len(hkl[::4])


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.nan])
def test_a_value_without_a_positive_sigma_is_not_measured(write, hkl, sigma):
    sigmas = np.full(len(hkl), 5.0)
    sigmas[:100] = sigma
    found = read_statistics(write(table(hkl, 100, sigmas)))
    assert found["nReflections"] == len(hkl) - 100
    assert found["completeness"] == pytest.approx(100 * (len(hkl) - 100) / len(hkl))
    assert found["meanIOverSigma"] == pytest.approx(20)


@pytest.mark.parametrize("columns", [MEAN, (("F", "F"), ("SIGF", "Q"))])
def test_the_reflection_0_0_0_does_not_count(write, hkl, columns):
    plain = read_statistics(write(table(hkl, 100, 5), columns))
    assert read_statistics(write(np.vstack([[0, 0, 0, 1e6, 1], table(hkl, 100, 5)]), columns)) == plain


@pytest.mark.parametrize(
    "columns",
    [
        ["I(+)", "SIGI(+)", "I(-)", "SIGI(-)"],
        ["I(+)", "I(-)", "SIGI(+)", "SIGI(-)"],
        ["I(-)", "I(+)", "SIGI(+)", "SIGI(-)"],
        ["SIGI(-)", "SIGI(+)", "I(+)", "I(-)"],
        ["Iplus", "Iminus", "SIGIplus", "SIGIminus"],
        ["plus", "minus", "sd_plus", "sd_minus"],
    ],
)
@pytest.mark.parametrize(("value", "sigma", "key"), [("K", "M", "meanIOverSigma"), ("G", "L", "meanFOverSigma")])
def test_anomalous_values_are_paired_with_their_own_sigmas(write, hkl, columns, value, sigma, key):
    sizes = {(False, False): 100, (False, True): 5, (True, False): 60, (True, True): 15}  # mean of 20 and 4

    def described(label):
        return "-" in label or "minus" in label, label.upper().startswith("S")

    kinds = [(label, sigma if described(label)[1] else value) for label in columns]
    found = read_statistics(write(table(hkl, *(sizes[described(label)] for label in columns)), kinds))
    assert found[key] == pytest.approx(12)
    assert (found["nReflections"], found["completeness"]) == (len(hkl), 100.0)


def test_a_reflection_with_one_of_its_two_anomalous_values_counts(write, hkl):
    plus, minus = np.full(len(hkl), 100.0), np.full(len(hkl), 60.0)
    plus[:50] = minus[40:100] = np.nan
    columns = (("I(+)", "K"), ("SIGI(+)", "M"), ("I(-)", "K"), ("SIGI(-)", "M"))
    found = read_statistics(write(table(hkl, plus, 5, minus, 15), columns))
    assert found["nReflections"] == len(hkl) - 10
    number = len(hkl) - 50, len(hkl) - 60
    assert found["meanIOverSigma"] == pytest.approx((20 * number[0] + 4 * number[1]) / sum(number))


def test_mean_values_are_paired_by_name_before_order(write, hkl):
    columns = (("F", "F"), ("I", "J"), ("SIGF", "Q"), ("SIGI", "Q"))
    assert read_statistics(write(table(hkl, 10, 100, 1, 5), columns))["meanIOverSigma"] == pytest.approx(20)


def test_the_cell_is_that_of_the_data_set(write, hkl):
    def edit(mtz):
        mtz.cell = gemmi.UnitCell(44, 55, 66, 90, 90, 90)
        mtz.dataset(0).cell = mtz.cell

    usual = read_statistics(write(table(hkl, 100, 5)))
    assert read_statistics(write(table(hkl, 100, 5), edit=edit)) == usual
    assert usual["cell"] == "40.00 50.00 60.00 90.00 90.00 90.00"
    assert usual["completeness"] == 100.0


def test_a_data_set_without_a_cell_has_that_of_the_file(write, hkl):
    def edit(mtz):
        mtz.dataset(1).cell = gemmi.UnitCell(0, 0, 0, 0, 0, 0)

    found = read_statistics(write(table(hkl, 100, 5), edit=edit))
    assert (found["cell"], found["completeness"]) == ("40.00 50.00 60.00 90.00 90.00 90.00", 100.0)


@pytest.mark.parametrize("cell", [None, gemmi.UnitCell(1, 1, 1, 90, 90, 90), gemmi.UnitCell(0, 0, 0, 90, 90, 90)])
def test_without_a_cell_only_what_does_not_depend_on_it_is_given(write, hkl, cell):
    found = read_statistics(write(table(hkl, 100, 5), cell=cell))
    assert found == {"nReflections": len(hkl), "meanIOverSigma": pytest.approx(20), "spaceGroup": "P 21 21 21"}


def test_with_an_unknown_space_group_only_what_does_not_depend_on_it_is_given(write, hkl):
    path = write(table(hkl, 100, 5))
    content = path.read_bytes().replace(b"'P 21 21 21'", b"'X 99 99 99'").replace(b" 19 ", b" 999")
    path.write_bytes(content)
    found = read_statistics(path)
    assert set(found) == {"nReflections", "resolutionLow", "resolutionHigh", "meanIOverSigma", "cell"}


def test_the_columns_of_the_indices_may_be_anywhere(write, hkl, tmp_path):
    usual = read_statistics(write(table(hkl, 100, 5)))
    mtz = gemmi.Mtz(with_base=False)
    mtz.spacegroup = GROUP
    mtz.add_dataset("HKL_base")
    mtz.set_cell_for_all(CELL)
    for label, kind in [*MEAN, ("L", "H"), ("H", "H"), ("K", "H")]:
        mtz.add_column(label, kind)
    order = [3, 4, 2, 0, 1]
    mtz.set_data(table(hkl, 100, 5)[:, order].astype("f4"))
    mtz.write_to_file(str(tmp_path / "last.mtz"))
    assert read_statistics(tmp_path / "last.mtz") == usual


def test_a_file_without_indices_has_no_statistics(write, hkl, tmp_path):
    mtz = gemmi.read_mtz_file(str(write(table(hkl, 100, 5))))
    mtz.columns[2].type = "R"
    mtz.write_to_file(str(tmp_path / "none.mtz"))
    with pytest.raises(ValueError, match="no columns H, K, L"):
        read_statistics(tmp_path / "none.mtz")


@pytest.mark.parametrize(
    ("name", "shown", "cell"),
    [
        ("R 3:H", "H 3", (60, 60, 80, 90, 90, 120)),
        ("R 3 2:H", "H 3 2", (60, 60, 80, 90, 90, 120)),
        ("R 3:R", "R 3:R", (50, 50, 50, 80, 80, 80)),
        ("P 1 21 1", "P 1 21 1", (40, 50, 60, 90, 95, 90)),
        ("I 1 2 1", "I 1 2 1", (40, 50, 60, 90, 95, 90)),
    ],
)
def test_the_space_group_is_named_as_in_ccp4(write, name, shown, cell):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*cell)
    rows = table(gemmi.make_miller_array(cell, group, 3), 100, 5)
    found = read_statistics(write(rows, group=group, cell=cell))
    assert (found["spaceGroup"], found["completeness"]) == (shown, 100.0)


@pytest.mark.parametrize("index", [np.nan, np.inf, 1e9, -40_000])
def test_values_that_are_no_indices_are_an_error(write, hkl, index):
    rows = table(hkl, 100, 5).astype(np.float32)
    rows[7, 1] = index
    with pytest.raises(ValueError, match="that are no indices"):
        read_statistics(write(rows))


def test_a_wrong_index_leaves_out_the_completeness_instead_of_counting_for_ever(write, hkl):
    rows = table(hkl, 100, 5)
    rows[7, 1] = 30_000
    found = read_statistics(write(rows))
    assert (found["nReflections"], found["resolutionHigh"] < 0.01, "completeness" in found) == (len(hkl), True, False)
