"""Statistics of models as people have them: what is counted, and what is not a B value."""

import gzip

import gemmi
import pytest

from ccp4hooks_model_stats import read_statistics

CELL = "CRYST1   40.000   50.000   60.000  90.00  90.00  90.00 P 21 21 21    4\n"


def atom(name, residue, number, b="10.00", *, chain="A", alternative=" ", element="C", record="ATOM"):
    return (
        f"{record:6}    1  {name:<3}{alternative}{residue:>3} {chain}{number:>4}       1.000   2.000   3.000  1.00"
        f"{b:>6}          {element:>2}\n"
    )


@pytest.fixture
def of(tmp_path):
    """Return a function that returns the statistics of the text of a file."""

    def make(text, name="model.pdb"):
        path = tmp_path / name
        path.write_text(text)
        return read_statistics(path)

    return make


GLYCINE = atom("CA", "GLY", 1)


def test_alternative_residues_at_one_position_count_once(of):
    text = CELL + GLYCINE
    for residue, alternative in (("SER", "A"), ("PRO", "B"), ("ALA", "C")):
        text += atom("N", residue, 2, alternative=alternative) + atom("CA", residue, 2, alternative=alternative)
    text += atom("CA", "GLU", 3)
    found = of(text)
    assert (found["nAtoms"], found["nResidues"]) == (8, 3)
    mmcif = gemmi.read_pdb_string(text)
    mmcif.setup_entities()
    assert of(mmcif.make_mmcif_document().as_string(), "model.cif") == found


def test_residues_with_alternative_atoms_or_insertion_codes_each_count(of):
    text = GLYCINE + "".join(atom("CB", "SER", 2, alternative=alternative) for alternative in "AB")
    text += atom("CA", "SER", 2) + atom("CA", "ALA", 52) + atom("CA", "ALA", "52A").replace(" 52A ", "  52A")
    assert of(CELL + text)["nResidues"] == 4


def test_a_water_with_the_number_of_a_ligand_counts_beside_it(of):
    text = atom("C1", "LIG", 1, record="HETATM") + atom("O", "HOH", 1, element="O", record="HETATM")
    found = of(CELL + text)
    assert (found["nResidues"], found["nWaters"]) == (1, 1)


def test_alternative_positions_of_one_water_count_once(of):
    text = "".join(atom("O", "HOH", 7, alternative=alternative, element="O") for alternative in "AB")
    found = of(CELL + GLYCINE + text)
    assert (found["nResidues"], found["nWaters"], found["nAtoms"]) == (1, 1, 3)


@pytest.mark.parametrize("name", ["HOH", "WAT", "DOD", "H2O", "TIP", "SOL", "OH2", "TP3"])
def test_waters_of_every_program_are_waters(of, name):
    text = atom("O", name, 1, chain="W", element="O") + atom("H1", name, 1, chain="W", element="H")
    found = of(CELL + GLYCINE + text)
    assert (found["nResidues"], found["nWaters"], found["nChains"]) == (1, 1, 2)


def test_a_water_with_a_name_of_four_letters_is_a_water(of):
    water = "HETATM    2  OH2 TIP3W   1       1.000   2.000   3.000  1.00 10.00           O\n"
    assert of(CELL + GLYCINE + water)["nWaters"] == 1


@pytest.mark.parametrize("atoms", [["C1", "C2", "O1"], ["O1", "O2"], ["C1"]])
def test_a_ligand_with_the_name_of_water_is_no_water(of, atoms):
    found = of(CELL + GLYCINE + "".join(atom(name, "SOL", 2, element=name[0]) for name in atoms))
    assert (found["nResidues"], found["nWaters"]) == (2, 0)


def test_hydroxide_is_no_water(of):
    assert of(CELL + GLYCINE + atom("O", "OH", 2, element="O"))["nWaters"] == 0


def test_the_mean_b_is_that_of_all_atoms(of):
    text = atom("CA", "GLY", 1, "10.00") + atom("CB", "GLY", 1, "40.00", alternative="A")
    assert of(CELL + text + atom("O", "HOH", 9, "70.00", element="O"))["meanB"] == pytest.approx(40)


@pytest.mark.parametrize("b_values", [["0.00", "0.00"], ["", ""], ["10.00", ""], ["10.00", "******"]])
def test_a_file_without_b_values_has_no_mean_b(of, b_values):
    found = of(CELL + "".join(atom("CA", "GLY", number, b) for number, b in enumerate(b_values)))
    assert (found["nAtoms"], "meanB" in found) == (2, False)


def test_lines_that_end_before_the_b_values_have_no_mean_b(of):
    assert "meanB" not in of(CELL + GLYCINE[:54] + "\n")


def mmcif_of(text):
    structure = gemmi.read_pdb_string(text)
    structure.setup_entities()
    return structure.make_mmcif_document()


@pytest.mark.parametrize("missing", ["?", ".", None])
def test_an_mmcif_file_without_b_values_has_no_mean_b(of, missing):
    document = mmcif_of(CELL + GLYCINE + atom("CA", "ALA", 2))
    assert of(document.as_string(), "model.cif")["meanB"] == 10
    column = document[0].find_values("_atom_site.B_iso_or_equiv")
    if missing is None:
        column.erase()
    else:
        column[0] = column[1] = missing
    assert "meanB" not in of(document.as_string(), "model.cif")


CONFIDENT = "".join(atom(name, "ALA", number, f"{90 + number}.50") for number in (1, 2, 3) for name in ("N", "CA", "C"))
NO_CELL = "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1\n"


@pytest.mark.parametrize(
    "header",
    [
        "TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION FOR RNASE (P05798)\n" + NO_CELL,
        "TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION FOR RNASE (P05798)\n" + CELL,
        "EXPDTA    THEORETICAL MODEL\n" + CELL,
        "MODEL        1\n",
        NO_CELL,
        "",
    ],
)
def test_the_confidence_of_a_predicted_model_is_not_a_b_value(of, header):
    found = of(header + CONFIDENT + "END\n")
    assert (found["nAtoms"], found["nResidues"], "meanB" in found) == (9, 3, False)


def test_the_confidence_of_a_predicted_mmcif_file_is_not_a_b_value(of):
    varied = CELL + atom("N", "GLY", 1, "95.10") + atom("CA", "GLY", 1, "97.30")
    document = mmcif_of(varied)
    assert of(document.as_string(), "model.cif")["meanB"] == pytest.approx(96.2)
    loop = document[0].init_loop("_ma_qa_metric.", ["id", "mode", "name"])
    loop.add_row(["1", "local", "pLDDT"])
    assert "meanB" not in of(document.as_string(), "model.cif")


@pytest.mark.parametrize(
    ("header", "atoms"),
    [
        (CELL, CONFIDENT),  # grouped B values in a crystal
        ("EXPDTA    ELECTRON MICROSCOPY\nREMARK 200 STARTING MODEL: ALPHAFOLD\n" + NO_CELL, CONFIDENT),
        (NO_CELL, CONFIDENT + atom("CB", "ALA", 3, "20.00")),
        (NO_CELL, CONFIDENT.replace("93.50", "193.50"[:6].rjust(5))),
    ],
)
def test_b_values_of_experimental_models_are_b_values(of, header, atoms):
    assert of(header + atoms)["meanB"] > 80


def test_only_the_first_model_counts(of):
    text = "".join(f"MODEL     {number:>4}\n{GLYCINE}ENDMDL\n" for number in (1, 2, 3))
    assert (of(CELL + text)["nAtoms"], of(CELL + text)["nChains"]) == (1, 1)


def test_a_compressed_model_has_the_same_statistics(of, tmp_path):
    text = CELL + GLYCINE + atom("O", "HOH", 9, "70.00", element="O")
    (tmp_path / "model.pdb.gz").write_bytes(gzip.compress(text.encode()))
    assert read_statistics(tmp_path / "model.pdb.gz") == of(text)


def test_a_restraint_dictionary_is_not_a_model(of):
    columns = ("comp_id", "atom_id", "type_symbol", "type_energy", "charge", "x", "y", "z")
    text = (
        "data_comp_LIG\nloop_\n" + "".join(f"_chem_comp_atom.{name}\n" for name in columns) + "LIG C1 C CH3 0 0 0 0\n"
    )
    with pytest.raises(ValueError, match="a restraint dictionary, not a model"):
        of(text, "ligand.cif")
