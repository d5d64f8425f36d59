"""Files of the installed ccp4i2, and input files made from them."""

from pathlib import Path
from uuid import uuid4

import ccp4i2
import gemmi
import pytest

from ccp4hooks import InputFile, Job, Project
from ccp4hooks_validation import ValidationPlugin

WRAPPERS = Path(ccp4i2.__file__).parent / "wrappers"


@pytest.fixture(scope="session")
def monster_mtz():
    """Return an MTZ file with 18 columns, none of which has a label of a mini-MTZ file."""
    return WRAPPERS / "freerflag/test_data/rnase25.mtz"


@pytest.fixture(scope="session")
def mini_mtz():
    """Return a mini-MTZ file with F and SIGF."""
    return WRAPPERS / "freerflag/test_data/rnase25_fsigf.mtz"


@pytest.fixture(scope="session")
def pdb():
    """Return coordinates in PDB format."""
    return WRAPPERS / "chainsaw/test_data/1a80_A.pdb"


@pytest.fixture(scope="session")
def mmcif(pdb, tmp_path_factory):
    """Return the same coordinates in mmCIF format."""
    path = tmp_path_factory.mktemp("mmcif") / "1a80_A.cif"
    gemmi.read_structure(str(pdb)).make_mmcif_document().write_file(str(path))
    return path


@pytest.fixture(scope="session")
def ccp4_map(mini_mtz, tmp_path_factory):
    """Return a map of the RNase cell."""
    path = tmp_path_factory.mktemp("map") / "rnase.map"
    mtz = gemmi.read_mtz_file(str(mini_mtz))
    grid = gemmi.FloatGrid(12, 16, 20)
    grid.set_unit_cell(mtz.cell)
    grid.spacegroup = mtz.spacegroup
    written = gemmi.Ccp4Map()
    written.grid = grid
    written.update_ccp4_header()
    written.write_ccp4_map(str(path))
    return path


@pytest.fixture
def given(tmp_path):
    """Return a function that describes a file as an input file; it writes the file if it is given the content."""

    def make(content, file_type, **fields):
        path = content
        if isinstance(content, bytes):
            path = tmp_path / fields.pop("name", "input.dat")
            path.write_bytes(content)
        return InputFile(parameter="inputData.IN", path=path, file_type=file_type, **fields)

    return make


@pytest.fixture
def job(tmp_path):
    project = Project(name="native", directory=tmp_path / "native", uuid=uuid4())
    return Job(uuid=uuid4(), number="", task="freerflag", title="", project=project, directory=project.jobs_directory)


@pytest.fixture
def validation():
    return ValidationPlugin()


@pytest.fixture
def strict():
    """The plugin with the setting strict."""
    return ValidationPlugin(ValidationPlugin.ccp4hooks_settings(strict=True))
