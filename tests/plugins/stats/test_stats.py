"""Statistics of real files compared with independent calculations."""

import re
from itertools import product
from pathlib import Path

import ccp4i2
import gemmi
import numpy as np
import pytest

import ccp4hooks_model_stats
import ccp4hooks_reflection_stats
from ccp4hooks import load_settings, open_session

WRAPPERS = Path(ccp4i2.__file__).parent / "wrappers"
RNASE = WRAPPERS / "freerflag/test_data/rnase25.mtz"
FSIGF = WRAPPERS / "freerflag/test_data/rnase25_fsigf.mtz"
UNMERGED = WRAPPERS / "pointless/test_data/brap_pk_6A.mtz"
MERGED = WRAPPERS / "pointless/test_data/brap_pk_6A_scaled2.mtz"
MODEL = WRAPPERS / "chainsaw/test_data/1a80_A.pdb"
REFINED = WRAPPERS / "edstats/test_data/ghcp4i_67_buccaneer_refmac1.pdb"
WATERY = WRAPPERS / "arp_warp_classic/mock_data/PSP/warpNtrace.pdb"


def table(path):
    """Return the columns of an MTZ file by label, read without gemmi."""
    raw = path.read_bytes()
    start = 4 * (int.from_bytes(raw[4:8], "little") - 1)
    records = [raw[at : at + 80].decode("ascii", "replace") for at in range(start, len(raw) - 79, 80)]
    labels = [record.split()[1] for record in records if record.startswith("COLUMN")]
    rows = int(next(record for record in records if record.startswith("NCOL")).split()[2])
    values = np.frombuffer(raw[80 : 80 + 4 * rows * len(labels)], dtype="<f4").reshape(rows, len(labels))
    return dict(zip(labels, values.T.astype(float), strict=True))


def inverse_square(columns, cell):
    """Return 1/d^2 [A^-2] for a cell with right angles."""
    return sum((columns[name] / edge) ** 2 for name, edge in zip("HKL", cell[:3], strict=True))


def possible(cell, high):
    """Count the unique reflections in P 21 21 21 up to a resolution limit [A] in one octant."""
    limits = [int(edge / high) + 1 for edge in cell[:3]]
    count = 0
    for index in product(*(range(limit + 1) for limit in limits)):
        absent = sum(i == 0 for i in index) == 2 and sum(index) % 2  # an odd reflection on a screw axis
        size = sum((i / edge) ** 2 for i, edge in zip(index, cell[:3], strict=True))
        count += 0 < size <= (1 + 1e-5) / high**2 and not absent
    return count


def test_the_statistics_of_rnase_match_an_independent_calculation():
    columns = table(RNASE)
    cell = gemmi.read_mtz_file(str(RNASE)).cell.parameters
    known = np.isfinite(columns["FNAT"])
    squares = inverse_square(columns, cell)[known]
    high = squares.max() ** -0.5
    found = ccp4hooks_reflection_stats.read_statistics(RNASE)
    assert found["nReflections"] == known.sum() == 7228
    assert found["resolutionHigh"] == pytest.approx(high, rel=1e-5)
    assert found["resolutionLow"] == pytest.approx(squares.min() ** -0.5, rel=1e-5)
    assert found["completeness"] == pytest.approx(100 * 7228 / possible(cell, high), rel=1e-9)
    ratio = columns["FNAT"][known] / columns["SIGFNAT"][known]
    assert found["meanFOverSigma"] == pytest.approx(ratio.mean(), rel=1e-5)
    flags = columns["FreeR_flag"]
    assert found["freeFraction"] == pytest.approx(100 * (flags == 0).sum() / np.isfinite(flags).sum())
    assert (found["spaceGroup"], found["cell"]) == ("P 21 21 21", "64.90 78.32 38.79 90.00 90.00 90.00")


def test_unmerged_data_count_each_reflection_once_for_completeness():
    columns = table(UNMERGED)
    found = ccp4hooks_reflection_stats.read_statistics(UNMERGED)
    unique = {tuple(row) for row in np.column_stack([columns[name] for name in "HKL"]).astype(int)}
    assert found["nReflections"] == len(columns["I"]) == 17864
    cell = gemmi.read_mtz_file(str(UNMERGED)).cell.parameters
    present = [one for one in unique if not (one.count(0) == 2 and sum(one) % 2)]
    high = inverse_square(columns, cell).max() ** -0.5
    assert found["completeness"] == pytest.approx(100 * len(present) / possible(cell, high))
    assert found["meanIOverSigma"] == pytest.approx((columns["I"] / columns["SIGI"]).mean(), rel=1e-5)
    assert "wilsonB" not in found  # data to 6 A are not sufficient


def test_mean_intensities_are_preferred_to_anomalous_pairs():
    columns = table(MERGED)
    found = ccp4hooks_reflection_stats.read_statistics(MERGED)
    assert found["meanIOverSigma"] == pytest.approx((columns["IMEAN"] / columns["SIGIMEAN"]).mean(), rel=1e-5)


def test_with_two_flags_the_rarer_one_marks_the_free_set(tmp_path):
    mtz = gemmi.read_mtz_file(str(WRAPPERS / "freerflag/test_data/rnase25_freer.mtz"))
    share = (mtz.column_with_label("FREER").array == 0).mean()
    data = mtz.array.copy()
    data[:, 3] = data[:, 3] == 0
    mtz.set_data(data)
    mtz.write_to_file(str(tmp_path / "flags.mtz"))
    found = ccp4hooks_reflection_stats.read_statistics(tmp_path / "flags.mtz")
    assert found["freeFraction"] == pytest.approx(100 * share)


def atoms(path):
    """Return (residue name, chain, residue number, B) of each atom, from the columns of the PDB format."""
    lines = [line for line in path.read_text().splitlines() if line.startswith(("ATOM", "HETATM"))]
    return [(line[17:20].strip(), line[21], line[22:27], float(line[60:66])) for line in lines]


@pytest.mark.parametrize("path", [MODEL, REFINED, WATERY], ids=lambda path: path.stem)
def test_the_statistics_of_a_model_are_the_same_in_pdb_and_mmcif_format(path, tmp_path):
    seen = atoms(path)
    residues = {(chain, number, name) for name, chain, number, _ in seen}
    waters = {one for one in residues if one[2] in {"HOH", "WAT"}}
    mmcif = tmp_path / "named_wrongly.pdb"
    gemmi.read_structure(str(path)).make_mmcif_document().write_file(str(mmcif))
    for file in (path, mmcif):
        found = ccp4hooks_model_stats.read_statistics(file)
        assert found["nAtoms"] == len(seen)
        assert (found["nResidues"], found["nWaters"]) == (len(residues - waters), len(waters))
        assert found["nChains"] == len({chain for _, chain, _, _ in seen})
        assert found["meanB"] == pytest.approx(np.mean([b for *_, b in seen]), rel=1e-5)


def test_r_values_are_read_from_the_header():
    header = REFINED.read_text()
    found = ccp4hooks_model_stats.read_statistics(REFINED)
    work = float(re.search(r"^REMARK   3   R VALUE +\(WORKING SET\) : +(\S+)", header, re.MULTILINE)[1])
    free = float(re.search(r"^REMARK   3   FREE R VALUE  +: +(\S+)", header, re.MULTILINE)[1])
    assert (found["rWork"], found["rFree"]) == (pytest.approx(work), pytest.approx(free))
    assert not {"rWork", "rFree"} & set(ccp4hooks_model_stats.read_statistics(MODEL))


@pytest.mark.parametrize(("module", "path"), [(ccp4hooks_model_stats, MODEL), (ccp4hooks_reflection_stats, RNASE)])
@pytest.mark.parametrize("size_bytes", [0, 3, 60])
def test_a_truncated_file_raises_an_error_that_the_plugin_handles(module, path, size_bytes, tmp_path):
    broken = tmp_path / path.name
    broken.write_bytes(path.read_bytes()[:size_bytes])
    with pytest.raises((OSError, RuntimeError, ValueError, IndexError)):
        module.read_statistics(broken)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def make(task, *values):
        switches = ("no:database", "reflection-stats", "model-stats")
        session = open_session(load_settings(projects_dir=tmp_path / "projects", plugins=switches))
        return session.run(task, values, project="demo").outcome

    return make


def test_a_job_has_the_statistics_as_kpis_with_unit_and_description(run):
    outcome = run("freerflag", ("F_SIGF", str(FSIGF)))
    assert outcome.problems == ()
    kpis = {kpi.key: kpi for kpi in outcome.kpis}
    found = ccp4hooks_reflection_stats.read_statistics(outcome.files[0].path)
    assert {key.removeprefix("FREEROUT."): kpi.value for key, kpi in kpis.items()} == found
    assert kpis["FREEROUT.resolutionHigh"].unit == "A"
    assert kpis["FREEROUT.freeFraction"].origin.plugin == "reflection-stats"
    assert all(kpi.description for kpi in outcome.kpis)


def test_the_statistics_of_a_model_do_not_replace_the_kpis_of_the_task(run):
    kpis = {kpi.key: kpi.value for kpi in run("coordinate_selector", ("XYZIN", str(MODEL))).kpis}
    assert kpis["nAtoms"] == kpis["XYZOUT.nAtoms"] == 2122
    assert kpis["XYZOUT.meanB"] == pytest.approx(np.mean([b for *_, b in atoms(MODEL)]), rel=1e-5)
