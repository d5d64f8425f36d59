"""What the tasks of CCP4i2 3.1 that need no program read: the directory of a PanDDA run, and the files of a window.

Each side makes them in its own directory, since they are read where they are.
"""

import json
from pathlib import Path
from uuid import UUID

import gemmi
import numpy as np

DATASET = "x1"
TREE = Path("pandda2_out")
MANIFEST = Path(__file__).with_name("manifest.json")
OTHER_PROJECT = UUID(int=1)
"""The project of the dataset in the manifest. No job of it is made or compared."""

EVENTS = {1: {"BDC": 0.25, "Score": 0.9, "Centroid": [1.0, 2.0, 3.0], "Build": {"Build Score": 0.5, "RSCC": 0.75}}}


def write_tree(model):
    """Write the directory of a finished PanDDA run with one dataset and one event.

    Args:
        model: A file with coordinates.
    """
    folder = TREE / "processed_datasets" / DATASET
    folder.mkdir(parents=True)
    text = Path(model).read_bytes()
    for name in (f"{DATASET}-pandda-input.pdb", f"{DATASET}_event_1_best_autobuild.pdb"):
        (folder / name).write_bytes(text)
    for name in (f"{DATASET}-z_map.native.ccp4", f"{DATASET}-event_1_1-BDC_0.75_map.native.ccp4"):
        _write_map(folder / name)
    # YAML reads JSON.
    (folder / "events.yaml").write_text(json.dumps(EVENTS))


def _write_map(path):
    grid = gemmi.FloatGrid(np.arange(512, dtype=np.float32).reshape(8, 8, 8))
    grid.set_unit_cell(gemmi.UnitCell(20, 20, 20, 90, 90, 90))
    grid.spacegroup = gemmi.SpaceGroup("P1")
    ccp4 = gemmi.Ccp4Map()
    ccp4.grid = grid
    ccp4.update_ccp4_header()
    ccp4.write_ccp4_map(str(path))


def add_other_project():
    """Add the project of the dataset in the manifest to the database."""
    from ccp4i2.db.models import Project

    directory = Path("projects", "other").absolute()
    directory.mkdir(parents=True)
    Project.objects.create(uuid=OTHER_PROJECT, name="other", directory=str(directory))


def finish_window(uuid, model):
    """Save a model in the window of a job, and finish the window, as CCP4i2's app does.

    Args:
        uuid: The job, whose task works in a window.
        model: A file with coordinates.
    """
    from ccp4i2.db.models import Job, JobInteractiveSession

    job = Job.objects.get(uuid=uuid)
    drop = Path(job.directory) / "MOORHEN_FILE_DROP"
    drop.mkdir()
    (drop / "output1.pdb").write_bytes(Path(model).read_bytes())
    JobInteractiveSession.objects.create(job=job, finished=True)
