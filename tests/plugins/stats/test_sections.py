"""What the plugins that compute statistics show in reports."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import ccp4i2
import gemmi
import numpy as np
import pytest

import ccp4hooks_model_stats
import ccp4hooks_reflection_stats
from ccp4hooks import ImportedFile, JobStatus, Kpi, Outcome, Plot, Section, Text
from ccp4hooks.testing import SectionContract, make_file, make_job

WRAPPERS = Path(ccp4i2.__file__).parent / "wrappers"
RNASE = WRAPPERS / "freerflag/test_data/rnase25.mtz"
UNMERGED = WRAPPERS / "pointless/test_data/brap_pk_6A.mtz"
MERGED = WRAPPERS / "pointless/test_data/brap_pk_6A_scaled2.mtz"
NO_DATA = WRAPPERS / "freerflag/test_data/rnase25_freer.mtz"
MODEL = WRAPPERS / "chainsaw/test_data/1a80_A.pdb"
REFINED = WRAPPERS / "edstats/test_data/ghcp4i_67_buccaneer_refmac1.pdb"
WATERY = WRAPPERS / "arp_warp_classic/mock_data/PSP/warpNtrace.pdb"


class TestSectionsOfReflections(SectionContract):
    plugin = ccp4hooks_reflection_stats


class TestSectionsOfModels(SectionContract):
    plugin = ccp4hooks_model_stats


@pytest.fixture
def ended(tmp_path):
    """Return a function that returns the outcome of a finished job that has written copies of files."""

    def make(number, *paths, **fields):
        job = make_job(tmp_path / "projects" / "demo", number=number)
        files = [
            make_file(job, path.name, path.read_bytes(), parameter=f"outputData.OUT{at}")
            for at, path in enumerate(paths)
        ]
        known = {"status": JobStatus.FINISHED, "created_at": "", "files": tuple(files)}
        return Outcome(job=job, **known | fields)

    return make


def shown(plugin, *outcomes):
    """Return what a plugin shows, by title."""
    return {one.title: one for one in (made.plain() for made in plugin.report_section(outcomes))}


def of_kind(found, kind):
    return [one for one in found.values() if isinstance(one, kind)]


# --- reflections --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [RNASE, MERGED, UNMERGED], ids=lambda path: path.stem)
def test_the_shells_together_are_all_reflections(path):
    shells = ccp4hooks_reflection_stats.read_shells(path)
    whole = ccp4hooks_reflection_stats.read_statistics(path)
    measured, possible = (sum(getattr(one, name) for one in shells) for name in ("measured", "possible"))
    assert 100 * measured / possible == pytest.approx(whole["completeness"], rel=1e-9)
    assert shells[-1].high == pytest.approx(whole["resolutionHigh"], rel=1e-4)
    assert all(one.high == pytest.approx(two.low) for one, two in pairwise(shells))


def test_a_shell_has_the_mean_square_of_the_amplitudes_in_it():
    mtz = gemmi.read_mtz_file(str(RNASE))
    squares, amplitudes = mtz.make_1_d2_array(), mtz.column_with_label("FNAT").array.astype(float)
    for shell in ccp4hooks_reflection_stats.read_shells(RNASE):
        inside = (squares > shell.low**-2) & (squares <= shell.high**-2) & np.isfinite(amplitudes)
        assert shell.measured == pytest.approx(inside.sum(), abs=1)
        assert shell.mean_intensity == pytest.approx((amplitudes[inside] ** 2).mean(), rel=0.02)


def test_the_shells_have_the_same_volume():
    shells = ccp4hooks_reflection_stats.read_shells(RNASE)
    volumes = [one.high**-3 - one.low**-3 for one in shells[1:]]
    assert volumes == pytest.approx([volumes[0]] * 19, rel=1e-3)


@pytest.mark.parametrize("path", [NO_DATA, MODEL], ids=lambda path: path.stem)
def test_a_file_without_observed_values_has_no_shells(path):
    assert ccp4hooks_reflection_stats.read_shells(path) == ()


def test_a_report_shows_each_data_set_once_the_latest_first(ended):
    first, copy = ended("1", RNASE, MERGED), ended("2", RNASE)
    found = shown(ccp4hooks_reflection_stats, first, copy)
    assert list(found) == [
        "Wilson plot: mean intensity by resolution",
        "Completeness by resolution shell [%]",
        "Resolution shells",
    ]
    table = found["Resolution shells"].table
    assert list(dict.fromkeys(row["Data set"] for row in table)) == ["2 rnase25.mtz", "1 brap_pk_6A_scaled2.mtz"]
    assert len([row for row in table if row["Data set"].startswith("2")]) == 20
    points = found["Wilson plot: mean intensity by resolution"].vega_lite["data"]["values"]
    assert len(points) == len(table)
    assert all(row["Mean I or F^2"] > 0 for row in points)


def test_an_imported_file_is_shown(ended):
    outcome = ended("1", RNASE)
    facts = {name: getattr(outcome.files[0], name) for name in ("uuid", "path", "size_bytes", "file_type")}
    given = ImportedFile(**facts, parameter="inputData.F", source=RNASE, md5="", sha256="", modified_at="")
    found = shown(ccp4hooks_reflection_stats, replace(outcome, files=(), imported=(given,)))
    assert found["Resolution shells"].table[0]["Data set"] == "rnase25.mtz"


def test_only_the_latest_data_sets_are_read_and_the_others_are_counted(ended, tmp_path):
    cut = []
    for number in range(1, 16):
        mtz = gemmi.read_mtz_file(str(MERGED))
        mtz.set_data(mtz.array[number:])
        cut.append(tmp_path / f"cut{number}.mtz")
        mtz.write_to_file(str(cut[-1]))
    jobs = [ended(str(number), path) for number, path in enumerate(cut, start=1)]
    found = shown(ccp4hooks_reflection_stats, *jobs)
    sets = dict.fromkeys(row["Data set"] for row in found["Resolution shells"].table)
    assert list(sets) == ["15 cut15.mtz", "14 cut14.mtz", "13 cut13.mtz"]
    (text,) = of_kind(found, Text)
    assert text.markdown == "* 12 earlier files with reflections were not read.\n"
    for job in jobs:
        job.files[0].path.unlink()
    found = shown(ccp4hooks_reflection_stats, *jobs)
    (text,) = found.values()
    assert len(text.markdown.splitlines()) == 11
    assert text.markdown.startswith("* `15 cut15.mtz` is no longer there.\n")


# --- models -------------------------------------------------------------------------------------------------------


def mean_by_residue(path):
    """Return the mean B by chain and number of a residue, from the columns of the PDB format, without waters."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith(("ATOM", "HETATM")) and line[17:20] not in {"HOH", "WAT"}:
            found.setdefault((line[21], line[22:27].strip()), []).append(float(line[60:66]))
    return {place: np.mean(values) for place, values in found.items()}


@pytest.mark.parametrize("path", [MODEL, REFINED, WATERY], ids=lambda path: path.stem)
def test_the_mean_b_of_each_residue_matches_an_independent_calculation(path):
    model = ccp4hooks_model_stats.read_b_values(path)
    found = {(chain, one.name.split()[1]): one.mean_b for chain, some in model.chains.items() for one in some}
    assert found == pytest.approx(mean_by_residue(path), rel=1e-5)
    whole = ccp4hooks_model_stats.read_statistics(path)
    assert (len(model.atoms), np.mean(model.atoms)) == (whole["nAtoms"], pytest.approx(whole["meanB"]))


def test_a_report_shows_the_model_with_the_lowest_r_free(ended):
    jobs = [
        ended(str(number), MODEL, kpis=(Kpi(key=key, value=value),))
        for number, key, value in ((1, "RFree", 0.3), (2, "OUT0.rFree", 0.2), (3, "RFree", 0.4), (4, "other", 0.1))
    ]
    found = shown(ccp4hooks_model_stats, *jobs, ended("5", MODEL, status=JobStatus.FAILED))
    assert list(found) == [
        "Mean B by residue of 2 1a80_A.pdb [A^2]",
        "Distribution of B of 2 1a80_A.pdb [A^2]",
        "Mean B of residues by chain of 2 1a80_A.pdb [A^2]",
    ]
    points, bars = (one.vega_lite["data"]["values"] for one in of_kind(found, Plot))
    assert (len(points), points[0]["Chain"]) == (277, "A")
    assert sum(bar["Atoms"] for bar in bars) == 2122
    (row,) = of_kind(found, Section)[0].table
    assert (row["Residues"], row["Highest"] > row["Mean"] > row["Lowest"]) == (277, True)


def test_without_r_free_the_last_model_of_a_job_that_is_no_sub_job_is_shown(ended):
    jobs = [ended(number, MODEL) for number in ("1", "2", "2.1")]
    assert next(iter(shown(ccp4hooks_model_stats, *jobs))) == "Mean B by residue of 2 1a80_A.pdb [A^2]"
    assert next(iter(shown(ccp4hooks_model_stats, jobs[2]))) == "Mean B by residue of 2.1 1a80_A.pdb [A^2]"


def test_a_model_of_many_chains_and_residues_has_few_points(ended, tmp_path):
    structure = gemmi.read_structure(str(MODEL))
    chain = structure[0][0].clone()
    for at in range(1, 30):
        chain.name = f"C{at}"
        structure[0].add_chain(chain.clone())
    path = tmp_path / "large.cif"
    structure.make_mmcif_document().write_file(str(path))
    job = ended("1", path)
    job = replace(job, files=(replace(job.files[0], file_type="chemical/x-pdb"),))
    found = shown(ccp4hooks_model_stats, job)
    plot, _ = of_kind(found, Plot)
    points = plot.vega_lite["data"]["values"]
    assert plot.title == "Mean B by residue of 1 large.cif [A^2]"
    assert len(points) == 6 * 277 < 2_000
    assert len(of_kind(found, Section)[0].table) == 30
    assert of_kind(found, Text)[0].markdown == "The plot shows the 6 of 30 chains with the most residues."


def test_a_chain_of_thousands_of_residues_is_shown_by_groups_of_residues(ended, tmp_path):
    line = "HETATM    1  CA  GLY A{number:4}       1.000   2.000   3.000  1.00{b:6.2f}           C\n"
    path = tmp_path / "long.pdb"
    atoms = [line.format(number=number, b=10 + number % 2) for number in range(1, 4_002)]
    path.write_text("CRYST1   40.000   50.000   60.000  90.00  90.00  90.00 P 21 21 21    4\n" + "".join(atoms))
    (plot, _) = of_kind(shown(ccp4hooks_model_stats, ended("1", path)), Plot)
    points = plot.vega_lite["data"]["values"]
    assert plot.title == "Mean B by 3 residues of 1 long.pdb [A^2]"
    assert (len(points), points[0]) == (
        1334,
        {"Chain": "A", "Number": 1, "Residue": "GLY 1 to GLY 3", "Mean B": pytest.approx(32 / 3, abs=0.01)},
    )


def test_b_values_that_are_no_numbers_are_not_shown(tmp_path):
    path = tmp_path / "model.pdb"
    line = "ATOM      1  CA  GLY A{0:4}       1.000   2.000   3.000  1.00{1:>6}           C\n"
    path.write_text(line.format(1, "10.00") + line.format(2, "nan"))
    assert ccp4hooks_model_stats.read_b_values(path) is None


# --- both ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plugin", "path"), [(ccp4hooks_reflection_stats, RNASE), (ccp4hooks_model_stats, MODEL)], ids=["mtz", "pdb"]
)
def test_a_file_that_is_not_as_it_was_recorded_is_one_line(plugin, path, ended):
    job = ended("1", path)
    file = job.files[0]
    content = file.path.read_bytes()
    broken = content[: len(content) // 2] if path is RNASE else bytes(len(content))
    for state, words in ((content[:-1], "has changed"), (broken, "cannot be read"), (None, "is no longer there")):
        if state is None:
            file.path.unlink()
        else:
            file.path.write_bytes(state)
        size_bytes = len(broken) if state == broken else file.size_bytes
        outcome = replace(job, files=(replace(file, size_bytes=size_bytes),))
        (text,) = shown(plugin, outcome).values()
        assert text.markdown.startswith(f"* `1 {path.name}` {words}")


@pytest.mark.parametrize("plugin", [ccp4hooks_reflection_stats, ccp4hooks_model_stats])
def test_jobs_without_such_files_add_nothing(plugin, ended):
    assert shown(plugin, ended("1"), ended("2", NO_DATA)) == {}
