"""The examples in the documentation run and record their jobs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
DATA = Path(ccp4i2.__file__).parent / "wrappers"
FSIGF = DATA / "freerflag/test_data/rnase25_fsigf.mtz"
MODEL = DATA / "chainsaw/test_data/1a80_A.pdb"

PRINTED = {
    "track_job": (FSIGF, "SUCCEEDED"),
    "glean_files": (MODEL, "1 files"),
    "nested_jobs": (MODEL, "2.1 2.2 2"),
}


@pytest.fixture
def run(tmp_path):
    """Run a command in a separate environment that contains a project with one job."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))},
        "CCP4I2_HOME": str(tmp_path / "home"),
        "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
    }

    def command(*words):
        return subprocess.run(
            [sys.executable, *map(str, words)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    made = command("-m", "ccp4hooks.cli", "run", "coordinate_selector", f"XYZIN={MODEL}", "--project", "toxd")
    assert made.returncode == 0, made.stderr
    return command


def test_every_example_is_run():
    assert [path.stem for path in EXAMPLES] == sorted(PRINTED)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_the_expected_output(run, path):
    data, printed = PRINTED[path.stem]
    done = run(path, "toxd", data)
    assert (done.stdout.strip(), done.returncode) == (printed, 0), done.stderr


@pytest.mark.sampled(3)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_examples_job_is_recorded_as_finished(run, path):
    run(path, "toxd", PRINTED[path.stem][0])
    jobs = run("-m", "ccp4hooks.cli", "jobs", "toxd")
    assert jobs.stdout.count("FINISHED") == (4 if path.stem == "nested_jobs" else 2), jobs.stdout


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("run-task", "FINISHED ['FREEROUT.mtz']"),
        ("handler", "[('my job', 'FINISHED')]"),
        ("adopt", "['2'] ()"),
    ],
)
def test_a_program_on_the_page_of_the_python_api_prints_what_it_should(run, tmp_path, name, printed):
    page = (ROOT / "docs" / "reference" / "python-api.md").read_text(encoding="utf-8")
    (program,) = re.findall(rf"<!-- {name} -->\n```python\n(.*?)```", page, re.DOTALL)
    shutil.copyfile(FSIGF, tmp_path / "native.mtz")
    shutil.copyfile(MODEL, tmp_path / "model.pdb")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = run("program.py")
    assert (done.stdout.strip(), done.returncode) == (printed, 0), done.stderr
