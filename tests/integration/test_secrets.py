"""Commands never print or write the password in a database URL."""

import os
import subprocess
import sys

import pytest

MARK = "s3cr3tmark"
PLUGIN = """
from ccp4hooks import hookimpl
@hookimpl
def glean_kpi(job):
    raise ValueError("broken")
@hookimpl
def job_finished(job, outcome):
    raise ValueError("broken")
"""


@pytest.mark.postgresql
def test_no_command_prints_or_writes_the_password(server, tmp_path, data):
    (tmp_path / "broken_plugin.py").write_text(PLUGIN)
    url = server.new().replace("postgres:@", f"postgres:{MARK}%2F@")
    away = f"postgresql://postgres:{MARK}%2F@/x?host={tmp_path}"
    job = ["--debug", "-p", "broken_plugin", "run", "coordinate_selector", f"XYZIN={data['model']}"]
    runs = [(url, job), (url, ["doctor"]), (url, ["show", "1", "--json"]), (away, job), (away, ["doctor"])]
    said = [command(tmp_path, one, words) for one, words in runs]
    assert [code for code, _ in said] == [5, 0, 0, 7, 7], said
    assert not [text for _, text in said if MARK in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.startswith("ccp4hooks_traceback") for path in files)
    assert not [path for path in files if MARK.encode() in path.read_bytes()]


def command(folder, url, words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    own = {"CCP4I2_HOME": str(folder / "home"), "CCP4I2_PROJECTS_DIR": str(folder / "projects"), "DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "ccp4hooks.cli", *words],
        cwd=folder,
        env={**clean, **own, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
