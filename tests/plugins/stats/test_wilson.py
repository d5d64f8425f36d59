"""Wilson's B of real data at many resolutions, of calculated data, and the curve that it is derived with."""

import gzip
from pathlib import Path

import ccp4i2
import gemmi
import numpy as np
import pytest

from ccp4hooks_reflection_stats import read_statistics, wilson

WRAPPERS = Path(ccp4i2.__file__).parent / "wrappers"
MODELS = [
    WRAPPERS / "chainsaw/test_data/1a80_A.pdb",
    WRAPPERS / "edstats/test_data/ghcp4i_67_buccaneer_refmac1.pdb",
    WRAPPERS / "ccp4mg_general/test_data/XYZOUT.pdb",
    WRAPPERS / "arp_warp_classic/mock_data/PSP/warpNtrace.pdb",
]
RNASE = WRAPPERS / "freerflag/test_data/rnase25.mtz"

# The maximum-likelihood B [A^2] of mmtbx.scaling.absolute_scaling (cctbx-base 2025.11) by resolution [A];
# against_cctbx.py computes it again.
OF_GAMMA = {1.8: 16.91, 2.0: 17.24, 2.2: 17.89, 2.4: 17.80, 2.5: 17.69, 2.6: 18.09}
OF_RNASE = {2.5: 18.92, 2.6: 19.46}


@pytest.fixture(scope="module")
def gamma(tmp_path_factory):
    """Return intensities of gamma-adaptin at 1.81 A, I(+) and I(-), from the demonstration data of CCP4i2."""
    path = tmp_path_factory.mktemp("gamma") / "gamma_native.mtz"
    path.write_bytes(gzip.decompress(Path(__file__).with_name("gamma_native.mtz.gz").read_bytes()))
    return path


@pytest.fixture
def b_to(tmp_path):
    """Return a function that returns Wilson's B of the data of a file up to a resolution [A], or None."""

    def cut(path, limit):
        mtz = gemmi.read_mtz_file(str(path))
        mtz.set_data(mtz.array[mtz.make_1_d2_array() <= limit**-2])
        mtz.write_to_file(str(tmp_path / "cut.mtz"))
        return read_statistics(tmp_path / "cut.mtz").get("wilsonB")

    return cut


@pytest.mark.parametrize(("limit", "expected"), OF_GAMMA.items())
def test_b_of_gamma_is_near_that_of_maximum_likelihood_at_each_resolution(gamma, b_to, limit, expected):
    assert b_to(gamma, limit) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(("limit", "expected"), OF_RNASE.items())
def test_b_of_rnase_is_near_that_of_maximum_likelihood_at_each_resolution(b_to, limit, expected):
    assert b_to(RNASE, limit) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("limit", [2.8, 3.0, 3.2, 3.5, 4.0, 6.0])
def test_b_is_left_out_where_the_data_do_not_determine_it(gamma, b_to, limit):
    assert b_to(gamma, limit) is None
    assert b_to(RNASE, limit) is None


def test_b_is_left_out_where_few_reflections_do_not_determine_it(gamma, tmp_path):
    mtz = gemmi.read_mtz_file(str(gamma))
    mtz.set_data(mtz.array[::200])
    mtz.write_to_file(str(tmp_path / "few.mtz"))
    assert "wilsonB" not in read_statistics(tmp_path / "few.mtz")


def scattering(numbers, s):
    """Return the sum of n f^2 of elements, by name, at each (sin(theta)/lambda)^2."""
    return sum(n * np.array([gemmi.Element(e).it92.calculate_sf(x) for x in s]) ** 2 for e, n in numbers.items())


def calculated(model, b_value, high):
    """Return structure factors of a model with one B for all atoms, as gemmi's data in an asymmetric unit."""
    structure = gemmi.read_structure(str(model))
    structure.remove_hydrogens()
    for site in structure[0].all():
        site.atom.b_iso = b_value
        site.atom.aniso = gemmi.SMat33f(0, 0, 0, 0, 0, 0)
    density = gemmi.DensityCalculatorX()
    density.d_min, density.rate = high, 1.5
    density.set_grid_cell_and_spacegroup(structure)
    density.set_refmac_compatible_blur(structure[0])
    density.put_model_density_on_grid(structure[0])
    factors = gemmi.transform_map_to_f_phi(density.grid, half_l=True)
    return structure, factors.prepare_asu_data(dmin=high, unblur=density.blur)


@pytest.mark.parametrize("b_value", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("as_intensities", [True, False])
def test_b_of_calculated_data_is_that_of_the_atoms(tmp_path, b_value, as_intensities):
    structure, factors = calculated(MODELS[0], b_value, 2.0)
    amplitudes = abs(factors.value_array)
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = structure.find_spacegroup()
    mtz.set_cell_for_all(structure.cell)
    mtz.add_column("X", "J" if as_intensities else "F", dataset_id=0)
    mtz.add_column("SIGX", "Q", dataset_id=0)
    values = amplitudes**2 if as_intensities else amplitudes
    mtz.set_data(np.column_stack([factors.miller_array, values, np.full(len(values), 0.01)]).astype("f4"))
    mtz.write_to_file(str(tmp_path / "made.mtz"))
    assert read_statistics(tmp_path / "made.mtz")["wilsonB"] == pytest.approx(b_value, abs=1.5)


@pytest.mark.parametrize("group", ["P 1", "P -1", "C 1 2 1", "P 21 21 21", "P 43 21 2", "R 3:H", "P 65 2 2", "I 2 3"])
def test_b_is_recovered_in_every_crystal_system_from_wilson_statistics(tmp_path, group):
    """Centric reflections and those of higher multiplicity have other distributions than the rest."""
    angles = (90, 90, 120) if group in {"R 3:H", "P 65 2 2"} else (90, 90, 90)
    cell, spacegroup, random = gemmi.UnitCell(90, 90, 90, *angles), gemmi.SpaceGroup(group), np.random.default_rng(1)
    hkl = gemmi.make_miller_array(cell, spacegroup, 2.2)
    operations, s = spacegroup.operations(), cell.calculate_1_d2_array(hkl) / 4
    atoms = sum(
        n * np.array([gemmi.Element(e).it92.calculate_sf(x) for x in s]) ** 2 for e, n in wilson.RESIDUE.items()
    )
    curve = np.interp(4 * s, wilson.CURVE_FROM + wilson.CURVE_STEP * np.arange(len(wilson.CURVE)), wilson.CURVE)
    centric = operations.centric_flag_array(hkl)
    spread = np.where(centric, random.normal(size=len(s)) ** 2, random.exponential(size=len(s)))
    values = operations.epsilon_factor_array(hkl) * atoms * curve * np.exp(-2 * 25 * s) * spread
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = spacegroup
    mtz.set_cell_for_all(cell)
    mtz.add_column("I", "J", dataset_id=0)
    mtz.add_column("SIGI", "Q", dataset_id=0)
    mtz.set_data(np.column_stack([hkl, values, np.full(len(s), 0.1)]).astype("f4"))
    mtz.write_to_file(str(tmp_path / "made.mtz"))
    assert read_statistics(tmp_path / "made.mtz")["wilsonB"] == pytest.approx(25, abs=2.5)


def curve_of(model, b_value=15.0):
    """Return the mean intensity of a model relative to random atoms, in shells around the points of the curve."""
    structure, factors = calculated(model, b_value, 1.18)
    squares = {}
    for site in structure[0].all():
        name = site.atom.element.name
        squares[name] = squares.get(name, 0) + site.atom.occ**2
    hkl, operations = factors.miller_array, structure.find_spacegroup().operations()
    s = structure.cell.calculate_1_d2_array(hkl) / 4
    means = scattering(squares, s) * len(operations) * operations.epsilon_factor_array(hkl) * np.exp(-2 * b_value * s)
    shell = np.rint((4 * s - wilson.CURVE_FROM) / wilson.CURVE_STEP).astype(int)
    ratios = abs(factors.value_array) ** 2 / means
    return np.array([ratios[shell == index].mean() for index in range(len(wilson.CURVE))])


def test_the_curve_is_the_mean_of_the_models_that_ccp4i2_carries():
    curves = [curve_of(model) for model in MODELS]
    assert np.mean(curves, axis=0) == pytest.approx(np.array(wilson.CURVE), abs=0.01)
    assert np.std(curves, axis=0).max() < 0.05
