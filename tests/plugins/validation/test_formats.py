"""Files of other formats than the one asked for: the message says what the file is, and what to do."""

import bz2
import gzip
import lzma

import pytest

from ccp4hooks import Severity
from ccp4hooks_validation.inputs import check_input

OBS = "application/CCP4-mtz-observed"
PDB = "chemical/x-pdb"
CIF = "chemical/x-cif"
MAP = "application/CCP4-map"
DICTIONARY = "application/refmac-dictionary"
SEQUENCE = "application/CCP4-seq"
GENERIC = "application/CCP4-generic-reflections"

ATOM_COLUMNS = ("comp_id", "atom_id", "type_symbol", "type_energy", "charge", "x", "y", "z")
RESTRAINTS = (
    "data_comp_LIG\nloop_\n" + "".join(f"_chem_comp_atom.{name}\n" for name in ATOM_COLUMNS) + "LIG C1 C CH3 0 0 0 0\n"
).encode()
REFLECTIONS = b"data_r1abcsf\nloop_\n_refln.index_h\n_refln.index_k\n_refln.index_l\n1 2 3\n"
XDS = b"!FORMAT=XDS_ASCII    MERGE=FALSE    FRIEDEL'S_LAW=TRUE\n1 2 3 4 5\n"
WEB_PAGE = b"\n<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def problem_of(file, *, top_level=True):
    (problem,) = check_input(file, top_level=top_level)
    message = problem.message.removeprefix(f"{file.path} ")
    return problem.severity, message, problem.cure


@pytest.mark.parametrize("file_type", [OBS, PDB, CIF, MAP, DICTIONARY, SEQUENCE, "application/CCP4-image"])
@pytest.mark.parametrize(
    ("content", "what", "cure"),
    [
        (WEB_PAGE, "a web page (HTML)", "Download the file itself: the server sent a page instead"),
        (b"<html lang='en'>\n</html>", "a web page (HTML)", "Download the file itself: the server sent a page instead"),
        (POINTER, "a pointer of Git LFS to a file", "Fetch the file itself with `git lfs pull`."),
    ],
)
def test_what_no_parameter_takes_is_refused_for_every_type(given, file_type, content, what, cure):
    severity, message, advice = problem_of(given(content, file_type))
    assert (severity, message) == (Severity.BLOCK, f"is not the file that is meant. It is {what}.")
    assert advice.startswith(cure)


@pytest.mark.parametrize("file_type", ["text/plain", "Unknown"])
def test_a_web_page_is_text(given, file_type):
    assert not [one for one in check_input(given(WEB_PAGE, file_type), top_level=True) if "web page" in one.message]


@pytest.mark.parametrize("file_type", [OBS, PDB, CIF, MAP, DICTIONARY])
@pytest.mark.parametrize(
    ("pack", "name", "program"),
    [(gzip.compress, "gzip", "gunzip"), (bz2.compress, "bzip2", "bunzip2"), (lzma.compress, "xz", "unxz")],
)
def test_a_compressed_file_is_refused_with_the_program_that_decompresses_it(
    given, pdb, mini_mtz, file_type, pack, name, program
):
    original = mini_mtz if file_type == OBS else pdb
    severity, message, cure = problem_of(given(pack(original.read_bytes()), file_type, name="data.bin"))
    assert (severity, cure) == (Severity.BLOCK, f"Decompress it with {program} first.")
    assert message.endswith(f" It is compressed with {name}.")


@pytest.mark.parametrize(
    ("make", "file_type"),
    [("pdb", PDB), ("mmcif", PDB), ("mmcif", CIF), ("ccp4_map", MAP), ("mmcif", DICTIONARY)],
)
def test_a_file_that_gemmi_decompresses_is_refused_at_top_level(request, given, make, file_type):
    """CCP4i2 copies such a model under a name without .gz."""
    file = given(gzip.compress(request.getfixturevalue(make).read_bytes()), file_type, name="data.gz")
    message = "is compressed with gzip. gemmi reads such files, but most programs of CCP4 do not."
    cure = "Decompress it with gunzip first."
    assert problem_of(file) == (Severity.BLOCK, message, cure)
    assert problem_of(file, top_level=False) == (Severity.WARNING, message, cure)


@pytest.mark.parametrize(
    ("content", "message", "cure"),
    [
        ("pdb", "It is a PDB file.", "Give it to a parameter for a model."),
        ("mmcif", "It is an mmCIF file with a model.", "Give it to a parameter for a model."),
        ("ccp4_map", "It is a map.", "Give it to a parameter for a map."),
        (RESTRAINTS, "It is a restraint dictionary.", "Give it to a parameter for a restraint dictionary."),
        (REFLECTIONS, "It is an mmCIF file with reflections.", "Convert it with `gemmi cif2mtz`, or import it"),
        (XDS, "It is a reflection file of XDS.", "Convert it with `gemmi xds2mtz`."),
        (b">rnase\nDVSGTVCLSA\n", "It is a sequence.", "Give an MTZ file; `gemmi cif2mtz`"),
        (b"h k l f\n1 2 3 4\n", "It is text in an unknown format.", "Give an MTZ file; `gemmi cif2mtz`"),
        (bytes(range(256)), "", "Give an MTZ file; `gemmi cif2mtz`"),
    ],
)
def test_a_file_given_as_mtz_is_named(request, given, content, message, cure):
    content = request.getfixturevalue(content) if isinstance(content, str) else content
    severity, found, advice = problem_of(given(content, OBS))
    assert (severity, found) == (Severity.BLOCK, f"is not an MTZ file. {message}".strip())
    assert advice.startswith(cure)


@pytest.mark.parametrize(
    ("content", "message", "cure"),
    [
        ("mini_mtz", "It is an MTZ file.", "Give it to a parameter for reflections."),
        ("ccp4_map", "It is a map.", "Give it to a parameter for a map."),
        (REFLECTIONS, "It is an mmCIF file with reflections.", "Give it to a parameter for reflections."),
        (b">rnase\nDVSGTVCLSA\n", "It is a sequence.", "Give a PDB or mmCIF file with coordinates."),
        (b"nothing of this kind\n", "It is text in an unknown format.", "Give a PDB or mmCIF file with coordinates."),
    ],
)
def test_a_file_given_as_a_model_is_named(request, given, content, message, cure):
    content = request.getfixturevalue(content) if isinstance(content, str) else content
    assert problem_of(given(content, PDB)) == (
        Severity.BLOCK,
        f"contains no atom that can be read. {message}",
        cure,
    )


def test_text_in_another_encoding_is_refused_with_the_cure(given, pdb):
    text = pdb.read_text()
    assert problem_of(given(text.encode("utf-16"), PDB))[1:] == (
        "contains no atom that can be read. It is text in UTF-16.",
        "Save it as plain text (ASCII or UTF-8).",
    )
    assert problem_of(given(text.replace("\n", "\r").encode(), PDB))[1:] == (
        "contains no atom that can be read. It is text with line ends of old Macs.",
        r"Convert the line ends: tr '\r' '\n' < OLD > NEW.",
    )


def test_windows_line_ends_are_accepted(given, pdb, mmcif):
    for path in (pdb, mmcif):
        file = given(path.read_text().replace("\n", "\r\n").encode(), PDB, name=path.name)
        assert check_input(file, top_level=True) == []


def test_a_restraint_dictionary_is_refused_as_a_model_at_top_level(given):
    file = given(RESTRAINTS, PDB, name="ligand.cif")
    message = "contains no model. It is a restraint dictionary, whose coordinates are ideal ones of a compound."
    cure = "Give it to a parameter for a restraint dictionary."
    assert problem_of(file) == (Severity.BLOCK, message, cure)
    assert problem_of(file, top_level=False) == (Severity.WARNING, message, cure)


def test_a_model_is_refused_as_a_restraint_dictionary(given, mmcif, pdb):
    cure = "Give a restraint dictionary, for instance one made by AceDRG."
    message = "contains no restraints. It is an mmCIF file with a model."
    assert problem_of(given(mmcif, DICTIONARY)) == (Severity.BLOCK, message, cure)
    severity, message, cure = problem_of(given(pdb, DICTIONARY))
    assert (severity, cure) == (Severity.BLOCK, "Give it to a parameter for a model.")
    assert message.endswith("It is a PDB file.")


def test_reflections_are_refused_as_a_restraint_dictionary(given):
    assert problem_of(given(REFLECTIONS, DICTIONARY))[:2] == (
        Severity.BLOCK,
        "contains no restraints. It is an mmCIF file with reflections.",
    )


@pytest.mark.parametrize(
    "content",
    [
        RESTRAINTS,
        b"data_link_A-B\n_chem_link.id A-B\n",
        b"data_mod_X\n_chem_mod.id X\n",
        b"data_comp_LIG\n_chem_comp_bond.comp_id LIG\n",
    ],
)
def test_dictionaries_of_compounds_links_and_modifications_are_accepted(given, content):
    assert check_input(given(content, DICTIONARY), top_level=True) == []


MARK = b"\xef\xbb\xbf"
MARK_CURE = "Save it as UTF-8 without a byte order mark: tail -c +4 OLD > NEW."


def test_a_byte_order_mark_is_reported(given, pdb, mmcif):
    warning = "begins with a byte order mark, because of which programs may not understand its first line."
    for content, file_type in ((pdb.read_bytes(), PDB), (b">rnase\nDVSGTV\n", SEQUENCE)):
        assert problem_of(given(MARK + content, file_type)) == (Severity.WARNING, warning, MARK_CURE)
    severity, message, cure = problem_of(given(MARK + mmcif.read_bytes(), PDB, name="model.cif"))
    assert (severity, cure) == (Severity.BLOCK, MARK_CURE)
    assert message.endswith("It begins with a byte order mark.")
    severity, message, cure = problem_of(given(MARK + RESTRAINTS, DICTIONARY))
    assert (severity, cure) == (Severity.BLOCK, MARK_CURE)
    assert message.endswith("It begins with a byte order mark.")


@pytest.mark.parametrize(
    ("content", "name", "said", "cure"),
    [
        ("mmcif", "model.pdb", "is in mmCIF format, but its name ends in .pdb", "Let its name end in .cif."),
        ("mmcif", "model.ent", "is in mmCIF format, but its name ends in .ent", "Let its name end in .cif."),
        ("pdb", "model.cif", "is in PDB format, but its name ends in .cif", "Let its name end in .pdb."),
        ("pdb", "model.MMCIF", "is in PDB format, but its name ends in .MMCIF", "Let its name end in .pdb."),
    ],
)
def test_a_model_whose_name_is_of_the_other_format_is_a_warning(request, given, content, name, said, cure):
    file = given(request.getfixturevalue(content).read_bytes(), PDB, name=name)
    severity, message, advice = problem_of(file)
    assert (severity, advice) == (Severity.WARNING, cure)
    assert message == f"{said}, by which programs may misread it."


@pytest.mark.parametrize("name", ["model.mtz", "odd.MTZ", "m.fasta", "m.pir", "m.map", "m.xml", "m.sca"])
def test_a_model_whose_name_is_of_any_other_format_is_a_warning(given, pdb, mmcif, name):
    for path, what, cure in ((pdb, "PDB", ".pdb"), (mmcif, "mmCIF", ".cif")):
        ending = name[name.index(".") :]
        assert problem_of(given(path.read_bytes(), PDB, name=name)) == (
            Severity.WARNING,
            f"is in {what} format, but its name ends in {ending}, by which programs may misread it.",
            f"Let its name end in {cure}.",
        )


@pytest.mark.parametrize(
    ("content", "file_type", "name", "fact", "cure"),
    [
        ("mini_mtz", OBS, "data.pdb", "is an MTZ file, but its name ends in .pdb", ".mtz"),
        ("mini_mtz", GENERIC, "data.cif", "is an MTZ file, but its name ends in .cif", ".mtz"),
        ("ccp4_map", MAP, "m.mtz", "is a map, but its name ends in .mtz", ".map"),
        ("mmcif", CIF, "m.pdb", "is in CIF format, but its name ends in .pdb", ".cif"),
        (RESTRAINTS, DICTIONARY, "l.pdb", "is in CIF format, but its name ends in .pdb", ".cif"),
        (b">rnase\nDVSGTV\n", SEQUENCE, "s.pdb", "is a sequence, but its name ends in .pdb", ".fasta"),
    ],
)
def test_any_file_whose_name_is_of_another_format_is_a_warning(request, given, content, file_type, name, fact, cure):
    content = request.getfixturevalue(content).read_bytes() if isinstance(content, str) else content
    severity, message, advice = problem_of(given(content, file_type, name=name))
    assert (severity, advice) == (Severity.WARNING, f"Let its name end in {cure}.")
    assert message.startswith(fact)


def test_a_model_with_a_neutral_name_is_accepted(given, pdb, mmcif):
    for path, name in ((pdb, "model.dat"), (mmcif, "model"), (pdb, "model.pdb"), (mmcif, "model.mmcif")):
        assert check_input(given(path.read_bytes(), PDB, name=name), top_level=True) == []


TEXT_TYPES = {
    SEQUENCE: "is not a sequence.",
    "application/CCP4-seqalign": "is not an alignment of sequences.",
    "application/CCP4-asu-content": "is not an AU contents file.",
    "application/refmac-TLS": "contains no TLS groups.",
    "application/refmac-keywords": "contains no keywords.",
    "application/refmac-external-restraints": "contains no restraints.",
}


@pytest.mark.parametrize("file_type", TEXT_TYPES)
@pytest.mark.parametrize(
    ("content", "what", "cure"),
    [
        ("pdb", "a PDB file", "Give it to a parameter for a model."),
        ("mmcif", "an mmCIF file with a model", "Give it to a parameter for a model."),
        ("mini_mtz", "an MTZ file", "Give it to a parameter for reflections."),
        ("ccp4_map", "a map", "Give it to a parameter for a map."),
        (RESTRAINTS, "a restraint dictionary", "Give it to a parameter for a restraint dictionary."),
        (gzip.compress(b">rnase\nDVSGTV\n", mtime=0), "compressed with gzip", "Decompress it with gunzip first."),
        (">rnase\nDVSGTV\n".encode("utf-16"), "text in UTF-16", "Save it as plain text (ASCII or UTF-8)."),
    ],
)
def test_a_file_given_as_text_is_named(request, given, file_type, content, what, cure):
    content = request.getfixturevalue(content).read_bytes() if isinstance(content, str) else content
    message = f"{TEXT_TYPES[file_type]} It is {what}."
    for top_level in (True, False):
        assert problem_of(given(content, file_type, name="s.dat"), top_level=top_level) == (
            Severity.BLOCK,
            message,
            cure,
        )


@pytest.mark.parametrize(
    ("content", "file_type", "message", "cure"),
    [
        (b"\x00\x01\x02", SEQUENCE, "is not a sequence. It is not text.", "Give a sequence, for instance in FASTA"),
        (b" \n\n", SEQUENCE, "is not a sequence. It has only blank lines.", "Give a sequence, for instance in FASTA"),
        (b"<?xml version='1.0'?>\n<a/>", SEQUENCE, "is not a sequence. It is an XML file.", "Give a sequence"),
        (
            b"<?xml version='1.0'?>\n<a/>",
            "application/CCP4-asu-content",
            "is not an AU contents file. It is another XML file.",
            "Give an AU contents file. The task ProvideAsuContents makes one from sequences.",
        ),
        (
            b">rnase\nDVSGTV\n",
            "application/CCP4-asu-content",
            "is not an AU contents file. It is a sequence.",
            "Give an AU contents file. The task ProvideAsuContents makes one from sequences.",
        ),
    ],
)
def test_a_file_without_a_cure_of_its_own_gets_that_of_the_parameter(given, content, file_type, message, cure):
    severity, found, advice = problem_of(given(content, file_type))
    assert (severity, found) == (Severity.BLOCK, message)
    assert advice.startswith(cure)


def test_a_sequence_with_characters_of_another_encoding_is_refused_at_top_level(given):
    file = given(">rnase de M\u00fcller\nDVSGTV\n".encode("latin-1"), SEQUENCE, name="s.fasta")
    message = "contains characters that are not valid UTF-8, because of which programs may not read it."
    assert problem_of(file) == (Severity.BLOCK, message, "Save it as UTF-8.")
    assert problem_of(file, top_level=False) == (Severity.WARNING, message, "Save it as UTF-8.")


@pytest.mark.parametrize(
    "content",
    [
        b">P1;rnase\n\nDVSGTV*\n",
        b">rnase\nHETATMDV\nHETATM\n",
        b"DVSGTVCLSALPPEATDTLNLIASDGPFPYS\n",
        b"CLUSTAL W (1.83)\n\na DVSG\nb DVSG\n",
        b"# STOCKHOLM 1.0\na DVSG\n//\n",
        b">old\rDVSGTV\r",
        b">\xc3\xa9\nDVSG\n",
        b">" + b"\xc3\xa9" * 40_000,
    ],
)
def test_sequences_in_any_format_are_accepted(given, content):
    for file_type in (SEQUENCE, "application/CCP4-seqalign"):
        assert check_input(given(content, file_type, name="s.seq"), top_level=True) == []


def test_au_contents_are_accepted(given):
    content = b"<?xml version='1.0'?>\n<ccp4i2_body id='CAsuDataFile'><seqList/></ccp4i2_body>\n"
    assert check_input(given(content, "application/CCP4-asu-content"), top_level=True) == []
