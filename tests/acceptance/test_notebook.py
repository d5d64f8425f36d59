"""The notebook of the tutorial runs, draws its plots, and is stored without what it has shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import vl_convert

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "tutorial" / "notebook.ipynb"
RUNNER = Path(__file__).with_name("notebook_runner.py")
STRETCHES = range(1, 280, 20)
SWEPT = [f"residues {first} to {first + 19} FINISHED" for first in STRETCHES]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The directory in which the notebook has run, and what it has printed and displayed."""
    folder = tmp_path_factory.mktemp("notebook")
    own = ("CCP4", "DATABASE", "DJANGO")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    ran = subprocess.run(
        [sys.executable, str(RUNNER), str(NOTEBOOK)],
        env={**environment, "CCP4I2_HOME": str(folder / "home")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return folder, ran.stdout.splitlines(), json.loads((folder / "displayed.json").read_text(encoding="utf-8"))


def test_its_jobs_run_and_are_recorded(done):
    folder, printed, _ = done
    assert printed[0] == "1 FINISHED"
    assert sorted(printed[1:]) == sorted(SWEPT)
    assert len([*folder.glob("ccp4hooks-notebook/projects/flexible/CCP4_JOBS/job_*")]) == 1 + len(SWEPT)
    assert (folder / "ccp4hooks-notebook" / "report.html").is_file()


def test_its_plots_show_the_values_of_the_jobs(done):
    picture, own = done[2]
    assert picture["raw"]
    assert own["raw"]
    assert picture["image/svg+xml"].startswith("<svg")
    specification = own["application/vnd.vegalite.v5+json"]
    points = specification["data"]["values"]
    assert [point["first"] for point in points] == [*STRETCHES][: len(points)]
    assert all(5 < point["meanB"] < 50 and 100 < point["nAtoms"] < 200 for point in points)
    drawn = vl_convert.vegalite_to_svg(specification)
    assert "mean B" in drawn
    assert drawn.count('aria-roledescription="point"') == len(points)


def test_jupyter_can_read_it_and_it_is_stored_without_output():
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in book["cells"]]
    assert len({*names}) == len(names)
    for cell in book["cells"]:
        kept = {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
        assert {name: cell[name] for name in ("execution_count", "outputs") if name in cell} == kept
        assert (cell["metadata"], {*cell} - {*kept}) == ({}, {"cell_type", "id", "metadata", "source"})
