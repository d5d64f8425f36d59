"""The commands of docs/tutorial/refine.md, with real refinements."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "refine.md"
BIN = Path(sys.executable).parent
MONOMERS = Path("/usr/share/refmac/monomers")

pytestmark = [
    pytest.mark.skipif(not (BIN / "servalcat").exists(), reason="servalcat is not installed: pip install servalcat"),
    pytest.mark.skipif(not MONOMERS.is_dir(), reason="there are no monomers: apt-get install refmac-dictionary"),
]


def block(name):
    """Return the code of the block of that name on the page."""
    (text,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)```\n<!-- /{name} -->", PAGE.read_text(), re.DOTALL)
    return text


class Shell:
    """The shell of a user in a directory."""

    def __init__(self, folder, home):
        self.folder = folder
        self.environment = {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(BIN), "/usr/bin", "/bin"]),
            "COLUMNS": "80",
        }

    def __call__(self, script):
        words = ["/bin/bash", "-e", "-c", script]
        done = subprocess.run(
            words,
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def user(tmp_path):
    """The shell of a user who has refined a model as the page says."""
    folder = tmp_path / "here"
    folder.mkdir()
    shell = Shell(folder, tmp_path / "home")
    install, _, links = block("library").partition("\n")
    assert install == "sudo apt-get install --yes refmac-dictionary"
    shell(links + block("data"))
    shell.environment["CLIBD_MON"] = str(folder / "monomers")
    shell(block("refine"))
    return shell


def test_each_step_of_the_page_works(user, tmp_path):
    seen = user(block("see"))
    assert "2 servalcat_pipe FINISHED" in seen
    assert "NCYCLES                2 (default 10)" in seen
    assert "# Servalcat" in seen

    table = user(block("sweep"))
    assert [line.split()[1] for line in table.splitlines() if re.match("[345] ", line)] == ["FINISHED"] * 3, table
    before = json.loads(user("ccp4hooks jobs rnase --json"))
    user(block("sweep"))
    assert json.loads(user("ccp4hooks jobs rnase --json")) == before
    assert re.search(r"^  R-free +0\.\d+ +0\.\d+ \(\S+\) +0\.\d+\* \(-0\.\d+\)$", user(block("compare")), re.MULTILINE)

    assert "5 " in user(block("keep"))
    kept = json.loads(user("ccp4hooks jobs rnase --json"))
    assert {job["number"] for job in kept["jobs"]} == {"1", "2", "5"}

    user(block("export"))
    there = tmp_path / "there"
    there.mkdir()
    shutil.move(user.folder / "rnase.ccp4_project.zip", there)
    other = Shell(there, tmp_path / "other home")
    other.environment["CLIBD_MON"] = user.environment["CLIBD_MON"]
    other(block("import"))
    shown = json.loads(other("ccp4hooks show @last --project rnase --json"))
    (outcome, *_) = shown["outcomes"]
    assert (outcome["status"], outcome["provenance"]["variation_of"]) == ("FINISHED", "5")
    assert shown["project"]["directory"].startswith(str(tmp_path / "other home"))
