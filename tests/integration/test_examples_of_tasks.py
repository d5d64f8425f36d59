"""The example that ``ccp4hooks describe`` prints runs, for each task that runs without CCP4."""

import shlex
import shutil
from pathlib import Path

import ccp4i2
import gemmi
import numpy as np
import pytest

from ccp4hooks import BadInputError, JobStatus
from ccp4hooks.cli.commands.describe import example
from ccp4hooks.cli.requests import split_value
from ccp4hooks.i2.versions import is_3_0
from ccp4hooks.runtime import stdio

CCP4I2 = Path(ccp4i2.__file__).parent

RUN = (
    "coordinate_selector",
    "density_calculator",
    "freerflag",
    "ImportAsuContent",
    "ImportCoordinate",
    "ImportDictionary",
    "ImportFreeR",
    "ImportMap",
    "ImportMapCoeffs",
    "ImportObs",
    "ImportPhases",
    "ImportSequence",
    "matthews",
    "mergeMtz",
    "modelASUCheck",
    "mtzheader",
    "ProvideAlignment",
    "ProvideAsuContents",
    "ProvideSequence",
    "ProvideTLS",
    "splitMtz",
)
"""The tasks whose example runs."""

NOT_RUN = {
    # They start a program of CCP4 or of another suite by a name that they make up while they run.
    "add_substructure",
    "arp_warp_classic",
    "MakeProjectsAndDoLigandPipeline",
    "morda_i2",
    # Their class computes the name of its program.
    "clustalw",
    "coot1",
    "dnatco",
    "dnatco_pipe",
    # They import a module of CCP4 in a `try`, and fail without it.
    "coot_find_ligand",
    "coot_find_waters",
    "coot_rsr_morph",
    "editbfac",
    "molrep_map",
    "phaser_analysis",
    "validate_protein",
    # They need the network, or the results of a program of another suite.
    "AlternativeImportXIA2",
    "import_mosflm",
    "import_xia2",
    "pandda_campaign",
    "pandda_events",
    "ImportUnmerged",
    "pandda_fanout",
    "pdb_redo_api",
    "xia2_aimless",
    "xia2_ctruncate",
    "xia2_integration",
    "xia2_multiplex",
    "xia2_pointless",
    "xia2_run",
    # Their program is found where servalcat was installed; it needs the monomer library of CCP4.
    "refmac",
    "servalcat",
    # CCP4i2 cannot make its script.
    "TestObsConversions",
}
"""The other tasks that are not known to need CCP4, in any version of CCP4i2."""

DICTIONARY = """data_comp_list
loop_
_chem_comp.id
_chem_comp.three_letter_code
_chem_comp.name
_chem_comp.group
_chem_comp.number_atoms_all
_chem_comp.number_atoms_nh
XYZ XYZ ligand non-polymer 1 1
data_comp_XYZ
loop_
_chem_comp_atom.comp_id
_chem_comp_atom.atom_id
_chem_comp_atom.type_symbol
_chem_comp_atom.type_energy
_chem_comp_atom.charge
XYZ C1 C CH3 0
"""


def write_mtz(path, columns):
    """Write an MTZ file with one reflection and the columns (label, type)."""
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup, mtz.cell = gemmi.SpaceGroup("P1"), gemmi.UnitCell(20, 20, 20, 90, 90, 90)
    mtz.add_dataset("data")
    for label, kind in columns:
        mtz.add_column(label, kind)
    mtz.set_data(np.array([[1, 1, 1, *range(1, len(columns) + 1)]], dtype=np.float32))
    mtz.write_to_file(str(path))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files with the names and contents that the examples need; those of one task are in a directory of its name."""
    folder = tmp_path_factory.mktemp("examples")
    free = CCP4I2 / "wrappers/freerflag/test_data"
    for name in ("f_sigf", "hklin", "filename1"):
        shutil.copy(free / "rnase25_fsigf.mtz", folder / f"{name}.mtz")
    shutil.copy(free / "rnase25_freer.mtz", folder / "filename2.mtz")
    shutil.copy(CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb", folder / "xyzin.pdb")
    shutil.copy(CCP4I2 / "wrappers/chainsaw/test_data/1mzr_1a80.pir", folder / "alignin.aln")
    (folder / "seqin.seq").write_text(">a\nGASVTILPGASVTILP\n", encoding="utf-8")
    (folder / "tlsin.tls").write_text("TLS\nRANGE 'A 1.' 'A 10.' ALL\n", encoding="utf-8")
    (folder / "dictin.cif").write_text(DICTIONARY, encoding="utf-8")
    grid = gemmi.Ccp4Map()
    grid.grid = gemmi.FloatGrid(np.ones((8, 8, 8), dtype=np.float32))
    grid.grid.set_unit_cell(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
    grid.grid.spacegroup = gemmi.SpaceGroup("P1")
    grid.update_ccp4_header()
    grid.write_ccp4_map(str(folder / "mapin.map"))
    for task in ("ImportFreeR", "ImportMapCoeffs", "ImportPhases"):
        (folder / task).mkdir()
    shutil.copy(free / "rnase25_freer.mtz", folder / "ImportFreeR" / "hklin.mtz")
    write_mtz(folder / "ImportMapCoeffs" / "hklin.mtz", [("F", "F"), ("PHI", "P")])
    write_mtz(folder / "ImportPhases" / "hklin.mtz", [("HLA", "A"), ("HLB", "A"), ("HLC", "A"), ("HLD", "A")])
    return folder


def run_example(session, task):
    with stdio.output_dropped():
        words = shlex.split(example(session.describe(task)))
    assert words[:3] == ["ccp4hooks", "run", task]
    return session.run(task, [split_value(word) for word in words[3:]], project="examples").outcome


# CCP4i2 leaves files open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("task", RUN)
def test_the_example_of_a_task_runs(session, files, tmp_path, monkeypatch, task):
    folder = tmp_path / "work"
    shutil.copytree(files, folder)
    if (folder / task).exists():
        shutil.copytree(folder / task, folder, dirs_exist_ok=True)
    monkeypatch.chdir(folder)
    opened = session()
    if task in {"ImportAsuContent", "matthews", "modelASUCheck"}:
        made = run_example(opened, "ProvideAsuContents")
        shutil.copy(made.files[0].path, "asuin.asu.xml")
    outcome = run_example(opened, task)
    said = [str(problem) for problem in outcome.problems]
    if task == "mergeMtz" and is_3_0():
        # The script of 3.0 cannot read the files that its def file asks for.
        assert "'CMiniMtzDataFile' object has no attribute 'miniMtzType'" in said[0]
    else:
        assert outcome.status is JobStatus.FINISHED, said


def test_every_task_that_is_not_known_to_need_ccp4_is_among_these(session):
    of_ccp4i2 = [one for one in session().tasks() if one.plugin == "ccp4i2"]
    assert {one.name for one in of_ccp4i2 if not one.needs_ccp4 and not one.unavailable} - NOT_RUN == set(RUN)


@pytest.mark.parametrize(
    "task",
    ["servalcat_pipe", "import_merged", "ProvideSequence", "arcimboldo", "MakeLink", "phaser_ensembler", "shelx"],
)
def test_what_describe_marks_is_what_run_asks_for(session, task):
    opened = session()
    with stdio.output_dropped():
        contents = opened.describe(task)
    with pytest.raises(BadInputError) as caught:
        opened.run(task, (), project="examples")
    asked = {problem.parameter for problem in caught.value.problems}
    marked = {one.full_path for one in contents.parameters if one.required}
    assert {path.partition("[")[0] for path in contents.required} == marked
    assert {path.rpartition(".")[2].partition("[")[0] for path in asked} == {
        path.rpartition(".")[2].partition("[")[0] for path in contents.required
    }


def test_a_task_that_asks_for_nothing_marks_nothing_and_its_example_has_its_first_file(session):
    contents = session().describe("mtzheader")
    assert contents.required == ()
    assert not any(one.required for one in contents.parameters)
    assert example(contents) == "ccp4hooks run mtzheader HKLIN=hklin.mtz"
